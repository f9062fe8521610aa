"""Programs as stanli compiles them, beside their densities in NumPy."""

import numpy as np
import pytest
import stanli
from reference_density import dimension, gradient, log_density

from stanmlm.families import binomial, gaussian, negbinomial, poisson, student
from stanmlm.families.altered import with_link
from stanmlm.families.registry import FAMILIES
from stanmlm.model.model import Model
from stanmlm.sampling.program import program, structure
from stanmlm.sampling.standata import standata

# Differences of log densities, and gradients, relative to their size: rounding of sums over ~100 terms is 1e-13.
RELATIVE = 1e-8

PAIRS = {
    "gaussian": gaussian(),
    "logit": binomial(),
    "probit": binomial(link="probit"),
    "cloglog": binomial(link="cloglog"),
    "poisson": poisson(),
    "negbinomial": negbinomial(),
    "student": student(),
}
BOUNDED = {
    **{name: FAMILIES[name] for name in ("lognormal", "Gamma", "inverse_gaussian", "weibull", "exponential")},
    **{f"beta {link}": with_link(FAMILIES["beta"], link) for link in ("logit", "probit", "cloglog")},
}
# Families that go through fewer shapes: what shapes are about is the same for all.
MORE = {
    **BOUNDED,
    **{name: FAMILIES[name] for name in ("shifted_lognormal", "skew_normal", "exgaussian")},
    **{name: FAMILIES[name] for name in ("asym_laplace", "von_mises", "geometric", "nbinom1", "beta_binomial")},
    **{name: FAMILIES[name] for name in FAMILIES if name.startswith(("zero_", "hurdle_"))},
    "ordbeta": FAMILIES["ordbeta"],
    "zero_inflated probit": with_link(FAMILIES["zero_inflated_binomial"], "probit"),
}


def compiled(model: Model) -> stanli.Model:
    data = {name: np.asarray(value).tolist() for name, value in standata(model).items()}
    return stanli.Model(stan_code=program(structure(model)).text, data=data)


def points(model: Model, seed: int = 5) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [rng.uniform(-1, 1, dimension(model)) for _ in range(3)]


def check(model: Model, nearer: float = 1.0) -> None:
    """Values and gradients at some points, so much nearer to the origin where a link has bounds."""
    stan = compiled(model)
    here = [nearer * q for q in points(model)]
    ours = [stan.log_prob_grad(q) for q in here]
    theirs = [log_density(model, q) for q in here]
    for (value, slope), reference, q in zip(ours, theirs, here, strict=True):
        assert value - ours[0][0] == pytest.approx(reference - theirs[0], rel=RELATIVE)
        expected = gradient(model, q)
        np.testing.assert_allclose(slope, expected, rtol=RELATIVE, atol=RELATIVE * np.abs(expected).max())
