"""Voters drawn from published estimates, for whoever has no survey at hand."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.special import expit

from stanmlm.base.arguments import check_arguments
from stanmlm.base.arrays import Floats
from stanmlm.base.errors import OptionError
from stanmlm.lecture.surveys import Survey, state_facts, survey_of

NOT_SURVEYED = ("AK", "HI")  # as in the National Annenberg Election Survey


@dataclass(frozen=True)
class Election:
    """Point estimates of `vote ~ avg.income*income + (1 + income | state)` for one year, and the incomes of voters."""

    year: int
    intercept: float
    avg_income: float
    income: float
    interaction: float
    sd_intercept: float
    sd_income: float
    correlation: float
    incomes: tuple[float, ...]  # shares of the five income groups


# lme4 1.1-31, glmer by Laplace's method, on the voters of Ghitza and Gelman (2013): 39,662 of 2000 and 51,115 of 2004.
ELECTIONS = (
    Election(2000, 0.1774, -1.671, 0.2201, -0.573, 0.221, 0.061, -0.27, (0.13, 0.27, 0.38, 0.18, 0.04)),
    Election(2004, 0.0818, -1.807, 0.2495, -0.276, 0.222, 0.064, 0.67, (0.10, 0.22, 0.37, 0.24, 0.07)),
)

# Seats in the House after the census of 2000, for states of more than one district: large states have more voters.
HOUSE_SEATS = {
    "AL": 7, "AZ": 8, "AR": 4, "CA": 53, "CO": 7, "CT": 5, "FL": 25, "GA": 13, "HI": 2, "ID": 2, "IL": 19,
    "IN": 9, "IA": 5, "KS": 4, "KY": 6, "LA": 7, "ME": 2, "MD": 8, "MA": 10, "MI": 15, "MN": 8, "MS": 4,
    "MO": 9, "NE": 3, "NV": 3, "NH": 2, "NJ": 13, "NM": 3, "NY": 29, "NC": 13, "OH": 18, "OK": 5, "OR": 5,
    "PA": 19, "RI": 2, "SC": 6, "TN": 9, "TX": 32, "UT": 3, "VA": 11, "WA": 9, "WV": 3, "WI": 8,
}  # fmt: skip


def simulate_redblue(seed: int, n: int = 20_000) -> pd.DataFrame:
    """Voters of 2000 and 2004 drawn from point estimates of the fully conditional model.

    A state's deviation from what its income explains is the same draw in both years, scaled by each year's estimates.

    Parameters
    ----------
    seed : int
        The same seed gives the same voters.
    n : int
        Voters a year.

    Returns
    -------
    pandas.DataFrame
        The common frame of `stanmlm.lecture.datasets.Survey`: `year`, `state`, `vote`, `income`, `avg.income`, `n`.

    Raises
    ------
    OptionError
        Where `n` is not positive.

    Examples
    --------
    >>> from stanmlm import simulate_redblue
    >>> voters = simulate_redblue(seed=1, n=500)
    >>> voters.groupby("year").size().to_dict()
    {2000: 500, 2004: 500}
    """
    check_arguments(simulate_redblue, locals())
    return simulated_survey(seed, n).frame


def simulated_survey(seed: int, n: int = 20_000) -> Survey:
    """`simulate_redblue` with what a caption has to say about it.

    Examples
    --------
    >>> simulated_survey(seed=1, n=500).source
    'simulated voters'
    """
    if n < 1:
        raise OptionError(f"`n` counts the voters of a year and must be positive, not {n}")
    rng = np.random.default_rng(seed)
    states = _states()
    z = rng.standard_normal((len(states), 2))
    voters = pd.concat([_voters(election, states, z, n, rng) for election in ELECTIONS], ignore_index=True)
    return replace(
        survey_of(voters, name="the simulation"),
        source="simulated voters",
        caveat=f"Simulated (seed {seed}) from lme4's estimates on the National Annenberg Election Survey",
        notes=(f"simulated: {n:,} voters a year, seed {seed}",),
    )


def _states() -> pd.DataFrame:
    facts = state_facts()
    facts = facts[~facts["state"].isin(NOT_SURVEYED)].reset_index(drop=True)
    seats = facts["state"].map(HOUSE_SEATS).fillna(1.0)
    avg = np.log(facts["income_2000"] / 10_000)
    return pd.DataFrame({"state": facts["state"], "avg": avg - avg.mean(), "share": seats / seats.sum()})


def _voters(election: Election, states: pd.DataFrame, z: Floats, n: int, rng: np.random.Generator) -> pd.DataFrame:
    avg = states["avg"].to_numpy()
    place = rng.choice(len(states), size=n, p=states["share"].to_numpy())
    income = _incomes(election, avg[place], rng)
    intercept, slope = _coefficients(election, avg, z)
    vote = rng.random(n) < expit(intercept[place] + slope[place] * income)
    state = states["state"].to_numpy()[place]
    return pd.DataFrame({"year": election.year, "state": state, "vote": vote.astype(int), "income": income})


def _coefficients(election: Election, avg: Floats, z: Floats) -> tuple[Floats, Floats]:
    """The intercept and slope of every state, (J,) each."""
    rho = election.correlation
    a = election.sd_intercept * z[:, 0]
    b = election.sd_income * (rho * z[:, 0] + np.sqrt(1 - rho**2) * z[:, 1])
    return election.intercept + election.avg_income * avg + a, election.income + election.interaction * avg + b


def _incomes(election: Election, avg: Floats, rng: np.random.Generator) -> Floats:
    """Income groups, higher in richer states by about as much as in the survey: a unit of log income is a group."""
    base = rng.choice(np.arange(-2.0, 3.0), size=len(avg), p=election.incomes)
    shift = np.sign(avg) * (rng.random(len(avg)) < np.abs(avg))
    moved: Floats = np.clip(base + shift, -2, 2)
    return moved
