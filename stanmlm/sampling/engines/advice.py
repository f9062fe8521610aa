"""What to try when Stan gives up."""

from collections.abc import Mapping

from stanmlm.base.errors import EngineError, StartError

_ADVICE: Mapping[str, str] = {
    "initialization failed": "no starting point had a finite log density: look for missing or infinite values in the "
    "data and for priors that exclude each other, or pass starting values",
    "dimension declared and found": "an array of the data has another size than the program declares",
    **dict.fromkeys(
        ("error while loading shared libraries", "library not loaded"),
        "the CmdStan that the program was compiled with was moved or removed: delete the compiled program",
    ),
    "no starting value for parameter": "a point needs a value for every parameter of the program",
}


_STARTS = ("initialization failed", "starting value")


def failure(said: str, words: str) -> EngineError:
    """The error that an engine's words ask for, with what to try; a `StartError` where its starts are at fault."""
    kind = StartError if any(sign in f"{said} {words}".lower() for sign in _STARTS) else EngineError
    return kind(f"{said}{words}{advice(words)}")


def advice(text: str) -> str:
    """`; ` and what to try, for the first sign that the engine's words hold, else nothing."""
    said = text.lower()
    return next((f"; {hint}" for sign, hint in _ADVICE.items() if sign in said), "")
