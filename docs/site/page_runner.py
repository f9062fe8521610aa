"""Run a page that is written as Quarto has them, and write what it gives as Markdown."""

import base64
import hashlib
import html
import json
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from io import BytesIO
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
FENCE = re.compile(r"^```\{python\}\n(.*?)^```[ \t]*$", re.DOTALL | re.MULTILINE)
# Quarto's options of a cell that are known here: only the output is shown, and a warning is part of it.
HIDDEN, WARNING = "#| echo: false", "#| warning: true"
WHERE = re.compile(r"^\S+\.py:\d+: ", re.MULTILINE)  # of a warning: a file that no reader has
PROGRESS = ("\r", "\x1b[")  # a bar that is drawn again, and one that moves up a line
# What a terminal does with the text of an error: colours, moves, bars and the streams' names.
TERMINAL = re.compile(r"\x1b\[[0-9;]*[A-Za-z]|(?:^|\r)chain \d+: [^\r\n]*|\r|^-+ std(?:err|out) -+$", re.MULTILINE)
# The line of a frame's names of columns and of its index, where they have none.
EMPTY_HEADINGS = re.compile(r"<tr>\s*(?:<th[^>]*>\s*</th>\s*)+</tr>\s*")
TIMEOUT = 600  # seconds a cell may take
COLOURS = 128  # of a figure in a file
# What the numbers of all pages depend on beside their own code, and folders of data for those that name them.
SOURCES = ("stanmlm/**/*.py", "stan/**/*.stan")
DATA = ("benchmarks/results", "tests/reference")
PACKAGES = ("stanli", "numpy", "pandas", "plotnine", "arviz-stats")


@dataclass(frozen=True)
class Cell:
    """A piece of a page: Markdown, or Python that is run."""

    kind: str  # "markdown" or "code"
    text: str


@dataclass(frozen=True)
class Page:
    """A Quarto document in pieces."""

    name: str
    title: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Written:
    """A page as Markdown, with the figures it names."""

    text: str
    figures: dict[str, bytes]  # PNG files by name


def read_page(path: Path) -> Page:
    """The title and the cells of a `.qmd` file."""
    text = path.read_text(encoding="utf-8")
    _, header, body = text.split("---\n", 2)
    title = re.search(r'^title: "?(.*?)"?$', header, re.MULTILINE)
    assert title, f"{path.name} has no title"
    return Page(path.stem, title[1], tuple(_cells(body)))


def _cells(body: str) -> list[Cell]:
    pieces = FENCE.split(body)
    kinds = ("markdown", "code")
    cells = [Cell(kinds[k % 2], piece.strip("\n")) for k, piece in enumerate(pieces)]
    return [cell for cell in cells if cell.text.strip()]


def sources() -> str:
    """A digest of the package and of what it stands on."""
    versions = " ".join([sys.version, *(f"{name} {version(name)}" for name in PACKAGES)])
    return _digest(versions.encode(), *_contents(SOURCES))


def _contents(patterns: Sequence[str]) -> list[bytes]:
    found = sorted(path for pattern in patterns for path in ROOT.glob(pattern))
    return [path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes() for path in found]


def _digest(*parts: bytes) -> str:
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:12]


def outputs(page: Page, cache: Path, sources: str, stale: bool = False) -> list[list[dict[str, Any]]]:
    """What each code cell writes: from the cache if neither code nor sources have changed since, else by running it.

    With `stale`, from the cache if the code has not changed since.
    """
    code = "\0".join(cell.text for cell in page.cells if cell.kind == "code")
    named = _contents([f"{folder}/*.json" for folder in DATA if folder in code])
    begin = f"{page.name}-{_digest(code.encode())}"
    kept = cache / f"{begin}-{_digest(sources.encode(), *named)}.json"
    if stale:
        kept = next(cache.glob(f"{begin}-*.json"), kept)
    if not kept.exists():
        made = run(page)
        cache.mkdir(parents=True, exist_ok=True)
        for older in cache.glob(f"{page.name}-{'?' * 12}-{'?' * 12}.json"):
            older.unlink()
        kept.write_text(json.dumps(made), encoding="utf-8")
    return json.loads(kept.read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def run(page: Page) -> list[list[dict[str, Any]]]:
    """Outputs of the code cells, run in order in a process of their own.

    Raises
    ------
    RuntimeError
        Where a cell fails, and where it writes a warning: a page is no place for one.
    """
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError
    from nbformat.v4 import new_code_cell, new_notebook

    notebook = new_notebook(cells=[new_code_cell(cell.text) for cell in page.cells if cell.kind == "code"])
    client = NotebookClient(
        notebook,
        timeout=TIMEOUT,
        iopub_timeout=TIMEOUT,  # of a busy machine, where outputs would be lost without a word
        raise_on_iopub_timeout=True,
        kernel_name="python3",
        extra_arguments=["--log-level=ERROR"],
        resources={"metadata": {"path": ROOT}},
    )
    try:
        client.execute()
    except CellExecutionError as error:
        raise RuntimeError(re.sub(r"\n\s*\n+", "\n", TERMINAL.sub("", error.traceback))) from None
    return [
        [_checked(one, page.name, WARNING in cell.source) for one in _joined(cell.outputs)] for cell in notebook.cells
    ]


def _joined(outputs: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Outputs without bars, and what was printed to one stream in one piece, however often it was flushed."""
    joined: list[dict[str, Any]] = []
    for one in outputs:
        if _is_progress(one):
            continue
        if joined and "name" in one and joined[-1].get("name") == one["name"]:
            joined[-1]["text"] += one["text"]
        else:
            joined.append(dict(one))
    return joined


def _is_progress(output: dict[str, Any]) -> bool:
    """Bars of a sampler, which a page does not need."""
    said = output.get("text", "")
    return output.get("name") == "stderr" and (not said.strip() or any(mark in said for mark in PROGRESS))


def _checked(output: dict[str, Any], name: str, may_warn: bool) -> dict[str, Any]:
    said = output.get("text", "") or str(output.get("data", {}).get("text/plain", ""))
    if (output.get("name") == "stderr" or "Warning" in said) and not may_warn:
        raise RuntimeError(f"{name} writes a warning:\n{said}")
    if "image/png" in output.get("data", {}):
        output["data"]["image/png"] = _smaller(output["data"]["image/png"])
    return output


def markdown(page: Page, outputs: Sequence[Sequence[dict[str, Any]]]) -> Written:
    """The page with the output of each cell below it."""
    figures: dict[str, bytes] = {}
    parts = [f"# {page.title}"]
    of_code = iter(outputs)
    for cell in page.cells:
        if cell.kind == "markdown":
            parts.append(cell.text)
            continue
        if HIDDEN not in cell.text:
            code = "\n".join(line for line in cell.text.split("\n") if not line.startswith("#| "))
            parts.append(f"```python\n{code}\n```")
        parts += [_shown(output, page.name, cell.text, figures) for output in next(of_code)]
    return Written("\n\n".join(parts) + "\n", figures)


def _shown(output: dict[str, Any], name: str, code: str, figures: dict[str, bytes]) -> str:
    """One output as Markdown, the richest form it has; a figure is told by the code that drew it."""
    data = output.get("data", {"text/plain": output.get("text", "")})
    if "image/png" in data:
        file = f"{name}-{len(figures) + 1}.png"
        figures[file] = base64.b64decode(data["image/png"])
        width = output.get("metadata", {}).get("image/png", {}).get("width")
        size = f' width="{width}"' if width else ""
        drawn = (
            html.escape(" ".join(code.split("\n\n")[-1].split())) if HIDDEN not in code else f"Figure {len(figures)}"
        )
        return f'<img class="figure" src="{file}" alt="{drawn}"{size} loading="lazy">'
    if "text/markdown" in data:
        return str(data["text/markdown"])
    if "text/latex" in data:
        return f"$$\n{data['text/latex'].strip('$' + chr(10))}\n$$"
    if "text/html" in data:
        text = re.sub(r"<style.*?</style>\s*", "", data["text/html"], flags=re.DOTALL)
        table = re.sub(r"\n[^\S\n]*(?=\n)", "\n&#8203;", EMPTY_HEADINGS.sub("", text.strip()))
        kind = "output told" if "Warning: " in table else "output"
        return f'<div class="{kind}">\n{table}\n</div>'
    said = WHERE.sub("", data["text/plain"]).rstrip()
    kind = "output warning" if output.get("name") == "stderr" else "output"
    return f'<pre class="{kind}"><code>{html.escape(said, quote=False)}</code></pre>'


def _smaller(coded: str) -> str:
    """A figure with few colours, which is what plots have: a third of the bytes."""
    from PIL import Image

    png, file = base64.b64decode(coded), BytesIO()
    Image.open(BytesIO(png)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(file, "png", optimize=True)
    return base64.b64encode(min(png, file.getvalue(), key=len)).decode()
