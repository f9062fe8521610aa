"""Build the site: `make docs`. Pages are run, copied or made into build/docs; mkdocs makes build/site of them.

python docs/site/build_site.py                  # all of it
python docs/site/build_site.py --only vignettes # these pages alone
python docs/site/build_site.py --stale          # after a change of prose or style: what was kept will do
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import page_runner
import public_names

ROOT = page_runner.ROOT
SOURCE, CACHE = ROOT / "build" / "docs", ROOT / "build" / "pages"
ALONGSIDE = 2  # pages at a time, which leaves no core idle between fits
# Where folders and files of the repository stand in the site; the first that a path begins with counts.
PLACES: Mapping[str, str] = {
    "vignettes/": "lecture/",
    "docs/": "",
    "benchmarks/README.md": "benchmarks.md",
    "benchmarks/results/sbc.png": "sbc.png",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "LICENSE": "license.txt",
}
FOLDERS = {"vignettes": "lecture/index.md", "docs/decisions": "decisions/index.md"}
COPIED = ("docs/**/*.md", "docs/*.png", "docs/theme/*", *(name for name in PLACES if name[-1] != "/"))
# Code points of equations: Latin and Greek, accents and signs, arrows and operators, brackets, letters of mathematics.
IN_EQUATIONS = ((0x20, 0x17E), (0x370, 0x3FF), (0x2010, 0x2065), (0x2190, 0x22FF), (0x2308, 0x23FF), (0x1D400, 0x1D7FF))
RUN = ("vignettes/*.qmd", "docs/**/*.qmd")
INSTALL = re.compile("<!-- install -->(.*?)<!-- installed -->", re.DOTALL)
LINK = re.compile(r"(\]\()([^)#:\s]+)((?:#[^)\s]*)?\))")


def place(path: Path) -> str:
    """Where a file of the repository stands in the site."""
    name = path.relative_to(ROOT).as_posix()
    start = next(start for start in PLACES if name.startswith(start))
    return PLACES[start] + name.removeprefix(start)


def sources() -> list[Path]:
    """Every file that is copied."""
    return sorted(path for pattern in COPIED for path in ROOT.glob(pattern))


def executed() -> list[Path]:
    """Every page that is run."""
    return sorted(path for pattern in RUN for path in ROOT.glob(pattern))


def standing() -> dict[Path, str]:
    """Where each file and folder that may be linked to stands in the site."""
    stands = {path: place(path) for path in sources()}
    stands |= {path: place(path).replace(".qmd", ".md") for path in executed()}
    return stands | {ROOT / folder: page for folder, page in FOLDERS.items()}


def relinked(text: str, path: Path) -> str:
    """Markdown of a file of the repository whose links to other files lead to where these stand in the site."""
    stands, up = standing(), "../" * place(path).count("/")

    def moved(found: re.Match[str]) -> str:
        target = stands.get((path.parent / found[2]).resolve())
        return f"{found[1]}{up}{target}{found[3]}" if target else found[0]

    return LINK.sub(moved, text)


def with_install(text: str) -> str:
    """How to install, from the README, where a page has its mark."""
    said = INSTALL.search((ROOT / "README.md").read_text(encoding="utf-8"))
    assert said, "README.md says nowhere how to install"
    return text.replace("<!-- install -->", said[1].strip())


def copy() -> None:
    """Markdown and pictures as they are, but for links."""
    for path in sources():
        target = SOURCE / place(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".md":
            target.write_text(relinked(path.read_text(encoding="utf-8"), path), encoding="utf-8")
        else:
            shutil.copyfile(path, target)


def write_font() -> None:
    """STIX Two Math, so that brackets grow with matrices where a reader has no font for mathematics (190 KB)."""
    import ziamath
    from fontTools import subset

    options = subset.Options(flavor="woff2", layout_features=["*"])
    font = subset.load_font(str(Path(ziamath.__file__).parent / "fonts" / "STIXTwoMath-Regular.ttf"), options)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=[point for first, last in IN_EQUATIONS for point in range(first, last + 1)])
    cutter.subset(font)
    subset.save_font(font, str(SOURCE / "theme" / "math.woff2"), options)


def list_decisions() -> None:
    """A page with a link to each decision."""
    files = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    titles = [path.read_text(encoding="utf-8").split("\n", 1)[0].removeprefix("# ") for path in files]
    rows = [f"* [{title}]({path.name})" for path, title in zip(files, titles, strict=True)]
    text = "# Decisions\n\nWhat was decided, why, and what was measured: a page each.\n\n" + "\n".join(rows) + "\n"
    (SOURCE / "decisions" / "index.md").write_text(text, encoding="utf-8")


def write_reference() -> None:
    """A page a section of public names."""
    folder = SOURCE / "reference"
    folder.mkdir(parents=True)
    sections = public_names.sections()
    (folder / "index.md").write_text(public_names.contents(sections), encoding="utf-8")
    for section, names in sections.items():
        (folder / public_names.file_of(section)).write_text(public_names.page(section, names), encoding="utf-8")


def run(path: Path, digest: str, stale: bool) -> None:
    """Run one page, or take it from the cache, and write it with its figures."""
    start = time.perf_counter()
    page = page_runner.read_page(path)
    written = page_runner.markdown(page, page_runner.outputs(page, CACHE, digest, stale))
    target = SOURCE / standing()[path]
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(relinked(with_install(written.text), path), encoding="utf-8")
    for name, content in written.figures.items():
        (target.parent / name).write_bytes(content)
    print(f"{place(path):40} {time.perf_counter() - start:5.1f} s", flush=True)


def run_all(wanted: Sequence[Path], stale: bool) -> None:
    """Run pages, a few at a time; what fails is told of all of them, by their names, when the others are done."""

    def tried(path: Path) -> str:
        try:
            run(path, digest, stale)
        except Exception as error:  # whatever a page raises
            print(f"{place(path):40} failed", flush=True)
            return f"{path.relative_to(ROOT)} failed\n{error}"
        return ""

    digest = page_runner.sources()
    with ThreadPoolExecutor(ALONGSIDE) as pool:
        failures = [said for said in pool.map(tried, wanted) if said]
    if failures:
        sys.exit("\n\n".join(failures))


def main() -> None:
    """Build the site."""
    reader = argparse.ArgumentParser(description="build the site into build/site")
    reader.add_argument("--only", default="", help="leave out pages whose path does not have this")
    reader.add_argument("--stale", action="store_true", help="run no page whose own code has run before")
    asked = reader.parse_args()
    shutil.rmtree(SOURCE, ignore_errors=True)
    copy()
    write_font()
    list_decisions()
    write_reference()
    wanted = [path for path in executed() if asked.only in str(path)]
    run_all(wanted, asked.stale)
    strict = [] if asked.only else ["--strict"]
    quiet = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    subprocess.run([sys.executable, "-m", "mkdocs", "build", "--quiet", *strict], cwd=ROOT, env=quiet, check=True)
    print("build/site is whole: python -m http.server -d build/site")


if __name__ == "__main__":
    main()
