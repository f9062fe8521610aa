"""Designs: R's coding rule and rank rule stated a second time, group terms, new data."""

import itertools
import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from stanmlm.base.errors import DataError, FormulaError, OptionError, StanmlmError, StanmlmWarning
from stanmlm.data.coding import dummy_patterns
from stanmlm.data.contrasts import CONTRASTS
from stanmlm.data.design import Design, design
from stanmlm.data.encode import encode
from stanmlm.data.factors import lme4_order
from stanmlm.data.frame import model_frame
from stanmlm.data.lformula import getME, lFormula, model_matrix
from stanmlm.data.rank import pivoted_rank, triangle
from stanmlm.data.whole_rows import whole
from stanmlm.formula.formula import Terms, parse_formula

CELLS = list(itertools.product(["a1", "a2", "a3"], ["b1", "b2"], ["c1", "c2"], [0.5, 1.0, 2.5]))
CROSSED = pd.DataFrame(CELLS, columns=["a", "b", "c", "x"]).assign(y=np.arange(36.0), z=np.arange(36) % 7)
FACTORS = {"a": 3, "b": 2, "c": 2}


def made(text: str, data: pd.DataFrame = CROSSED, **options: object) -> Design:
    formula = parse_formula(text, tuple(data.columns))
    return design(formula, model_frame(formula, data, {}), **options)  # type: ignore[arg-type]


def terms_text(terms: list[tuple[str, ...]], intercept: bool) -> str:
    return "y ~ " + " + ".join(["1" if intercept else "0", *(":".join(term) for term in terms)])


def margins(terms: list[tuple[str, ...]], intercept: bool) -> dict[tuple[str, ...], set[str]]:
    """R's documentation of `factors` in ?terms.object, by sets: who is coded by dummies, term by term.

    "1 indicates the variable appears in the term and its contrasts; 2 that it appears and is not by contrasts", which
    is where the term without it is in no term before it; the first factor of a model without intercept is by dummies.
    """
    full: dict[tuple[str, ...], set[str]] = {}
    closed: set[frozenset[str]] = {frozenset()}  # all subsets of the terms so far
    for term in terms:
        full[term] = {v for v in term if v in FACTORS and frozenset(term) - {v} not in closed}
        closed |= {frozenset(s) for k in range(len(term) + 1) for s in itertools.combinations(term, k)}
    met = next((term for term in terms if any(v in FACTORS for v in term)), None)
    if met is not None and not intercept:
        full[met].add(next(v for v in met if v in FACTORS))
    return full


def coded(v: str, dummies: bool) -> list[tuple[str, str | None]]:
    """What a variable brings to a term: itself, or its levels, without the first for contrasts."""
    return [(v, f"{v}{k}") for k in range(1 if dummies else 2, FACTORS[v] + 1)] if v in FACTORS else [(v, None)]


TERMS = st.lists(
    st.sets(st.sampled_from(["a", "b", "c", "x", "z"]), min_size=1, max_size=3).map(lambda s: tuple(sorted(s))),
    min_size=1,
    max_size=6,
    unique=True,
).map(lambda terms: sorted(terms, key=len))


@settings(max_examples=60, deadline=None)
@given(terms=TERMS, intercept=st.booleans())
def test_columns_follow_the_coding_rule(terms: list[tuple[str, ...]], intercept: bool) -> None:
    text = terms_text(terms, intercept)
    formula = parse_formula(text)
    order = list(dict.fromkeys(v for term in terms for v in term))
    terms = [tuple(sorted(term, key=order.index)) for term in terms]
    assert [tuple(e.label for e in term) for term in formula.fixed.terms] == terms
    full = margins(terms, intercept)
    names = ["(Intercept)"] * intercept
    columns = [np.ones(len(CROSSED))] * intercept
    for term in terms:
        choices = [coded(v, v in full[term]) for v in reversed(term)]
        for picked in (combination[::-1] for combination in itertools.product(*choices)):
            names.append(":".join(v + (level or "") for v, level in picked))
            columns.append(
                np.prod([CROSSED[v] if level is None else CROSSED[v] == level for v, level in picked], axis=0)
            )
    X = model_matrix(text, CROSSED)
    assert list(X.columns) == names
    np.testing.assert_allclose(X.to_numpy(), np.column_stack(columns))


@settings(max_examples=40, deadline=None)
@given(terms=TERMS, intercept=st.booleans())
def test_the_left_of_a_bar_follows_the_same_rule(terms: list[tuple[str, ...]], intercept: bool) -> None:
    text = terms_text(terms, intercept)
    left = text.removeprefix("y ~ ")
    fit = made(f"y ~ ({left} | g)", CROSSED.assign(g=np.arange(36) % 5))
    X = model_matrix(text, CROSSED)
    assert list(fit.terms[0].coefs) == list(X.columns)
    np.testing.assert_allclose(whole(fit).terms[0].Z, X.to_numpy())


@settings(max_examples=60, deadline=None)
@given(terms=TERMS.map(lambda terms: [term for term in terms if FACTORS.keys() >= set(term)]).filter(bool))
def test_the_rule_spans_every_margin_that_is_there(terms: list[tuple[str, ...]]) -> None:
    """Of factors with the intercept contrasts lose nothing: the span is that of full dummies for every term."""
    X = model_matrix(terms_text(terms, True), CROSSED).to_numpy()
    dummies = [np.ones((36, 1))]
    for term in terms:
        block = np.ones((36, 1))
        for v in term:
            block = np.einsum("ni,nj->nij", block, pd.get_dummies(CROSSED[v]).to_numpy(float)).reshape(36, -1)
        dummies.append(block)
    complete = np.column_stack(dummies)
    assert (
        np.linalg.matrix_rank(X) == np.linalg.matrix_rank(complete) == np.linalg.matrix_rank(np.hstack([X, complete]))
    )


def test_a_margin_counts_only_where_it_stands_before() -> None:
    terms = parse_formula("y ~ x:a + x:b").fixed
    assert dummy_patterns(terms, frozenset("ab")) == (frozenset("a"), frozenset())
    assert dummy_patterns(Terms(False, terms.terms[::-1]), frozenset("ab")) == (frozenset("b"), frozenset())


def dqrdc2(X: np.ndarray, tolerance: float = 1e-7) -> list[int]:
    """R's src/appl/dqrdc2.f, line by line: which columns stay in front."""
    x, (n, p) = X.astype(float).copy(), X.shape
    pivot = list(range(p))
    norm = np.linalg.norm(x, axis=0)
    original = np.where(norm == 0, 1.0, norm)
    work, k = norm.copy(), p
    for l in range(min(n, p)):  # noqa: E741
        while l < k and norm[l] < original[l] * tolerance:
            for a in (x.T, norm, work, original):
                a[l:] = np.roll(a[l:], -1, axis=0)
            pivot[l:] = [*pivot[l + 1 :], pivot[l]]
            k -= 1
        if l == n - 1:
            break
        size = np.linalg.norm(x[l:, l])
        if size == 0:
            continue
        size = np.copysign(size, x[l, l]) if x[l, l] else size
        x[l:, l] /= size
        x[l, l] += 1
        for j in range(l + 1, p):
            x[l:, j] -= x[l:, l] * (x[l:, l] @ x[l:, j]) / x[l, l]
            if norm[j] == 0:
                continue
            t = max(1 - (abs(x[l, j]) / norm[j]) ** 2, 0)
            if abs(t) < 1e-6:
                norm[j] = work[j] = np.linalg.norm(x[l + 1 :, j])
            else:
                norm[j] *= np.sqrt(t)
        x[l, l] = -size
    return pivot[: min(k, n)]


SMALL = st.sampled_from([0.0, 1.0, -1.0, 2.0, 0.5, 3.0])


@settings(max_examples=150, deadline=None)
@given(
    X=arrays.arrays(float, st.tuples(st.integers(1, 9), st.integers(1, 7)), elements=SMALL),
    copies=st.lists(SMALL, max_size=3),
)
def test_the_rank_rule_is_dqrdc2(X: np.ndarray, copies: list[float]) -> None:
    X = np.column_stack([X, *(X[:, :1] * copy + X[:, -1:] for copy in copies)])
    assert list(pivoted_rank(X)) == dqrdc2(X)


@pytest.mark.parametrize("gap", [1e-5, 1e-6, 5e-7, 5e-8, 1e-9])
def test_the_tolerance_is_that_of_R(gap: float) -> None:  # noqa: N802
    rng = np.random.default_rng(3)
    X = rng.normal(size=(400, 3))
    near = X[:, :1] + gap * rng.normal(size=(400, 1))
    X = np.column_stack([np.ones(400), X, near, rng.normal(size=(400, 2)) * 1e9])
    kept = list(pivoted_rank(X))
    assert kept == dqrdc2(X)
    assert (4 in kept) == (gap > 1e-7)


def test_blocks_of_rows_give_the_triangle_of_the_whole() -> None:
    X = np.random.default_rng(1).normal(size=(40_000, 4))
    np.testing.assert_allclose(np.abs(triangle(X)), np.abs(np.linalg.qr(X, mode="r")), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", list(CONTRASTS))
@pytest.mark.parametrize("k", [2, 3, 6])
def test_contrasts_and_the_constant_span_the_levels(name: str, k: int) -> None:
    matrix = CONTRASTS[name](tuple(map(str, range(k)))).matrix
    assert matrix.shape == (k, k - 1)
    assert np.linalg.matrix_rank(np.column_stack([np.ones(k), matrix])) == k


def test_aliased_columns_go_and_are_named() -> None:
    data = CROSSED.assign(twice=2 * CROSSED.x)
    fit = made("y ~ x + twice + a", data)
    assert (fit.dropped, fit.names) == (("twice",), ("(Intercept)", "x", "aa2", "aa3"))
    assert fit.assign == (0, 1, 3, 3)
    new = encode(fit, data.iloc[:3]).design
    np.testing.assert_allclose(new.X, fit.X[:3])


@pytest.mark.parametrize(
    ("sizes", "order"), [([3, 2, 1], [0, 1, 2]), ([2, 2], [0, 1]), ([2, 2, 3], [2, 1, 0]), ([3, 2, 3], [2, 0, 1])]
)
def test_ties_are_reversed_where_lme4_sorts(sizes: list[int], order: list[int]) -> None:
    assert lme4_order(sizes) == order


def test_coefficients_know_their_term() -> None:
    term = made("y ~ (1 + x*a | b)").terms[0]
    assert term.coef_terms == ("", "x", "a", "a", "x:a", "x:a")


REFUSED = [
    (
        "y ~ one",
        DataError,
        "contrasts can be applied only to factors with 2 or more levels: `one` has only the level `q`",
    ),
    ("y ~ (one | a)", FormulaError, "2 or more levels"),
    ("y ~ inf", DataError, r"NA/NaN/Inf in 'inf': 1 row \(0\)"),
    ("inf ~ x", DataError, "NA/NaN/Inf in 'inf'"),
    ("y ~ x + offset(inf)", DataError, "NA/NaN/Inf in 'offset"),
    ("y ~ (1 | poly(x, 2))", FormulaError, "it is a matrix"),
]


@pytest.mark.parametrize(("text", "error", "words"), REFUSED)
def test_what_no_fit_can_use_is_refused(text: str, error: type[Exception], words: str) -> None:
    data = CROSSED.assign(one="q", inf=np.r_[np.inf, np.zeros(35)])
    with pytest.raises(error, match=words):
        made(text, data)


def test_a_factor_of_a_level_a_row_is_refused_before_it_fills_the_memory() -> None:
    data = pd.DataFrame({"y": np.zeros(60_000), "id": np.arange(60_000).astype(str)})
    with pytest.raises(DataError, match=r"`id` would be 60,000 columns of 60,000 rows.*\(1 \| id\)"):
        made("y ~ id", data)


def test_contrasts_of_what_is_no_factor() -> None:
    with pytest.raises(OptionError, match="contrasts apply only to factors; `x` is numeric"):
        made("y ~ x", contrasts={"x": "contr.sum"})
    with pytest.raises(OptionError, match=r"did you mean `contr.sum`"):
        made("y ~ a", contrasts={"a": "contr.smu"})
    with pytest.raises(DataError, match="`a` has 3 levels, the matrix 2 rows"):
        made("y ~ a", contrasts={"a": np.eye(2)})
    with pytest.raises(OptionError, match=r"a name such as 'contr\.sum' or a matrix"):
        made("y ~ a", contrasts={"a": object()})
    with pytest.raises(OptionError, match="takes a dict by variable"):
        made("y ~ a", contrasts=["contr.sum"])
    with pytest.warns(StanmlmWarning, match="variable 'q' is absent, its contrast will be ignored"):
        made("y ~ a", contrasts={"q": "contr.sum"})


FIT = "y ~ a*x + scale(z) + poly(x, 2) + (1 + x | b/c) + (0 + a | g)"
GROUPED = CROSSED.assign(g=np.arange(36) % 5)


def test_new_data_that_are_the_old_give_the_old_design() -> None:
    fit = made(FIT, GROUPED, contrasts={"a": "contr.sum"})
    assert fit.spec is not None
    json.dumps(fit.spec.memory)
    again = encode(fit, GROUPED.sample(frac=1, random_state=1)).design
    back = np.argsort(GROUPED.sample(frac=1, random_state=1).index)
    np.testing.assert_allclose(again.X[back], fit.X)
    for new, old in zip(again.terms, fit.terms, strict=True):
        np.testing.assert_array_equal(new.index[back], old.index)
        np.testing.assert_allclose(new.Z[back], old.Z)
        assert new.labels == ()


def test_a_row_at_a_time_gives_the_same() -> None:
    fit = made(FIT, GROUPED)
    rows = [encode(fit, GROUPED.iloc[[k]]).design for k in (0, 17, 35)]
    np.testing.assert_allclose(np.vstack([row.X for row in rows]), fit.X[[0, 17, 35]])


def test_new_levels_of_a_group_count_on_and_missing_ones_are_nan() -> None:
    fit = made("y ~ x + (x | g)", GROUPED)
    new = encode(fit, pd.DataFrame({"x": [1.0, 2.0, 3.0, np.nan, 5.0], "g": [7, 1, 9, 7, None]})).design
    term = new.terms[0]
    assert term.index.tolist() == [5, 1, 6, 5, -1]
    assert term.labels == ("7", "9")
    assert np.isnan(new.X[3, 1])
    assert not np.isnan(new.X[4]).any()
    assert np.isnan(term.Z[4]).all()


def test_groups_that_are_not_needed_may_be_absent() -> None:
    fit = made("y ~ x + (1 | g) + (1 | b)", GROUPED)
    with pytest.raises(DataError, match="the new data lack `b`, `g`"):
        encode(fit, pd.DataFrame({"x": [1.0]}))
    wanted = [term.group == "b" for term in fit.terms]
    new = encode(fit, pd.DataFrame({"x": [1.0], "b": ["b2"]}), groups=wanted).design
    assert [term.index.tolist() for term in new.terms] == [[-1], [1]]


NEW_REFUSED = [
    ("y ~ a", {"a": ["zzz"]}, "factor a has new level zzz: it was fitted with `a1`, `a2`, `a3`"),
    ("y ~ a:x", {"a": ["u", "v"], "x": [1, 2]}, "factor a has new levels u, v"),
    ("y ~ factor(a, levels = c('a2', 'a1', 'a3'))", {"a": ["a1"]}, ""),
    ("y ~ relevel(e, 'e2')", {"e": ["zzz"]}, "new level zzz"),
    ("y ~ a + x", {"a": ["a1"]}, "the new data lack `x`"),
    ("y ~ x", {"x": ["a1"]}, 'variable \'x\' was fitted with type "numeric" but type "factor" was supplied'),
    ("y ~ a", {"a": [1.5]}, 'variable \'a\' was fitted with type "factor" but type "numeric" was supplied'),
    ("y ~ x > 1", {"x": ["a"]}, ""),
]


@pytest.mark.parametrize(("text", "new", "words"), NEW_REFUSED)
def test_new_data_that_do_not_fit_are_refused(text: str, new: dict[str, list[object]], words: str) -> None:
    fit = made(text, CROSSED.assign(e=pd.Categorical(["e1", "e2"] * 18)))
    if not words:  # accepted: levels that the call lists are known, and R compares strings
        assert np.isfinite(encode(fit, pd.DataFrame(new)).design.X).all()
        return
    with pytest.raises(StanmlmError, match=words):
        encode(fit, pd.DataFrame(new))


def test_codes_of_a_factor_are_those_of_the_fit() -> None:
    fit = made("y ~ as.numeric(a)", CROSSED.assign(a=CROSSED.a.astype("category")))
    assert encode(fit, pd.DataFrame({"a": ["a3", "a2"]})).design.X[:, 1].tolist() == [3, 2]


def test_a_column_of_gaps_is_taken_for_missing_values_of_any_type() -> None:
    fit = made("y ~ a + x")
    new = encode(fit, pd.DataFrame({"a": [None], "x": [None]})).design
    assert np.isnan(new.X[0, 1:]).all()


def test_offsets_and_trials_of_new_data() -> None:
    data = CROSSED.assign(n=50)
    formula = parse_formula("y | trials(n) ~ x + offset(log(n))", tuple(data))
    fit = design(formula, model_frame(formula, data, {}, offset="2 * x"))
    new = encode(fit, pd.DataFrame({"x": [1.0], "n": [100]}))
    assert new.trials is not None
    assert new.trials.tolist() == [100]
    assert new.design.offset.tolist() == [np.log(100) + 2]


def test_short_variables_of_the_scope_are_remembered() -> None:
    scope = {"knots": np.array([1.0]), "j": 2.0}
    formula = parse_formula("y ~ bs(x, knots = knots) + I(z > j)", tuple(CROSSED))
    fit = design(formula, model_frame(formula, CROSSED, scope))
    np.testing.assert_allclose(encode(fit, CROSSED.iloc[:5]).design.X, fit.X[:5])


def test_the_design_of_a_fit_in_scope_takes_new_data_by_either_name() -> None:
    scope = {"vote": [0, 1, 1], "avg_income": [1.0, 2.0, 4.0]}
    formula = parse_formula("vote ~ avg.income")
    fit = design(formula, model_frame(formula, None, scope))
    for name in ("avg.income", "avg_income"):
        assert encode(fit, pd.DataFrame({name: [3.0]})).design.X.tolist() == [[1, 3]]
    with pytest.raises(DataError, match="new data are needed"):
        encode(fit, None)


def test_lFormula_is_laid_out_as_lme4_does() -> None:  # noqa: N802
    parts = lFormula("y ~ x + (x | g) + (1 | b)", GROUPED)
    re = parts.reTrms
    assert re.cnms == {"g": ("(Intercept)", "x"), "b": ("(Intercept)",)}
    assert re.Gp.tolist() == [0, 10, 12]
    assert re.flist["g"].cat.categories.tolist() == list("01234")
    Zt = re.Zt.toarray()
    np.testing.assert_allclose(Zt[3], np.where(GROUPED.g == 1, GROUPED.x, 0))
    assert parts.X.columns.tolist() == ["(Intercept)", "x"]
    with pytest.raises(FormulaError, match="No random effects terms"):
        lFormula("y ~ x", GROUPED)


def test_getME_knows_its_names() -> None:  # noqa: N802
    class Fitted:
        class model:  # noqa: N801
            formula = parse_formula("y ~ x + (1 | b)")
            frame = model_frame(formula, CROSSED, {})
            design = design(formula, frame)

    np.testing.assert_array_equal(getME(Fitted, "X"), whole(Fitted.model.design).X)  # type: ignore[arg-type]
    assert getME(Fitted, "n") == 36  # type: ignore[arg-type]
    assert getME(Fitted, "Z").shape == (36, 2)  # type: ignore[arg-type, attr-defined]
    with pytest.raises(OptionError, match="getME has no `ZZ`"):
        getME(Fitted, "ZZ")  # type: ignore[arg-type]


def test_memory_stays_within_three_times_X() -> None:  # noqa: N802
    import tracemalloc

    n, rng = 200_000, np.random.default_rng(1)
    data = pd.DataFrame({"y": rng.normal(size=n), "x": rng.normal(size=n), "g": rng.integers(0, 1000, n)})
    data["f"] = pd.Categorical.from_codes(rng.integers(0, 10, n), categories=list("abcdefghij"))
    tracemalloc.start()
    fit = made("y ~ x*f + (1 + x | g)", data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak <= 3 * fit.X.nbytes + fit.terms[0].Z.nbytes


def test_new_data_tell_the_trials_of_cbind() -> None:
    data = pd.DataFrame({"s": [1.0, 2.0, 3.0, 1.0], "n": [4.0, 5.0, 6.0, 4.0], "x": [0.0, 1.0, 2.0, 3.0]})
    formula = parse_formula("cbind(s, n - s) ~ x", tuple(data))
    made = design(formula, model_frame(formula, data, {}))
    trials = encode(made, data.assign(n=10.0)).trials
    assert trials is not None
    assert trials.tolist() == [10.0] * 4
    assert encode(made, data[["x"]]).trials is None
