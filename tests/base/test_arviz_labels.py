"""Every label of ArviZ's own summary stands beside the mean of the element that it names."""

import itertools
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

import stanmlm as sm
from stanmlm.base.arviz_compat import rhat
from stanmlm.fit.fit import relabelled

arviz_stats = pytest.importorskip("arviz_stats")
pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::UserWarning")

FORMULAS = (
    "y ~ x + (1 + x | g) + (1 + x | term)",
    "y ~ x + (1 | g)",
    "y ~ 1 + (1 | level_g) + (x | g) + (0 + row | g)",
    "y ~ 0 + (1 | g)",
    "y ~ row + chain + draw + (x * row | g:term) + (x || level_g)",
    "draw ~ x + (x | g)",
    "row ~ x",
)
BY_ROW = ("log_likelihood", "posterior_predictive")


def rows() -> pd.DataFrame:
    """Levels with blanks, commas and brackets, columns named like dims, row labels that come twice."""
    rng, n = np.random.default_rng(1), 120
    columns = {name: rng.normal(size=n) for name in ("y", "x", "row", "chain", "draw")}
    levels = {"g": ["a b", "c, d", "e", "f[1]"], "term": list("pqr"), "level_g": list("uvw")}
    factors = {name: rng.choice(those, n) for name, those in levels.items()}
    return pd.DataFrame(columns | factors, index=np.arange(n) // 2)


@cache
def fit_of(formula: str) -> sm.Fit:
    verb = sm.lmer if "|" in formula else sm.lm
    return verb(formula, rows(), seed=1, chains=2, iter=60, progress=False)


@cache
def tree_of(formula: str) -> Any:
    return sm.to_arviz(fit_of(formula), log_likelihood=True, posterior_predictive=True)


def check_labels(tree: Any, group: str = "posterior", variables: Sequence[str] | None = None) -> None:
    names = list(tree[group].data_vars) if variables is None else list(variables)
    table = arviz_stats.summary(
        tree, group=group, var_names=variables and list(variables), round_to="none", kind="stats"
    )
    expected = {}
    for name in names:
        mean = tree[group][name].mean(("chain", "draw"))
        for at in np.ndindex(mean.shape):
            labels = ", ".join(str(mean[dim].to_numpy()[i]) for dim, i in zip(mean.dims, at, strict=True))
            expected[f"{name}[{labels}]" if labels else name] = float(mean.to_numpy()[at])
    assert sorted(table.index) == sorted(expected)
    np.testing.assert_allclose(table.loc[list(expected), "mean"].astype(float), list(expected.values()), rtol=1e-9)


@pytest.mark.parametrize("formula", FORMULAS)
def test_labels_are_those_of_their_elements(formula: str) -> None:
    check_labels(fit_of(formula).posterior)
    for group in ("posterior", *BY_ROW):
        check_labels(tree_of(formula), group)


@pytest.mark.parametrize("formula", FORMULAS)
def test_no_order_of_variables_moves_a_label(formula: str) -> None:
    posterior = fit_of(formula).posterior
    for some in itertools.permutations([name for name in posterior["posterior"].data_vars if name != "sigma"], 2):
        check_labels(posterior, variables=some)


def test_columns_named_like_dims_are_told_apart_from_them() -> None:
    tree = tree_of("y ~ row + chain + draw + (x * row | g:term) + (x || level_g)")
    assert {"row_", "chain_", "draw_"} <= set(tree["constant_data"].data_vars)
    assert tree["constant_data"]["row_"].to_numpy().tolist() == rows()["row"].tolist()
    assert tree["constant_data"]["row"].to_numpy()[:4].tolist() == ["0", "0.1", "1", "1.1"]


def test_a_fit_of_an_earlier_version_gets_the_dims_of_this_one() -> None:
    fit = fit_of("y ~ x + (1 + x | g) + (1 + x | term)")
    assert relabelled(fit) is fit
    labelled = fit.posterior["posterior"].dataset
    shared = labelled.assign(sd_g=(("chain", "draw", "term_g"), labelled["sd_g"].to_numpy())).drop_vars("coef_g")
    first = ["sd_g", *(name for name in shared.data_vars if name != "sd_g")]
    old = fit.posterior.copy()
    old["posterior"] = type(old)(shared[first])
    with pytest.raises(AssertionError):
        check_labels(old)
    again = relabelled(replace(fit, posterior=old))
    check_labels(again.posterior)
    pd.testing.assert_frame_equal(sm.as_draws_df(again), sm.as_draws_df(fit))


@pytest.mark.parametrize("shape", [(4, 101, 3, 2), (2, 50, 5), (3, 7), (2, 4)])
def test_rhat_is_arvizs(shape: tuple[int, ...]) -> None:
    draws = np.random.default_rng(3).normal(size=shape)
    expected = arviz_stats.rhat(draws, chain_axis=0, draw_axis=1, method="rank")
    np.testing.assert_allclose(rhat(draws), expected, rtol=1e-12)


def test_rhat_of_one_chain_is_that_of_its_halves() -> None:
    rng = np.random.default_rng(4)
    steady, trend = rng.normal(size=1000), rng.normal(size=1000) + np.linspace(0, 3, 1000)
    values = rhat(np.stack([steady, trend], axis=-1)[None])
    assert values[0] < 1.01
    assert values[1] > 1.3
    assert np.isnan(rhat(np.ones((1, 100))))
    assert rhat(np.zeros((2, 100, 0))).shape == (0,)
    # The halves of 1 ... 8 by hand: their normal scores differ in sign alone.
    z = norm.ppf((np.arange(1, 5) - 3 / 8) / (8 + 1 / 4))
    assert rhat(np.arange(1.0, 9.0)[None]) == pytest.approx(np.sqrt(2 * z.mean() ** 2 / z.var(ddof=1) + 3 / 4))


def test_arviz_plots_take_a_fit() -> None:
    arviz = pytest.importorskip("arviz_plots")
    pyplot = pytest.importorskip("matplotlib.pyplot")
    pyplot.switch_backend("Agg")
    tree = tree_of("y ~ x + (1 + x | g) + (1 + x | term)")
    for plot in (arviz.plot_forest, arviz.plot_trace, arviz.plot_dist, arviz.plot_rank):
        for names in (["r_g", "sd_g"], ["sd_g", "r_g"]):
            assert plot(tree, var_names=names, backend="matplotlib") is not None
        pyplot.close("all")
