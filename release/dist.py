"""`make dist`: builds wheel and sdist, looks into them, installs each where nothing is, and runs the sdist's tests."""

import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[1]
DIST = ROOT / "dist"
# Rooms whose tests take a minute together; what needs R's answers or takes long is for `make test-all`.
TESTS = (
    "tests/base",
    "tests/formula",
    "tests/data",
    "tests/priors",
    "tests/sampling/test_program.py",
    "tests/lecture",
    "tests/whole/test_shelf.py",
)
NOT_HERE = "not slow and not shared and not cmdstan"
IN_SDIST = (
    *("README.md", "LICENSE", "CHANGELOG.md", "CITATION.cff", "CONTRIBUTING.md", "CODE_OF_CONDUCT.md", "Makefile"),
    *(
        ".github/workflows/tests.yml",
        "release/metadata.py",
        "stan/families/gaussian.stan",
        "stanmlm/lecture/state_facts.csv",
    ),
    *("tests/conftest.py", "tests/golden/formulas.json", "tests/reference/rdialect.json", "docs/verbs.md"),
)
IN_WHEEL = ("stanmlm/__init__.py", "stanmlm/py.typed", "stanmlm/stan/families/gaussian.stan")
TRY = """
import stanmlm as sm
fit = sm.lmer("score ~ hours + (1 | student)", sm.simulate_exams(seed=1), seed=1, iter=200, progress=False)
print(fit)
"""


def main() -> None:
    """Each step ends the whole where it fails."""
    shutil.rmtree(DIST, ignore_errors=True)
    run(sys.executable, "-m", "build", "--outdir", str(DIST), str(ROOT))
    (wheel,), (sdist,) = DIST.glob("*.whl"), DIST.glob("*.tar.gz")
    run(sys.executable, "-m", "twine", "check", "--strict", str(wheel), str(sdist))
    run(sys.executable, "-m", "check_wheel_contents", str(wheel))
    look_into(wheel, sdist)
    for archive in (wheel, sdist):
        with TemporaryDirectory() as folder:
            python = empty_environment(Path(folder))
            run(python, "-m", "pip", "install", "--quiet", str(archive))
            run(python, "-m", "stanmlm", "doctor", cwd=folder)
            run(python, "-W", "ignore", "-c", TRY, cwd=folder)
    test(sdist)
    print(f"{wheel.name} and {sdist.name} are good")


def look_into(wheel: Path, sdist: Path) -> None:
    """The wheel holds the package and nothing else; the sdist what it is built and tested from; neither holds data."""
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    packed = [name for name in names if not name.startswith(("stanmlm/", wheel.name.split("-")[0] + "-"))]
    with tarfile.open(sdist) as archive:
        inside = {name.partition("/")[2] for name in archive.getnames()}
    missing = [*(set(IN_WHEEL) - set(names)), *(set(IN_SDIST) - inside)]
    foreign = [*packed, *(name for name in (*names, *inside) if "shared/" in name or name.endswith((".pyc", ".env")))]
    if missing or foreign:
        sys.exit(f"missing: {missing}; not to be there: {foreign}")


def test(sdist: Path) -> None:
    """The quick tests of the sdist's own files, in an environment of their own."""
    with TemporaryDirectory() as folder:
        with tarfile.open(sdist) as archive:
            archive.extractall(folder, filter="data")
        (source,) = Path(folder).iterdir()
        python = empty_environment(Path(folder))
        run(python, "-m", "pip", "install", "--quiet", f"{source}[data,html,test]")
        shutil.rmtree(source / "stanmlm")  # what is tested is what was installed
        run(python, "-m", "pytest", "-p", "no:cacheprovider", "-m", NOT_HERE, *TESTS, cwd=str(source))


def empty_environment(folder: Path) -> str:
    """The Python of a new environment in this folder."""
    venv.create(folder / "env", with_pip=True)
    return str(folder / "env" / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python"))


def run(*command: str, cwd: str | None = None) -> None:
    """Run a command, and end with it where it fails."""
    print("$", *(part if "\n" not in part else "..." for part in command), flush=True)
    if code := subprocess.run(command, cwd=cwd, check=False).returncode:
        sys.exit(code)


if __name__ == "__main__":
    main()
