"""log_lik, loo, waic and what is compared by them."""

import tracemalloc
import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from criticism_fits import FITS, counts_fit, exams_fit, herds, herds_fit, loo_of, votes, votes_fit, weighted_fit
from herds_exactly import Exact
from scipy import stats

import stanmlm as sm
from stanmlm.after.criticism import criticism
from stanmlm.after.criticism.log_lik import observed_pieces
from stanmlm.after.criticism.model_weights import stacking
from stanmlm.after.predict.chunks import chunks
from stanmlm.base.arviz_compat import psis
from stanmlm.model.compress import compress

pytestmark = pytest.mark.filterwarnings("ignore:Pareto k is over")

SAME = 1e-10  # the same sums in another order
# Elpd of a row by a refit with 4,000 draws: Monte Carlo error of about 0.01, and 4 of them.
EXACT_ROW = 0.05


def by_hand(name: str) -> np.ndarray:
    """The log likelihood of a fit's rows from its predictions and SciPy's densities, (draws, rows)."""
    fit = FITS[name]()
    response, mu = fit.model.response, sm.posterior_epred(fit).to_numpy()
    y, trials, weights = response.y, response.trials, response.weights
    if fit.model.family.name == "gaussian":
        sigma = sm.as_draws_df(fit)["sigma"].to_numpy()[:, None]
        with np.errstate(divide="ignore"):
            return np.where(weights > 0, stats.norm(mu, sigma / np.sqrt(weights)).logpdf(y), 0.0)
    density = {"binomial": stats.binom(trials.astype(int), mu), "poisson": stats.poisson(mu)}
    return weights * density[fit.model.family.name].logpmf(y)


@pytest.mark.parametrize("name", FITS)
def test_log_lik_is_the_density_with_its_constants(name: str) -> None:
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(sm.log_lik(FITS[name]()).to_numpy(), by_hand(name), rtol=1e-9, atol=1e-9)


def test_log_lik_of_new_data_reads_the_response_as_the_fit_did() -> None:
    new = votes()[votes()["choice"] == "R"].assign(choice="R").head(7)
    whole = sm.log_lik(votes_fit()).to_numpy()
    np.testing.assert_array_equal(sm.log_lik(votes_fit(), new).to_numpy(), whole[:, new.index])
    trials = sm.log_lik(herds_fit(), herds().iloc[3:5]).to_numpy()
    np.testing.assert_array_equal(trials, sm.log_lik(herds_fit()).to_numpy()[:, 3:5])


def test_log_lik_of_new_data_finds_weights_and_offset_there() -> None:
    from criticism_fits import counts

    some = counts().iloc[10:20]
    np.testing.assert_array_equal(
        sm.log_lik(counts_fit(), some).to_numpy(), sm.log_lik(counts_fit()).to_numpy()[:, 10:20]
    )
    doubled = sm.log_lik(counts_fit(), some, weights=2 * some["w"].to_numpy())
    np.testing.assert_allclose(doubled, 2 * sm.log_lik(counts_fit(), some), rtol=1e-12)


def test_log_lik_refuses_what_it_cannot_read() -> None:
    with pytest.raises(sm.DataError, match="has no level `G`"):
        sm.log_lik(votes_fit(), votes().head(2).assign(choice="G"))
    with pytest.raises(sm.FormulaError, match="sick"):
        sm.log_lik(herds_fit(), herds().drop(columns="sick"))
    with pytest.raises(sm.DataError, match=r"over max_bytes=1e\+05; pass draws="):
        sm.log_lik(exams_fit(), max_bytes=100_000)
    with pytest.raises(sm.DataError, match="level `new` of `herd`"):
        sm.log_lik(herds_fit(), herds().head(1).assign(herd="new"), new_levels="error")


@pytest.mark.parametrize("name", FITS)
def test_loo_of_distinct_rows_is_loo_of_all_rows(name: str) -> None:
    from arviz_stats.base import array_stats

    fit, pieces = FITS[name](), observed_pieces(FITS[name]())
    found = loo_of(name)
    values = sm.log_lik(fit).to_numpy()[:, fit.model.response.weights > 0]
    efficiency = criticism._efficiency(fit, pieces)[pieces.row]
    for row in range(0, values.shape[1], 7):
        chains = values[:, row].reshape(fit.sampling.chains, -1)
        elpd, k, p = array_stats.loo(chains, chain_axis=0, draw_axis=1, r_eff=efficiency[row])
        ours = found.pointwise.iloc[row][["elpd_loo", "p_loo", "pareto_k"]]
        np.testing.assert_allclose(ours, [float(elpd), float(p), float(k)], atol=SAME)


@pytest.mark.parametrize("name", ["votes", "counts", "herds"])
def test_loo_does_not_depend_on_collapsing(name: str) -> None:
    fit = FITS[name]()
    model = fit.model
    rows = compress(model.design, model.response, model.family, collapse=False)
    cells = compress(model.design, model.response, model.family, collapse=True)
    assert len(cells.first) < len(rows.first)
    apart = sm.loo(replace(fit, model=replace(model, cells=rows)))
    together = sm.loo(replace(fit, model=replace(model, cells=cells)))
    pd.testing.assert_frame_equal(apart.pointwise, together.pointwise, rtol=SAME)
    pd.testing.assert_frame_equal(apart.estimates, together.estimates, rtol=SAME)


def test_weights_are_smoothed_once_for_rows_that_share_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []

    def counting(ratios: np.ndarray, efficiency: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        seen.append(ratios.shape[1])
        return psis(ratios, efficiency)

    monkeypatch.setattr(criticism, "psis", counting)
    data = votes()
    sm.loo(votes_fit())
    assert sum(seen) == len(data.groupby(["income", "state", "choice"], observed=True)) < len(data) / 4


def test_memory_is_bounded_by_chunks() -> None:
    whole = loo_of("exams")
    tracemalloc.start()
    pieces = sm.loo(exams_fit(), max_bytes=200_000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    np.testing.assert_allclose(pieces.pointwise, whole.pointwise, rtol=1e-9)
    assert len(list(chunks(75, 1000, 200_000))) == 25
    assert peak < 8 * 1000 * 75 * 2, peak


def test_rows_of_weight_zero_are_no_observations() -> None:
    found = loo_of("weighted")
    assert len(found.pointwise) == 40
    assert np.isfinite(found.pointwise["elpd_loo"]).all()
    assert sm.log_lik(weighted_fit()).sizes["row"] == 50


def test_waic_is_its_formula() -> None:
    values, found = by_hand("exams"), sm.waic(exams_fit())
    p = values.var(axis=0, ddof=1)
    elpd = np.log(np.exp(values).mean(axis=0)) - p
    np.testing.assert_allclose(found.pointwise, np.column_stack([elpd, p, -2 * elpd]), rtol=1e-9)
    assert found.estimates.loc["waic", "SE"] == pytest.approx(np.sqrt(75 * (2 * elpd).var(ddof=1)))


def test_reloo_gives_the_exact_value(monkeypatch: pytest.MonkeyPatch) -> None:
    k = sm.pareto_k(herds_fit())
    limit = min(float(k.iloc[24]), float(np.sort(k)[-3])) - 1e-9  # the worst rows, the herd of one row among them
    monkeypatch.setattr(criticism, "k_threshold", lambda draws: limit)
    found = sm.loo(herds_fit(), reloo=True)
    worst = np.flatnonzero(found.pointwise["pareto_k"].isna())
    assert len(worst) >= 3
    assert 24 in worst
    exact = [Exact(herds()).loo(row) for row in worst]
    np.testing.assert_allclose(found.pointwise["elpd_loo"].iloc[worst], exact, atol=EXACT_ROW)
    np.testing.assert_allclose(found.pointwise["p_loo"] + found.pointwise["elpd_loo"],
                               np.log(np.exp(by_hand("herds")).mean(axis=0)), rtol=1e-9)  # fmt: skip


def test_loo_is_near_the_exact_value_where_k_is_small() -> None:
    found = loo_of("herds")
    good = np.flatnonzero(found.pointwise["pareto_k"] < 0.5)
    assert len(good) > 15
    exact = np.array([Exact(herds()).loo(row) for row in good])
    np.testing.assert_allclose(found.pointwise["elpd_loo"].iloc[good], exact, atol=2 * EXACT_ROW)


def test_a_large_k_is_warned_of_with_its_rows() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = sm.loo(herds_fit())
    bad = np.flatnonzero(found.pointwise["pareto_k"] > 0.7)
    assert bool(len(bad)) == any("reloo=True" in str(w.message) for w in caught)
    assert sm.pareto_k(found).equals(found.pointwise["pareto_k"])
    with pytest.raises(sm.OptionError, match="waic has no Pareto k"):
        sm.pareto_k(sm.waic(herds_fit()))


def test_fits_without_a_likelihood_are_refused() -> None:
    prior = replace(exams_fit(), model=replace(exams_fit().model, prior_only=True))
    for verb in (sm.loo, sm.waic, sm.kfold, sm.loo_R2):
        with pytest.raises(sm.OptionError, match="prior_only"):
            verb(prior)


def test_comparisons_are_paired_and_ordered() -> None:
    full, less = loo_of("counts"), loo_of("counts")
    less = replace(less, pointwise=less.pointwise.assign(elpd_loo=less.pointwise["elpd_loo"] - np.arange(150) / 100))
    less = replace(less, estimates=less.estimates.assign(Estimate=less.estimates["Estimate"] - [111.75, 0, 0]))
    table = sm.loo_compare({"less": less, "full": full}).table
    assert table.index.tolist() == ["full", "less"]
    assert table.loc["less", "elpd_diff"] == pytest.approx(-111.75)
    assert table.loc["less", "se_diff"] == pytest.approx(np.sqrt(150) * (np.arange(150) / 100).std(ddof=1))
    assert table.loc["full", ["elpd_diff", "se_diff"]].tolist() == [0, 0]
    assert list(table.columns[2:]) == ["elpd_loo", "se_elpd_loo", "p_loo", "se_p_loo", "looic", "se_looic"]


def test_other_data_are_not_compared() -> None:
    with pytest.raises(sm.DataError, match="model1 has 75 rows and model2 has 25"):
        sm.loo_compare(exams_fit(), herds_fit())
    other = replace(loo_of("exams"), y=np.zeros(75))
    with pytest.raises(sm.DataError, match="different responses"):
        sm.loo_compare(exams_fit(), other)
    with pytest.raises(sm.DataError, match="two models"):
        sm.loo_compare(exams_fit())
    with pytest.warns(sm.StanmlmWarning, match="comparing loo with waic"):
        sm.loo_compare(loo_of("exams"), sm.waic(exams_fit()))


def lpd_of_three() -> np.ndarray:
    i = np.arange(1, 41)
    return np.column_stack([-1 - 0.5 * np.sin(i), -1.1 + 0.6 * np.cos(2 * i), -1.6 + 0.9 * np.sin(3 * i)])


def test_weights_are_those_of_r() -> None:
    # loo 2.5.1: stacking_weights(L); pseudobma_weights(L, BB_n = 200000)
    np.testing.assert_allclose(stacking(lpd_of_three(), 0), [0.82618325, 0.17381675, 0], atol=1e-4)
    from stanmlm.after.criticism.model_weights import pseudo_bma

    np.testing.assert_allclose(pseudo_bma(lpd_of_three(), 1, 20_000), [0.826272, 0.173728, 0], atol=0.01)


def test_weights_carry_names_and_unknown_methods_are_refused() -> None:
    weights = sm.loo_model_weights({"a": exams_fit(), "b": loo_of("exams")}, method="pseudobma")
    assert weights.index.tolist() == ["a", "b"]
    assert weights.sum() == pytest.approx(1)
    with pytest.raises(sm.OptionError, match="did you mean `stacking`"):
        sm.loo_model_weights(exams_fit(), exams_fit(), method="stack")


def test_bayes_r2_is_rstanarms_formula() -> None:
    mu = sm.posterior_epred(herds_fit()).to_numpy()
    trials = herds_fit().model.response.trials
    explained, residual = (mu * trials).var(axis=1, ddof=1), (trials * mu * (1 - mu)).mean(axis=1)
    np.testing.assert_allclose(sm.bayes_R2(herds_fit()), explained / (explained + residual), rtol=1e-9)
    mu, sigma = sm.posterior_epred(exams_fit()).to_numpy(), sm.as_draws_df(exams_fit())["sigma"].to_numpy()
    explained = mu.var(axis=1, ddof=1)
    np.testing.assert_allclose(
        sm.bayes_R2(exams_fit(), max_bytes=500_000), explained / (explained + sigma**2), rtol=1e-9
    )


def test_loo_r2_is_below_bayes_r2_and_near_its_definition() -> None:
    r2 = sm.loo_R2(exams_fit())
    assert r2.shape == (1000,)
    values = by_hand("exams")
    raw = np.exp(-values)
    mean = (raw * sm.posterior_epred(exams_fit()).to_numpy()).sum(axis=0) / raw.sum(axis=0)
    y = exams_fit().model.response.y
    assert r2.mean() == pytest.approx(1 - (mean - y).var() / y.var(), abs=0.03)
    assert r2.mean() < sm.bayes_R2(exams_fit()).mean()


def test_loo_prints_as_r_does() -> None:
    found = loo_of("exams")
    lines = repr(found).split("\n")
    width = max(len(f"{value:.1f}") for value in found.estimates["SE"])
    head = "         Estimate " + "SE".rjust(width)
    assert lines[1:4] == ["Computed from 1000 by 75 log-likelihood matrix.", "", head]
    estimate, error = (f"{found.estimates.loc['elpd_loo', c]:.1f}" for c in ("Estimate", "SE"))
    assert lines[4] == f"elpd_loo {estimate:>8} {error:>{width}}"
    assert lines[7] == "------"


def test_the_table_of_k_counts_every_row_once() -> None:
    found = loo_of("exams")
    k = np.full(75, 0.1)
    k[:3], k[3] = 0.9, 1.5
    text = repr(replace(found, pointwise=found.pointwise.assign(pareto_k=k, n_eff=np.arange(75) + 100.0)))
    assert "MCSE of elpd_loo is NA." in text
    rows = [line.split() for line in text.split("\n")[-3:]]
    assert rows[0] == ["(-Inf,", "0.67]", "(good)", "71", "94.7%", "104"]
    assert rows[1] == ["(0.67,", "1]", "(bad)", "3", "4.0%", "100"]
    assert rows[2] == ["(1,", "Inf)", "(very", "bad)", "1", "1.3%", "103"]


def test_comparisons_print_as_rstanarm_does() -> None:
    text = repr(sm.loo_compare({"a": exams_fit(), "b": exams_fit()})).split("\n")
    assert text[0] == "Model formulas:"
    assert text[1] == " a:  score ~ hours + (1 + hours | student)"
    assert text[4:] == [
        "Model comparison based on LOO-CV:",
        "  elpd_diff se_diff",
        "a 0.0       0.0",
        "b 0.0       0.0",
    ]


def test_a_row_that_some_draws_exclude_has_no_elpd() -> None:
    ratios = np.zeros((200, 2))
    ratios[:3, 0] = np.inf
    weights, k = psis(ratios, np.ones(2))
    assert k.tolist() == [np.inf, -np.inf]
    np.testing.assert_allclose(np.exp(weights).sum(axis=0), 1)
    assert np.isneginf(weights[3:, 0]).all()


def test_new_weights_of_another_length_are_refused() -> None:
    with pytest.raises(sm.DataError, match="weights has 3 values for 25 rows"):
        sm.log_lik(herds_fit(), herds(), weights=[1, 2, 3])
