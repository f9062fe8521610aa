"""The site, without building it: pages run and written as Markdown, and a place in its contents for every one."""

import re
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

import stanmlm as sm

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "docs" / "site"))
import build_site  # noqa: E402
import page_runner  # noqa: E402
import public_names  # noqa: E402

ENTRY = re.compile(r"^ +- [^:\n]+: (\S+\.md)$", re.MULTILINE)
LISTED = re.compile(r"^decisions/0")  # by a page of their own
NAV = set(ENTRY.findall((ROOT / "mkdocs.yml").read_text()))


def test_every_page_has_a_place_in_the_contents() -> None:
    written = {build_site.place(path) for path in build_site.sources() if path.suffix == ".md"}
    run = {build_site.place(path).replace(".qmd", ".md") for path in build_site.executed()}
    made = {f"reference/{public_names.file_of(section)}" for section in public_names.sections()}
    every = {page for page in written | run | made if not LISTED.match(page)}
    assert every | {"decisions/index.md", "reference/index.md"} == NAV


def test_every_public_name_has_a_place_in_the_reference() -> None:
    names = [name for section in public_names.sections().values() for name in section]
    assert sorted(names) == sorted(name for name in sm.__all__ if name != "__version__")


@pytest.mark.parametrize("path", build_site.executed(), ids=lambda path: path.stem)
def test_pages_link_to_files_that_are_there(path: Path) -> None:
    """As they stand in the repository; pages of the reference are made."""
    for cell in page_runner.read_page(path).cells:
        for _, target, _ in build_site.LINK.findall(cell.text) if cell.kind == "markdown" else []:
            assert (path.parent / target).exists() or target in NAV or target.startswith("http"), target


def test_markdown_is_parted_from_code(tmp_path: Path) -> None:
    path = tmp_path / "09-x.qmd"
    parts = [
        '---\ntitle: "A title"\n---\n\nText $a_i$, `$x`.\n\n',
        "```{python}\n1 + 1\n```\n\n",
        "```r\nx <- 1\n\ny\n```\n",
    ]
    path.write_text("".join(parts))
    page = page_runner.read_page(path)
    assert page.title == "A title"
    assert [cell.kind for cell in page.cells] == ["markdown", "code", "markdown"]
    assert page.cells[1].text == "1 + 1"


def test_outputs_become_markdown() -> None:
    code = [page_runner.Cell("code", text) for text in ("print('a < b')", "#| echo: false\nequation", "frame")]
    page = page_runner.Page("x", "Title", (page_runner.Cell("markdown", "Some *text*."), *code))
    outputs = [
        [{"name": "stdout", "text": "a < b\n"}],
        [{"data": {"text/plain": "e", "text/latex": "$$\ny = x\n$$"}}],
        [{"data": {"text/plain": "f", "text/html": "<style>th {}</style>\n\n<table></table>"}}],
    ]
    text = page_runner.markdown(page, outputs).text
    assert text.startswith("# Title\n\nSome *text*.\n\n```python\nprint(")
    assert "<code>a &lt; b</code>" in text
    assert "equation\n" not in text
    assert "$$\ny = x\n$$" in text
    assert "<style>" not in text


def test_a_page_with_a_warning_is_refused_but_where_its_cell_says_so() -> None:
    output = {"name": "stderr", "text": "/tmp/x/1.py:4: StanmlmWarning: few draws\n  sm.lmer(1)\n"}
    with pytest.raises(RuntimeError, match=r"x writes a warning:\n.*StanmlmWarning: few draws"):
        page_runner._checked(output, "x", False)
    assert page_runner._checked(output, "x", True) is output
    cell = page_runner.Cell("code", f"{page_runner.WARNING}\nfit")
    text = page_runner.markdown(page_runner.Page("x", "Title", (cell,)), [[output]]).text
    assert "```python\nfit\n```" in text
    assert '<pre class="output warning"><code>StanmlmWarning: few draws' in text


def test_results_are_kept_until_code_or_sources_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = []
    monkeypatch.setattr(page_runner, "run", lambda page: ran.append(page) or [[{"name": "stdout", "text": "2"}]])
    page = page_runner.Page("x", "Title", (page_runner.Cell("code", "1 + 1"),))
    prose = page_runner.Page("x", "Another", (*page.cells, page_runner.Cell("markdown", "more")))
    for one, digest in ((page, "a"), (page, "a"), (prose, "a"), (page, "b")):
        assert page_runner.outputs(one, tmp_path, digest)[0][0]["text"] == "2"
    assert len(ran) == 2
    assert len(list(tmp_path.iterdir())) == 1


WIDEST = 80  # signs of a line of code, at which it is seen whole beside contents and headings


@pytest.mark.parametrize("path", build_site.executed(), ids=lambda path: path.stem)
def test_code_on_pages_is_seen_whole(path: Path) -> None:
    for cell in page_runner.read_page(path).cells:
        if cell.kind == "code" and page_runner.HIDDEN not in cell.text:
            assert not [line for line in cell.text.split("\n") if len(line) > WIDEST and not line.startswith("#|")]


def test_a_pages_html_keeps_blank_lines_and_no_empty_heading() -> None:
    html = (
        "<pre>a\n\nb</pre>\n<table><thead><tr><th></th><th>x</th></tr><tr>\n<th></th>\n<th></th></tr></thead></table>"
    )
    cells = (page_runner.Cell("code", "#| echo: false\nx"),)
    text = page_runner.markdown(page_runner.Page("x", "Title", cells), [[{"data": {"text/html": html}}]]).text
    assert "<pre>a\n&#8203;\nb</pre>" in text
    assert text.count("<tr>") == 1


def test_what_is_printed_piece_by_piece_is_one_output_without_bars() -> None:
    out, bar = {"name": "stdout", "text": "a\n"}, {"name": "stderr", "text": "chain 1: 5%\r"}
    assert page_runner._joined([out, bar, {"name": "stdout", "text": "b\n"}]) == [{"name": "stdout", "text": "a\nb\n"}]


def test_how_to_install_is_said_in_the_readme_alone() -> None:
    said = build_site.with_install("a <!-- install --> b")
    assert "    pip install " in said
    assert "<!--" not in said
    for page in ("index", "start"):
        assert "pip install" not in (ROOT / "docs" / f"{page}.qmd").read_text()


def test_a_page_that_fails_fails_the_build_by_its_name_when_the_others_are_done(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done = []

    def run(path: Path, digest: str, stale: bool) -> None:
        if path.stem in ("counts", "04-kansas"):
            raise ValueError(f"why {path.stem}")
        done.append(path)

    monkeypatch.setattr(build_site, "run", run)
    monkeypatch.setattr(page_runner, "sources", lambda: "a")
    wanted = build_site.executed()
    with pytest.raises(SystemExit) as failed:
        build_site.run_all(wanted, stale=False)
    assert len(done) == len(wanted) - 2
    assert "vignettes/counts.qmd failed\nwhy counts" in failed.value.code
    assert "vignettes/04-kansas.qmd failed\nwhy 04-kansas" in failed.value.code


def test_links_to_files_of_the_repository_lead_into_the_site() -> None:
    page = ROOT / "docs" / "decisions" / "001-formulaic-reads-r-decides.md"
    text = "[b](../../benchmarks/README.md#peers), [w](https://x.org/a.md), [v](../../vignettes/counts.qmd), [d](..)"
    moved = build_site.relinked(text, page)
    assert "](../benchmarks.md#peers)" in moved
    assert "](https://x.org/a.md)" in moved
    assert "](../lecture/counts.md)" in moved
    assert "[d](..)" in moved


def test_mathematics_becomes_mathml_and_verbs_become_links() -> None:
    pytest.importorskip("latex2mathml")
    import mkdocs_hooks

    made = mkdocs_hooks.mathml(r"\begin{aligned} y &amp;\sim \text{N}(0, 1) \end{aligned}", "block")
    assert made.startswith("<math")
    assert "<mtable" in made
    assert "&#x223C;" in made
    name = mkdocs_hooks.mathml(r"\mathrm{I(age{\wedge}2)}_{i} + \mathrm{age65{+}} + \mathrm{a\_b}", "inline")
    assert all(f"<mtext>{plain}</mtext>" in name for plain in ("I(age^2)", "age65+", "a_b"))
    page = SimpleNamespace(dest_uri="how-to/x.html", src_uri="how-to/x.md")
    code = '<pre><span class="n">sm</span><span class="o">.</span><span class="n">loo</span></pre><code>sigma</code>'
    text = mkdocs_hooks.linked(code + "<code>sm.sigma</code> <code>loo(fit)</code> <code>sm.nothing(1)</code>", page)
    assert text.count('<a class="verb"') == 3
    assert 'href="../reference/read-a-fit.html#stanmlm.sigma"><code>sm.sigma</code>' in text
    assert 'href="../reference/criticise-and-compare.html#stanmlm.loo"><code>loo(fit)</code>' in text


def test_machines_read_sections_sentences_and_tables_without_html() -> None:
    pytest.importorskip("latex2mathml")
    import mkdocs_hooks

    nav = [{"Home": "index.md"}, {"How to": [{"Priors": "how-to/priors.md"}]}]
    assert mkdocs_hooks._flat(nav) == [("Begin", "Home", "index.md"), ("How to", "Priors", "how-to/priors.md")]
    assert (
        mkdocs_hooks._about("# T\n\n```python\na\n\nb = 1\n```\n\n<div>\n\n**Every** [fit](x.md) has priors. More.")
        == "Every fit has priors"
    )
    html = (
        '<div class="output">\n<table><tr><th></th><th>x</th></tr><tr><th>a</th><td>1 &lt; 2</td></tr></table>\n</div>'
    )
    text = mkdocs_hooks._in_words(f'{html}\n\n<pre class="output"><code>b &amp; c</code></pre>\n<img src="x" alt="d">')
    assert "|  | x |\n| a | 1 < 2 |" in text
    assert "```\nb & c\n```" in text
    assert "<" not in text.replace("1 < 2", "")
