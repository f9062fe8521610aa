"""The programs that we write, in both engines: where a full CmdStan is installed, they are compiled and sampled."""

import engine_toys as toys
import numpy as np
import pandas as pd
import pytest

from stanmlm.base.errors import EngineError
from stanmlm.families import as_family
from stanmlm.fit.pipeline import ModelOptions, build_model
from stanmlm.sampling.engines.choose import choose_engine
from stanmlm.sampling.engines.stanli import Stanli
from stanmlm.sampling.program import program, structure
from stanmlm.sampling.standata import standata

DENSITY = 1e-8  # relative: both run the same math library, in another order of operations
POINTS = ((0, 3), (0, 400), (1, 200))  # (chain, draw)


def survey(n: int = 300) -> pd.DataFrame:
    rng = np.random.default_rng(2)
    school, x = rng.integers(0, 12, n), rng.normal(size=n)
    eta = 0.5 * x + rng.normal(0, 0.5, 12)[school]
    labels = {"school": [f"s{i}" for i in school], "town": [f"t{i}" for i in rng.integers(0, 6, n)]}
    responses = {
        "score": eta + rng.normal(size=n),
        "passed": (rng.random(n) < 1 / (1 + np.exp(-eta))).astype(int),
        "errors": rng.poisson(np.exp(eta)),
    }
    return pd.DataFrame({**responses, **labels, "x": x})


@pytest.fixture(scope="module")
def cmdstan():
    try:
        return choose_engine("cmdstan")
    except EngineError as error:
        pytest.skip(str(error))


@pytest.mark.cmdstan
@pytest.mark.parametrize(
    ("formula", "family"),
    [
        ("score ~ x + (1 + x | school)", "gaussian"),
        ("passed ~ x + (1 | school) + (1 | town)", "binomial"),
        ("errors ~ x + (1 + x | school)", "poisson"),
    ],
)
def test_both_engines_agree_on_our_programs(cmdstan, formula, family):
    model = build_model(formula, survey(), as_family(family), {}, ModelOptions(centering=0.5))
    text, data = program(structure(model)), standata(model)
    draws = [engine.sample(text, data, toys.short(iter=1000)) for engine in (cmdstan, Stanli())]
    for chain, draw in POINTS:
        point = {name: array[chain, draw] for name, array in draws[1].values.items()}
        (value, slope), (other, other_slope) = (e.log_density(text, data, point) for e in (cmdstan, Stanli()))
        assert value == pytest.approx(other, rel=DENSITY)
        assert slope == pytest.approx(other_slope, rel=DENSITY, abs=DENSITY)
    toys.assert_means_agree(*draws)
