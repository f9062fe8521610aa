"""Intraclass correlations and the variance decomposition."""

import numpy as np
import pandas as pd
import pytest
from small_fits import SIZES, counts_fit, draws, exams_data, exams_fit, trials_data, trials_fit

import stanmlm as sm


def test_the_variance_of_a_factor_with_slopes_is_the_mean_of_z_sigma_z() -> None:
    fit, x = exams_fit(), exams_data()["hours"].dropna().to_numpy()
    sd, rho, sigma = draws(fit, "sd_student"), draws(fit, "cor_student")[:, 0], draws(fit, "sigma")
    cross = 2 * rho * sd[:, 0] * sd[:, 1]
    between = sd[:, 0] ** 2 + cross * x.mean() + sd[:, 1] ** 2 * np.mean(x**2)
    np.testing.assert_allclose(sm.icc(fit).draws[:, 0], between / (between + sigma**2), rtol=1e-10)
    found = sm.variance_decomposition(fit)
    ratio = found.draws[:, list(found.frame["quantity"]).index("sd ratio")]
    np.testing.assert_allclose(ratio, np.sqrt(between) / sigma, rtol=1e-10)


def test_shares_add_up_and_every_factor_has_one() -> None:
    found = sm.icc(trials_fit())
    assert found.frame["group"].tolist() == ["g", "h", "(all groups)"]
    np.testing.assert_allclose(found.draws[:, 2], found.draws[:, 0] + found.draws[:, 1])
    whole = sm.variance_decomposition(trials_fit())
    shares = whole.draws[:, whole.frame["quantity"].to_numpy() == "variance share"]
    np.testing.assert_allclose(shares.sum(axis=1), 1)
    one = sm.icc(trials_fit(), "h")
    assert one.frame["group"].tolist() == ["h"]
    np.testing.assert_allclose(one.draws[:, 0], found.draws[:, 1])


@pytest.mark.parametrize(("link", "residual"), [("logit", np.pi**2 / 3), ("probit", 1.0), ("cloglog", np.pi**2 / 6)])
def test_binomial_residuals_are_those_of_the_latent_variable(link: str, residual: float) -> None:
    fit = sm.glmer("y | trials(n) ~ 1 + (1 | g)", trials_data(), family=sm.binomial(link=link), **SIZES)
    between = draws(fit, "sd_g")[:, 0] ** 2
    np.testing.assert_allclose(sm.icc(fit).draws[:, 0], between / (between + residual), rtol=1e-10)


def test_counts_have_the_lognormal_approximation() -> None:
    fit = counts_fit()
    between = draws(fit, "sd_g")[:, 0] ** 2
    expected = np.exp(sm.posterior_linpred(fit, None, "NA").values + between[:, None] / 2).mean(axis=1)
    found = sm.icc(fit, mean="marginal").draws[:, 0]
    np.testing.assert_allclose(found, between / (between + np.log1p(1 / expected)), rtol=1e-10)
    typical = np.exp(sm.posterior_linpred(fit, None, "NA").values.mean(axis=1))
    np.testing.assert_allclose(sm.icc(fit).draws[:, 0], between / (between + np.log1p(1 / typical)), rtol=1e-10)


def test_a_model_without_groups_has_no_intraclass_correlation() -> None:
    with pytest.raises(sm.DataError, match="needs group terms"):
        sm.icc(sm.lm("score ~ hours", exams_data(), **SIZES))
    with pytest.raises(sm.DataError, match="`class` is not a grouping factor; there is 'student'"):
        sm.icc(exams_fit(), "class")


def test_residuals_of_logarithms_are_on_their_scale() -> None:
    rng = np.random.default_rng(5)
    data = pd.DataFrame({"g": np.repeat(list("abcdef"), 20), "x": rng.normal(size=120)})
    log_y = 0.5 * data["x"] + np.repeat(rng.normal(size=6), 20) + 0.7 * rng.normal(size=120)
    fit = sm.brm(sm.bf("y ~ x + (1 | g)", "sigma ~ x"), data.assign(y=np.exp(log_y)), family="lognormal", **SIZES)
    between = draws(fit, "sd_g")[:, 0] ** 2
    b = draws(fit, "b_sigma")
    residual = np.exp(2 * (b[:, [0]] + b[:, [1]] * data["x"].to_numpy())).mean(axis=1)
    np.testing.assert_allclose(sm.icc(fit).draws[:, 0], between / (between + residual), rtol=1e-10)


def test_shares_are_refused_where_no_latent_variable_is_cut() -> None:
    rng = np.random.default_rng(6)
    data = pd.DataFrame({"g": np.repeat(list("abcdef"), 10), "y": rng.beta(2, 3, 60)})
    fit = sm.brm("y ~ 1 + (1 | g)", data, family="beta", **SIZES)
    with pytest.raises(sm.DataError, match="no residual variance is known for beta with logit link"):
        sm.icc(fit)
