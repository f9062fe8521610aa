"""A model a group: its levels, its table, and the groups that maximum likelihood could not estimate."""

from types import ModuleType

import numpy as np
import pandas as pd
import pytest

import stanmlm as sm

QUICK = {"chains": 1, "iter": 200, "seed": 1, "progress": False}


def voters() -> pd.DataFrame:
    """`a` can be estimated; in `b` all answer alike, `c` has one income, `d` is split by income without overlap."""
    income = [0, 1, 2, 0, 1, 2, 0, 1, 2, 1, 1, 1, 0, 1, 2]
    vote = [0, 1, 1, 1, 0, 0, 1, 1, 1, 0, 1, 0, 0, 0, 1]
    return pd.DataFrame({"vote": vote, "income": income, "state": list("aaaaaabbbcccddd")})


def test_levels_without_an_estimate_of_their_own_are_named_with_the_reason() -> None:
    fits = sm.lmList("vote ~ income | state", voters(), family="binomial", **QUICK)
    assert list(fits.fits) == ["a", "b", "c", "d"]
    assert list(fits.inestimable) == ["b", "c", "d"]
    assert "separated" in fits.inestimable["b"]
    assert "`income` does not vary" in fits.inestimable["c"]
    assert "separated" in fits.inestimable["d"]
    table = sm.coefficients(fits)
    assert table.isna().all(axis=1).tolist() == [False, True, True, True]
    np.testing.assert_allclose(table.loc["a"], sm.fixef(fits.fits["a"]))


def test_reals_need_more_rows_than_coefficients() -> None:
    data = pd.DataFrame({"y": [1.0, 2.0, 4.0, 1.0, 3.0], "x": [0.0, 1.0, 2.0, 0.0, 1.0], "g": list("aaabb")})
    fits = sm.lmList("y ~ x | g", data, **QUICK)
    assert fits.inestimable == {"b": "2 rows for 2 coefficients leave no residuals"}


def test_variables_of_the_scope_give_the_fits_of_their_frame() -> None:
    data = sm.simulate_exams(seed=1, students=2, exams=6)
    score, hours, student = (data[name].to_numpy() for name in ("score", "hours", "student"))
    assert len(score) == len(hours) == len(student)
    pd.testing.assert_frame_equal(
        sm.coefficients(sm.lmList("score ~ hours | student", **QUICK)),
        sm.coefficients(sm.lmList("score ~ hours | student", data, **QUICK)),
    )


def test_a_formula_without_a_group_and_an_unknown_one_are_refused() -> None:
    with pytest.raises(sm.FormulaError, match=r"y ~ x \| group"):
        sm.lmList("vote ~ income", voters(), **QUICK)
    with pytest.raises(sm.DataError, match="no `stat`; did you mean `state`"):
        sm.lmList("vote ~ income | stat", voters(), **QUICK)


def lines() -> pd.DataFrame:
    rng = np.random.default_rng(2)
    data = pd.DataFrame({"g": np.repeat(["b", "a", "c"], 8), "x": np.tile(np.arange(8.0), 3), "h": list("uv") * 12})
    return data.assign(y=data["x"] + rng.normal(size=24), w=np.linspace(1, 2, 24), e=rng.normal(size=24))


def same_fits(fits: sm.FitList, rows: pd.DataFrame, **options: object) -> None:
    """Each is what `lm` makes of its level's rows."""
    for level, fit in fits.items():
        own = QUICK | options | {"seed": fit.call.arguments["seed"]}
        alone = sm.lm(f"{fits.formula}", rows[rows["g"] == level], **own)  # type: ignore[arg-type]
        pd.testing.assert_series_equal(sm.fixef(fit), sm.fixef(alone))
        assert fit.model.frame.index.equals(alone.model.frame.index)


def test_each_is_the_fit_of_its_rows_with_the_weights_of_them() -> None:
    data = lines()
    w = data["w"].to_numpy()
    for weights in (w, list(w), data["w"], "w"):
        fits = sm.lmList("y ~ scale(x) | g", data, weights=weights, **QUICK)
        same_fits(fits, data, weights="w")
        assert fits["c"].model.response.weights.tolist() == w[16:].tolist()


def test_subsets_and_offsets_go_along() -> None:
    data = lines()
    half = (data["x"] < 4).to_numpy()
    for subset in (half, "x < 4", np.flatnonzero(half)):
        fits = sm.lmList("y ~ x | g", data, subset=subset, offset=data["e"].to_numpy(), **QUICK)
        assert [sm.nobs(fit) for fit in fits.values()] == [4, 4, 4]
        same_fits(fits, data[half], offset="e")
    gone = sm.lmList("y ~ x | g", data, subset="g != 'a'", **QUICK)
    assert list(gone) == ["b", "c"]


def test_vectors_of_the_scope_are_taken_by_row() -> None:
    data = lines()
    y, x, g, e = (data[name].to_numpy() for name in ("y", "x", "g", "e"))
    spread = np.column_stack([x, e])
    half = x < 4
    assert len(y) == len(g) == len(spread)
    fits = sm.lmList("y ~ x | g", subset=half, weights="exp(e)", **QUICK)
    pd.testing.assert_frame_equal(
        sm.coef(fits), sm.coef(sm.lmList("y ~ x | g", data, subset=half, weights="exp(e)", **QUICK))
    )
    assert sm.coef(sm.lmList("y ~ spread | g", **QUICK)).shape == (3, 3)


def test_it_is_a_mapping_of_levels_to_fits() -> None:
    fits = sm.lmList("y ~ x | g", lines(), **QUICK)
    assert (list(fits), len(fits), "a" in fits, "z" in fits) == (["a", "b", "c"], 3, True, False)
    assert list(fits.keys()) == [level for level, _ in fits.items()]
    assert all(fits[level] is fit for level, fit in dict(fits).items())
    with pytest.raises(sm.DataError, match="`g` has no level `d`"):
        fits["d"]
    numbers = sm.lmList("y ~ x | k", lines().assign(k=np.repeat([10, 9, 2], 8)), **QUICK)
    assert list(numbers) == ["2", "9", "10"]
    assert numbers[9] is numbers["9"]


def test_extractors_read_it() -> None:
    fits = sm.lmList("y ~ x | g", lines(), **QUICK)
    table = sm.coef(fits)
    assert table.shape == (3, 2)
    pd.testing.assert_series_equal(table.loc["b"], sm.fixef(fits["b"]), check_names=False)
    pd.testing.assert_series_equal(sm.fixef(fits), table.mean(), check_names=False)
    intervals = sm.confint(fits, parm="x")
    assert intervals.index.tolist() == [("a", "x"), ("b", "x"), ("c", "x")]
    np.testing.assert_array_equal(intervals.loc[("c", "x")], sm.confint(fits["c"], parm="x").loc["x"])
    assert repr(fits).splitlines()[0] == "lmList: y ~ x | g"
    assert sm.fixef(sm.update(fits["a"], ". ~ . + e")).index.tolist() == ["(Intercept)", "x", "e"]


def test_interactions_group_too() -> None:
    fits = sm.lmList("y ~ x | g:h", lines(), **QUICK)
    assert list(fits) == ["a:u", "a:v", "b:u", "b:v", "c:u", "c:v"]
    with pytest.raises(sm.FormulaError, match="one grouping factor"):
        sm.lmList("y ~ x | g/h", lines(), **QUICK)


def test_a_level_that_fails_is_named_and_the_others_are_kept() -> None:
    data = lines()
    data.loc[data["g"] == "b", "y"] = np.nan
    with pytest.warns(sm.StanmlmWarning, match=r"1 of 3 levels of `g` could not be fitted: `b`: 0 \(non-NA\) cases"):
        fits = sm.lmList("y ~ x | g", data, **QUICK)
    assert list(fits) == ["a", "c"]
    assert list(fits.failed) == ["b"]
    assert sm.coef(fits).isna().all(axis=1).to_dict() == {"a": False, "c": False, "b": True}
    with pytest.raises(sm.DataError, match="could not be fitted: 0"):
        fits["b"]
    with pytest.raises(sm.DataError, match=r"0 \(non-NA\) cases"):
        sm.lmList("y ~ x | g", data.assign(y=np.nan), **QUICK)


def test_what_is_wrong_for_every_level_is_an_error() -> None:
    with pytest.raises(sm.FormulaError, match=r"no random effects(.|\n)*\n {9}\^{5}$"):
        sm.lmList("y ~ x + (1 | x) | g", lines(), **QUICK)
    with pytest.raises(sm.FormulaError, match="`xx` is not a column"):
        sm.lmList("y ~ xx | g", lines(), **QUICK)
    with pytest.raises(sm.OptionError, match="did you mean `chains`"):
        sm.lmList("y ~ x | g", lines(), chain=3)
    with pytest.raises(sm.DataError, match="weights has 3 values for 24 rows"):
        sm.lmList("y ~ x | g", lines(), weights=[1, 2, 3], **QUICK)
    with pytest.raises(sm.OptionError, match="keeps no file"):
        sm.lmList("y ~ x | g", lines(), file="x")


def test_priors_and_engines_reach_every_level() -> None:
    fits = sm.lmList("y ~ x | g", lines(), prior=sm.normal(0, 0.01), engine="stanli", **QUICK)
    assert (sm.coef(fits)["x"].abs() < 0.1).all()
    assert {fit.engine for fit in fits.values()} == {"stanli"}
    assert sm.coef(sm.update(fits["a"]))["x"] == sm.coef(fits["a"])["x"]


def test_the_summary_has_a_table_a_coefficient_and_a_row_a_level() -> None:
    fits = sm.lmList("vote ~ income | state", voters(), family="binomial", **QUICK)
    found = sm.summary(fits)
    assert found.frame.index.names == ["parameter", "state"]
    assert found.frame.loc["(Intercept)"].index.tolist() == ["a", "b", "c", "d"]
    for level in ("a", "b", "d"):
        own = sm.summary(fits[level]).frame.loc[["(Intercept)", "income"]]
        pd.testing.assert_frame_equal(found.frame.xs(level, level="state"), own, check_names=False)
    np.testing.assert_allclose(found.frame["mean"].unstack("parameter"), sm.coef(fits))
    assert found.frame.loc[("income", "c")].isna().all() or "income" in sm.fixef(fits["c"])
    text = repr(found)
    assert text.splitlines()[0] == "lmList: vote ~ income | state"
    assert text.index("(Intercept):") < text.index("income:")
    assert "no estimate for b, c, d" in text


def test_the_summary_of_a_list_picks_parameters_and_quantiles() -> None:
    fits = sm.lmList("score ~ hours | student", sm.simulate_exams(seed=1, students=3, exams=6), **QUICK)
    found = sm.summary(fits, pars="hours", probs=[0.5], digits=2)
    assert found.frame.shape[0] == 3
    assert list(found.frame.columns[:3]) == ["mean", "sd", "50%"]
    assert set(sm.summary(fits).frame.index.get_level_values(0)) == {"(Intercept)", "hours", "sigma"}
    with pytest.raises(sm.DataError, match="did you mean `hours`"):
        sm.summary(fits, pars="hour")
    with pytest.raises(sm.OptionError, match="probabilities"):
        sm.summary(fits, probs=[2])


# R 4.2.2, lme4 1.1-31: coef(lmList(Reaction ~ Days | Subject, sleepstudy)) of five subjects, fixef and sigma of all.
SLEEP = {
    "308": (244.192669, 21.764702),
    "309": (205.054945, 2.261785),
    "335": (263.034693, -2.881034),
    "351": (261.147011, 6.433498),
    "372": (267.044800, 11.298073),
}
SLEEP_FIXEF, SLEEP_SIGMA = (251.405105, 10.467286), 25.591816
FAR = 4  # Monte Carlo standard errors


@pytest.mark.slow
@pytest.mark.shared
def test_flat_priors_give_lme4s_answers(reference: ModuleType) -> None:
    """Under flat priors posterior means are least squares, and their residuals give the pooled sigma."""
    fits = sm.lmList("Reaction ~ Days | Subject", reference.data("sleepstudy"), priors="flat", seed=1, progress=False)
    errors = sm.summary(fits).frame["mcse"].unstack(0)[["(Intercept)", "Days"]]
    found = sm.coef(fits)
    assert found.shape == (18, 2)
    assert np.all(np.abs(found.loc[list(SLEEP)] - np.array(list(SLEEP.values()))) < FAR * errors.loc[list(SLEEP)])
    assert np.all(np.abs(sm.fixef(fits).to_numpy() - SLEEP_FIXEF) < FAR * np.sqrt((errors**2).sum()) / 18)
    assert sm.sigma(fits) == pytest.approx(SLEEP_SIGMA, rel=0.003)  # of the squared error of a mean, which is small


def test_a_pooled_sigma_is_of_linear_models_with_rows_to_spare() -> None:
    data = lines()
    fits = sm.lmList("y ~ x | g", data, weights=data["w"], **QUICK)
    squares = sum(float(fit.model.response.weights @ sm.residuals(fit).to_numpy() ** 2) for fit in fits.values())
    assert sm.sigma(fits) == pytest.approx(np.sqrt(squares / (24 - 6)))
    with pytest.raises(sm.OptionError, match="pooled sigma is of linear models"):
        sm.sigma(sm.lmList("vote ~ income | state", voters(), family="binomial", **QUICK))
    few = pd.DataFrame({"y": [1.0, 3.0, 2.0, 1.0], "x": [0.0, 1.0, 0.0, 1.0], "g": list("aabb")})
    with pytest.raises(sm.OptionError, match="nothing is left for sigma"):
        sm.sigma(sm.lmList("y ~ x | g", few, **QUICK))
