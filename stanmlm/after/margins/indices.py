"""Whether effects exist and whether they matter: bayestestR's indices of draws."""

import math
from typing import Literal

import numpy as np
import pandas as pd

from stanmlm.after.margins.means import MarginalMeans
from stanmlm.after.predict.estimates import Estimates
from stanmlm.base.arguments import check_arguments, numbers_of
from stanmlm.base.arrays import Floats
from stanmlm.base.callers import warn_user
from stanmlm.base.errors import OptionError
from stanmlm.fit.draws import coefficient_names, coefficients_of
from stanmlm.fit.fit import Fit
from stanmlm.formula.rcode import is_call

SMALL = 0.1  # of a standardised effect: Kruschke (2018), after Cohen
PER_CENT = 0.01  # of a response on the log scale
LOGS = ("log", "log2", "log10", "log1p")
OF_LOGS = (("lognormal", "identity"), ("gaussian", "log"))
# Of what is behind a response with such a link.
LATENT_SDS = {"logit": math.pi / math.sqrt(3), "probit": 1.0, "probit_approx": 1.0}
CERTAIN = 0.975  # of the share of all draws, where `ci=1`: bayestestR's guidelines

Drawn = Fit | MarginalMeans | Estimates
Range = tuple[float, float] | list[float]


def p_direction(fit: Drawn, null: float = 0.0, as_p: bool = False) -> pd.DataFrame:
    """The probability of direction: the share of draws on the side of `null` where most are.

    Parameters
    ----------
    fit
        A fit, whose population-level coefficients are judged; or marginal means, contrasts, predictions, comparisons
        or slopes.
    null
        What is no effect; 1 for ratios.
    as_p
        2 (1 - pd), which is near a two-sided p-value.

    Returns
    -------
    pandas.DataFrame
        `Parameter` and `pd` (or `p`), a row each; between a half and one.

    Raises
    ------
    OptionError
        For arguments of a wrong type.

    Notes
    -----
    `p_direction` of bayestestR (Makowski, Ben-Shachar, Chen and Lüdecke 2019, Frontiers in Psychology 10:2767).

    Examples
    --------
    >>> from stanmlm import lmer, p_direction, simulate_exams
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> float(p_direction(fit)["pd"][1])
    1.0
    """
    check_arguments(p_direction, locals())
    names, draws = _named(fit)
    share = np.maximum((draws > null).mean(axis=0), (draws < null).mean(axis=0))
    return pd.DataFrame({"Parameter": names, **({"p": 2 * (1 - share)} if as_p else {"pd": share})})


def rope(
    fit: Drawn, range: Range | Literal["default"] = "default", ci: float = 0.95, ci_method: str = "ETI"
) -> pd.DataFrame:
    """How much of the posterior lies in a region of practical equivalence: among effects that do not matter.

    Parameters
    ----------
    fit
        A fit, whose population-level coefficients are judged; or marginal means, contrasts, predictions, comparisons or
        slopes.
    range
        A pair of numbers; "default" is a tenth of the response's sd, of what is behind a logit (0.18) or probit (0.1)
        where there is such a link, one per cent of a response on the log scale, and 0.1 for all else, with a warning.
    ci
        The probability of the interval whose draws count; 1 counts all.
    ci_method
        "ETI" (equal tails) or "HDI" (highest density).

    Returns
    -------
    pandas.DataFrame
        `Parameter`, `CI`, `ROPE_low`, `ROPE_high` and `ROPE_Percentage`, which is a share between 0 and 1.

    Raises
    ------
    OptionError
        For a range that is no pair, probabilities outside 0 and 1, and unknown methods.

    Notes
    -----
    `rope` and `rope_range` of bayestestR; Kruschke (2018), Advances in Methods and Practices in Psychological Science.
    The range goes with the scale of a predictor: an effect that is small by unit may be large by standard deviation.

    Examples
    --------
    >>> from stanmlm import lmer, rope, simulate_exams
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> float(rope(fit, range=(-0.1, 0.1))["ROPE_Percentage"][1])
    0.0
    """
    check_arguments(rope, locals())
    names, draws = _named(fit)
    low, high = _range_of(fit, range)
    ends = _ends(draws, ci, ci_method)
    shares = _shares(draws, ends, low, high)
    return pd.DataFrame({"Parameter": names, "CI": ci, "ROPE_low": low, "ROPE_high": high, "ROPE_Percentage": shares})


def equivalence(fit: Drawn, range: Range | Literal["default"] = "default", ci: float = 0.95) -> pd.DataFrame:
    """Whether effects are practically nothing, by what of their interval lies in a region of practical equivalence.

    Parameters
    ----------
    fit
        A fit, whose population-level coefficients are judged; or marginal means, contrasts, predictions, comparisons or
        slopes.
    range
        A pair of numbers; "default" is a tenth of the response's sd, of what is behind a logit (0.18) or probit (0.1)
        where there is such a link, one per cent of a response on the log scale, and 0.1 for all else, with a warning.
    ci
        The probability of the interval whose draws count; 1 counts all.

    Returns
    -------
    pandas.DataFrame
        The columns of `rope`, then `ROPE_Equivalence`, and the ends of the interval. "Accepted" is that it is nothing:
        all of the interval lies in the range (with `ci=1` over 97.5 per cent of draws); "Rejected" where none (under
        2.5 per cent) does; else "Undecided".

    Raises
    ------
    OptionError
        For a range that is no pair, and a probability outside 0 and 1.

    Notes
    -----
    `equivalence_test` of bayestestR, whose intervals have equal tails under the names `HDI_low` and `HDI_high`.

    Examples
    --------
    >>> from stanmlm import equivalence, lmer, simulate_exams
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> equivalence(fit, range=(-0.1, 0.1))["ROPE_Equivalence"][1]
    'Rejected'
    """
    check_arguments(equivalence, locals())
    found = rope(fit, range, ci)
    low, high = _ends(_named(fit)[1], ci, "ETI")
    least = 1 - CERTAIN if ci == 1 else 0.0
    share = found["ROPE_Percentage"].to_numpy()
    rejected, accepted = (share < least, share > CERTAIN) if ci == 1 else (share == 0, share == 1)
    words = np.select([rejected, accepted], ["Rejected", "Accepted"], "Undecided")
    return found.assign(ROPE_Equivalence=words, HDI_low=low, HDI_high=high)


def _named(fit: Drawn) -> tuple[list[str], Floats]:
    """Names and draws, (draws, names)."""
    if isinstance(fit, Fit):
        return list(coefficient_names(fit)), coefficients_of(fit)
    frame, numbers = fit.frame, fit.draws
    labels = frame.iloc[:, : _first_number(fit)]
    texts = [", ".join(map(str, row)) for row in labels.itertuples(index=False, name=None)]
    return texts, numbers


def _first_number(fit: MarginalMeans | Estimates) -> int:
    """How many columns name the rows."""
    shown = fit.columns if isinstance(fit, Estimates) else tuple(fit.frame.columns[-3:])
    return int(fit.frame.columns.get_loc(shown[0]))  # type: ignore[arg-type]


def _ends(draws: Floats, ci: float, method: str) -> tuple[Floats, Floats]:
    if not 0 < ci <= 1:
        raise OptionError(f"ci is {ci}; it is a probability, 1 for all draws")
    if method not in ("ETI", "HDI"):
        raise OptionError(f'ci_method is `{method}`; there is "ETI" and "HDI"')
    if method == "ETI" or ci == 1:
        low, high = np.quantile(draws, ((1 - ci) / 2, (1 + ci) / 2), axis=0)
        return low, high
    return _hdi(draws, ci)


def _hdi(draws: Floats, ci: float) -> tuple[Floats, Floats]:
    """bayestestR's: the narrowest window of so many sorted draws, the first of several."""
    ordered, n = np.sort(draws, axis=0), len(draws)
    window = min(math.ceil(ci * n), n - 1)
    first = np.argmin(ordered[window:] - ordered[: n - window], axis=0)
    columns = np.arange(draws.shape[1])
    return ordered[first, columns], ordered[first + window, columns]


def _shares(draws: Floats, ends: tuple[Floats, Floats], low: float, high: float) -> Floats:
    """The share of what lies between the ends that lies in a range."""
    counted = (draws >= ends[0]) & (draws <= ends[1])
    within = counted & (draws >= low) & (draws <= high)
    return np.asarray(within.sum(axis=0) / counted.sum(axis=0))


def _range_of(fit: Drawn, given: Range | str) -> tuple[float, float]:
    if not isinstance(given, str):
        ends = numbers_of("range", given)
        if ends.shape != (2,) or not ends[0] <= ends[1]:
            raise OptionError('range is a pair of numbers, the lower one first, or "default"')
        return float(ends[0]), float(ends[1])
    width = _default_width(fit) if isinstance(fit, Fit) else SMALL
    return -width, width


def _default_width(fit: Fit) -> float:
    """bayestestR's `rope_range`."""
    family, response = fit.model.family, fit.model.formula.response
    on_logs = response is not None and is_call(response.node, LOGS)
    if on_logs or (family.name, family.link.name) in OF_LOGS:
        return PER_CENT
    if family.link.name == "identity" and not family.categories:
        return SMALL * float(np.std(fit.model.response.y, ddof=1))
    if family.link.name in LATENT_SDS:
        return SMALL * LATENT_SDS[family.link.name]
    warn_user(f"no range of practical equivalence is known for {family.name} models with link {family.link.name}; "
              f"it is -{SMALL} to {SMALL}, and range= says better")  # fmt: skip
    return SMALL
