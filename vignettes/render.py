"""Run the vignettes and write them as pages that need nothing else: Quarto's work, where Quarto is not installed.

python vignettes/render.py                    # all of them, into vignettes/_output
python vignettes/render.py 02-random-effects  # some
"""

import argparse
import html
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
OUTPUT = HERE / "_output"
FENCE = re.compile(r"^```\{python\}\n(.*?)^```[ \t]*$", re.DOTALL | re.MULTILINE)
R_BLOCK = re.compile(r"^```r\n(.*?)^```[ \t]*$", re.DOTALL | re.MULTILINE)
DISPLAY = re.compile(r"\$\$(.+?)\$\$", re.DOTALL)
INLINE = re.compile(r"(?<![\\$`\w])\$(?!\s)([^$`\n]+?)(?<!\s)\$(?![\d$])")
CODE = re.compile(r"(^```.*?^```[ \t]*$|`[^`\n]+`)", re.DOTALL | re.MULTILINE)
PROGRESS = ("\r", "\x1b[")  # a bar that is drawn again, and one that moves up a line
TIMEOUT = 600  # seconds a chunk may take


@dataclass(frozen=True)
class Cell:
    """A piece of a vignette: Markdown, or Python that is run."""

    kind: str  # "markdown" or "code"
    text: str


@dataclass(frozen=True)
class Vignette:
    """A Quarto document in pieces."""

    name: str
    title: str
    cells: tuple[Cell, ...]


def read_vignette(path: Path) -> Vignette:
    """The title and the cells of a `.qmd` file."""
    text = path.read_text(encoding="utf-8")
    _, header, body = text.split("---\n", 2)
    title = re.search(r'^title: "?(.*?)"?$', header, re.MULTILINE)
    assert title, f"{path.name} has no title"
    return Vignette(path.stem, title[1], tuple(_cells(body)))


def _cells(body: str) -> list[Cell]:
    pieces = FENCE.split(body)
    kinds = ("markdown", "code")
    cells = [Cell(kinds[k % 2], piece.strip("\n")) for k, piece in enumerate(pieces)]
    return [cell for cell in cells if cell.text.strip()]


def execute(vignette: Vignette) -> object:
    """The vignette as a notebook with the output of every cell.

    Raises
    ------
    RuntimeError
        Where a cell writes a warning: a page is no place for one.
    """
    import nbformat
    from nbclient import NotebookClient
    from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

    make = {"code": new_code_cell, "markdown": new_markdown_cell}
    notebook = new_notebook(cells=[make[cell.kind](cell.text) for cell in vignette.cells])
    nbformat.validate(notebook)
    NotebookClient(notebook, timeout=TIMEOUT, kernel_name="python3", resources={"metadata": {"path": HERE}}).execute()
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [_checked(output, vignette.name) for output in cell.outputs if not _is_progress(output)]
    return notebook


def _is_progress(output: dict) -> bool:
    """Bars of a sampler, which a page does not need."""
    said = output.get("text", "")
    return output.get("name") == "stderr" and (not said.strip() or any(mark in said for mark in PROGRESS))


def _checked(output: dict, name: str) -> dict:
    said = output.get("text", "") or str(output.get("data", {}).get("text/plain", ""))
    if output.get("name") == "stderr" or "Warning" in said:
        raise RuntimeError(f"{name} writes a warning:\n{said}")
    if "text/latex" in output.get("data", {}):
        output["data"] = {"text/html": _mathml(output["data"]["text/latex"].strip("$\n"), "block")}
    return output


def page(vignette: Vignette, notebook: object) -> str:
    """A notebook as one HTML page, its figures, mathematics and style in it."""
    from nbconvert import HTMLExporter
    from pygments.formatters import HtmlFormatter

    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = _markdown(cell.source)
    exporter = HTMLExporter(template_name="basic", exclude_input_prompt=True, exclude_output_prompt=True)
    exporter.anchor_link_text = ""
    body, _ = exporter.from_notebook_node(notebook)
    colours = HtmlFormatter(style="friendly").get_style_defs(".highlight")
    style = (HERE / "style.css").read_text(encoding="utf-8")
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{html.escape(vignette.title)}'
        f"</title>\n<style>\n{colours}\n{style}</style>\n</head>\n<body>\n<main>\n"
        f"<h1>{html.escape(vignette.title)}</h1>\n{body}\n</main>\n</body>\n</html>\n"
    )


def _markdown(text: str) -> str:
    """Markdown whose mathematics is MathML and whose R has its colours: browsers then need no network."""
    coloured = R_BLOCK.sub(lambda found: _r_html(found[1]), text)
    pieces = CODE.split(coloured)
    return "".join(piece if k % 2 else _with_mathml(piece) for k, piece in enumerate(pieces))


def _with_mathml(text: str) -> str:
    whole = DISPLAY.sub(lambda found: _mathml(found[1], "block"), text)
    return INLINE.sub(lambda found: _mathml(found[1], "inline"), whole)


def _r_html(code: str) -> str:
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import get_lexer_by_name

    coloured = highlight(code, get_lexer_by_name("r"), HtmlFormatter(cssclass="highlight r"))
    return coloured.replace("\n\n", "\n&#8203;\n")  # a blank line would end the block of HTML


def _mathml(latex: str, display: str) -> str:
    from latex2mathml.converter import convert

    text = re.sub(r"(begin|end)\{aligned\}", r"\1{align*}", " ".join(latex.split()))
    made = convert(text, display=display)
    return made.replace("<mi>&#x0007E;</mi>", "<mo>&#x223C;</mo>").replace("<mo>&#x0007E;</mo>", "<mo>&#x223C;</mo>")


def render(path: Path, output: Path = OUTPUT) -> Path:
    """Run one vignette and write its page."""
    vignette = read_vignette(path)
    output.mkdir(parents=True, exist_ok=True)
    target = output / f"{vignette.name}.html"
    target.write_text(page(vignette, execute(vignette)), encoding="utf-8")
    return target


def main(arguments: Sequence[str] | None = None) -> None:
    """Render the vignettes that are named, or all."""
    parser = argparse.ArgumentParser(description="run vignettes and write self-contained pages")
    parser.add_argument("names", nargs="*", help="such as 02-random-effects; all by default")
    names = parser.parse_args(arguments).names
    paths = [HERE / f"{name}.qmd" for name in names] if names else sorted(HERE.glob("*.qmd"))
    for path in paths:
        start = time.perf_counter()
        target = render(path)
        print(f"{target.relative_to(HERE.parent)}  {time.perf_counter() - start:.0f} s", flush=True)


if __name__ == "__main__":
    main()
