"""What is added to a response, evaluated: numbers a row, and censoring by any of brms's and R's codes."""

from collections.abc import Callable, Mapping

import numpy as np

from stanmlm.base.arrays import Anything, Floats
from stanmlm.base.errors import FormulaError
from stanmlm.data.rvalues import CODED, NUMERIC, Value, double, floats, length, recycle, width
from stanmlm.formula.additions import SURVIVAL, Addition
from stanmlm.formula.formula import Expression, Formula

Evaluate = Callable[[Expression], Value]  # an expression on some rows, one value or one a row

LEFT, NOT, RIGHT, BETWEEN = -1.0, 0.0, 1.0, 2.0  # brms's codes of censoring
_WORDS = {"left": LEFT, "none": NOT, "right": RIGHT, "interval": BETWEEN, "true": RIGHT, "false": NOT}
# brms: these may be missing, where a row has no use for them
_MAY_LACK = ("y2", "time2")
SUBSET = "subset"
OF_THRESHOLDS = ("thres", "cat")  # what they say a fit knows
ITEMS = "gr"  # of thres(): a factor, which the design has too


def evaluated(formula: Formula, evaluate: Evaluate, n: int, only: frozenset[str] | None = None) -> dict[str, Value]:
    """Every argument of the additions by its name, (n,) each: numbers, of censoring its code, of Surv as R has them.

    Parameters
    ----------
    formula
        A parsed formula.
    evaluate
        What gives the value of an expression.
    n
        The number of rows.
    only
        Names of additions; all where None.
    """
    out: dict[str, Value] = {}
    for addition in formula.additions:
        if only is not None and addition.name not in only:
            continue
        for name, expression in addition.arguments:
            value = evaluate(expression)
            if length(value) not in (1, n) or width(value) > 1:
                shape = f"{length(value)} values" if width(value) == 1 else f"{width(value)} columns"
                raise _at(addition, formula.text, f"`{expression.label}` has {shape} for {n} rows")
            reader = _READERS.get(name, _numbers)
            out[name] = reader(recycle(value, n), expression, addition, formula.text)
    return out


def needed(added: Mapping[str, Value], y: Value | None) -> dict[str, Value]:
    """Those of which a row must have a value, as na_action sees them; of two ends of an interval one will do."""
    out = {f"{name}()": value for name, value in added.items() if name not in _MAY_LACK and name != SUBSET}
    if "time2" in added and y is not None:
        ends = [floats(value).reshape(length(value)) for value in (y, added["time2"])]
        out["Surv()"] = double(np.where(np.isnan(ends[0]), ends[1], ends[0]))
    return out


def lacks_ends(formula: Formula) -> bool:
    """Whether the response itself may be missing: R's `Surv(time, time2, type = "interval2")`."""
    return any(one.name == SURVIVAL and "interval2" in one.options for one in formula.additions)


def options_of(formula: Formula) -> tuple[str, ...]:
    """What additions are told to do."""
    return tuple(option for one in formula.additions if one.name != SURVIVAL for option in one.options)


def survival(formula: Formula, values: Anything, added: Mapping[str, Floats]) -> tuple[Anything, dict[str, Floats]]:
    """The response and what is added to it, where `Surv` says what is censored, by brms's codes."""
    of = next((one for one in formula.additions if one.name == SURVIVAL), None)
    rest = {name: values for name, values in added.items() if name not in ("event", "time2")}
    if of is None:
        return values, rest
    y, (kind,) = np.asarray(values, dtype=float), of.options
    if kind == "interval2":
        return _ends(y, added["time2"], rest)
    event = added.get("event", np.ones(len(y)))
    if kind == "interval":
        code = np.select([event == 0, event == 1, event == 2, event == 3], [RIGHT, NOT, LEFT, BETWEEN], np.nan)
        rest |= {"y2": added["time2"]} if "time2" in added else {}
    else:
        one = event - 1 if np.nanmax(event, initial=0.0) == 2 else event  # R: 1 and 2 are 0 and 1
        missed = RIGHT if kind == "right" else LEFT
        code = np.select([one == 0, one == 1], [missed, NOT], np.nan)
    return y, {**rest, "cens": code}


def _ends(low: Floats, high: Floats, rest: dict[str, Floats]) -> tuple[Floats, dict[str, Floats]]:
    """Intervals by their ends: missing, or infinite, where they have none."""
    below, above = np.isnan(low) | np.isinf(low), np.isnan(high) | np.isinf(high)
    code = np.select([below, above, low == high], [LEFT, RIGHT, NOT], BETWEEN)
    return np.where(below, high, low), {**rest, "cens": code, "y2": high}


def _numbers(value: Value, expression: Expression, addition: Addition, text: str) -> Value:
    if value.type not in NUMERIC:
        raise _at(addition, text, f"`{expression.label}` must be numbers, not a {value.type}")
    return double(floats(value).reshape(length(value)))


def _codes(value: Value, expression: Expression, addition: Addition, text: str) -> Value:
    """Censoring by brms's numbers or words, or by a truth value, TRUE being right-censored."""
    if value.type not in CODED:
        codes = floats(value).reshape(length(value))
    else:
        of_level = np.array([*map(_code, value.levels), np.nan])
        used = np.isin(np.arange(len(value.levels)), value.data)
        for level, code, here in zip(value.levels, of_level, used, strict=False):
            if here and np.isnan(code):
                raise _at(addition, text, f'cens() reads "left", "none", "right" and "interval", not `{level}`')
        codes = of_level[value.data]
    known = np.isnan(codes) | np.isin(codes, (LEFT, NOT, RIGHT, BETWEEN))
    if not known.all():
        raise _at(addition, text, "cens() reads -1 (left), 0 (none), 1 (right) and 2 (interval), not "
                                  f"{codes[~known][0]:g}")  # fmt: skip
    return double(codes)


def _code(word: str) -> float:
    """Of a level: a word, or a number as text."""
    word = word.strip().casefold()
    return _WORDS[word] if word in _WORDS else float(word) if word.lstrip("-").isdigit() else np.nan


def _truth(value: Value, expression: Expression, addition: Addition, text: str) -> Value:
    """Whether a row is used; brms reads any number as R's as.logical."""
    if value.type not in NUMERIC:
        raise _at(addition, text, f"`{expression.label}` must be truth values, not a {value.type}")
    return double(floats(value).reshape(length(value)))


def _factor(value: Value, expression: Expression, addition: Addition, text: str) -> Value:
    if value.type not in (*CODED, "logical"):
        label = expression.label
        raise _at(addition, text, f"thres(gr =) needs a factor: `{label}` is {value.type}; write gr = factor({label})")
    return value


def _at(addition: Addition, text: str, message: str) -> FormulaError:
    return FormulaError(message, text, addition.start, addition.stop)


_READERS: Mapping[str, Callable[[Value, Expression, Addition, str], Value]] = {
    "cens": _codes,
    SUBSET: _truth,
    ITEMS: _factor,
}
