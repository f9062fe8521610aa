"""What goes wrong, in the user's words: one family of exceptions and the helpers that phrase them."""

import difflib
from collections.abc import Iterable, Sequence


class StanmlmError(Exception):
    """Anything that stanmlm refuses to do; catch this to catch them all.

    Examples
    --------
    >>> from stanmlm import StanmlmError, lm, simulate_exams
    >>> try:
    ...     lm("score ~ ours", simulate_exams(seed=1))
    ... except StanmlmError as error:
    ...     print(type(error).__name__)
    FormulaError
    """


class FormulaError(StanmlmError, ValueError):
    """A formula that cannot be read; the message ends with the text and a caret under the culprit.

    Attributes
    ----------
    text
        The formula, "" where there is none to show.
    start
        Where in it the culprit begins, from 0; -1 where there is none.
    stop
        Where it ends.

    Examples
    --------
    >>> from stanmlm import lmer, simulate_exams
    >>> lmer("score ~ hours + (1 | student", simulate_exams(seed=1))
    Traceback (most recent call last):
    stanmlm.FormulaError: ...
    """

    text: str
    start: int
    stop: int

    def __init__(self, message: str, text: str = "", start: int = -1, stop: int = -1) -> None:
        self.text, self.start, self.stop = text, start, stop
        super().__init__(message + _caret(text, start, stop))


class DataError(StanmlmError, ValueError):
    """Data that the formula or the family cannot use.

    Examples
    --------
    >>> from stanmlm import glm
    >>> glm("y ~ x", {"y": [-1, 2], "x": [0.0, 1.0]}, family="poisson")
    Traceback (most recent call last):
    stanmlm.DataError: ...
    """


class PriorError(StanmlmError, ValueError):
    """A prior that names nothing in the model, or that makes no sense for what it names.

    Examples
    --------
    >>> from stanmlm import normal
    >>> normal(0, -1)
    Traceback (most recent call last):
    stanmlm.PriorError: normal(scale=-1): scale must be positive
    """


class OptionError(StanmlmError, TypeError):
    """An argument that does not exist or has an impossible value.

    Examples
    --------
    >>> from stanmlm import lm, simulate_exams
    >>> lm("score ~ hours", simulate_exams(seed=1), chans=2)
    Traceback (most recent call last):
    stanmlm.OptionError: there is no argument `chans`; did you mean `chains`?
    """


class EngineError(StanmlmError, RuntimeError):
    """An engine that is missing, cannot do what is asked, or failed while it ran.

    Examples
    --------
    >>> from stanmlm import Recorded, lm, simulate_exams
    >>> lm("score ~ hours", simulate_exams(seed=1), engine=Recorded("."), progress=False)
    Traceback (most recent call last):
    stanmlm.EngineError: ...
    """


class FileError(StanmlmError, OSError):
    """A file that is absent, cannot be written, is damaged, or is not one of ours.

    Examples
    --------
    >>> from stanmlm import load
    >>> load("absent.stanmlm")
    Traceback (most recent call last):
    stanmlm.FileError: ...
    """


class StartError(EngineError):
    """Starting points at which an engine cannot begin; other ones may serve."""


class StanmlmWarning(UserWarning):
    """What R would warn about, and diagnostics that failed.

    Examples
    --------
    >>> import warnings
    >>> from stanmlm import StanmlmWarning
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("error", StanmlmWarning)  # refuses a fit whose chains have not mixed
    >>> issubclass(StanmlmWarning, UserWarning)
    True
    """


def _caret(text: str, start: int, stop: int) -> str:
    if not text or start < 0:
        return ""
    line_start = text.rfind("\n", 0, start) + 1
    line_stop = text.find("\n", start)
    line = text[line_start:] if line_stop < 0 else text[line_start:line_stop]
    width = max(1, min(max(stop, start + 1), line_start + len(line)) - start)
    return "\n" + line + "\n" + " " * (start - line_start) + "^" * width


def check_probability(name: str, given: float) -> None:
    """Refuse what lies outside 0 and 1 for the argument `name`."""
    if not 0 < given < 1:
        raise OptionError(f"{name} is {given}; it is a probability between 0 and 1")


ROWS_SHOWN = 5


def rows_named(labels: Sequence[object]) -> str:
    """`(rows 3, 4, ...)`: rows as the frame's own index names them, pandas's default one from 0."""
    shown = ", ".join(map(str, labels[:ROWS_SHOWN])) + ", ..." * (len(labels) > ROWS_SHOWN)
    return f"(row{'s' * (len(labels) > 1)} {shown})"


def did_you_mean(name: object, known: Iterable[str]) -> str:
    """`; did you mean ...?` for the nearest known name, else the list of what is known, else nothing.

    A name that differs in upper and lower case alone is the nearest.
    """
    name, options = str(name), list(dict.fromkeys(known))
    near = [option for option in options if option.casefold() == name.casefold()]
    near = near or difflib.get_close_matches(name, options, n=1, cutoff=0.6)
    if near:
        return f"; did you mean `{near[0]}`?"
    if not options:
        return ""
    shown = ", ".join(f"`{option}`" for option in options[:20])
    return f"; there is {shown}" + (f" and {len(options) - 20} more" if len(options) > 20 else "")
