"""Distinct rows of the variables: a model is the same whether they are found or not, and costs as many as there are."""

import tracemalloc
import warnings
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import stanli
from hypothesis import given, settings
from hypothesis import strategies as st
from reference_density import dimension, log_density

import stanmlm as sm
from stanmlm.base.arrays import STRETCH, constant
from stanmlm.data import distinct
from stanmlm.data.distinct import cells_of, distinct_rows, factorize, first_rows
from stanmlm.data.encode import encode
from stanmlm.data.rvalues import Value, double
from stanmlm.data.whole_rows import counts, first_of, means_over_rows, n_rows, rows_of, whole
from stanmlm.fit.pipeline import ModelOptions, build_model
from stanmlm.model.model import Model
from stanmlm.sampling.program import program, structure
from stanmlm.sampling.standata import standata

# Sums over distinct rows with counts against sums over rows: rounding of a few hundred additions.
RELATIVE = 1e-10
N = 400

FORMULAS: Mapping[str, dict[str, object]] = {
    "y ~ x * k + (1 + x | s)": {},
    "y ~ f * x + f:b + (1 | s)": {},
    "y ~ poly(k, 2) + scale(x) + (0 + f | s)": {},
    "y ~ bs(k, df = 4) + s + b": {},
    "y ~ x + log(w) + (1 | f/s)": {},
    "y ~ x + (1 | k)": {"subset": "k > 0"},
    "y ~ x + gaps + (1 | s)": {},
    "y ~ x + (1 | s) ": {"weights": "w"},
    "y ~ x + offset(log(w)) + (1 | s)": {},
    "y ~ f + (1 | s)": {"offset": "z"},
    "y ~ 1": {},
    "y ~ 0 + f": {"contrasts": {"f": "contr.sum"}},
    "y ~ x + I(2 * x) + f": {},
    "y ~ y2 + x": {},
}
FAMILIES = {"gaussian": sm.gaussian(), "binomial": sm.binomial(), "poisson": sm.poisson()}


def data(seed: int) -> pd.DataFrame:
    """Few values of each variable, in all types; `unused` is a level without rows."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "y": rng.integers(0, 2, N),
            "y2": rng.integers(0, 3, N),
            "x": rng.choice([-1.5, -0.0, 0.0, 2.0], N),
            "k": rng.integers(-1, 6, N),
            "b": rng.random(N) < 0.3,
            "f": pd.Categorical(rng.choice(["u", "v", "w"], N), categories=["w", "unused", "v", "u"]),
            "s": rng.choice([f"s{i}" for i in range(5)], N),
            "w": rng.choice([1.0, 2.0, 3.0], N),
            "z": rng.choice([0.0, 0.5], N),
            "gaps": rng.choice([1.0, 2.0, np.nan], N, p=[0.5, 0.4, 0.1]),
        }
    )


def built(formula: str, family: str, seed: int = 1, **options: object) -> Model:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return build_model(formula, data(seed), FAMILIES[family], {}, ModelOptions(**options))  # type: ignore[arg-type]


def built_on_rows(monkeypatch: pytest.MonkeyPatch, *args: object, **options: object) -> Model:
    with monkeypatch.context() as patch:
        patch.setattr(distinct, "WORTH", 0.0)
        return built(*args, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("formula", FORMULAS)
def test_a_model_is_that_of_its_rows(monkeypatch: pytest.MonkeyPatch, formula: str, family: str) -> None:
    few = built(formula, family, **FORMULAS[formula])
    every = built_on_rows(monkeypatch, formula, family, **FORMULAS[formula])
    assert every.design.row is None
    assert few.design.row is not None
    assert len(few.design.X) < 0.9 * n_rows(few.design)
    same_design(few, every)
    np.testing.assert_array_equal(few.cells.row, every.cells.row)
    np.testing.assert_array_equal(few.cells.first, every.cells.first)
    for ours, theirs in zip(few.priors.rows, every.priors.rows, strict=True):
        assert (ours.class_, ours.coef, ours.distribution) == (theirs.class_, theirs.coef, theirs.distribution)
        np.testing.assert_allclose(ours.arguments, theirs.arguments, rtol=RELATIVE)
    given, expected = standata(few), standata(every)
    assert given.keys() == expected.keys()
    for name, value in given.items():
        size = max(1.0, float(np.max(np.abs(np.asarray(value, dtype=float)), initial=0)))
        np.testing.assert_allclose(value, expected[name], rtol=1e-6, atol=1e-7 * size, err_msg=name)


def same_design(few: Model, every: Model) -> None:
    ours, theirs = whole(few.design), every.design
    np.testing.assert_array_equal(ours.X, theirs.X)
    assert (ours.names, ours.dropped, ours.assign) == (theirs.names, theirs.dropped, theirs.assign)
    np.testing.assert_array_equal(ours.offset, theirs.offset)
    for a, b in zip(ours.terms, theirs.terms, strict=True):
        assert (a.levels, a.coefs) == (b.levels, b.coefs)
        np.testing.assert_array_equal(a.index, b.index)
        np.testing.assert_array_equal(a.Z, b.Z)
    np.testing.assert_allclose(means_over_rows(few.design), theirs.X.mean(axis=0), rtol=RELATIVE, atol=RELATIVE)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("formula", FORMULAS)
def test_collapse_changes_neither_priors_nor_means(formula: str, family: str) -> None:
    cells, rows = (built(formula, family, collapse=choice, **FORMULAS[formula]) for choice in (True, False))
    assert cells.priors == rows.priors
    np.testing.assert_array_equal(cells.design.X, rows.design.X)
    assert len(cells.cells.first) < len(rows.cells.first) == n_rows(rows.design)
    if cells.design.intercept:
        np.testing.assert_array_equal(standata(cells)["x_mean"], standata(rows)["x_mean"])


@pytest.mark.parametrize("formula", ["y ~ x * f + (1 + x | s)", "y ~ x + offset(log(w)) + (1 | f/s)"])
@pytest.mark.parametrize("family", FAMILIES)
def test_the_density_is_that_of_the_rows(formula: str, family: str) -> None:
    """Against NumPy on all rows."""
    model = built(formula, family, weights="w" if family == "gaussian" else None)
    values = {name: np.asarray(value).tolist() for name, value in standata(model).items()}
    stan = stanli.Model(stan_code=program(structure(model)).text, data=values)
    rows = replace(model, design=whole(model.design))
    rng = np.random.default_rng(3)
    points = [rng.uniform(-0.5, 0.5, dimension(model)) for _ in range(3)]
    ours, theirs = [stan.log_prob_grad(q)[0] for q in points], [log_density(rows, q) for q in points]
    np.testing.assert_allclose(np.diff(ours), np.diff(theirs), rtol=1e-8)


def test_the_response_does_not_tell_rows_apart() -> None:
    model = built("y ~ x + (1 | s)", "binomial")
    assert len(model.design.X) == 3 * 5, "three values of x (0.0 is -0.0) in five groups"
    real = build_model("y ~ x + (1 | s)", data(1).assign(y=np.arange(N) / 7), sm.gaussian(), {}, ModelOptions())
    assert len(real.design.X) == 3 * 5


def test_an_offset_tells_rows_apart_only_where_the_likelihood_needs_it() -> None:
    exposure = data(1).assign(w=np.linspace(1, 2, N))
    for family, cells in (("poisson", 15), ("gaussian", 15), ("binomial", N)):
        options = ModelOptions(collapse=True)
        model = build_model("y ~ x + offset(log(w)) + (1 | s)", exposure, FAMILIES[family], {}, options)
        assert (len(model.design.X), len(model.cells.first)) == (15, cells)


def test_rows_that_are_nearly_all_distinct_are_kept() -> None:
    model = build_model("y ~ z", data(1).assign(z=np.linspace(0, 1, N)), sm.gaussian(), {}, ModelOptions())
    assert model.design.row is None
    assert whole(model.design) is model.design
    assert counts(model.design).tolist() == [1.0] * N


def test_some_rows_of_a_design_keep_their_distinct_ones() -> None:
    design = built("y ~ x * f + (1 | s)", "binomial").design
    at = np.arange(7, N, 3)
    some = rows_of(design, at)
    np.testing.assert_array_equal(whole(some).X, whole(design).X[at])
    np.testing.assert_array_equal(whole(some).terms[0].index, whole(design).terms[0].index[at])
    np.testing.assert_array_equal(whole(design).X[first_of(design)], design.X)
    assert counts(some).sum() == n_rows(some) == len(at)
    assert counts(some).min() == 1


def test_new_data_are_coded_once_a_distinct_row() -> None:
    model = built("y ~ scale(x) * f + (1 + x | s)", "binomial")
    new = data(2).assign(s=np.where(np.arange(N) % 7 == 0, "new", data(2)["s"]))
    new.loc[[3, 5], "x"] = np.nan
    together = encode(model.design, new).design
    assert len(together.X) < N / 4
    apart = [encode(model.design, new.iloc[[k]]).design for k in range(40)]
    np.testing.assert_array_equal(whole(together).X[:40], np.concatenate([one.X for one in apart]))
    np.testing.assert_array_equal(whole(together).terms[0].Z[:40], np.concatenate([one.terms[0].Z for one in apart]))


def test_fitted_values_are_those_of_each_row() -> None:
    fit = sm.glmer("y ~ x + k + (1 | s)", data(1), "binomial", seed=1, chains=2, iter=200, progress=False)
    each = sm.posterior_epred(fit, summary=True)["mean"].to_numpy()
    np.testing.assert_allclose(sm.fitted(fit), each, rtol=1e-12)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(-2, 2), st.sampled_from([0.5, np.nan, 1.0]), st.booleans()), max_size=30))
def test_distinct_rows_are_those_of_python_sets(rows: list[tuple[int, float, bool]]) -> None:
    k, x, b = (np.array([row[i] for row in rows], dtype=t) for i, t in enumerate((np.int8, float, bool)))
    matrix = np.stack([x, x], axis=1)
    values = {"k": Value("factor", k), "m": double(matrix), "b": Value("logical", b)}
    few = distinct_rows(values, len(rows))
    seen = list(dict.fromkeys((a, repr(c), d) for a, c, d in rows))
    if few.row is None:
        assert len(seen) > distinct.WORTH * len(rows)
        return
    assert few.n == len(seen) == len(few.values["k"].data)
    assert few.row.tolist() == [seen.index((a, repr(c), d)) for a, c, d in rows]
    np.testing.assert_array_equal(few.values["m"].data[few.row], matrix)


@pytest.mark.parametrize("low", [-(2**63), 0, 2**63 - 4])
def test_whole_numbers_of_any_size_are_keys(low: int) -> None:
    column = np.array([0, 3, 1, 3, 0]) + np.int64(low)
    other = np.array([True, True, False, False, True])
    assert cells_of([column, other])[0].tolist() == [0, 1, 2, 3, 0]
    wide = np.array([-(2**63), 2**63 - 1, -(2**63), 0], dtype=np.int64)
    assert cells_of([wide])[0].tolist() == [0, 1, 0, 2]
    assert cells_of([wide, np.array([0, 0, 1, 0])])[0].tolist() == [0, 1, 2, 3]


def test_a_rare_row_far_down_is_found() -> None:
    x = np.zeros(5 * STRETCH)
    x[4 * STRETCH + 17] = 1.0
    k = np.zeros(len(x), dtype=int)
    k[3 * STRETCH + 5] = 1
    cell, first = cells_of([x, k, constant(2.0, len(x))])
    assert first.tolist() == [0, 3 * STRETCH + 5, 4 * STRETCH + 17]
    assert np.bincount(cell).tolist() == [len(x) - 2, 1, 1]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 6), max_size=50), st.integers(1, 7))
def test_first_rows_are_numpys(values: list[int], stretch: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("stanmlm.base.arrays.STRETCH", stretch)
        code, first = factorize(np.array(values, dtype=np.int64))
        assert first.tolist() == sorted(np.unique(values, return_index=True)[1].tolist())
        assert first_rows(code, len(first)).tolist() == first.tolist()


def test_memory_of_many_rows_is_that_of_a_few_columns() -> None:
    n, rng = 2_000_000, np.random.default_rng(1)
    some = data(1).iloc[rng.integers(0, N, n)].reset_index(drop=True)[["y", "x", "k", "f", "s"]]
    tracemalloc.start()
    build_model("y ~ x * k * f + (1 + x | s)", some, sm.binomial(), {}, ModelOptions())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # Eight columns with pandas 3.1, two of them its hash table; 2.2's takes five to fourteen, from release to release.
    # The design itself would have 14 on all rows, beside these.
    assert peak < (9 if int(pd.__version__.split(".")[0]) >= 3 else 22) * 8 * n
