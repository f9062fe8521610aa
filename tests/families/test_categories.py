"""Responses with categories: how they are read, and their laws against sums, draws and differences."""

import pickle
import warnings
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from stanmlm import DataError, OptionError, StanmlmWarning
from stanmlm.data.raw_response import RawResponse
from stanmlm.families import FAMILIES, Family, acat, as_family, cratio, cumulative, sratio
from stanmlm.families.altered import with_link
from stanmlm.families.links import LINKS
from stanmlm.families.ordinal import log_between
from stanmlm.families.reductions import Extra
from stanmlm.families.slopes import slopes, theta_at
from stanmlm.families.theta import Theta
from stanmlm.families.thresholds import THRESHOLDS

ROWS, NAMES = 6, ("bad", "fair", "good", "great")
ORDINAL = [
    with_link(family, link).bound(NAMES, dpars)
    for family in FAMILIES.values()
    if family.shared
    for link in family.location.links
    for dpars in ((), ("disc",))
]
every = pytest.mark.parametrize("family", ORDINAL, ids=lambda f: "-".join([f.name, f.link.name, *list(f.links)[1:]]))


def extra(rows: int = ROWS, weight: float = 1.0) -> Extra:
    return Extra(np.ones(rows), np.full(rows, weight))


def theta(family: Family, draws: int = 1, eta: np.ndarray | None = None) -> Theta:
    eta = np.linspace(-1.2, 1.4, ROWS) if eta is None else eta
    etas = {"mu": np.tile(eta, (draws, 1))}
    etas |= {"disc": np.tile(np.linspace(-0.3, 0.4, len(eta)), (draws, 1))} if "disc" in family.links else {}
    thresholds = np.tile([-1.0, 0.2, 1.1], (draws, 1))
    return replace(family.theta(etas, {}), shared={THRESHOLDS: thresholds})


@every
def test_probabilities_sum_to_one_and_are_those_of_the_density(family: Family) -> None:
    of = theta(family)
    chances = family.mean(of, extra())
    assert chances.shape == (1, ROWS, 4)
    np.testing.assert_allclose(chances.sum(axis=-1), 1.0, rtol=1e-12)
    for code in range(4):
        y = np.full(ROWS, code + 1.0)
        np.testing.assert_allclose(family.log_density(y, of, extra(weight=2.5)), 2.5 * np.log(chances[..., code]))


@every
def test_draws_follow_the_probabilities(family: Family) -> None:
    draws, of = 20_000, theta(family)
    y = family.draw(np.random.default_rng(8), theta(family, draws), extra())
    assert y.shape == (draws, ROWS)
    for row, chances in enumerate(family.mean(of, extra())[0]):
        seen = np.bincount(y[:, row].astype(int) - 1, minlength=4)
        assert stats.chisquare(seen, draws * chances).pvalue > 0.001


@every
def test_some_draws_and_rows_have_their_own_probabilities(family: Family) -> None:
    of = theta(family, 3)
    of = replace(of, shared={THRESHOLDS: of.shared[THRESHOLDS] + np.arange(3.0)[:, None]})
    whole = family.mean(of, extra())
    part = family.mean(of.part(slice(1, 3), slice(2, 5)), extra(3))
    np.testing.assert_allclose(part, whole[1:3, 2:5], rtol=1e-14)
    np.testing.assert_allclose(family.mean(of.values(), extra()), whole, rtol=1e-14)


def density(family: Family, y: np.ndarray, etas: list[np.ndarray], moves: dict[int, float]) -> np.ndarray:
    moved = [eta + moves.get(p, 0.0) for p, eta in enumerate(etas)]
    return family.log_density(y, theta_at(family, moved), extra(len(y)))


@every
def test_slopes_in_closed_form_are_those_by_differences(family: Family) -> None:
    """The expected information is the sum over categories of their chances times products of slopes."""
    rng, rows, step = np.random.default_rng(2), 60, 1e-5
    etas = [rng.uniform(-1.5, 1.5, rows) for _ in family.parameters]
    etas += [rng.uniform(-1, 0.5, 1) for _ in range(family.sums.shape[1])]
    y, more = rng.integers(1, 5, rows).astype(float), Extra(np.ones(rows), rng.uniform(0.5, 3, rows))
    score, information = slopes(family, y, etas, more)
    expected = np.zeros_like(information)
    for code in range(1, 5):
        one = np.full(rows, float(code))
        ends = [np.array([density(family, one, etas, {p: s * step}) for p in range(len(etas))]) for s in (1, -1)]
        slope = (ends[0] - ends[1]) / (2 * step)
        expected += more.weights * np.exp(density(family, one, etas, {})) * slope * slope[:, None]
        at = y == code
        np.testing.assert_allclose(score[:, at], (more.weights * slope)[:, at], atol=1e-7 * np.abs(score).max())
    np.testing.assert_allclose(information, expected, atol=1e-7 * np.abs(information).max())


@pytest.mark.parametrize("link", ["logit", "probit", "cloglog"])
@pytest.mark.parametrize("low", [-30.0, -3.0, 0.0, 2.0, 3.3, 30.0])
def test_small_gaps_far_off_keep_their_digits(link: str, low: float) -> None:
    """A gap times the density in the middle, to the second order in the gap."""
    low = min(low, 3.3) if link == "cloglog" else low
    gap = 1e-5
    with np.errstate(under="ignore"):
        slope = {
            "logit": lambda x: -np.abs(x) - 2 * np.log1p(np.exp(-np.abs(x))),
            "probit": stats.norm.logpdf,
            "cloglog": lambda x: x - np.exp(x),
        }[link](low + gap / 2)
    found = log_between(LINKS[link], np.array(low), np.array(low + gap))
    np.testing.assert_allclose(found, slope + np.log(gap), rtol=0, atol=2e-6)


@pytest.mark.parametrize("family", ["cumulative", "clm", "polr"])
def test_other_packages_names(family: str) -> None:
    assert as_family(family).name == "cumulative"


def test_thresholds_that_are_no_kind_are_refused() -> None:
    with pytest.raises(OptionError, match="`equidistan` is not a kind of threshold; did you mean `equidistant`"):
        cumulative(threshold="equidistan")


def test_a_bound_family_crosses_processes() -> None:
    family = cumulative("probit", "equidistant").bound(NAMES, ["disc"])
    again = pickle.loads(pickle.dumps(family))
    assert (again.categories, [*again.links], again.shared.name) == (NAMES, ["mu", "disc"], "equidistant")


@pytest.mark.parametrize("name", ["cumulative", "sratio", "cratio", "acat"])
def test_a_family_that_knows_its_categories_reads_again(name: str) -> None:
    """`update` and `kfold` read data by the family of a fit, and tell it its categories once more."""
    raw = RawResponse("y", "factor", np.array([0, 2, 1]), NAMES[:3], pd.Index(range(3)), True)
    family = FAMILIES[name].bound(NAMES[:3], [])
    assert family.bound(NAMES[:3], []).read(raw, None).y.tolist() == family.read(raw, None).y.tolist() == [1, 3, 2]


def read(values: object, kind: str = "numeric", levels: tuple[str, ...] = (), ordered: bool = True):
    raw = RawResponse("y", kind, np.asarray(values), levels, pd.Index(np.arange(len(values)) + 10), ordered)
    return cumulative().read(raw, None)


def test_codes_and_names_of_categories() -> None:
    of = read([0, 2, 1, 2], "factor", ("low", "mid", "high"))
    assert of.y.tolist() == [1.0, 3.0, 2.0, 3.0]
    assert of.categories == ("low", "mid", "high")
    assert read([True, False], "logical").categories == ("FALSE", "TRUE")
    assert read([1, 3, 2]).categories == ("1", "2", "3")


def test_what_is_said_of_categories() -> None:
    with pytest.warns(StanmlmWarning, match="is not ordered: its categories are read as a < b < c"):
        read([0, 1, 2], "factor", ("a", "b", "c"), ordered=False)
    with pytest.warns(StanmlmWarning, match="no row of `y` is `b`, which is left out"):
        assert read([0, 2, 0], "factor", ("a", "b", "c")).y.tolist() == [1.0, 2.0, 1.0]
    with pytest.warns(StanmlmWarning, match="no row of `y` is 2: priors alone"):
        read([1, 3, 3])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read([0, 1], "factor", ("no", "yes"), ordered=False)


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ([0, 1, 2], r"whole numbers from 1, or a factor: `y` has 1 value that is not \(row 10\)"),
        ([1.5, 2, 3], r"1 value that is not \(row 10\)"),
        ([1, 1, 1], "two categories or more; `y` has `1` alone"),
    ],
)
def test_what_is_no_category_is_refused(values: list[float], text: str) -> None:
    with pytest.raises(DataError, match=text):
        read(values)


@pytest.mark.parametrize("made", [cumulative, sratio, cratio, acat])
def test_kinds_of_thresholds_and_links_that_there_are_not_are_answered(made: Callable[..., Family]) -> None:
    with pytest.raises(OptionError, match='"sum_to_zero" is brms\'s; here thresholds are "flexible" or "equidistant"'):
        made(threshold="sum_to_zero")
    for link in ("inverse", "logit", 3):
        with pytest.raises(OptionError, match=f"`{link}` is not a link of `disc` in {made().name}"):
            made(link_disc=link)
