"""The three figures of the main job, from frames; each panel row of the first is a model, each column a year."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from stanmlm.lecture.redblue.frames import respondents
from stanmlm.lecture.surveys import YEARS, Survey, state_facts, state_names
from stanmlm.plots import Words, caption, plot_codes, plot_curves, plot_slopes
from stanmlm.plots.theme import DEMOCRAT, QUIET, REPUBLICAN

SHOWN = {"varying-intercept": "Varying intercept", "fully-conditional": "Fully conditional"}
DRAWN_BY = "Thin grey: all other states. Bands: 50% and 95% posterior intervals"


@dataclass(frozen=True)
class Figure:
    """A figure with the size at which it is meant to be printed."""

    plot: Any  # a plotnine.ggplot
    width: float  # inches
    height: float


def curves_figure(survey: Survey, curves: pd.DataFrame, highlight: Sequence[str]) -> Figure:
    """Republican support by income: all states grey, three in colour; models by years.

    Parameters
    ----------
    survey : Survey
        For axes and captions.
    curves : pandas.DataFrame
        Rows of `curves_of` with `year` and `model`.
    highlight : sequence of str
        Postal codes of the coloured states.
    """
    shown = _panelled(curves)
    words = Words(
        title="Income and Republican support within states",
        subtitle="Poor, middle-income and rich state in colour, under two models",
        x="Individual income (five groups, poorest to richest)",
        y=survey.response,
        caption=caption((
            DRAWN_BY,
            "Open circles: area is the share of the state's respondents in an income group; dot: their mean income",
            counted(survey.frame, highlight),
            *credits_of(survey),
        )),
    )  # fmt: skip
    plot = plot_curves(
        shown[shown["role"] == "curve"], "income", "state", highlight,
        rows="panel", columns="year", percent=True, names=state_names(), words=words,
        sizes=shown[shown["role"] == "group"], dots=shown[shown["role"] == "mean"],
    )  # fmt: skip
    return Figure(plot, 7.2, 7.2)


def slopes_figure(survey: Survey, slopes: pd.DataFrame, line: pd.DataFrame, highlight: Sequence[str]) -> Figure:
    """Each state's coefficient of income against the state's per-capita income, a year a panel.

    Parameters
    ----------
    survey : Survey
        For axes and captions.
    slopes, line : pandas.DataFrame
        Rows of `slopes_of` and of `expected_slopes` with `year`.
    highlight : sequence of str
        Postal codes of the coloured states.
    """
    centre = _centre(slopes)
    words = Words(
        title="How much income matters, by state income",
        x="Per-capita income of the state in 2000 ($1,000, log scale)",
        y="Coefficient of income (log odds a group)",
        caption=caption((
            "Fully conditional model. Dots and bars: a state's coefficient with its 50% and 95% posterior interval",
            "Line and band: what the model expects by state income alone, with its 95% interval",
            counted(survey.frame, highlight),
            *credits_of(survey),
        )),
    )  # fmt: skip
    plot = plot_slopes(
        _in_dollars(slopes, centre), "dollars", "state", highlight,
        line=_in_dollars(line, centre), columns="year", names=state_names(), log_x=True, words=words,
    )  # fmt: skip
    return Figure(plot, 7.2, 4.6)


def states_figure() -> Figure:
    """The other half of the paradox: rich states vote Democratic. From public facts, 50 states, a year a panel."""
    facts = facts_by_year()
    words = Words(
        title="Rich states vote Democratic",
        x="Per-capita personal income of the state that year ($1,000, log scale)",
        y="Republican share of the two-party vote",
        caption=caption((
            "Presidential elections of 2000 and 2004; personal income: Bureau of Economic Analysis",
            "Red: Republican majority, blue: Democratic, grey: tied to a tenth of a percent",
            "Line: least squares on log income. Codes are moved apart where they would overlap",
        )),
    )  # fmt: skip
    plot = plot_codes(
        facts, "dollars", "share", "state", "majority", {"1": REPUBLICAN, "-1": DEMOCRAT, "0": QUIET},
        line=_least_squares(facts), columns="year", level=0.5, log_x=True, words=words,
    )  # fmt: skip
    return Figure(plot, 7.2, 4.8)


def credits_of(survey: Survey) -> tuple[str, ...]:
    """The sentences about the data that every caption carries."""
    return (f"Data: {survey.source}", survey.caveat)


def counted(voters: pd.DataFrame, states: Sequence[str]) -> str:
    """How many respondents stand behind each highlighted state.

    Examples
    --------
    >>> voters = pd.DataFrame({"state": ["OH", "OH", "MS"], "year": [2000, 2004, 2000]})
    >>> counted(voters, ["OH", "MS"])
    'Respondents in 2000 and 2004: Ohio 1 and 1, Mississippi 1 and 0'
    """
    counts, names = respondents(voters), state_names()
    each = [f"{names[state]} {' and '.join(f'{n:,}' for n in counts.loc[state])}" for state in states]
    return f"Respondents in {' and '.join(map(str, counts.columns))}: {', '.join(each)}"


def _panelled(curves: pd.DataFrame) -> pd.DataFrame:
    shown = curves[curves["model"].isin(SHOWN)]
    return shown.assign(panel=pd.Categorical(shown["model"].map(SHOWN), list(SHOWN.values())))


def _centre(slopes: pd.DataFrame) -> Mapping[int, float]:
    """What was taken off a year's log incomes to centre them."""
    income = state_facts().set_index("state")["income_2000"]
    logs = np.log(slopes["state"].map(income) / 10_000) - slopes["avg.income"]
    centre: dict[int, float] = logs.groupby(slopes["year"]).mean().to_dict()
    return centre


def _in_dollars(frame: pd.DataFrame, centre: Mapping[int, float]) -> pd.DataFrame:
    """`avg.income` as thousands of dollars a head."""
    return frame.assign(dollars=10 * np.exp(frame["avg.income"] + frame["year"].map(centre)))


def facts_by_year() -> pd.DataFrame:
    """The Republican share and the income of each state, a row a state and year."""
    facts = state_facts()
    years = [
        pd.DataFrame({
            "state": facts["state"],
            "year": year,
            "share": facts[f"rep_share_{year}"],
            "dollars": facts[f"income_{year}"] / 1000,
        })
        for year in YEARS
    ]  # fmt: skip
    both = pd.concat(years, ignore_index=True)
    return both.assign(majority=np.sign(both["share"] - 0.5).astype(int).astype(str))


def _least_squares(facts: pd.DataFrame) -> pd.DataFrame:
    from scipy.stats import linregress

    lines = []
    for year, rows in facts.groupby("year"):
        found = linregress(np.log(rows["dollars"]), rows["share"])
        dollars = np.geomspace(rows["dollars"].min(), rows["dollars"].max(), 2)
        lines.append(
            pd.DataFrame({"year": year, "dollars": dollars, "share": found.intercept + found.slope * np.log(dollars)})
        )
    return pd.concat(lines, ignore_index=True)
