"""A user's functions in Stan beside the same in NumPy: before anything is sampled, at a few responses of the data."""

import hashlib

import numpy as np

from stanmlm.base.arrays import Floats
from stanmlm.base.errors import OptionError
from stanmlm.data.design import predictors
from stanmlm.families import Family
from stanmlm.families.reductions import Extra, beside, extra_at
from stanmlm.families.responses import ONE, Response
from stanmlm.families.theta import Theta
from stanmlm.families.written import Written
from stanmlm.model.model import Model
from stanmlm.sampling.engines.protocol import Engine
from stanmlm.sampling.program import Program, structure

RESPONSES = 5
# On the links' scales, about where a pilot starts: each parameter moves by these in turn; never 0, for at 1 some of
# Stan's functions have a pole.
MOVES = (0.03, 0.4, -0.3)
# Differences of logarithms, or shares of them, from which two functions are two.
APART = 1e-6
# The engine that compiles a program in no time.
AT_ONCE = "stanli"
DENSITY = "log_density"
TAILS = {"lcdf": "log_cdf", "lccdf": "log_ccdf"}


def check_densities(model: Model, engine: Engine) -> None:
    """Nothing, for a density that is the same in Stan and in NumPy, but for what parameters do not change.

    Where responses are censored or truncated, distribution functions are compared too, all of them.

    Raises
    ------
    OptionError
        Where one is not: at which response and parameters.
    """
    family = model.family.whole or model.family
    text = family.written
    if text is None or model.prior_only or engine.name != AT_ONCE:
        return
    y, extra, values = _points(model, family)
    for ending, named in _compared(text, family, model):
        stan = f"{text.stem}_{ending}"
        in_stan = _in_stan(model, engine, stan, y, extra, values)
        own = getattr(family, named)(y, Theta(natural=values), extra)
        _compare(family, (stan, named), in_stan, np.asarray(own), y, values)


def _compared(text: Written, family: Family, model: Model) -> list[tuple[str, str]]:
    """Endings of functions in Stan, and what they are called in NumPy."""
    found = [] if DENSITY in family.unknown else [(text.function.removeprefix(f"{text.stem}_"), DENSITY)]
    if "log_cdf" in family.unknown or not model.cells.masses:
        return found
    return [*found, *((ending, TAILS[ending]) for ending in text.tails)]


def _points(model: Model, family: Family) -> tuple[Floats, Extra, dict[str, Floats]]:
    """Responses with what is beside them, and natural values of the parameters: (MOVES x responses,) each."""
    response, size = model.response, len(MOVES)
    rows = np.linspace(0, len(response.y) - 1, RESPONSES).round().astype(int)
    at = np.tile(rows, size)
    values = {}
    for k, one in enumerate(family.parameters):
        start = one.link.forward(one.within.inside(np.asarray(float(one.start(response)))))
        moved = one.within.inside_each(one.link.inverse(start + np.roll(MOVES, k)))
        values[one.name] = np.repeat(moved, RESPONSES)
    return response.y[at], _beside(response, at), values


def _beside(response: Response, at: Floats) -> Extra:
    """What the functions read of some rows."""
    extra = extra_at(response, at)
    return Extra(np.broadcast_to(extra.trials, at.shape), ONE, values=extra.values)


def _in_stan(model: Model, engine: Engine, stan: str, y: Floats, extra: Extra, values: dict[str, Floats]) -> Floats:
    """What a function of the text gives of each response."""
    family = model.family.whole or model.family
    assert family.written is not None
    seen = {"y": y, **{name: beside(extra, name) for name in family.written.reads}}
    data: dict[str, object] = {"R": len(y), **{f"at_{name}": each for name, each in values.items()}}
    for name, each in seen.items():
        data[name] = each.astype(int) if name in family.written.integers else each
    _, out = engine.log_density(_program(family.written, stan, model), data, {"z": np.zeros(len(y))})
    return out


def _program(text: Written, stan: str, model: Model) -> Program:
    """A program whose gradient at zero is what a function gives of each row."""
    names = [name for name, *_ in text.parameters]
    kinds = {name: "array[R] int" if name in text.integers else "vector[R]" for name in ("y", *text.reads)}
    declared = [f"  {kind} {name};" for name, kind in kinds.items()] + [f"  vector[R] at_{name};" for name in names]
    here, several = "r" if text.loop else "r:r", [of.dpar for of in predictors(model.design)]
    at = [f"at_{name}[{here if name in several else 'r'}]" for name in names]
    arguments = ", ".join([*at, *(f"{name}[{here}]" for name in text.reads)])
    written = "\n".join(
        [
            f"functions {{\n{text.text}\n}}",
            "data {\n  int<lower=1> R;",
            *declared,
            "}\nparameters {\n  vector[R] z;\n}",
            f"model {{\n  for (r in 1:R) target += z[r] * {stan}(y[{here}] | {arguments});\n}}\n",
        ]
    )
    return Program(written, hashlib.sha256(written.encode()).hexdigest(), structure(model))


def _compare(
    family: Family, named: tuple[str, str], in_stan: Floats, own: Floats, y: Floats, values: dict[str, Floats]
) -> None:
    """Refuse changes along the parameters that differ: what responses alone say may be left out of a density."""
    own = np.broadcast_to(own, in_stan.shape)
    changes = [(each - np.tile(each[:RESPONSES], len(MOVES))) for each in (in_stan, own)]
    if named[1] != DENSITY:
        changes = [in_stan, own]
    known = np.isfinite(changes[0]) & np.isfinite(changes[1])
    apart = np.abs(changes[0] - changes[1]) > APART * (1 + np.abs(changes[0]))
    bad = np.flatnonzero((apart & known) | (np.isfinite(in_stan) != np.isfinite(own)))
    if not len(bad):
        return
    r = int(bad[0])
    here, there = (", ".join(f"{name} = {each[at]:.4g}" for name, each in values.items()) for at in (r % RESPONSES, r))
    what = "densities" if named[1] == DENSITY else "functions"
    moved = f"from ({here}) to ({there})" if named[1] == DENSITY else f"at ({there})"
    is_, verb = ("changes by", "by") if named[1] == DENSITY else ("is", "is")
    raise OptionError(
        f"{named[0]} of stan= and {named[1]}= of {family.name} are two {what}: at y = {y[r]:g}, "
        f"{moved}, the first {is_} {changes[0][r]:.6g} and the second {verb} {changes[1][r]:.6g}"
    )
