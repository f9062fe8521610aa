"""Where CmdStan is, and executables of programs, each compiled once and kept in the user's cache folder."""

import hashlib
import json
import os
import platform
import re
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType

from stanmlm.base.errors import EngineError
from stanmlm.base.interrupts import postponed
from stanmlm.base.outlets import tell
from stanmlm.sampling.engines.processes import run
from stanmlm.sampling.program import Program

INSTALL_CMDSTAN = "python -m cmdstanpy.install_cmdstan"

_VERSION = re.compile(r"CMDSTAN_VERSION\s*:=\s*(\S+)")
_LOOK = 0.1  # seconds between two looks at a lock
_EXTENSION = ".exe" if sys.platform == "win32" else ""


@dataclass(frozen=True)
class Installation:
    """A CmdStan that can compile."""

    path: Path
    version: str


def installed() -> Installation:
    """The CmdStan that cmdstanpy finds.

    Raises
    ------
    EngineError
        Where there is none, or none that can compile (prophet carries one that cannot); it says how to get one.
    """
    path = _place()
    if not all((path / file).is_file() for file in ("makefile", "src/cmdstan/main.cpp")):
        raise EngineError(f"the CmdStan in {path} cannot compile; `{INSTALL_CMDSTAN}` installs one that can")
    version = _VERSION.search((path / "makefile").read_text())
    return Installation(path, version[1] if version else "unknown")


def _place() -> Path:
    """The folder of CmdStan that cmdstanpy finds; it leaves a name in the environment, which is taken out again."""
    library, named = _cmdstanpy(), os.environ.get("CMDSTAN")
    try:
        with library.disable_logging():
            return Path(library.cmdstan_path())
    except Exception as error:  # which of them says what is wrong differs by version, and by what lies in ~/.cmdstan
        if named:
            hint = f"set it to CmdStan's folder, or unset it; `{INSTALL_CMDSTAN}` installs one"
            raise EngineError(f"CMDSTAN is {named}, which is no folder of CmdStan; {hint}") from error
        found = os.environ.get("CMDSTAN")
        what = f"the CmdStan in {found} is not whole" if found else "CmdStan is not installed"
        raise EngineError(f"{what}; `{INSTALL_CMDSTAN}` installs it") from error
    finally:
        if not named:
            os.environ.pop("CMDSTAN", None)


def compiled(program: Program, say: bool = False) -> Path:
    """The executable of `program`, from the cache folder where it is there, else compiled now.

    Raises
    ------
    EngineError
        With the compiler's words where it fails.
    """
    installation = installed()
    folder = cache_folder() / _built_by(installation) / program.sha256[:32]
    exe = folder / f"model{_EXTENSION}"
    if exe.exists():
        return exe
    with _alone(folder / "lock"):
        if not exe.exists():
            if say:
                tell("compiling the program with CmdStan; it is kept for the next time")
            _compile(program, folder, exe)
    return exe


def _built_by(installation: Installation) -> str:
    """Executables load libraries of the CmdStan that built them: one that was moved, or is another, has its own."""
    place = hashlib.sha256(str(installation.path.resolve()).encode()).hexdigest()[:8]
    return f"cmdstan-{installation.version}-{platform.system()}-{platform.machine()}-{place}".lower()


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """One process or thread at a time; the system takes the lock from those that die."""
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        handle = lock.open("ab")
    except OSError as error:
        variable = "LOCALAPPDATA" if sys.platform == "win32" else "XDG_CACHE_HOME"
        message = (
            f"compiled programs cannot be kept in {lock.parent}: {error.strerror}; set {variable} to another folder"
        )
        raise EngineError(message) from error
    with handle:
        while not _locked(handle.fileno()):
            time.sleep(_LOOK)
        yield


def _locked(handle: int) -> bool:
    """Whether we have the lock now; folders of the network may know no locks, and need none to be right."""
    if sys.platform == "win32":
        import msvcrt

        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
    import fcntl

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


def cache_folder() -> Path:
    """Where this system keeps what can be made again: `$XDG_CACHE_HOME` or `~/.cache`, `%LOCALAPPDATA%` on Windows."""
    variable, default = ("LOCALAPPDATA", "AppData/Local") if sys.platform == "win32" else ("XDG_CACHE_HOME", ".cache")
    return Path(os.environ.get(variable) or Path.home() / default) / "stanmlm"


def _compile(program: Program, folder: Path, exe: Path) -> None:
    with postponed():
        build = TemporaryDirectory(dir=folder.parent, prefix="build-", ignore_cleanup_errors=True)
    try:
        source = Path(build.name, "model.stan")
        source.write_text(program.text)
        made = _build(source)
        os.replace(source, folder / "model.stan")
        os.replace(made, exe)  # at once, so that nobody meets half an executable
    finally:
        with postponed():
            build.cleanup()


# cmdstanpy changes the working folder while it compiles, and leaves make and the compiler to themselves when it is
# ended: in a process of its own they are in our hands.
_BUILD = """
import json, sys
sys.path[:] = json.loads(sys.argv[2])
import cmdstanpy
try:
    with cmdstanpy.disable_logging():
        cmdstanpy.compile_stan_file(sys.argv[1], stanc_options={"O1": True})
except (ValueError, RuntimeError, OSError) as error:
    sys.exit(str(error))
"""


def _build(source: Path) -> Path:
    command = [sys.executable, "-c", _BUILD, str(source), json.dumps(sys.path)]
    failure = run([command], source.parent, 1, None, lambda chain, line: None)
    if failure is not None:
        raise EngineError(f"CmdStan could not compile the program: {failure.killed or failure.console.strip()}")
    return source.with_suffix(_EXTENSION)


def _cmdstanpy() -> ModuleType:
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "IProgress")  # of tqdm's, in notebooks without ipywidgets
            import cmdstanpy
    except ImportError as error:
        raise EngineError("cmdstanpy is not installed; `pip install cmdstanpy` installs it") from error
    library: ModuleType = cmdstanpy
    return library
