"""The engine that a user named, or the best one that is here."""

import os
from collections.abc import Callable, Iterable, Mapping

from stanmlm.base.arguments import check_arguments
from stanmlm.base.errors import EngineError, OptionError, did_you_mean
from stanmlm.sampling.engines.cmdstan import CmdStan
from stanmlm.sampling.engines.protocol import Engine
from stanmlm.sampling.engines.stanli import Stanli

VARIABLE = "STANMLM_ENGINE"

ENGINES: Mapping[str, Callable[[], Engine]] = {"stanli": Stanli, "cmdstan": CmdStan}  # best first


def choose_engine(engine: str | Engine = "auto") -> Engine:
    """The engine by this name; an engine is handed back as it is.

    Parameters
    ----------
    engine
        `"stanli"`, `"cmdstan"`, an engine, or `"auto"`: what the environment variable `STANMLM_ENGINE` names, else
        stanli where it is, which has nothing to compile and is faster, else CmdStan.

    Returns
    -------
    Engine
        For `engine=` of the verbs.

    Raises
    ------
    OptionError
        For a name that is no engine's.
    EngineError
        For an engine that is not installed; it says how to get it.

    Examples
    --------
    >>> from stanmlm import choose_engine
    >>> choose_engine("stanli").name
    'stanli'
    """
    check_arguments(choose_engine, locals())
    if not isinstance(engine, str):
        return engine
    name = (os.environ.get(VARIABLE) or "auto") if engine == "auto" else engine
    if name != "auto" and name not in ENGINES:
        source = f" (from {VARIABLE})" if engine == "auto" else ""
        raise OptionError(f"there is no engine `{name}`{source}{did_you_mean(name, ['auto', *ENGINES])}")
    return _first_here(ENGINES if name == "auto" else [name])


def _first_here(names: Iterable[str]) -> Engine:
    missing = []
    for name in names:
        engine = ENGINES[name]()
        try:
            engine.version  # noqa: B018 - asking for the version is what tells whether it is installed
        except EngineError as error:
            missing.append(str(error))
        else:
            return engine
    raise EngineError("; ".join(missing))
