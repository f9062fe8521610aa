"""Where CmdStan is, and executables of programs, each compiled once and kept in the user's cache folder."""

import os
import platform
import re
import sys
import warnings
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType

from stanmlm.errors import EngineError
from stanmlm.program import Program

INSTALL_CMDSTAN = "python -m cmdstanpy.install_cmdstan"

_VERSION = re.compile(r"CMDSTAN_VERSION\s*:=\s*(\S+)")
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
    library = _cmdstanpy()
    try:
        with library.disable_logging():
            path = Path(library.cmdstan_path())
    except ValueError as error:
        raise EngineError(f"CmdStan is not installed; `{INSTALL_CMDSTAN}` installs it") from error
    if not (path / "src" / "cmdstan" / "main.cpp").is_file():
        raise EngineError(f"the CmdStan in {path} cannot compile; `{INSTALL_CMDSTAN}` installs one that can")
    version = _VERSION.search((path / "makefile").read_text())
    return Installation(path, version[1] if version else "unknown")


def compiled(program: Program, say: bool = False) -> Path:
    """The executable of `program`, from the cache folder where it is there, else compiled now.

    Raises
    ------
    EngineError
        With the compiler's words where it fails.
    """
    installation = installed()
    platform_name = f"{platform.system()}-{platform.machine()}".lower()
    folder = cache_folder() / f"cmdstan-{installation.version}-{platform_name}" / program.sha256[:32]
    exe = folder / f"model{_EXTENSION}"
    if not exe.exists():
        if say:
            print("compiling the program with CmdStan; it is kept for the next time", file=sys.stderr)
        _compile(program, folder, exe)
    return exe


def cache_folder() -> Path:
    """Where this system keeps what can be made again: `$XDG_CACHE_HOME` or `~/.cache`, `%LOCALAPPDATA%` on Windows."""
    variable, default = ("LOCALAPPDATA", "AppData/Local") if sys.platform == "win32" else ("XDG_CACHE_HOME", ".cache")
    return Path(os.environ.get(variable) or Path.home() / default) / "stanmlm"


def _compile(program: Program, folder: Path, exe: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    library = _cmdstanpy()
    with TemporaryDirectory(dir=folder.parent, prefix="build-") as build, library.disable_logging():
        source = Path(build, "model.stan")
        source.write_text(program.text)
        try:
            made = library.compile_stan_file(source, stanc_options={"O1": True})
        except (ValueError, RuntimeError, OSError) as error:
            raise EngineError(f"CmdStan could not compile the program: {error}") from error
        folder.mkdir(exist_ok=True)
        os.replace(source, folder / "model.stan")
        os.replace(made, exe)  # at once, so that nobody meets half an executable


def _cmdstanpy() -> ModuleType:
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "IProgress")  # of tqdm's, in notebooks without ipywidgets
            import cmdstanpy
    except ImportError as error:
        raise EngineError("cmdstanpy is not installed; `pip install cmdstanpy` installs it") from error
    library: ModuleType = cmdstanpy
    return library
