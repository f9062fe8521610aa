"""What the figures show, computed from fits: curves, circles, dots and slopes of the states. No drawing here."""

import numpy as np
import pandas as pd

from stanmlm.after.predict.predict import posterior_epred, posterior_linpred
from stanmlm.base.arrays import Floats
from stanmlm.fit.fit import Fit, draws_of
from stanmlm.fit.fitlist import FitList
from stanmlm.lecture.surveys import state_facts
from stanmlm.plots.frames import interval_frame

CURVE = np.linspace(-2, 2, 25)
CLASSIC = ("MS", "OH", "CT")  # the paper's poor, middle and rich state
ENOUGH = 20  # respondents that a state needs in each year to be shown in colour


def highlights(voters: pd.DataFrame, enough: int = ENOUGH) -> tuple[str, ...]:
    """A poor, a middle and a rich state, in this order.

    Mississippi, Ohio and Connecticut, or, where a year has fewer than `enough` respondents in one of them, the poorest,
    middle and richest state that has them in all years; if fewer than three have, of all states surveyed in all years.

    Examples
    --------
    >>> years, states = np.repeat([2000, 2004], 100), np.tile(np.repeat(["MS", "AR", "OH", "CT"], 25), 2)
    >>> highlights(pd.DataFrame({"year": years, "state": states}))
    ('MS', 'OH', 'CT')
    >>> highlights(pd.DataFrame({"year": years, "state": states}).query("state != 'MS'"))
    ('AR', 'OH', 'CT')
    """
    counts = respondents(voters)
    able = counts.index[(counts >= enough).all(axis=1)]
    if set(CLASSIC) <= set(able):
        return CLASSIC
    if len(able) < len(CLASSIC):
        able = counts.index[(counts > 0).all(axis=1)]
    income = state_facts().set_index("state")["income_2000"]
    ranked = income[income.index.isin(able)].sort_values().index
    picks = [ranked[0], ranked[len(ranked) // 2], ranked[-1]] if len(ranked) else []
    return tuple(dict.fromkeys(picks))


def respondents(voters: pd.DataFrame) -> pd.DataFrame:
    """Respondents by state (rows) and year (columns)."""
    counts: pd.DataFrame = voters.groupby(["state", "year"], observed=True).size().unstack(fill_value=0)
    return counts


def income_shares(voters: pd.DataFrame) -> pd.DataFrame:
    """The share of each state's respondents in each income group, one year: `state`, `income`, `share`.

    Examples
    --------
    >>> voters = pd.DataFrame({"state": ["OH", "OH", "OH", "MS"], "income": [0, 0, 1, 2]})
    >>> income_shares(voters)["share"].round(2).tolist()
    [1.0, 0.67, 0.33]
    """
    share = voters.groupby("state")["income"].value_counts(normalize=True).rename("share").reset_index()
    return share.astype({"income": float}).sort_values(["state", "income"], ignore_index=True)


def state_grid(voters: pd.DataFrame) -> pd.DataFrame:
    """Where a year's models are evaluated, a row a place: `state`, `avg.income`, `income`, `role`, `share`.

    `role` is "curve" (a grid), "group" (an income group that has respondents, with their `share`) or "mean" (the mean
    income of the state's respondents).
    """
    states = voters.groupby("state", as_index=False).agg(
        **{"avg.income": ("avg.income", "first"), "mean": ("income", "mean")}
    )
    places = (
        states[["state"]].merge(pd.DataFrame({"income": CURVE}), how="cross").assign(role="curve"),
        income_shares(voters).assign(role="group"),
        states[["state", "mean"]].rename(columns={"mean": "income"}).assign(role="mean"),
    )
    grid: pd.DataFrame = pd.concat(places, ignore_index=True).merge(states[["state", "avg.income"]], on="state")
    return grid


def curves_of(fit: Fit, voters: pd.DataFrame) -> pd.DataFrame:
    """`state_grid` with the probabilities that a fit gives, as intervals."""
    grid = state_grid(voters)
    return interval_frame(grid, np.asarray(posterior_epred(fit, grid)))


def slopes_of(fit: Fit, voters: pd.DataFrame) -> pd.DataFrame:
    """Each state's coefficient of income, as intervals: `state`, `avg.income`, `n` and the intervals."""
    states = _states(voters)
    return interval_frame(states, slope_draws(fit, states, re_formula=None))


def expected_state_slopes(fit: Fit, voters: pd.DataFrame) -> pd.DataFrame:
    """The coefficient of income that the model expects of a state by its `avg.income` alone, as intervals."""
    avg = np.linspace(voters["avg.income"].min(), voters["avg.income"].max(), 41)
    states = pd.DataFrame({"state": voters["state"].iloc[0], "avg.income": avg})
    return interval_frame(states, slope_draws(fit, states, re_formula="NA"))


def slope_draws(fit: Fit, states: pd.DataFrame, re_formula: str | None) -> Floats:
    """Draws of the change of the log odds with one step of income, (draws, states)."""
    at = [np.asarray(posterior_linpred(fit, states.assign(income=income), re_formula)) for income in (0.0, 1.0)]
    change: Floats = at[1] - at[0]
    return change


def states_of(fit: Fit | FitList, voters: pd.DataFrame) -> pd.DataFrame:
    """Each state's log odds at the middle income and its coefficient of income, as intervals, a row a coefficient.

    `not_estimable` says why the state's own rows have no maximum of the likelihood; "" where they have one or where
    the model does not ask for it.
    """
    if isinstance(fit, FitList):
        states = _states(voters).set_index("state").loc[list(fit.fits)].reset_index()
        parts = {name: separate_draws(fit, name) for name in ("(Intercept)", "income")}
        reasons = [fit.inestimable.get(state, "") for state in states["state"]]
    else:
        states = _states(voters)
        middle = np.asarray(posterior_linpred(fit, states.assign(income=0.0)))
        parts = {"(Intercept)": middle, "income": slope_draws(fit, states, re_formula=None)}
        reasons = [""] * len(states)
    frames = [interval_frame(states.assign(coefficient=name), draws) for name, draws in parts.items()]
    return pd.concat([frame.assign(not_estimable=reasons) for frame in frames], ignore_index=True)


def separate_draws(fits: FitList, name: str) -> Floats:
    """Draws of one coefficient of every separate fit, (draws, fits); NaN where a fit has dropped it."""
    columns = []
    for fit in fits.fits.values():
        names, b = fit.model.design.names, draws_of(fit, "b")
        columns.append(b[:, names.index(name)] if name in names else np.full(len(b), np.nan))
    return np.stack(columns, axis=1)


def _states(voters: pd.DataFrame) -> pd.DataFrame:
    columns = {"avg.income": ("avg.income", "first"), "n": ("vote", "size")}
    return voters.groupby("state", as_index=False).agg(**columns)
