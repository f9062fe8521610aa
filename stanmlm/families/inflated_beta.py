"""Shares between 0 and 1 with zeros, or with zeros and ones, of their own."""

import numpy as np

from stanmlm.base.arrays import Floats, Ints
from stanmlm.data.raw_response import RawResponse
from stanmlm.families.altered import with_links
from stanmlm.families.beta import BETA
from stanmlm.families.common import trials_of
from stanmlm.families.distributional import Distributional
from stanmlm.families.family import Family, Notation
from stanmlm.families.mixture_tails import one_case
from stanmlm.families.mixtures import SOMEWHERE, called, chance, hurdle, starting
from stanmlm.families.reductions import Extra, Reduction, Stats, total
from stanmlm.families.responses import Response, read_some_shares, some_rows
from stanmlm.families.theta import Theta


def zero_inflated_beta(link: str = "logit", link_phi: str = "log", link_zi: str = "logit") -> Family:
    """Shares that are 0 with chance zi, and beta else; the mean is mu (1 - zi).

    Parameters
    ----------
    link : str
        "logit", "probit", "probit_approx", "cloglog", "loglog", "cauchit", "softit", "identity" or "log".
    link_phi : str
        For a formula of phi: "log", "identity", "softplus" or "squareplus".
    link_zi : str
        For a formula of zi: "logit" or "identity".

    Returns
    -------
    Family
        For `family=` of the verbs.

    Raises
    ------
    OptionError
        For a link that the parameter does not have.

    Examples
    --------
    >>> from stanmlm import zero_inflated_beta
    >>> {name: link.name for name, link in zero_inflated_beta().links.items()}
    {'mu': 'logit', 'phi': 'log', 'zi': 'logit'}
    """
    return with_links(ZERO_INFLATED_BETA, [link, link_phi, link_zi])


def zero_one_inflated_beta(
    link: str = "logit", link_phi: str = "log", link_zoi: str = "logit", link_coi: str = "logit"
) -> Family:
    """Shares that are 0 or 1 with chance zoi, 1 among these with chance coi, and beta else.

    The mean is zoi coi + (1 - zoi) mu.

    Parameters
    ----------
    link : str
        "logit", "probit", "probit_approx", "cloglog", "loglog", "cauchit", "softit", "identity" or "log".
    link_phi : str
        For a formula of phi: "log", "identity", "softplus" or "squareplus".
    link_zoi, link_coi : str
        For formulas of them: "logit" or "identity".

    Returns
    -------
    Family
        For `family=` of the verbs.

    Raises
    ------
    OptionError
        For a link that the parameter does not have.

    Examples
    --------
    >>> from stanmlm import zero_one_inflated_beta
    >>> {name: link.name for name, link in zero_one_inflated_beta().links.items()}
    {'mu': 'logit', 'phi': 'log', 'zoi': 'logit', 'coi': 'logit'}
    """
    return with_links(ZERO_ONE_INFLATED_BETA, [link, link_phi, link_zoi, link_coi])


def _read(raw: RawResponse, weights: Floats | None) -> Response:
    return read_some_shares(raw, weights, "zero_one_inflated_beta", (0.0, 1.0))


def at_end(y: Floats) -> Floats:
    """1 where a share is 0 or 1."""
    return np.asarray(((y == 0) | (y == 1)).astype(float))


def _log_density(y: Floats, theta: Theta, extra: Extra) -> Floats:
    inside = BETA.log_density(np.where(at_end(y) > 0, SOMEWHERE, y), theta, one_case(extra)) + theta.log1m("zoi")
    end = theta.log("zoi") + np.where(y == 1, theta.log("coi"), theta.log1m("coi"))
    return np.asarray(extra.weights * np.where(at_end(y) > 0, end, inside))


def _draw(rng: np.random.Generator, theta: Theta, extra: Extra) -> Floats:
    inside = BETA.draw(rng, theta, extra)
    end = (rng.random(inside.shape) < theta["coi"]).astype(float)
    return np.where(rng.random(inside.shape) < theta["zoi"], end, inside)


def _mean(theta: Theta, extra: Extra) -> Floats:
    return np.asarray(theta["zoi"] * theta["coi"] + np.exp(theta.log1m("zoi")) * theta["mu"])


def _variance(theta: Theta, extra: Extra) -> Floats:
    """Within what a share is, and between: at an end, or inside."""
    inside, zoi, coi = np.exp(theta.log1m("zoi")), theta["zoi"], theta["coi"]
    within = inside * BETA.variance_of(theta, extra) + zoi * coi * np.exp(theta.log1m("coi"))
    return np.asarray(within + zoi * inside * (theta["mu"] - coi) ** 2)


def _cdf(y: Floats, theta: Theta, extra: Extra) -> Floats:
    assert BETA.cdf is not None
    ends = np.exp(theta.log1m("coi")) * (y >= 0) + theta["coi"] * (y >= 1)
    return np.asarray(theta["zoi"] * ends + np.exp(theta.log1m("zoi")) * BETA.cdf(y, theta, extra))


def _information(theta: Theta, extra: Extra) -> Floats:
    """Expected: the share's where it is inside, and those of two coins, the second tossed where it is at an end."""
    assert BETA.information is not None
    own, inside, zoi = BETA.information(theta, one_case(extra)), np.exp(theta.log1m("zoi")), theta["zoi"]
    out = np.zeros((4, 4, *np.broadcast_shapes(own.shape[2:], zoi.shape, theta["coi"].shape)))
    out[:2, :2], out[2, 2], out[3, 3] = inside * own, zoi * inside, zoi * theta["coi"] * np.exp(theta.log1m("coi"))
    return np.asarray(extra.weights * out)


def share_statistic(response: Response, offset: Floats, cell: Ints, cells: int) -> Stats:
    """Zeros, ones, and beta's own of what is inside."""
    inside = (response.y > 0) & (response.y < 1)
    counted = {"zeros": response.y == 0, "ones": response.y == 1, "others": inside}
    beta = BETA.reductions[0].statistic
    return {
        **beta(some_rows(response, inside), offset[inside], cell[inside], cells),
        **{name: total(response.weights * here, cell, cells) for name, here in counted.items()},
    }


def _inside(response: Response) -> Response:
    some = some_rows(response, (response.y > 0) & (response.y < 1))
    return some if len(some.y) else Response("", np.array([SOMEWHERE]), np.ones(1), np.ones(1))


def starting_inside() -> tuple[Distributional, ...]:
    """Beta's parameters, started by the shares that are inside."""
    return starting(BETA, _inside)


def _share_at_ends(response: Response) -> float:
    return float((at_end(response.y).sum() + 0.5) / (len(response.y) + 1))


def _share_of_ones(response: Response) -> float:
    return float((np.sum(response.y == 1) + 0.5) / (at_end(response.y).sum() + 1))


def _law(mean: str, _: str) -> str:
    return rf"\text{{ZeroOneInflated}}(\zeta, \xi, {BETA.notation.law(mean, '')})"


ZERO_INFLATED_BETA = hurdle(called("zero_inflated_beta", ("zi_beta",), read_some_shares, (0.0,)), BETA, dpar="zi")
ZERO_ONE_INFLATED_BETA = Family(
    name="zero_one_inflated_beta",
    spellings=("zoib", "ZOIB", "zoi_beta"),
    parameters=(
        *starting_inside(),
        chance("zoi", _share_at_ends, "chance of a zero or a one"),
        chance("coi", _share_of_ones, "chance of a one among these"),
    ),
    kind="real",
    read=_read,
    log_density=_log_density,
    draw=_draw,
    mean=_mean,
    bounds=BETA.bounds,
    notation=Notation(r"\mu", "", trials_of, _law, symbols={"zoi": r"\zeta", "coi": r"\xi"}),
    variance=_variance,
    cdf=_cdf,
    information=_information,
    reductions=(Reduction(("offset",), share_statistic),),
)
