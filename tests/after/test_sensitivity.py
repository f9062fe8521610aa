"""Log priors against densities written out, and power scaling against a posterior that is known."""

from typing import Any

import handmade
import numpy as np
import pandas as pd
import pytest
import reference_density
from scipy import stats

import stanmlm as sm
from stanmlm.after.criticism.sensitivity import total_log_likelihood
from stanmlm.after.predict.request import Request
from stanmlm.fit.fit import Call, Fit, draws_of, fit_from_draws
from stanmlm.model.model import Model
from stanmlm.sampling.engines.protocol import RawDraws, Sampling
from stanmlm.sampling.program import program, structure

EXACT = 1e-9
DRAWS = (2, 5)


def fit_of(model: Model, seed: int = 1) -> tuple[Fit, list[dict[str, Any]]]:
    """A fit with draws of no posterior, and the same draws one by one under Stan's names."""
    rng = np.random.default_rng(seed)
    design = model.design
    values: dict[str, Any] = {
        "fix": rng.normal(size=(*DRAWS, design.X.shape[1])),
        "sd": rng.gamma(2, size=(*DRAWS, sum(len(term.coefs) for term in design.terms))),
        "sigma": rng.gamma(2, size=DRAWS),
    }
    for k, term in enumerate(design.terms, 1):
        J, K = len(term.levels), len(term.coefs)
        whole = rng.normal(size=(*DRAWS, K, K + 2))
        covariance = whole @ np.swapaxes(whole, -1, -2)
        scale = np.sqrt(np.einsum("cdkk->cdk", covariance))
        values[f"L_{k}"] = np.linalg.cholesky(covariance / scale[..., None] / scale[..., None, :])
        values[f"t_{k}"] = rng.normal(size=(*DRAWS, J, K))
    raw = RawDraws(
        handmade.as_sampled(model, values), {"lp": np.zeros(DRAWS)}, "none", "0", (0.0, 0.0), Sampling(chains=DRAWS[0])
    )
    fit = fit_from_draws(Call("lmer", "", {}), model, program(structure(model)), raw)
    values |= {"alpha_c": values["fix"][..., :1], "b": values["fix"][..., 1:]}
    one_by_one = [{name: array[at] for name, array in values.items()} for at in np.ndindex(*DRAWS)]
    return fit, one_by_one


DECOV = handmade.prior("sd", "decov", 1.0, 1.5, 2.0, 0.7, term=0, ratio=True)


@pytest.mark.parametrize("ratio", [False, True])
@pytest.mark.parametrize("shape", ["one", "two", "crossed", "three"])
@pytest.mark.parametrize("joint", [False, True])
def test_log_priors_are_those_of_the_density_written_out(shape: str, ratio: bool, joint: bool) -> None:
    columns = handmade.design(shape)
    priors = handmade.plain_priors(columns, sm.gaussian(), ratio)
    if joint and shape in ("one", "three"):
        priors = handmade.replaced(priors, "sd", DECOV)
    model = handmade.model(sm.gaussian(), shape, priors)
    fit, draws = fit_of(model)
    found = sm.log_prior(fit)
    for class_, values in found.items():
        if class_ == "cor":
            continue
        rows = [row for row in priors.rows if row.class_ == class_]
        expected = np.array(
            [
                sum(
                    reference_density._PRIOR_OF.get(class_, reference_density._auxiliary)(model, one, row)
                    for row in rows
                )
                for one in draws
            ]
        )
        difference = values - expected
        assert np.ptp(difference) < EXACT, class_


def test_the_prior_of_correlations_is_a_density_of_correlations() -> None:
    model = handmade.model(sm.gaussian(), "three")
    fit, draws = fit_of(model)
    (row,) = [row for row in model.priors.rows if row.class_ == "cor"]
    determinants = [np.linalg.slogdet(one["L_1"] @ one["L_1"].T)[1] for one in draws]
    difference = sm.log_prior(fit)["cor"] - (row.arguments[0] - 1) * np.array(determinants)
    assert np.ptp(difference) < EXACT


def test_flat_priors_have_no_density() -> None:
    fit = sm.lm("score ~ hours", sm.simulate_exams(seed=1, students=8), priors="flat", chains=2, iter=300, seed=1)
    assert sm.log_prior(fit) == {}
    found = sm.powerscale(fit)
    assert found.frame["prior"].tolist() == [0.0, 0.0, 0.0]
    assert (found.frame["likelihood"] > found.threshold).all()


def normal_fit(prior_mean: float, prior_sd: float, n: int = 25) -> Fit:
    rows = pd.DataFrame({"y": np.random.default_rng(1).normal(0, 1, n), "x": np.linspace(-1, 1, n)})
    prior = {"x": sm.normal(prior_mean, prior_sd)}
    return sm.lm("y ~ x", rows, prior=prior, prior_aux=sm.gamma(4e4, 4e4), chains=2, iter=3000, seed=4)


def test_sensitivity_is_that_of_a_normal_posterior() -> None:
    """The slope's posterior is normal (sigma is 1), and so is the posterior under a power: its distance is known."""
    fit = normal_fit(0.5, 0.4)
    found = sm.powerscale(fit, "b").frame
    slopes, y = draws_of(fit, "b")[:, 1], fit.model.response.y
    grid = np.linspace(slopes.min(), slopes.max(), 20_001)  # the estimate divides by integrals over the draws' range
    for component in ("prior", "likelihood"):
        rates = [_distance(grid, y, component, alpha) / abs(np.log2(alpha)) for alpha in (0.99, 1.01)]
        assert found.loc["b[x]", component] == pytest.approx(np.mean(rates), rel=0.1)


def _posterior(y: Any, prior_power: float, likelihood_power: float) -> Any:
    x = np.linspace(-1, 1, 25)
    precision = prior_power / 0.4**2 + likelihood_power * (x @ x)
    return stats.norm((prior_power * 0.5 / 0.4**2 + likelihood_power * (x @ y)) / precision, precision**-0.5)


def _distance(grid: Any, y: Any, component: str, alpha: float) -> float:
    """The cumulative Jensen-Shannon distance (Nguyen and Vreeken 2015), symmetrised and normalised, by quadrature."""
    base = _posterior(y, 1.0, 1.0)
    scaled = _posterior(y, *((alpha, 1.0) if component == "prior" else (1.0, alpha)))
    return max(_one_sided(base.cdf(grid), scaled.cdf(grid)), _one_sided(base.sf(grid), scaled.sf(grid)))


def _one_sided(p: Any, q: Any) -> float:
    mean = (p + q) / 2
    divergence = p * np.log2(p / mean) + q * np.log2(q / mean)
    return float(np.sqrt(divergence.sum() / (p + q).sum()))


def test_a_prior_against_the_data_is_told() -> None:
    table = sm.powerscale(normal_fit(-3.0, 0.3))
    assert table.frame.loc["b[x]", "diagnosis"] == "potential prior-data conflict"
    assert "potential prior-data conflict" in repr(table)
    weak = sm.powerscale(normal_fit(0.0, 30.0), "b").frame
    assert weak.loc["b[x]", "diagnosis"] == "-"
    assert weak.loc["b[x]", "prior"] < 0.01


def test_rows_are_counted_however_they_are_collapsed() -> None:
    rng = np.random.default_rng(2)
    rows = pd.DataFrame({"y": rng.integers(0, 2, 200), "x": rng.integers(0, 3, 200)})
    fit = sm.glm("y ~ x", rows, family=sm.binomial, chains=2, iter=300, seed=1)
    assert np.allclose(
        total_log_likelihood(fit, Request(max_bytes=10_000)), np.asarray(sm.log_lik(fit)).sum(axis=1), rtol=1e-12
    )


def test_what_cannot_be_scaled_is_refused() -> None:
    exams = sm.simulate_exams(seed=1, students=8)
    fit = sm.lm("score ~ hours", exams, chains=2, iter=300, seed=1)
    with pytest.raises(sm.OptionError, match="no proper prior has the class `sd`"):
        sm.powerscale(fit, "sd")
    with pytest.raises(sm.OptionError, match="prior_only"):
        sm.powerscale(sm.update(fit, prior_only=True))
