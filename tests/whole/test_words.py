"""What Python's users stumble over: where names come from, positions, labels of groups and rows, and what R says."""

import re
import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from criticism_fits import exams_fit

import stanmlm as sm

FAST = {"chains": 1, "iter": 200, "seed": 1, "progress": False}
rng = np.random.default_rng(1)
DATA = pd.DataFrame({"x": rng.normal(size=40), "g": np.repeat([3, 1, 10, 2], 10)})
DATA["y"] = DATA.x + np.repeat([0, 1, 2, 3], 10) + rng.normal(size=40)
FORMULA = "y ~ x + (1 | g)"


# Scope


def test_a_lambda_that_pandas_calls_sees_what_stands_around_it() -> None:
    z = np.arange(40.0)
    assert len(z)
    assert DATA.pipe(lambda d: sm.model_matrix("y ~ x + z", d).columns.tolist()) == ["(Intercept)", "x", "z"]
    grouped = DATA.groupby("g")["y"].apply(lambda y: sm.model_matrix("~ z[1:10]", {"y": y}).shape[1])
    assert grouped.tolist() == [2] * 4
    assert [sm.model_matrix("y ~ z", d).shape[1] for d in (DATA,)] == [2]
    assert next(sm.model_matrix("y ~ z", d).shape[1] for d in (DATA,)) == 2


def test_a_function_within_a_function_sees_its_own_first() -> None:
    z, w = np.zeros(40), np.arange(40.0)
    assert len(z) + len(w)

    def inner(d: pd.DataFrame) -> pd.DataFrame:
        z = np.ones(40)
        assert len(z)
        return sm.model_matrix("y ~ 0 + z + w", d)

    made = DATA.pipe(inner)
    assert made["z"].tolist() == [1.0] * 40
    assert made["w"].tolist() == w.tolist()


def test_a_method_of_a_class_within_a_function_sees_the_function() -> None:
    z = np.arange(40.0)

    class Study:
        def matrices(self) -> list[pd.DataFrame]:
            return DATA.pipe(lambda d: [sm.model_matrix("y ~ z", d)])

    assert Study().matrices()[0].shape == (len(z), 2)


def maker() -> Callable[[pd.DataFrame], pd.DataFrame]:
    outside = np.arange(40.0)
    return lambda d: sm.model_matrix("y ~ outside", d) if len(outside) else d


def test_a_closure_sees_what_it_closes_over_and_not_its_caller() -> None:
    inside = np.arange(40.0)
    assert len(inside)
    assert DATA.pipe(maker()).columns.tolist() == ["(Intercept)", "outside"]
    outside = "not this"
    assert outside
    assert maker()(DATA).shape == (40, 2)
    with pytest.raises(sm.FormulaError, match="`inside` is not a column"):
        elsewhere(DATA)


def elsewhere(d: pd.DataFrame) -> pd.DataFrame:
    return sm.model_matrix("y ~ inside", d)


def test_a_column_that_read_csv_would_dot_in_r_is_found() -> None:
    data = DATA.assign(**{"school type": "a", "2nd": 1.0, "x": 2.0})
    for name, column in {"school.type": "school type", "X2nd": "2nd"}.items():
        with pytest.raises(sm.FormulaError, match=f"the column is `{column}`, which a formula takes between backticks"):
            sm.model_matrix(f"y ~ {name}", data)


def test_a_column_of_another_case_is_mentioned() -> None:
    data = DATA.rename(columns={"x": "Income"})
    income = np.arange(40.0)
    assert len(income)
    with pytest.warns(sm.StanmlmWarning, match="`income` is taken from your variables: .* they have `Income`"):
        sm.model_matrix("y ~ income", data)
    with pytest.raises(sm.FormulaError, match="did you mean `Income`"):
        sm.model_matrix("y ~ INCOME", data)
    with pytest.raises(sm.FormulaError, match="did you mean `x`"):
        sm.model_matrix("y ~ X", DATA)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sm.model_matrix("y ~ Income", data)


# Positions


@pytest.mark.parametrize("index", ["0", "g - 1", "c(0, 1)", "0.5", "-0.5", "0:39"])
def test_an_index_of_0_is_refused(index: str) -> None:
    with pytest.raises(sm.FormulaError, match="positions count from 1"):
        sm.model_matrix(f"y ~ x[{index}]", DATA)
    with pytest.raises(sm.StanmlmError, match="positions count from 1"):
        sm.model_matrix("y ~ x", DATA, subset="0:9")


def test_negative_positions_drop_as_in_r() -> None:
    assert sm.model_matrix("y[-1] ~ x[-1]", DATA)["x[-1]"].tolist() == DATA.x[1:].tolist()
    assert sm.model_matrix("y[-(1:9)] ~ x[-(1:9)]", DATA).shape == (31, 2)
    with pytest.raises(sm.FormulaError, match="can't mix positive and negative"):
        sm.model_matrix("y ~ x[c(-1, 1)]", DATA)
    with pytest.raises(sm.FormulaError, match="can't mix"):
        sm.model_matrix("y ~ x[c(-1, NA)]", DATA)


def test_a_missing_level_as_an_index_is_missing() -> None:
    """R: c(1, 2)[factor(c("a", NA, "b"))] is 1 NA 2."""
    data = pd.DataFrame({"y": [1.0, 2.0, 3.0], "f": pd.Categorical(["a", None, "b"])})
    means = np.array([10.0, 20.0])
    assert len(means)
    assert sm.model_matrix("y ~ means[f]", data)["means[f]"].tolist() == [10.0, 20.0]


# Means of groups


def test_means_of_groups_are_known_and_remembered() -> None:
    data = DATA.assign(h=np.tile([1, 2], 20))
    by_g = data.groupby("g")["x"].transform("mean")
    for call in ("group_mean(x, g)", "ave(x, g)", "ave(x, g, FUN = mean)", "stats::ave(x, factor(g))"):
        np.testing.assert_allclose(sm.model_matrix(f"y ~ 0 + {call}", data).iloc[:, 0], by_g)
    for how in ("median", "sd", "var", "sum", "min", "max"):
        made = sm.model_matrix(f"y ~ 0 + ave(x, g, h, FUN = {how})", data).iloc[:, 0]
        np.testing.assert_allclose(made, data.groupby(["g", "h"])["x"].transform({"sd": "std"}.get(how, how)))
    np.testing.assert_allclose(sm.model_matrix("y ~ 0 + ave(x)", data).iloc[:, 0], data.x.mean())


def test_new_rows_have_the_means_of_the_fit(tmp_path) -> None:
    data = DATA.assign(x=DATA.x.where(DATA.index != 0))  # the rows of group 3 have no mean, as in R
    fit = sm.lm("y ~ x + group_mean(x, g)", data, **FAST)
    assert sm.nobs(fit) == 30
    sm.save(fit, tmp_path / "fit")
    for one in (fit, sm.load(tmp_path / "fit")):
        new = pd.DataFrame({"x": [9.0, 9.0], "g": [10, 1]})
        b, means = sm.fixef(one), data.groupby("g")["x"].mean()
        expected = b.iloc[0] + 9 * b["x"] + b.iloc[2] * means.loc[[10, 1]].to_numpy()
        np.testing.assert_allclose(sm.predict(one, new), expected)
        assert sm.predict(one, new.assign(g=3)).isna().all()
        with pytest.raises(sm.FormulaError, match=r"group_mean\(\) has no value for the groups 7, 77, which the fit"):
            sm.predict(one, new.assign(g=[77, 7]))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("ave(x, g, FUN = cumsum)", "one value of each group"),
        ("ave(x, g, FUN = 3)", "one value of each group"),
        ("ave(factor(g), x)", "needs a column of numbers, not factor"),
        ("group_mean(x, g[1:3])", "40 values, 3 groups"),
        ("group_mean(x)", 'argument "by" of group_mean.. is missing'),
    ],
)
def test_means_of_groups_say_what_they_need(call: str, message: str) -> None:
    with pytest.raises(sm.FormulaError, match=message):
        sm.model_matrix(f"y ~ {call}", DATA)


# Labels


@pytest.mark.parametrize(
    ("levels", "kind"),
    [
        ([3, 1, 10, 2], "i"),
        ([0.5, 1.0, 10.0, 2.5], "f"),
        (["b", "a", "d", "c"], "O"),
        (pd.Categorical([3, 1, 10, 2], [10, 3, 2, 1]), "i"),
        (pd.array([3, 1, 10, 2], dtype="Int64"), "i"),
        (pd.to_datetime(["2024-01-01", "2024-01-02", "2024-02-01", "2025-01-01"]), "M"),
    ],
    ids=["whole", "real", "text", "categories", "nullable", "dates"],
)
def test_levels_keep_the_type_of_their_column(levels: object, kind: str, tmp_path) -> None:
    data = DATA.assign(g=pd.Series(levels).repeat(10).to_numpy() if kind == "M" else pd.Series(levels).repeat(10).array)
    fit = sm.lmer(FORMULA, data, **FAST)
    sm.save(fit, tmp_path / "fit")
    for one in (fit, sm.load(tmp_path / "fit")):
        for frame in (sm.ranef(one)["g"], sm.coef(one)["g"]):
            assert frame.index.dtype.kind == kind or kind == "O"
            for level in pd.Series(levels):
                assert np.isfinite(frame.loc[level, "(Intercept)"])
    assert set(sm.as_data_frame(sm.ranef(fit))["grp"]) == set(pd.Series(levels))


def test_groups_are_highlighted_as_numbers_or_text() -> None:
    fit = sm.lmer("y ~ x + (1 + x | g)", DATA.assign(u=DATA.g * 2.0), **FAST)
    for highlight in (3, "3", [3, 10], ("3",), np.array([3]), 3.0):
        for plot in (sm.plot_curves(fit, "x", "g", highlight), sm.plot_slopes(fit, "u", "g", highlight)):
            plot.draw()
    with pytest.raises(sm.DataError, match="`4` of `g` is not in the frame"):
        sm.plot_curves(fit, "x", "g", 4)
    frame = pd.DataFrame({"u": [1.0, 2.0], "g": [3, 4], "estimate": 0.5, "lower50": 0.4, "upper50": 0.6})
    frame = frame.assign(lower95=0.0, upper95=1.0)
    sm.plot_slopes(frame, "u", "g", 4, names={"4": "four"}).draw()


def test_an_index_named_as_a_column_is_no_trouble() -> None:
    plain, odd = (sm.lmer(FORMULA, data, **FAST) for data in (DATA, DATA.set_index("g", drop=False)))
    np.testing.assert_array_equal(sm.fitted(plain), sm.fitted(odd))
    for of_fit in (
        lambda fit: sm.predictions(fit, by="g").frame.estimate,
        lambda fit: sm.avg_slopes(fit, by="g").frame.estimate,
        lambda fit: sm.poststratify(fit, fit.model.frame.data.assign(N=1), by="g").frame["mean"],
        lambda fit: sm.conditional_effects(fit, "x").frames["x"].estimate,
    ):
        np.testing.assert_array_equal(of_fit(plain), of_fit(odd))
    assert odd.model.frame.index.tolist() == DATA.g.tolist()


# Rows


@pytest.mark.parametrize("index", [list("ABCDEF"), [10, 20, 30, 40, 50, 60], pd.date_range("2024-01-01", periods=6)])
@pytest.mark.parametrize(
    ("change", "family", "options"),
    [
        ({"y": [1, 0, 2, -3, 1, 0]}, "poisson", {}),
        ({"y": [1, 0, 2, np.inf, 1, 0]}, "poisson", {}),
        ({"x": [1, 2, 3, np.inf, 5, 6]}, "poisson", {}),
        ({"y": [1, 0, 1, 2, 1, 0]}, "binomial", {}),
        ({"w": [1, 1, 1, -1, 1, 1]}, "poisson", {"weights": "w"}),
        ({"w": [1, 1, 1, np.inf, 1, 1]}, "poisson", {"offset": "w"}),
        ({"x": [1, 2, 3, np.nan, 5, 6]}, "poisson", {"na_action": "fail"}),
        # A row without x is dropped before, and the other keeps its label.
        ({"x": [1, np.nan, 3, 4, 5, 6], "y": [1, 0, 2, -3, 1, 0]}, "poisson", {}),
        ({"y": [1, 0, 2, -3, 1, 0]}, "poisson", {"subset": [1, 2, 3, 4]}),
    ],
    ids=["negative", "infinite", "predictor", "share", "weight", "offset", "missing", "dropped", "subset"],
)
def test_an_error_names_rows_as_the_frame_does(index, change, family: str, options) -> None:
    data = pd.DataFrame({"y": [1, 0, 2, 3, 1, 0.0], "x": [1, 2, 3, 4, 5, 6.0], "w": 1.0}, index=index).assign(**change)
    with pytest.raises(sm.DataError) as caught:
        sm.glm("y ~ x", data, family, **FAST, **options)
    assert re.search(rf"row \(?{re.escape(str(data.index[3]))}\)", str(caught.value))


def test_rows_of_new_data_are_named_by_their_labels() -> None:
    counts = pd.DataFrame({"y": [1, 0, 2, 3, 1, 0], "x": [1, 2, 3, 4, 5, 6.0]})
    fit = sm.glm("y ~ x", counts, sm.poisson, **FAST)
    with pytest.raises(sm.DataError, match=r"\(row second\)"):
        sm.log_lik(fit, pd.DataFrame({"y": [1, -1], "x": 1.0}, index=["first", "second"]))


# What R says


def test_glmer_without_a_family_says_what_lme4_says() -> None:
    data = DATA.assign(vote=(DATA.y > 1.5).astype(int))
    with pytest.warns(sm.StanmlmWarning, match=r"please call lmer\(\) directly; `vote` is 0 and 1: family=binomial"):
        fit = sm.glmer("vote ~ x + (1 | g)", data, **FAST)
    assert repr(fit).startswith("Linear mixed model")
    with pytest.warns(sm.StanmlmWarning, match=r"calling glmer\(\) with family=gaussian .* directly$"):
        assert repr(sm.glmer(FORMULA, DATA, **FAST)).startswith("Linear mixed model")
    with pytest.raises(sm.DataError, match="gaussian family cannot read; family=binomial can"):
        sm.glmer("vote ~ x + (1 | g)", data.assign(vote=pd.Categorical(data.vote)), **FAST)


def test_no_weights_are_asked_for() -> None:
    fit = exams_fit()
    census = sm.simulate_exams(seed=2, students=15)
    with pytest.raises(sm.StanmlmError, match=r"weights is None; .* name the column of counts"):
        sm.poststratify(fit, census, weights=None)
