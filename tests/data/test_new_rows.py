"""New data: a row of the fitted data has the value there that it had in the fit, or a warning names the call."""

import json
import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

import stanmlm as sm
from stanmlm.base.errors import StanmlmWarning
from stanmlm.data.evaluate import evaluate, learn
from stanmlm.data.foreign_values import as_value
from stanmlm.data.learned import Learned, describe_learned, recall_learned
from stanmlm.data.rvalues import Value
from stanmlm.data.scope import Scope
from stanmlm.formula.rparse import parse_expression

N = 60
ROWS = [8, 3, 41, 17, 8]  # some rows, not in order, one twice
QUICK = {"chains": 1, "iter": 20, "seed": 1, "progress": False}


def table() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    x = rng.uniform(1, 9, N)
    data = pd.DataFrame(
        {
            "x": x,
            "k": rng.integers(1, 5, N),
            "s": rng.choice(["low", "mid", "high"], N),
            "f": pd.Categorical(rng.choice(list("abc"), N), categories=list("cab")),
            "l": rng.random(N) < 0.4,
            "g": rng.choice(list("pqrst"), N),
        }
    )
    return data.assign(y=0.3 * x + rng.normal(size=N))


DATA = table()
CUTS = np.array([4.0, 6.0])  # of the scope
PLACES = {1: 0.5, 2: 1.5, 3: -0.5, 4: 2.0}


def half(x):
    return x / 2


def clipped(x, low, high=7.0):
    return x.clip(low, high)


def spread(x):
    return float(np.ptp(x))


def upper(s):
    return [text.upper() for text in s]


def codes(f):
    return f.cat.codes.to_numpy()


def two(x):
    return np.column_stack([np.sin(x), np.cos(x)])


def centred(x):
    return x - x.mean()


def within(x, g):
    return x - pd.Series(x).groupby(g).transform("mean").to_numpy()


def position():
    return np.arange(N) % 7


SCOPE = {
    **{"CUTS": CUTS, "half": half, "clipped": clipped, "spread": spread, "upper": upper, "codes": codes},
    **{"two": two, "centred": centred, "within": within, "position": position},
}

REMEMBERED = [
    *("scale(x)", "scale(x, scale = FALSE)", "poly(x, 2)", "poly(x, k, degree = 2)", "bs(x, df = 4)", "ns(x, 3)"),
    *("cut(x, 3)", "cut(x, 3, labels = FALSE)", "cut(x, quantile(x), include.lowest = TRUE)", "scale(cbind(x, k))"),
    *("I(scale(x))", "I(scale(x)^2)", "exp(scale(x))", "log(scale(x) + 5)", "scale(scale(x))", "scale(log(x))"),
    *("poly(scale(x), 2)", "scale(poly(x, 2))", "poly(log(x), 2)", "ns(scale(x), 3)", "I(poly(x, 2))", "I(ns(x, 3))"),
    *(
        "poly(x, 2)[, 2]",
        "scale(x)[, 1]",
        "I(bs(x, df = 5)[, 3] * k)",
        "scale(half(x))",
        "poly(two(x)[, 1], k, degree = 2)",
    ),
    *("x - mean(x)", "I(x - mean(x))", "I((x - mean(x))/sd(x))", "(x - min(x))/(max(x) - min(x))", "I(x/sum(x))"),
    *("x > median(x)", "I(x - quantile(x, 0.3))", "I((x - mean(range(x)))/2)", "I(x * length(x))", "I(x - x[7])"),
    *("I(x - x[x > 5][1])", "I(x - mean(x[l]))", "I(x - mean(cumsum(x)))", "pmin(x, mean(x))", "I(x - var(k))"),
    *("ifelse(x > mean(x), x, 0)", "bs(x, knots = quantile(x, c(0.3, 0.6)))", "ns(x, knots = CUTS)"),
    *("I(x %in% range(x))", "scale(x, center = median(x))", "I(x + length(unique_levels))", "x * spread(x)"),
    *("factor(s)", "s", "f", "l", "factor(k)", "as.numeric(factor(s))", "I(as.integer(f) * x)", "factor(s) == 'low'"),
    *("factor(k, labels = c('a', 'b', 'c', 'd'))", "as.numeric(factor(k, labels = c('a', 'b', 'a', 'd')))"),
    *("I(cut(x, 3))", "as.factor(cut(x, 3))", "droplevels(cut(x, 3))", "as.numeric(cut(x, 3))", "ordered(cut(x, 3))"),
    *("as.numeric(droplevels(f))", "as.numeric(interaction(f, s))", "as.numeric(f:factor(s))", "reorder(f, x)"),
    *("as.numeric(reorder(f, x))", "relevel(factor(s), 'mid')", "relevel(factor(k), 2)", "C(factor(s), sum)"),
    *("ordered(s)", "ordered(s) < 'low'", "c(0.1, 0.5, 0.2, 0.9)[k]", "c(0.1, 0.5, 0.2)[f]", "x + nlevels(f)"),
    *("half(x)", "I(half(x) + scale(half(x)))", "clipped(x, 3)", "clipped(x, low = mean(x))", "upper(s)", "codes(f)"),
    *(
        "two(x)",
        "scale(two(x))",
        "codes(cut(x, 3))",
        "is.numeric(x) * x",
        "paste0(s, f)",
        "any(l) * x",
        "x + nchar(paste(s, collapse = ''))",
    ),
    *("ave(x, g)", "I(x - ave(x, g, s))", "scale(group_mean(x, g))", "ave(x, FUN = sd)"),
    *("poly(x, k)", "rep(x, 1)", "c(x)", "as.matrix(x)"),
    *("rank(x)", "rank(k)", "rank(s)", "rank(f)", "rank(k, ties = 'min')", "scale(rank(x))", "I(rank(x) / length(x))"),
    *("I(x / diff(range(x)))", "factor(s, levels = unique(s))", "factor(s, levels = rev(sort(unique(s))))"),
    *(
        "findInterval(x, c(3, 5))",
        "findInterval(x, quantile(x, c(0.2, 0.7)))",
        "x - head(x, 1)",
        "x - tail(sort(x), 2)[1]",
    ),
    *("outer(x, 1:3, '^')", "match(s, unique(s))", "match(k, c(3, 1))", "rowMeans(cbind(x, k))", "I(x / IQR(x))"),
    *("I(x / mad(x))", "I(x - mean(diff(x)))", "x * length(unique(k))", "ave(x, g, FUN = length)"),
    *("factor(f, levels = c('c', setdiff(levels(f), 'c')))", "factor(s, levels = union('mid', s))"),
]
NEEDS = {"I(x + length(unique_levels))": {"unique_levels": np.arange(3.0)}}
ANEW = {  # what the warning names
    "rev(x)": "rev(x)",
    "cumsum(x)": "cumsum(x)",
    "c(0, diff(x))": "diff(x)",
    "order(order(x))": "order(x)",
    "duplicated(k)": "duplicated(k)",
    "I(scale(cumsum(x)))": "cumsum(x)",
    "seq_along(x)": "seq_along(x)",
    "I(x * c(1, 2))": "x * c(1, 2)",
    "centred(x)": "centred(x)",
    "exp(centred(x))": "centred(x)",
    "within(x, g)": "within(x, g)",
    "I(x + centred(scale(x)))": "centred(scale(x))",
}


def scope_for(rows: pd.DataFrame, code: str, learned: Learned | None = None) -> Scope:
    data = {str(name): as_value(rows[name], str(name)) for name in rows.columns}
    if learned is not None:  # as `encode` has it: factors keep the levels of the fit
        data["f"] = as_value(rows["f"].astype(DATA["f"].dtype), "f")
    return Scope(data, SCOPE | NEEDS.get(code, {}), code, rows=len(rows), learned=learned)


def labels(value: Value) -> list[object]:
    """Elements as what they mean."""
    return [value.levels[code] for code in value.data] if value.levels else value.data.tolist()


def in_a_file(learned: Learned) -> Learned:
    return recall_learned({"learned": json.loads(json.dumps(describe_learned(learned)))})


@pytest.mark.parametrize("code", REMEMBERED)
def test_rows_have_the_values_of_the_fit(code: str) -> None:
    node = parse_expression(code)
    made = learn(node, scope_for(DATA, code))
    with warnings.catch_warnings():
        warnings.simplefilter("error", StanmlmWarning)
        for rows in (ROWS, [5], list(range(N))):
            again = evaluate(node, scope_for(DATA.iloc[rows], code, in_a_file(made.learned)))
            kept = made.value.data[rows]
            if made.value.levels:
                assert labels(again) == [made.value.levels[at] for at in kept]
            else:
                np.testing.assert_allclose(again.data, kept, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    ("code", "ranks"),
    [
        ("rank(x)", [0.5, 1.0, 2.5, 4.5, 4.0, 5.5]),
        ("rank(x, ties.method = 'min')", [1, 1, 2, 5, 4, 6]),
        ("rank(x, ties.method = 'max')", [0, 1, 3, 4, 4, 5]),
    ],
)
def test_new_values_rank_among_the_fitted_ones(code: str, ranks: list[float]) -> None:
    node = parse_expression(code)
    learned = learn(node, Scope({"x": as_value([2.0, 7.0, 2.0, np.nan, 1.0, 9.0], "x")}, {}, code)).learned
    new = Scope({"x": as_value([0.5, 1.0, 2.0, 8.0, 7.0, 10.0], "x")}, {}, code, learned=in_a_file(learned))
    assert evaluate(node, new).data.tolist() == ranks


@pytest.mark.parametrize("code", ANEW)
def test_what_cannot_be_remembered_is_named(code: str) -> None:
    node = parse_expression(code)
    made = learn(node, scope_for(DATA, code))
    with pytest.warns(StanmlmWarning, match="computed anew") as caught:
        evaluate(node, scope_for(DATA.iloc[ROWS], code, made.learned))
    assert f"`{ANEW[code]}`" in str(caught[0].message)


LEARNED_BY_FITS = [
    *(
        "I(scale(x))",
        "poly(scale(x), 2)",
        "I((x - mean(x))/sd(x))",
        "I(x - mean(x))",
        "exp(scale(x))",
        "ns(scale(x), 3)",
    ),
    *("as.factor(cut(x, 3))", "factor(k, labels = c('a', 'b', 'c', 'd'))", "as.numeric(factor(s))", "half(x)"),
    *("codes(f)", "I(x * spread(x))"),
]


def formula_fit(formula: str, **options: object) -> sm.Fit:
    half, codes, spread = SCOPE["half"], SCOPE["codes"], SCOPE["spread"]  # noqa: F841, what the formula calls
    return sm.lmer(formula, DATA, **QUICK, **options) if "|" in formula else sm.lm(formula, DATA, **QUICK, **options)


@pytest.mark.filterwarnings("error::stanmlm.StanmlmWarning")
@pytest.mark.parametrize("place", ["y ~ {}", "y ~ offset(0.1 * as.numeric({}))", "y ~ k + (1 + {} | g)"])
@pytest.mark.parametrize("term", LEARNED_BY_FITS)
def test_a_prediction_for_fitted_rows_is_their_fitted_value(term: str, place: str) -> None:
    if ("offset" in place and "poly" in term) or ("ns" in term and "offset" in place):
        place = "y ~ offset(0.1 * {}[, 1])"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about twenty draws
        fit = formula_fit(place.format(term))
    fitted = sm.posterior_epred(fit).to_numpy()
    for rows in (ROWS, [5]):
        np.testing.assert_allclose(sm.posterior_epred(fit, DATA.iloc[rows]).to_numpy(), fitted[:, rows], rtol=1e-8)


def test_a_variable_that_no_column_tells_is_named() -> None:
    fit = formula_fit("y ~ rep(c(0, 1), 30) + x")
    with pytest.warns(StanmlmWarning, match="does not depend on a column"):
        sm.posterior_epred(fit, DATA[::-1])


VERBS: dict[str, Callable[[sm.Fit, pd.DataFrame], object]] = {
    "predictions": lambda fit, rows: sm.predictions(fit, rows).draws,
    "linpred": lambda fit, rows: sm.posterior_linpred(fit, rows).to_numpy(),
    "poststratify": lambda fit, rows: sm.poststratify(fit, rows.assign(N=1, row=range(len(rows))), by="row").draws,
    "predict": lambda fit, rows: np.asarray(sm.predict(fit, rows))[None],
}


@pytest.mark.filterwarnings("error::stanmlm.StanmlmWarning")
@pytest.mark.parametrize("term", LEARNED_BY_FITS)
def test_every_verb_gives_fitted_rows_their_fitted_values(term: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit = formula_fit(f"y ~ {term}")
    fitted = sm.posterior_epred(fit).to_numpy()[:, ROWS]
    for name, verb in VERBS.items():
        values = np.asarray(verb(fit, DATA.iloc[ROWS]))
        expected = fitted.mean(axis=0, keepdims=True) if len(values) == 1 else fitted
        np.testing.assert_allclose(values, expected, rtol=1e-8, err_msg=name)


@pytest.mark.parametrize(
    ("term", "derivative"),
    [
        ("I(x - mean(x))", lambda x: np.ones(N)),
        ("I(scale(x)^2)", lambda x: 2 * (x - x.mean()) / x.var()),
        ("exp(scale(x))", lambda x: np.exp((x - x.mean()) / x.std()) / x.std()),
        ("half(x)", lambda x: np.full(N, 0.5)),
    ],
)
def test_slopes_are_those_of_the_fitted_function(term: str, derivative: Callable[[pd.Series], object]) -> None:
    fit = formula_fit(f"y ~ {term}")
    b = fit.posterior["posterior"]["b"].to_numpy().reshape(-1, 2)[:, 1:]
    np.testing.assert_allclose(sm.slopes(fit, "x").draws, b * np.asarray(derivative(DATA["x"])), rtol=1e-4, atol=1e-6)


def test_functions_come_back_where_load_is_called(tmp_path) -> None:
    cubed = np.cbrt
    fit = sm.lm("y ~ cubed(x)", DATA, **QUICK)
    sm.save(fit, tmp_path / "a")
    expected = sm.posterior_epred(fit, DATA[:3]).to_numpy()
    np.testing.assert_array_equal(sm.posterior_epred(sm.load(tmp_path / "a"), DATA[:3]).to_numpy(), expected)
    del cubed
    without = sm.load(tmp_path / "a")
    sm.summary(without)
    with pytest.raises(sm.StanmlmError, match="files keep no functions: define `cubed` where load"):
        sm.posterior_epred(without, DATA[:3])
    cubed = np.sqrt  # noqa: F841
    with pytest.warns(StanmlmWarning, match="other values than in the fit"):
        sm.posterior_epred(sm.load(tmp_path / "a"), DATA[:3])


def test_functions_are_there_after_update_and_in_kfold() -> None:
    half = SCOPE["half"]  # noqa: F841
    fit = sm.update(sm.lm("y ~ half(x)", DATA, **QUICK), ". ~ . + k")
    np.testing.assert_allclose(sm.posterior_epred(fit, DATA[:3]), sm.posterior_epred(fit)[:, :3], rtol=1e-8)
    sm.kfold(fit, K=2)
    sm.conditional_effects(fit, "x")


@pytest.mark.parametrize(
    "index",
    [
        np.tile(np.arange(30), 2),
        pd.MultiIndex.from_product([list("ab"), range(30)], names=["g", "k"]),
        pd.Index(DATA["g"], name="g"),
    ],
    ids=["twice", "levels named as columns", "named as a column"],
)
def test_odd_row_labels_change_nothing(index: pd.Index) -> None:
    odd = DATA.set_axis(index)
    one, other = (sm.lmer("y ~ x + (1 | g)", data, **QUICK) for data in (DATA, odd))
    verbs: list[Callable[[sm.Fit, pd.DataFrame], object]] = [
        lambda fit, data: sm.fitted(fit),
        lambda fit, data: sm.predictions(fit, by="g").frame["estimate"],
        lambda fit, data: sm.avg_slopes(fit, by=["g", "k"]).frame["estimate"],
        lambda fit, data: sm.posterior_epred(fit, data[:5]),
        lambda fit, data: sm.poststratify(fit, data.assign(N=1), by="g").frame["mean"],
        lambda fit, data: sm.kfold(fit, K=2, folds="group").pointwise.iloc[:, 0],
    ]
    for verb in verbs:
        np.testing.assert_array_equal(np.asarray(verb(one, DATA)), np.asarray(verb(other, odd)))


def test_names_are_known_wherever_datagrid_knows_them() -> None:
    data = DATA.rename(columns={"x": "the.x"}).assign(other=DATA["k"] > 2)
    outside = np.asarray(DATA["x"] + 1)  # noqa: F841
    fit = sm.lmer("y ~ the.x + outside + (1 | g)", data, **QUICK)
    effects = sm.conditional_effects(fit, ["the_x", "outside", "g"], conditions={"the_x": 2.0})
    assert list(effects.frames) == ["the.x", "outside", "g"]
    assert sm.avg_comparisons(fit, {"the_x": 2}).frame["term"].tolist() == ["the.x"]
    assert sm.avg_slopes(fit, "outside", by="other").frame["other"].tolist() == [False, True]
    sm.plot_conditional_effects(sm.conditional_effects(fit, "outside:the_x"))
    for group in ("other", "k", "s", "g"):
        sm.pp_check(fit, type="stat_grouped", group=group)


@pytest.mark.parametrize("given", ["contr.sum", ("contr.sum",), ("sum", "poly"), 3, {"f": 1}])
def test_default_contrasts_are_two_names(given: object) -> None:
    with pytest.raises(sm.OptionError, match="default_contrasts"):
        sm.model_matrix("y ~ f", DATA, default_contrasts=given)  # type: ignore[arg-type]


def test_default_contrasts_code_every_factor_and_stay(tmp_path) -> None:
    fit = sm.lmer("y ~ f + (f | g)", DATA, default_contrasts=("contr.sum", "contr.poly"), **QUICK)
    assert fit.model.design.names == ("(Intercept)", "f1", "f2") == tuple(sm.ranef(fit)["g"].columns)
    sm.save(fit, tmp_path / "a")
    again = sm.load(tmp_path / "a")
    assert sm.update(again, ". ~ . + k").model.design.names == ("(Intercept)", "f1", "f2", "k")
    np.testing.assert_allclose(sm.posterior_epred(again, DATA[:4]), sm.posterior_epred(fit)[:, :4], rtol=1e-8)
    parts = sm.lFormula("y ~ f + (f | g)", DATA, default_contrasts=("contr.sum", "contr.poly"))
    assert parts.reTrms.cnms == {"g": ("(Intercept)", "f1", "f2")}
