"""A user's density in Stan beside the same in NumPy: before anything is sampled, at a few responses of the data."""

import hashlib

import numpy as np

from stanmlm.base.arrays import Floats
from stanmlm.base.errors import OptionError
from stanmlm.families import Family
from stanmlm.families.reductions import Extra
from stanmlm.families.theta import Theta
from stanmlm.families.written import Written
from stanmlm.model.model import Model
from stanmlm.sampling.engines.protocol import Engine
from stanmlm.sampling.program import Program, structure

RESPONSES = 5
# On the links' scales, about where a pilot starts: each parameter moves by these in turn.
MOVES = (0.0, 0.4, -0.3)
# Differences of logarithms, or shares of them, from which two densities are two.
APART = 1e-6
# The engine that compiles a program in no time.
AT_ONCE = "stanli"


def check_densities(model: Model, engine: Engine) -> None:
    """Nothing, for a density that is the same in Stan and in NumPy, but for what parameters do not change.

    Raises
    ------
    OptionError
        Where it is not: at which response and parameters.
    """
    family = model.family.whole or model.family
    text = family.written
    if text is None or model.prior_only or "log_density" in family.unknown or engine.name != AT_ONCE:
        return
    y, trials, values = _points(model, family)
    data: dict[str, object] = {"R": len(y), **{f"at_{name}": each for name, each in values.items()}}
    data |= {"y": y.astype(int) if text.whole else y, **{name: trials.astype(int) for name in text.reads}}
    _, in_stan = engine.log_density(_program(text, model), data, {"z": np.zeros(len(y))})
    own = family.log_density(y, Theta(natural=values), Extra(trials, np.ones(len(y))))
    _compare(family, in_stan, np.asarray(own), y, values)


def _points(model: Model, family: Family) -> tuple[Floats, Floats, dict[str, Floats]]:
    """Responses with their trials, and natural values of the parameters: (MOVES x responses,) each."""
    response, size = model.response, len(MOVES)
    rows = np.linspace(0, len(response.y) - 1, RESPONSES).round().astype(int)
    trials = np.broadcast_to(response.trials, response.y.shape)[rows]
    values = {}
    for k, one in enumerate(family.parameters):
        start = one.link.forward(one.within.inside(np.asarray(float(one.start(response)))))
        moved = one.within.inside_each(one.link.inverse(start + np.roll(MOVES, k)))
        values[one.name] = np.repeat(moved, RESPONSES)
    return np.tile(response.y[rows], size), np.tile(trials, size), values


def _program(text: Written, model: Model) -> Program:
    """A program whose gradient at zero is the log density of each row."""
    kind = "array[R] int" if text.whole else "vector[R]"
    names = [name for name, *_ in text.parameters]
    declared = [f"  {kind} {name};" for name in ("y", *text.reads)] + [f"  vector[R] at_{name};" for name in names]
    arguments = ", ".join([*(f"at_{name}[r]" for name in names), *(f"{name}[r]" for name in text.reads)])
    written = "\n".join(
        [
            f"functions {{\n{text.text}\n}}",
            "data {\n  int<lower=1> R;",
            *declared,
            "}\nparameters {\n  vector[R] z;\n}",
            f"model {{\n  for (r in 1:R) target += z[r] * {text.function}(y[r] | {arguments});\n}}\n",
        ]
    )
    return Program(written, hashlib.sha256(written.encode()).hexdigest(), structure(model))


def _compare(family: Family, in_stan: Floats, own: Floats, y: Floats, values: dict[str, Floats]) -> None:
    """Refuse changes along the parameters that differ: what responses alone say may be left out of a density."""
    own = np.broadcast_to(own, in_stan.shape)
    changes = [(each - np.tile(each[:RESPONSES], len(MOVES))) for each in (in_stan, own)]
    known = np.isfinite(changes[0]) & np.isfinite(changes[1])
    apart = np.abs(changes[0] - changes[1]) > APART * (1 + np.abs(changes[0]))
    bad = np.flatnonzero((apart & known) | (np.isfinite(in_stan) != np.isfinite(own)))
    if not len(bad):
        return
    r = int(bad[0])
    assert family.written is not None
    here, there = (", ".join(f"{name} = {each[at]:.4g}" for name, each in values.items()) for at in (r % RESPONSES, r))
    raise OptionError(
        f"{family.written.function} of stan= and log_density= of {family.name} are two densities: at y = {y[r]:g}, "
        f"from ({here}) to ({there}), the first changes by {changes[0][r]:.6g} and the second by {changes[1][r]:.6g}"
    )
