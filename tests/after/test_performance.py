"""Shares of variance and collinearity: arithmetic by hand, and on fits draw by draw."""

import numpy as np
import pandas as pd
import pytest
from public_calls import REPLAY, exams
from small_fits import counts_fit, draws, exams_data, exams_fit

import stanmlm as sm
from stanmlm.after.effects.nakagawa import fixed_variance, inflation, random_variance


def test_rows_that_stand_for_several_count_as_often() -> None:
    rng = np.random.default_rng(1)
    X, often, beta = rng.normal(size=(5, 2)), np.array([1, 3, 2, 1, 4]), np.array([[0.5, -1.0], [2.0, 0.1]])
    rows = np.repeat(X, often, axis=0)
    np.testing.assert_allclose(fixed_variance(X, beta, often), (rows @ beta.T).var(axis=0, ddof=1))
    sigma = np.array([[[1.0, 0.3], [0.3, 2.0]]])
    np.testing.assert_allclose(random_variance(X, sigma, often), np.mean([z @ sigma[0] @ z for z in rows]))


def test_inflation_of_a_single_column_is_one_over_what_others_leave() -> None:
    rng = np.random.default_rng(2)
    X = rng.normal(size=(200, 3)) @ np.array([[1.0, 0.5, 0], [0, 1, 0.7], [0, 0, 1]])
    full = np.column_stack([np.ones(200), X])
    found = inflation(["a", "b", "c"], np.arange(4), np.linalg.inv(full.T @ full), 200, 4)
    for k in range(3):
        others = np.delete(full, k + 1, axis=1)
        left = X[:, k] - others @ np.linalg.lstsq(others, X[:, k], rcond=None)[0]
        assert found["VIF"][k] == pytest.approx(X[:, k].var() / left.var())
    np.testing.assert_allclose(found["SE_factor"] ** 2, found["VIF"])
    assert ((found["VIF_CI_low"] < found["VIF"]) & (found["VIF"] < found["VIF_CI_high"])).all()


def test_r2_is_nakagawas_on_each_draw() -> None:
    fit, x = exams_fit(), exams_data()["hours"].dropna().to_numpy()
    sd, rho, sigma = draws(fit, "sd_student"), draws(fit, "cor_student")[:, 0], draws(fit, "sigma")
    random = sd[:, 0] ** 2 + 2 * rho * sd[:, 0] * sd[:, 1] * x.mean() + sd[:, 1] ** 2 * np.mean(x**2)
    fixed = sm.posterior_linpred(fit, None, "NA").to_numpy().var(axis=1, ddof=1)
    total = fixed + random + sigma**2
    found = sm.r2(fit)
    np.testing.assert_allclose(found.draws, np.column_stack([fixed + random, fixed]) / total[:, None])
    both = sm.icc(fit, by_group=False)
    assert both.frame["icc"].tolist() == ["adjusted", "unadjusted"]
    np.testing.assert_allclose(both.draws[:, 1], random / total)
    np.testing.assert_allclose(both.draws[:, 0], sm.icc(fit).draws[:, 0])


def test_a_level_a_row_is_overdispersion() -> None:
    data = exams().assign(row=lambda d: range(len(d)), n=lambda d: (d["hours"].rank() // 3).astype(int))
    fit = sm.glmer("n ~ 1 + (1 | student) + (1 | row)", data, family="poisson", engine=REPLAY, progress=False)
    rows = sm.icc(fit).frame["group"].tolist()
    assert sorted(rows) == ["(all groups)", "row", "student"]
    whole = sm.icc(fit)
    np.testing.assert_allclose(whole.draws[:, rows.index("(all groups)")], sm.icc(fit, "student").draws[:, 0])
    assert len(sm.icc(fit, by_group=True).frame) == 2
    shares = sm.variance_decomposition(fit)
    own = shares.frame["quantity"].to_numpy() == "variance share"
    np.testing.assert_allclose(shares.draws[:, own].sum(axis=1), 1)


def test_a_null_model_gives_the_mean_of_counts() -> None:
    fit = counts_fit()
    typical = np.exp(sm.fixef(fit)["(Intercept)"])
    between, fixed = draws(fit, "sd_g")[:, 0] ** 2, sm.r2(fit, null=fit)
    mean = np.log1p(1 / typical)
    conditional = fixed.draws[:, 0]
    np.testing.assert_allclose(sm.icc(fit, by_group=False).draws[:, 0] > 0, True)
    X = sm.model_matrix(fit).to_numpy() @ sm.as_draws_df(fit, "b").drop(columns=[".chain", ".iteration", ".draw"]).T
    explained = X.to_numpy().var(axis=0, ddof=1)
    np.testing.assert_allclose(conditional, (explained + between) / (explained + between + mean))


def test_r2_by_level_is_what_fixed_effects_take_from_the_null_model() -> None:
    fit = sm.lmer("score ~ hours + (1 | student)", exams(), engine=REPLAY, progress=False)
    null = sm.lmer("score ~ 1 + (1 | student)", exams(), engine=REPLAY, progress=False)
    found = sm.r2(fit, by_group=True, null=null)
    assert found.frame["level"].tolist() == ["Level 1", "student"]
    ratio = sm.as_draws_df(fit)["sigma"] ** 2 / sm.as_draws_df(null)["sigma"] ** 2
    np.testing.assert_allclose(found.draws[:, 0], 1 - ratio)
    np.testing.assert_allclose(sm.r2(fit, by_group=True).frame["estimate"], found.frame["estimate"], atol=0.5)


def test_r2_is_of_models_with_groups() -> None:
    plain = sm.lm("score ~ hours", exams(), engine=REPLAY, progress=False)
    with pytest.raises(sm.DataError, match="needs group terms"):
        sm.r2(plain)
    assert sm.model_performance(plain, loo=False).columns.tolist() == ["RMSE", "Sigma"]


def test_terms_of_several_columns_inflate_together() -> None:
    data = exams().assign(room=lambda d: pd.Categorical(d["student"].astype(int) % 3), exam2=lambda d: d["exam"] ** 2)
    fit = sm.lmer("score ~ hours + room + exam2 + (1 | student)", data, engine=REPLAY, progress=False)
    found = sm.check_collinearity(fit)
    assert found["Term"].tolist() == ["hours", "room", "exam2"]
    R = np.corrcoef(sm.as_draws_df(fit, "b").iloc[:, 4:].T)
    det = np.linalg.det
    assert found["VIF"][1] == pytest.approx(det(R[1:3, 1:3]) * det(R[np.ix_([0, 3], [0, 3])]) / det(R))
    assert sm.check_collinearity(sm.lm("score ~ hours", data, engine=REPLAY, progress=False)).empty


@pytest.mark.filterwarnings("ignore::stanmlm.StanmlmWarning")
def test_indices_stand_in_one_row() -> None:
    fit = sm.lmer("score ~ hours + (1 | student)", exams(), engine=REPLAY, progress=False)
    found = sm.model_performance(fit)
    assert found.columns.tolist() == [
        *("ELPD", "ELPD_SE", "LOOIC", "LOOIC_SE", "WAIC", "R2_conditional", "R2_marginal", "ICC", "RMSE", "Sigma"),
    ]
    assert found["RMSE"][0] == pytest.approx(np.sqrt((sm.residuals(fit) ** 2).mean()))
    assert found["R2_conditional"][0] == pytest.approx(sm.r2(fit).frame["estimate"][0])
