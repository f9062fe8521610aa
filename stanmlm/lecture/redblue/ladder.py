"""The lecture's ladder of six models, from full pooling to the fully conditional model."""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from stanmlm.families import binomial
from stanmlm.fit.call import Options
from stanmlm.fit.fit import Fit
from stanmlm.fit.fitlist import FitList
from stanmlm.fit.lmlist import lmList
from stanmlm.fit.verbs import glm, glmer
from stanmlm.lecture.dummies import makeFEdummies


@dataclass(frozen=True)
class Rung:
    """One model of the ladder, with the function that fits it as the lecture does."""

    key: str  # in file names and in the table's column `model`
    title: tuple[str, str]  # two lines above its column
    formula: str
    fit: Callable[[str, pd.DataFrame, Options], Fit | FitList]


def _glm(formula: str, voters: pd.DataFrame, options: Options) -> Fit:
    return glm(formula, voters, family=binomial, **options)


def _glmer(formula: str, voters: pd.DataFrame, options: Options) -> Fit:
    return glmer(formula, voters, family=binomial, **options)


def _by_state(formula: str, voters: pd.DataFrame, options: Options) -> FitList:
    return lmList(formula, voters, family=binomial, **options)


def _state_dummies(formula: str, voters: pd.DataFrame, options: Options) -> Fit:
    # The formula finds `stateFE` here, in the scope of its call, as R finds it in the lecture's workspace.
    stateFE = makeFEdummies(voters["state"])  # noqa: F841
    return glm(formula, voters, family=binomial, **options)


LADDER = (
    Rung("full-pooling", ("full", "pooling"), "vote ~ income", _glm),
    Rung("no-pooling", ("no", "pooling"), "vote ~ income | state", _by_state),
    Rung("fixed-effects", ("fixed", "effects"), "vote ~ income + stateFE - 1", _state_dummies),
    Rung("varying-intercept", ("varying", "intercept"), "vote ~ income + (1 | state)", _glmer),
    Rung("varying-slope", ("varying", "slope"), "vote ~ income + (1 + income | state)", _glmer),
    Rung("fully-conditional", ("fully", "conditional"), "vote ~ avg.income*income + (1 + income | state)", _glmer),
)
