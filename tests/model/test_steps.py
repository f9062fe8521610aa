"""How long a pilot's steps are: where densities are steep or end, and on a circle, it arrives all the same."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

import stanmlm as sm
from stanmlm.base.arrays import Floats
from stanmlm.families import Family, exgaussian, hurdle_lognormal, shifted_lognormal, skew_normal, von_mises
from stanmlm.families.observation import log_likelihood
from stanmlm.families.reductions import Extra
from stanmlm.fit.pipeline import ModelOptions, build_model
from stanmlm.model.model import Model
from stanmlm.model.pilot import Pilot

GROUPS, EACH = 8, 10
# Log likelihood units that the end of a pilot may be below the truth. Where the data were made they are above it, by
# about half the number of parameters; a pilot that went astray was lower by tens, up to thousands.
BELOW = 8.0
SEEDS = range(12)
PRIORS = [sm.set_prior("normal(0, 1)", class_="b"), sm.set_prior("normal(0, 1)", class_="Intercept")]

Draw = Callable[[np.random.Generator, Floats], tuple[Floats, dict[str, float]]]


def _exgaussian(rng: np.random.Generator, eta: Floats) -> tuple[Floats, dict[str, float]]:
    sigma, beta = rng.exponential(size=2)
    return rng.normal(eta - beta, sigma) + rng.exponential(beta, len(eta)), {"sigma": sigma, "beta": beta}


def _shifted(rng: np.random.Generator, eta: Floats) -> tuple[Floats, dict[str, float]]:
    sigma, ndt = 0.2 + rng.exponential(0.5), rng.uniform(0.1, 0.6)
    return ndt + np.exp(rng.normal(eta, sigma)), {"sigma": sigma, "ndt": ndt}


def _hurdle(rng: np.random.Generator, eta: Floats) -> tuple[Floats, dict[str, float]]:
    sigma, hu = rng.exponential(), rng.beta(2, 3)
    return np.where(rng.uniform(size=len(eta)) < hu, 0.0, np.exp(rng.normal(eta, sigma))), {"sigma": sigma, "hu": hu}


def _skewed(rng: np.random.Generator, eta: Floats) -> tuple[Floats, dict[str, float]]:
    sigma, alpha = rng.exponential(), rng.normal(0, 4)
    delta = alpha / np.sqrt(1 + alpha**2)
    z = delta * np.abs(rng.normal(size=len(eta))) + np.sqrt(1 - delta**2) * rng.normal(size=len(eta))
    unit = np.sqrt(1 - 2 * delta**2 / np.pi)
    return eta + sigma * (z - delta * np.sqrt(2 / np.pi)) / unit, {"sigma": sigma, "alpha": alpha}


def _angles(rng: np.random.Generator, eta: Floats) -> tuple[Floats, dict[str, float]]:
    kappa = rng.gamma(2, 2)
    return rng.vonmises(2 * np.arctan(0.4 * eta), kappa), {"kappa": kappa}


FAMILIES: dict[str, tuple[Family, Draw]] = {
    "exgaussian": (exgaussian(), _exgaussian),
    "shifted_lognormal": (shifted_lognormal(), _shifted),
    "hurdle_lognormal": (hurdle_lognormal(), _hurdle),
    "skew_normal": (skew_normal(), _skewed),
    "von_mises": (von_mises(), _angles),
}


def made(of: str, seed: int) -> tuple[Model, dict[str, float], Floats]:
    """A model of simulated responses, and what they were drawn from."""
    family, draw = FAMILIES[of]
    rng = np.random.default_rng(seed)
    g = np.repeat(np.arange(GROUPS), EACH)
    x = rng.normal(size=len(g))
    eta = rng.normal() + rng.normal() * x + rng.exponential() * rng.normal(size=GROUPS)[g]
    y, others = draw(rng, eta)
    data = pd.DataFrame({"y": y, "x": x, "g": [f"g{j}" for j in g]})
    priors = [*PRIORS, sm.set_prior("exponential(1)", class_="sd")]
    return build_model("y ~ x + (1 | g)", data, family, {}, ModelOptions(priors=priors)), others, eta


def density(of: Model, eta: Floats, natural: dict[str, float]) -> float:
    """The log likelihood of the responses at linear predictors of rows."""
    y = of.response.y
    theta = of.family.theta({"mu": eta}, {name: np.asarray(value) for name, value in natural.items()})
    return float(np.sum(log_likelihood(of.family, y, theta, Extra(np.ones_like(y), np.ones_like(y)))))


def ended(of: Model, at: Pilot) -> Floats:
    """Linear predictors of rows where a pilot ends."""
    X, term = of.design.X, of.design.terms[0]
    center = np.where(np.arange(X.shape[1]) == 0, 0.0, X.mean(axis=0))
    return np.asarray((X - center) @ at.beta + at.effects[0][term.index, 0])


@pytest.mark.parametrize("of", FAMILIES)
def test_a_pilot_climbs_to_where_responses_are_as_likely_as_at_the_truth(of: str) -> None:
    low = {}
    for seed in SEEDS:
        model, others, eta = made(of, seed)
        at = model.centering.pilot
        assert at is not None
        truth = density(model, 0.4 * eta if of == "von_mises" else eta, others)
        low[seed] = density(model, ended(model, at), dict(at.scalars)) - truth
    assert min(low.values()) > -BELOW, low


def test_a_number_at_the_end_of_its_range_leaves_the_others_their_own_way() -> None:
    """A shift that would pass the least response stays below it; sd and mean are those of the logs of what is left."""
    rng = np.random.default_rng(4)
    y = 1 + np.exp(rng.normal(0, 3, 400))
    data = pd.DataFrame({"y": y, "g": np.arange(400) % 20})
    at = build_model("y ~ 1 + (1 | g)", data, shifted_lognormal(), {}, ModelOptions()).centering.pilot
    assert at is not None
    rest = np.log(y - at.scalars["ndt"])
    assert at.scalars["ndt"] < y.min()
    assert at.beta[0] == pytest.approx(rest.mean(), abs=0.1)
    assert at.scalars["sigma"] == pytest.approx(rest.std(), rel=0.05)
