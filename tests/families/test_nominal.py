"""Categories with a predictor each: names, laws against sums, draws and differences, and what is refused."""

import pickle
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import special, stats

import stanmlm as sm
from stanmlm import DataError, FormulaError, OptionError, PriorError
from stanmlm.data.raw_response import RawResponse
from stanmlm.families import Family, as_family, categorical, dirichlet, multinomial
from stanmlm.families.reductions import Extra
from stanmlm.families.slopes import slopes, theta_at
from stanmlm.families.theta import Theta
from stanmlm.fit.pipeline import ModelOptions, build_model
from stanmlm.priors.prior_records import SetPrior
from stanmlm.priors.priors import PriorRow

NAMES, ROWS = ("a", "b 1", "c_2", "d.3"), 6
PREDICTORS = {"": ("mub1", "muc2", "mud3"), "c_2": ("mua", "mub1", "mud3")}
every = pytest.mark.parametrize("reference", PREDICTORS)


def family(reference: str) -> Family:
    return categorical(refcat=reference or None).bound(NAMES, ())


def theta(of: Family, draws: int = 1) -> Theta:
    etas = np.linspace(-1.5, 1.2, 3 * ROWS).reshape(3, 1, ROWS)[::-1]
    return of.theta({name: np.tile(eta, (draws, 1)) for name, eta in zip(of.locations, etas, strict=True)}, {})


def extra(rows: int = ROWS, weight: float = 1.0) -> Extra:
    return Extra(np.ones(rows), np.full(rows, weight))


@every
def test_parameters_are_named_after_categories(reference: str) -> None:
    assert family(reference).locations == PREDICTORS[reference]
    assert family(reference).scalars == ()


@every
def test_probabilities_are_the_softmax_of_predictors_with_a_zero_at_the_reference(reference: str) -> None:
    of = family(reference)
    at = theta(of)
    place = NAMES.index(reference) if reference else 0
    odds = np.insert(np.stack([at.eta(name)[0] for name in of.locations], axis=1), place, 0.0, axis=1)
    chances = of.mean(at, extra())
    np.testing.assert_allclose(chances[0], special.softmax(odds, axis=1), rtol=1e-14)
    for code in range(4):
        y = np.full(ROWS, code + 1.0)
        np.testing.assert_allclose(of.log_density(y, at, extra(weight=2.5)), 2.5 * np.log(chances[..., code]))


@every
def test_draws_follow_the_probabilities(reference: str) -> None:
    draws, of = 20_000, family(reference)
    y = of.draw(np.random.default_rng(8), theta(of, draws), extra())
    for row, chances in enumerate(of.mean(theta(of), extra())[0]):
        seen = np.bincount(y[:, row].astype(int) - 1, minlength=4)
        assert stats.chisquare(seen, draws * chances).pvalue > 0.001


@every
def test_slopes_in_closed_form_are_those_by_differences(reference: str) -> None:
    rng, rows, step, of = np.random.default_rng(2), 40, 1e-5, family(reference)
    etas = [rng.uniform(-1.5, 1.5, rows) for _ in range(3)]
    y, more = rng.integers(1, 5, rows).astype(float), Extra(np.ones(rows), rng.uniform(0.5, 3, rows))

    def score(code: np.ndarray, etas: list[np.ndarray]) -> np.ndarray:
        ends = [
            [
                of.log_density(code, theta_at(of, [*etas[:p], etas[p] + s * step, *etas[p + 1 :]]), more)
                for p in range(3)
            ]
            for s in (1, -1)
        ]
        return (np.array(ends[0]) - np.array(ends[1])) / (2 * step)

    found, information = slopes(of, y, etas, more)
    np.testing.assert_allclose(found, score(y, etas), atol=1e-8)
    second = [
        (score(y, [*etas[:p], etas[p] + step, *etas[p + 1 :]]) - score(y, [*etas[:p], etas[p] - step, *etas[p + 1 :]]))
        / (2 * step)
        for p in range(3)
    ]  # minus the second derivatives do not depend on y: they are the expected information
    np.testing.assert_allclose(information, -np.array(second), atol=1e-4)


@every
def test_far_predictors_keep_their_digits(reference: str) -> None:
    of = family(reference)
    at = of.theta({name: np.full((1, 1), -800.0) for name in of.locations}, {})
    place = of.categories.index(reference) if reference else 0
    logs = [of.log_density(np.array([k + 1.0]), at, extra(1))[0, 0] for k in range(4)]
    np.testing.assert_allclose(logs, np.where(np.arange(4) == place, 0.0, -800.0))


def test_a_bound_family_crosses_processes_and_meets_other_data() -> None:
    of = family("c_2")
    assert pickle.loads(pickle.dumps(of)) == of
    again = of.bound(("u", "c_2", "w"), ())
    assert (again.locations, again.categories) == (("muu", "muw"), ("u", "c_2", "w"))


def test_other_packages_names() -> None:
    assert as_family("multinom").name == "categorical"
    assert categorical(refcat=2).reference == "2"


def data(names: tuple[str, ...] = ("low", "mid", "high"), rows: int = 60) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    codes = np.arange(rows) % len(names)
    return pd.DataFrame(
        {
            "y": pd.Categorical.from_codes(codes, list(names)),
            "x": rng.normal(size=rows),
            "o": rng.normal(size=rows),
            "g": [f"g{k % 7}" for k in range(rows)],
        }
    )


def built(*texts: str, of: Family | None = None, frame: pd.DataFrame | None = None, **constants: float):
    frame = data() if frame is None else frame
    options = ModelOptions(preset="brms")
    return build_model(sm.bf(*texts, **constants), frame, of or categorical(), {}, options)


def test_the_right_side_is_of_every_category_but_those_with_a_formula_of_their_own() -> None:
    model = built("y ~ x + (1 | g)", "muhigh ~ 1")
    assert [tuple(row.address) for row in model.ledger.of("b")] == [
        ("b", "mumid", "", -1, "(Intercept)"),
        ("b", "mumid", "", -1, "x"),
        ("b", "muhigh", "", -1, "(Intercept)"),
    ]
    assert [term.dpars for term in model.design.terms] == [("mumid",)]
    first = built("y ~ x + (1 | g)", "mumid ~ 1")
    assert (first.design.names, first.design.others[0].names) == (("(Intercept)",), ("(Intercept)", "x"))


def test_offsets_are_of_the_formulas_that_have_them() -> None:
    frame = data()
    model = built("y ~ x + offset(o)", "muhigh ~ x", frame=frame)
    np.testing.assert_array_equal(model.design.offset, frame["o"])
    np.testing.assert_array_equal(model.design.others[0].offset, 0.0)
    both = built("y ~ x + offset(o)", frame=frame)
    np.testing.assert_array_equal(both.design.others[0].offset, frame["o"])


@pytest.mark.parametrize(
    ("texts", "constants", "message"),
    [
        (("y ~ x", "mulow ~ x"), {}, "no parameter `mulow`"),
        (("y ~ x", "phi ~ x"), {}, "the categorical family has no parameter `phi`; there is `mumid`, `muhigh`"),
        (("y ~ x",), {"mumid": 0.0}, "`mumid` is a category's predictor, which cannot be held at a number"),
    ],
)
def test_formulas_of_what_is_no_parameter_are_refused(texts: tuple[str, ...], constants: dict, message: str) -> None:
    with pytest.raises(FormulaError, match=message):
        built(*texts, **constants)


def test_categories_that_name_no_parameter_are_refused() -> None:
    with pytest.raises(DataError, match=r"`a\.b` and `a b` would have one name: rename them"):
        built("y ~ x", frame=data(("c", "a.b", "a b")))
    with pytest.raises(DataError, match="`-` would have none: rename them"):
        built("y ~ x", frame=data(("a", "b", "-")))


def test_references_that_are_no_category_are_refused() -> None:
    with pytest.raises(OptionError, match="refcat `hihg` is not a category; did you mean `high`"):
        built("y ~ x", of=categorical(refcat="hihg"))
    with pytest.raises(OptionError, match="refcat is the name of a category, not True"):
        categorical(refcat=True)  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="`probit` is not a link of categorical"):
        categorical("probit")


def priors(*rows: SetPrior, **more: object) -> dict[tuple[str, str], PriorRow]:
    options = ModelOptions(preset="brms", priors=rows, **more)  # type: ignore[arg-type]
    model = build_model("y ~ x + (1 | g)", data(), categorical(), {}, options)
    return {(row.class_, row.dpar): row for row in model.priors.rows}


def test_default_priors_are_brms_own_for_each_category() -> None:
    for (class_, _), row in priors().items():
        assert (row.distribution, row.arguments) == {"b": ("flat", ())}.get(class_, ("student_t", (3.0, 0.0, 2.5)))


def test_priors_of_one_category_and_of_all() -> None:
    found = priors(sm.set_prior("normal(0, 2)", class_="b", dpar="muhigh"), sm.set_prior("normal(0, 1)", class_="b"))
    assert found["b", "mumid"].arguments == (0.0, 1.0)
    assert found["b", "muhigh"].arguments == (0.0, 2.0)
    assert priors(prior={"muhigh_x": sm.normal(0, 3)})["b", "muhigh"].arguments == (0.0, 3.0)
    with pytest.raises(PriorError, match=r"names `x`, which could be `b_mumid\[x\]` or `b_muhigh\[x\]`"):
        priors(prior={"x": sm.normal(0, 3)})
    with pytest.raises(PriorError, match="`mulow` has no predictor"):
        priors(sm.set_prior("normal(0, 2)", class_="b", dpar="mulow"))


def parts(of: Family, eta: float = 1.0) -> tuple[Theta, np.ndarray]:
    """Predictors of 3 parts in ROWS rows, and the shares that they make."""
    etas = eta * np.linspace(-1.5, 1.2, 2 * ROWS).reshape(2, 1, ROWS)
    natural = {one.name: np.array([[4.5]]) for one in of.scalars}
    at = of.theta(dict(zip(of.locations, etas, strict=True)), natural)
    return at, special.softmax(np.stack([np.zeros(ROWS), *etas[:, 0]], axis=1), axis=1)


COUNTED, SHARED = multinomial().bound(("a", "b", "c"), ()), dirichlet().bound(("a", "b", "c"), ())
TRIALS = np.array([0.0, 1.0, 3.0, 7.0, 12.0, 40.0])


def test_counts_have_the_multinomial_density_mean_and_draws() -> None:
    at, shares = parts(COUNTED)
    extra = Extra(TRIALS, np.full(ROWS, 1.5))
    y = np.random.default_rng(1).multinomial(TRIALS.astype(int), shares).astype(float)
    expected = [stats.multinomial(int(n), p).logpmf(own) for n, p, own in zip(TRIALS, shares, y, strict=True)]
    np.testing.assert_allclose(COUNTED.log_density(y, at, extra)[0], 1.5 * np.array(expected), rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(COUNTED.mean(at, extra)[0], TRIALS[:, None] * shares, rtol=1e-12)
    many = COUNTED.theta({name: np.tile(eta, (4000, 1)) for name, eta in at.etas.items()}, {})
    drawn = COUNTED.draw(np.random.default_rng(2), many, extra)
    np.testing.assert_array_equal(drawn.sum(axis=-1), np.tile(TRIALS, (4000, 1)))
    error = np.sqrt(TRIALS[:, None] * shares * (1 - shares) / 4000)
    assert np.all(np.abs(drawn.mean(axis=0) - TRIALS[:, None] * shares) <= 5 * error)


def test_a_count_of_none_needs_no_chance() -> None:
    at = COUNTED.theta({name: np.full((1, 1), -800.0) for name in COUNTED.locations}, {})
    value = COUNTED.log_density(np.array([[3.0, 0.0, 0.0]]), at, Extra(np.full(1, 3.0), np.ones(1)))
    assert value == pytest.approx(0.0)


def test_shares_have_the_dirichlet_density_and_draws_with_its_moments() -> None:
    at, shares = parts(SHARED)
    y = np.random.default_rng(1).dirichlet([1.0, 2.0, 0.5], ROWS)
    expected = [stats.dirichlet(4.5 * p).logpdf(own) for p, own in zip(shares, y, strict=True)]
    np.testing.assert_allclose(SHARED.log_density(y, at, extra())[0], expected, rtol=1e-10)
    many = SHARED.theta({name: np.tile(eta, (20_000, 1)) for name, eta in at.etas.items()}, at.natural)
    drawn = SHARED.draw(np.random.default_rng(2), many, extra())
    np.testing.assert_allclose(drawn.sum(axis=-1), 1.0, rtol=1e-12)
    for row, p in enumerate(shares):
        for k in range(3):
            law = stats.beta(4.5 * p[k], 4.5 * (1 - p[k]))
            assert stats.kstest(drawn[:, row, k], law.cdf).pvalue > 0.001


def test_draws_of_shares_that_are_all_but_one_or_none_sum_to_one() -> None:
    at = SHARED.theta({"mub": np.full((50, 2), -30.0), "muc": np.full((50, 2), 5.0)}, {"phi": np.full((50, 1), 1e-4)})
    drawn = SHARED.draw(np.random.default_rng(2), at, extra(2))
    np.testing.assert_allclose(drawn.sum(axis=-1), 1.0)


@pytest.mark.parametrize("family", [COUNTED, SHARED], ids=lambda family: family.name)
def test_slopes_of_parts_in_closed_form_are_those_by_differences(family: Family) -> None:
    """The expected information is that of many draws' scores."""
    rng, step = np.random.default_rng(3), 1e-5
    at, _ = parts(family)
    etas = [eta[0] for eta in at.etas.values()] + [np.log(np.full(ROWS, 4.5)) for _ in family.scalars]
    more = Extra(np.full(ROWS, 5.0), np.linspace(0.5, 2, ROWS))

    def density(y: np.ndarray, moves: dict[int, float]) -> np.ndarray:
        moved = theta_at(family, [eta + moves.get(p, 0.0) for p, eta in enumerate(etas)])
        return family.log_density(y, replace(moved, etas={n: e[None] for n, e in moved.etas.items()}), more)[0]

    y = family.draw(rng, at, more)[0]
    score, information = slopes(family, y, etas, more)
    by_differences = [(density(y, {p: step}) - density(y, {p: -step})) / (2 * step) for p in range(len(etas))]
    np.testing.assert_allclose(score, by_differences, atol=2e-7 * np.abs(score).max())
    many = 4000
    wide = Extra(np.tile(more.trials, many), np.tile(more.weights, many))
    long = [np.tile(eta, many) for eta in etas]
    of = theta_at(family, long)
    drawn = family.draw(rng, replace(of, etas={name: eta[None] for name, eta in of.etas.items()}), wide)[0]
    draws = slopes(family, drawn, long, wide)[0].reshape(len(etas), many, ROWS)
    products = np.einsum("psr,qsr->spqr", draws, draws) / more.weights  # exponents multiply scores, and information
    error = products.std(axis=0) / np.sqrt(many)
    assert np.all(np.abs(products.mean(axis=0) - information) < 5.5 * error)


def raw(values: object, names: tuple[str, ...] = ("a", "b", "c"), **added: object) -> RawResponse:
    rows = pd.Index(np.arange(len(values)) + 10)  # type: ignore[arg-type]
    of = {name: np.asarray(numbers, dtype=float) for name, numbers in added.items()}
    return RawResponse("Y", "cbind", np.asarray(values, dtype=float), names, rows, added=of)


def test_counts_are_read_by_column() -> None:
    of = multinomial().read(raw([[1, 2, 0], [0, 0, 4]], trials=[3, 4]), None)
    assert (of.categories, of.trials.tolist()) == (("a", "b", "c"), [3.0, 4.0])
    assert multinomial().read(raw([[1, 2]], ()), None).categories == ("1", "2")


@pytest.mark.parametrize(
    ("family", "response", "message"),
    [
        (
            multinomial,
            raw([[1, 2, 0], [0.5, 1, 4]]),
            r"`Y` has 1 value that is not whole numbers .*\(row 11\)",
        ),
        (multinomial, raw([[1, -2, 0]]), "not whole numbers from 0"),
        (multinomial, raw([[1, 2, 0], [0, 1, 4]], trials=[3, 4]), r"not what the columns of `Y` sum to \(row 11\)"),
        (multinomial, raw([[1, np.nan, 0]]), "missing or infinite"),
        (multinomial, raw([[1], [2]], ("a",)), "two columns or more"),
        (multinomial, raw([[1, 2]], ("a", "a")), "two columns of `Y` have one name"),
        (dirichlet, raw([[0.2, 0.3, 0.5], [0.2, 0.3, 0.4]]), r"sum to 1: `Y` has 1 value that does not \(row 11\)"),
        (dirichlet, raw([[0.0, 0.5, 0.5]]), r"shares above 0: `Y` has 1 value with one that is not \(row 10\)"),
        (
            dirichlet,
            RawResponse("y", "numeric", np.ones(3)),
            r"a column for each category, `cbind\(a, b, c\)`; `y`",
        ),
    ],
)
def test_what_is_no_response_in_parts_is_refused(family: object, response: RawResponse, message: str) -> None:
    with pytest.raises(DataError, match=message):
        family().read(response, None)  # type: ignore[operator]
