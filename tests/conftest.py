"""Fixtures: where R's answers lie, and the count of what was skipped because they are absent."""

import importlib.util
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

SHARED = Path(os.environ.get("STANMLM_SHARED", Path(__file__).resolve().parents[2] / "shared"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if (SHARED / "reference").is_dir():
        return
    for item in items:
        if item.get_closest_marker("shared"):
            item.add_marker(pytest.mark.skip(reason="../shared is absent"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = [r for r in terminalreporter.stats.get("skipped", []) if "shared is absent" in str(r.longrepr)]
    if skipped:
        terminalreporter.write_line(f"{len(skipped)} tests skipped because {SHARED} is absent")


def pytest_sessionfinish(session: pytest.Session) -> None:
    absent = not (SHARED / "reference").is_dir()
    if absent and os.environ.get("CI") and any(i.get_closest_marker("shared") for i in session.items):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Python's own answer to SIGINT, which a shell's background jobs are started without."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of R's answers and of the voter file; only for tests marked `shared`."""
    return SHARED


@pytest.fixture(scope="session")
def reference(shared: Path) -> ModuleType:
    """`../shared/reference/load.py`: `data(name)`, `lme4_cases()`, `modelmatrix_cases()`, `X_of(case)`."""
    spec = importlib.util.spec_from_file_location("reference_load", shared / "reference" / "load.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--accept-goldens", action="store_true", help="rewrite tests/golden with what is rendered now")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], str]:
    """`golden(name, text)` gives the accepted text of a golden file, after rewriting it under --accept-goldens."""

    def read(name: str, text: str) -> str:
        path = Path(__file__).parent / "golden" / name
        if request.config.getoption("--accept-goldens"):
            path.write_text(text, encoding="utf-8")
        return path.read_text(encoding="utf-8")

    return read
