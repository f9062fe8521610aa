"""What mkdocs does beside its plugins: mathematics as MathML, names in code as links, llms.txt."""

import html
import inspect
import re
from pathlib import Path
from posixpath import relpath
from typing import Any

import public_names

MATHEMATICS = re.compile(r'<(span|div) class="arithmatex">\\[(\[](.*?)\\[)\]]</\1>', re.DOTALL)
# `sm.lmer` in a block of code, as Pygments writes it, and `lmer(...)` or `sm.lmer` in a line of text.
IN_BLOCK = re.compile(r'(<span class="n">sm</span><span class="o">\.</span>)<span class="n">(\w+)</span>')
IN_LINE = re.compile(r"<code>((?:sm\.)?)([A-Za-z]\w*)((?:\(.*?)?)</code>", re.DOTALL)
LISTED = re.compile(r"^(?![*-] |\d+\. |\s|\||$)(.+)\n(?=(?:[*-]|\d+\.) )", re.MULTILINE)  # what stands before a list
UNTOUCHED = re.compile(r"(<a .*?</a>|<h\d.*?</h\d>|<pre.*?</pre>|<summary.*?</summary>)", re.DOTALL)
CELL = re.compile(r"<td>.*?</td>", re.DOTALL)  # where Markdown's tables leave the backslash of `\\|` in code
# A word, whose dots and brackets are no operators, and what in it was written for TeX alone.
NAME = re.compile(r"\\(?:mathrm|text)\{((?:[^{}]|\{[^{}]*\})*)\}")
BRACED = re.compile(r"\{([*+:=<>,/|!])\}")
WORDS = ((r"\_", "_"), (r"{\wedge}", "^"), (r"{\sim}", "~"), (r"\text{-}", "-"), (r"\text{'}", "'"), ("\\ ", " "))
BARE = "verbs.md"  # whose table is of names, so that a name without brackets is one too
PLACES = {
    name: f"reference/{public_names.file_of(section)}"
    for section, names in public_names.sections().items()
    for name in names
}
SUMMARY = "Multilevel models in Python from an lme4 formula, with a full posterior from Stan."
written: dict[str, str] = {}  # the Markdown of pages of this build


def on_page_markdown(markdown: str, page: Any, **_: object) -> str:
    """Keep the text for llms-full.txt; in decisions a list may follow its sentence at once, as on GitHub."""
    written[page.file.src_uri] = markdown
    return LISTED.sub(r"\1\n\n", markdown) if page.file.src_uri.startswith("decisions/") else markdown


def on_page_content(html: str, page: Any, **_: object) -> str:
    """MathML in the place of TeX, and links from code to the reference."""
    barred = CELL.sub(lambda found: found[0].replace(r"\|", "|"), html)
    made = MATHEMATICS.sub(lambda found: mathml(found[2], "block" if found[1] == "div" else "inline"), barred)
    return made if page.file.src_uri.startswith("reference/") else linked(made, page.file)


def linked(text: str, file: Any) -> str:
    """HTML whose verbs lead to the reference."""

    def address(name: str) -> str:
        place = PLACES[name].removesuffix(".md") + ".html"
        return f"{relpath(place, Path(file.dest_uri).parent.as_posix())}#stanmlm.{name}"

    def block(found: re.Match[str]) -> str:
        name = found[2]
        return f'{found[1]}<a class="verb" href="{address(name)}">{name}</a>' if name in PLACES else found[0]

    def line(found: re.Match[str]) -> str:
        prefix, name, rest = found.groups()
        if name not in PLACES or not (prefix or rest or file.src_uri == BARE):
            return found[0]
        return f'<a class="verb" href="{address(name)}"><code>{prefix}{name}{rest}</code></a>'

    pieces = UNTOUCHED.split(IN_BLOCK.sub(block, text))
    return "".join(piece if k % 2 else IN_LINE.sub(line, piece) for k, piece in enumerate(pieces))


def mathml(latex: str, display: str) -> str:
    """An equation that browsers show without a script."""
    from latex2mathml.converter import convert

    text = re.sub(r"(begin|end)\{aligned\}", r"\1{align*}", " ".join(html.unescape(latex).split()))
    text = NAME.sub(lambda found: r"\text{" + _word(found[1]) + "}", text)
    made = convert(text, display=display)
    return made.replace("<mi>&#x0007E;</mi>", "<mo>&#x223C;</mo>").replace("<mo>&#x0007E;</mo>", "<mo>&#x223C;</mo>")


def _word(name: str) -> str:
    """A name as its reader wrote it, from what TeX needs."""
    for latex, plain in WORDS:
        name = name.replace(latex, plain)
    return BRACED.sub(r"\1", name)


def on_post_build(config: Any, **_: object) -> None:
    """llms.txt, a list of pages, and llms-full.txt, the pages, for those who read with a machine."""
    site = Path(config.site_dir)
    there = [row for row in _flat(config.nav) if row[2] in written]  # not all with --only
    rows, part = [f"# {config.site_name}", f"> {SUMMARY}"], ""
    for section, title, source in there:
        if section != part:
            rows, part = [*rows, "", f"## {section}"], section
        rows.append(f"- [{title}]({source.removesuffix('.md')}.html): {_about(written[source])}")
    end = ["", "## Optional", "- [llms-full.txt](llms-full.txt): all of it in one file"]
    (site / "llms.txt").write_text("\n".join([*rows, *end]) + "\n", encoding="utf-8")
    whole = "\n\n".join(_in_words(written[source]) for _, _, source in there)
    (site / "llms-full.txt").write_text(whole + "\n", encoding="utf-8")


def _flat(nav: list[Any], section: str = "Begin") -> list[tuple[str, str, str]]:
    """Section, title and source of every page in the contents."""
    found: list[tuple[str, str, str]] = []
    for entry in nav:
        ((title, inside),) = entry.items()
        found += [(section, title, inside)] if isinstance(inside, str) else _flat(inside, title)
    return found


def _about(markdown: str) -> str:
    """The first sentence of a page, without links and marks."""
    prose = re.sub(r"^```.*?^```$", "", markdown, flags=re.DOTALL | re.MULTILINE)
    texts = [text for text in prose.split("\n\n")[1:] if re.match(r"\w|[`\"]|\*\*", text)]
    plain = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", " ".join(texts[0].split())) if texts else "docstrings, one by one"
    return re.split(r"(?<=[.?]) ", plain.replace("**", ""))[0].rstrip(".:")


def _in_words(markdown: str) -> str:
    """A page without HTML, and with the docstrings that mkdocstrings would put into one of the reference."""
    import stanmlm

    def said(found: re.Match[str]) -> str:
        value = getattr(stanmlm, found[1])
        signature = "" if inspect.isclass(value) else str(inspect.signature(value))
        return f"## {found[1]}{signature}\n\n{inspect.getdoc(value)}"

    printed = re.sub(r"<pre[^>]*>(?:<code>)?(.*?)(?:</code>)?</pre>", _printed, markdown, flags=re.DOTALL)
    tabled = re.sub(r"<table.*?</table>", _table, printed, flags=re.DOTALL)
    plain = re.sub(r"</?(?:div|p)\b[^>]*>\n?|<img[^>]*alt=\"(.*?)\"[^>]*>", r"\1", tabled)
    return re.sub(r"^::: stanmlm\.(\w+)$", said, plain, flags=re.MULTILINE)


def _printed(found: re.Match[str]) -> str:
    return f"```\n{html.unescape(found[1])}\n```"


def _table(found: re.Match[str]) -> str:
    """Rows of an HTML table as lines, cells between bars."""
    rows = re.findall(r"<tr.*?</tr>", found[0], flags=re.DOTALL)
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, flags=re.DOTALL) for row in rows]
    return "\n" + "\n".join(f"| {' | '.join(html.unescape(one) for one in row)} |" for row in cells) + "\n"
