"""Links: their functions against each other, R's answers under them, and where they leave what a parameter may be."""

import json
from pathlib import Path

import numpy as np
import pytest
from reference_families import natural_rows
from test_laws import by_differences

from stanmlm.base.errors import OptionError
from stanmlm.families import FAMILIES, Family, Gamma, as_family, binomial, gaussian, poisson, student
from stanmlm.families.altered import with_link
from stanmlm.families.links import LINKS, Link
from stanmlm.families.observation import log_density_of
from stanmlm.families.reductions import Extra
from stanmlm.families.slopes import slopes

BRMS = json.loads((Path(__file__).parents[1] / "reference" / "brms_links.json").read_text())["families"]

# Categories have no natural location: test_categories.py.
NUMBERS = [family for family in FAMILIES.values() if family.kind != "category" and not family.spread]
EVERY = [with_link(family, link) for family in NUMBERS for link in family.location.links]
every = pytest.mark.parametrize("family", EVERY, ids=lambda family: f"{family.name}-{family.link.name}")
links = pytest.mark.parametrize("link", LINKS.values(), ids=LINKS)

# A Newton step from R's estimates, in units of their standard errors, and log likelihoods.
STEP, RELATIVE = 1e-6, 1e-9
X = np.column_stack([np.ones(8), [-1, -0.5, 0, 0.25, 0.5, 1, 1.5, 2]])
RESPONSES = {
    "poisson": [2, 3, 3, 5, 4, 7, 8, 10],
    "binomial": [2, 3, 3, 5, 4, 7, 8, 10],
    "gaussian": [0.8, 1.3, 1.1, 2.4, 1.9, 3.0, 4.2, 3.7],
    "Gamma": [0.8, 1.3, 1.1, 2.4, 1.9, 3.0, 4.2, 3.7],
    "inverse_gaussian": [0.8, 1.3, 1.1, 2.4, 1.9, 3.0, 4.2, 3.7],
}
# tests/reference/glm_links.R: coefficients, and the log likelihood where there is no dispersion
R_ANSWERS = [
    ("poisson", "log", [1.292023734, 0.5241442748], -13.90080103),
    ("poisson", "identity", [4.103628363, 2.445592826], -14.08463256),
    ("poisson", "sqrt", [1.946688211, 0.590060541], -13.91214198),
    ("poisson", "softplus", [4.0067056, 2.5473109], -14.04773171),
    ("poisson", "squareplus", [3.742235, 2.658025], -14.02907463),
    ("binomial", "logit", [-0.7908073657, 1.045797443], -11.57348168),
    ("binomial", "probit", [-0.4746373333, 0.6331062231], -11.60373038),
    ("binomial", "cauchit", [-0.78333937, 1.004433684], -11.48937398),
    ("binomial", "cloglog", [-1.009380403, 0.7723003593], -11.40347354),
    ("binomial", "identity", [0.343961363, 0.2189507628], -11.78119992),
    ("binomial", "log", [-1.1810653, 0.5075669081], -11.43499236),
    ("binomial", "loglog", [-0.08707049024, 0.6590585182], -11.95749028),
    ("binomial", "softit", [-0.45082002, 1.4631032], -12.13943099),
    ("binomial", "probit_approx", [-0.47464526, 0.63297674], -11.60289667),
    ("gaussian", "identity", [1.756810631, 1.158803987], None),
    ("gaussian", "log", [0.5289260665, 0.4647193754], None),
    ("gaussian", "inverse", [0.5546189918, -0.1597375794], None),
    ("Gamma", "log", [0.4454483011, 0.5578740292], None),
    ("Gamma", "identity", [1.782803182, 1.034475389], None),
    ("Gamma", "inverse", [0.6319210125, -0.2159134899], None),
    ("inverse_gaussian", "log", [0.4365591155, 0.5963606276], None),
    ("inverse_gaussian", "identity", [1.757672383, 0.97894316], None),
    ("inverse_gaussian", "inverse", [0.672342457, -0.2601845958], None),
    ("inverse_gaussian", "1/mu^2", [0.3944725191, -0.1809083618], None),
]


@pytest.mark.parametrize(
    ("name", "link", "beta", "log_likelihood"), R_ANSWERS, ids=lambda v: v if type(v) is str else ""
)
def test_maximum_likelihood_is_where_r_finds_it(name: str, link: str, beta: list, log_likelihood: float | None) -> None:
    family, y = with_link(FAMILIES[name], link), np.array(RESPONSES[name], dtype=float)
    extra = Extra(np.full(8, 12.0), np.ones(8))
    etas = [X @ beta, *(one.link.forward(np.ones(1)) for one in family.scalars)]
    score, information = slopes(family, y, etas, extra)
    weighted = (X.T * information[0, 0]) @ X
    step = np.linalg.solve(weighted, X.T @ score[0]) * np.sqrt(np.diag(weighted))
    assert np.all(np.abs(step) < (STEP if log_likelihood is None or link not in OPTIM else OPTIM_STEP))
    if log_likelihood is not None:
        found = family.log_density(y, family.theta({"mu": X @ beta}, {}), extra).sum()
        assert found == pytest.approx(log_likelihood, rel=RELATIVE)


# What R's optim leaves, where glm has no such link.
OPTIM, OPTIM_STEP = ("softit", "probit_approx", "softplus", "squareplus"), 1e-5


def inside(link: Link) -> np.ndarray:
    """Parameters in its range, those of one without bounds between 0 and 1."""
    low, high = link.range if np.any(np.isfinite(link.range)) else (0.0, 1.0)
    return low + np.linspace(0.05, 0.95, 9) * (high - low if np.isfinite(high) else 3.0)


@links
def test_functions_of_a_link_agree_in_the_middle(link: Link) -> None:
    mu, step = inside(link), 1e-6
    eta = link.forward(mu)
    np.testing.assert_allclose(link.inverse(eta), mu, rtol=1e-12)
    differences = (link.inverse(eta + step) - link.inverse(eta - step)) / (2 * step)
    np.testing.assert_allclose(link.slope(eta), differences, rtol=1e-7)
    if link.name != "tan_half":
        np.testing.assert_allclose(link.log_inverse(eta), np.log(mu), rtol=1e-12)
    if link.name not in ("logm1", "tan_half"):
        shares = mu[mu < 1]
        np.testing.assert_allclose(link.log1m_inverse(link.forward(shares)), np.log1p(-shares), rtol=1e-11)


# eta, and the logarithms of the parameter and of one minus it, by series of their own.
TAILS = [
    ("cauchit", -1e12, np.log(1 / (np.pi * 1e12)), -1 / (np.pi * 1e12)),
    ("loglog", 40.0, -np.exp(-40.0), -40.0),
    ("softit", -60.0, -60.0, -np.exp(-60.0)),
    ("probit_approx", -12.0, -0.07056 * 12**3 - 1.5976 * 12, -np.exp(-0.07056 * 12**3 - 1.5976 * 12)),
    ("softplus", -800.0, -800.0, None),
    ("squareplus", -1e9, -np.log(1e9), None),
    ("logit", -700.0, -700.0, -np.exp(-700.0)),
]


@pytest.mark.parametrize(("name", "eta", "log", "log1m"), TAILS, ids=lambda v: v if type(v) is str else "")
def test_logarithms_keep_their_digits_in_the_tails(name: str, eta: float, log: float, log1m: float | None) -> None:
    link, at = LINKS[name], np.array([eta])
    np.testing.assert_allclose(link.log_inverse(at), log, rtol=1e-12)
    if log1m is not None:
        np.testing.assert_allclose(link.log1m_inverse(at), log1m, rtol=1e-12)


@every
def test_a_density_is_the_same_whatever_its_parameter_is_written_in(family: Family) -> None:
    etas, mu, y, extra = natural_rows(family)
    usual = with_link(family, family.location.links[0])
    others = {one.name: one.link.inverse(eta) for one, eta in zip(family.scalars, etas[1:], strict=True)}
    found = log_density_of(family, y, family.theta({"mu": etas[0]}, others), extra)
    expected = usual.log_density(y, usual.theta({"mu": usual.link.forward(mu)}, others), extra)
    np.testing.assert_allclose(found, expected, rtol=1e-9)
    assert np.all(np.isfinite(found))


@every
def test_slopes_in_closed_form_follow_the_chain_rule(family: Family) -> None:
    """Against differences along the user's own links."""
    etas, _, y, extra = natural_rows(family)
    score, information = slopes(family, y, etas, extra)
    steps = 1e-6 * np.maximum(np.abs(np.array(etas)), 1e-2)

    def density(p: int, sign: int) -> np.ndarray:
        moved = {
            name: eta + sign * steps[p] * (p == q) for q, (name, eta) in enumerate(zip(family.links, etas, strict=True))
        }
        return family.log_density(y, family.theta(moved, {}), extra)

    differences = np.array([(density(p, 1) - density(p, -1)) / (2 * steps[p]) for p in range(len(etas))])
    np.testing.assert_allclose(score, differences, rtol=2e-5, atol=2e-5 * np.abs(differences).max())
    assert np.all(np.isfinite(information))


@pytest.mark.parametrize(
    ("family", "y", "out", "within"),
    [
        (poisson("identity"), 0.0, [-0.1, -5.0], 0.1),
        (binomial("log"), 1.0, [0.1, 3.0], -0.1),
        (binomial("identity"), 0.0, [-0.2, 1.1], 0.5),
        (Gamma("inverse"), 1.0, [-0.1, -2.0], 0.4),
        (with_link(FAMILIES["beta"], "identity"), 0.5, [-0.1, 1.5], 0.4),
    ],
    ids=str,
)
def test_a_density_is_nothing_where_a_link_leaves_what_its_parameter_may_be(
    family: Family, y: float, out: list, within: float
) -> None:
    others = {one.name: np.ones((1, 1)) for one in family.scalars}
    etas = np.array([[*out, within]])
    rows = etas.shape[1]
    found = log_density_of(
        family, np.full(rows, y), family.theta({"mu": etas}, others), Extra(np.ones(rows), np.ones(rows))
    )
    assert np.all(np.isneginf(found[0, :-1]))
    assert np.isfinite(found[0, -1])


def test_links_of_other_parameters_are_for_their_formulas() -> None:
    family = student("log", link_sigma="softplus", link_nu="identity")
    assert [one.link.name for one in family.parameters] == ["log", "softplus", "identity"]
    assert [one.link.name for one in family.predicted(["mu", "nu"], None).parameters] == ["log", "log", "identity"]
    with pytest.raises(OptionError, match="`sqrt` is not a link of `sigma` in gaussian"):
        gaussian(link_sigma="sqrt")


def test_a_family_by_differences_has_the_slopes_of_its_closed_form() -> None:
    family = poisson("identity")
    etas, _, y, extra = natural_rows(family)
    for one, other in zip(slopes(family, y, etas, extra), slopes(by_differences(family), y, etas, extra), strict=True):
        assert one.shape == other.shape
    np.testing.assert_allclose(
        slopes(by_differences(family), y, etas, extra)[0], slopes(family, y, etas, extra)[0], rtol=1e-5, atol=1e-5
    )


@pytest.mark.parametrize("name", BRMS)
def test_every_parameter_has_the_links_that_brms_has(name: str) -> None:
    """tests/reference/brms_links.R"""
    family = as_family(name)
    ours = {one.name: set(one.links) for one in (*family.parameters, *family.optional)}
    for dpar, links in BRMS[name].items():
        assert set(links) <= ours[dpar], dpar
