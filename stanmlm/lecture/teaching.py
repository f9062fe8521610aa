"""Simulators of the lecture's two contrived examples: students' exams, and counties of states."""

import numpy as np
import pandas as pd

from stanmlm.base.arguments import check_arguments


def simulate_exams(
    seed: int,
    students: int = 100,
    exams: int = 5,
    slope: float = 0.75,
    effort: float = 0.0,
    aptitude_sd: float = 0.7,
    noise_sd: float = 0.2,
) -> pd.DataFrame:
    """Exam scores of students who differ in aptitude: score = slope * hours + aptitude + noise.

    Hours of study are effort * aptitude + uniform(-0.7, 0.7): with `effort=0` aptitude is a random effect, with the
    lecture's 0.5 it confounds hours and score, and least squares finds a slope of about 1.6.

    Parameters
    ----------
    seed
        Of NumPy's generator.
    students, exams
        Numbers of students, and of exams each.
    slope
        Effect of an hour on the score.
    effort
        How much aptitude moves hours.
    aptitude_sd, noise_sd
        Standard deviations of the student effects and of the exams around them.

    Returns
    -------
    pandas.DataFrame
        students * exams rows: `student` (categorical, "1", "2", ...), `exam`, `hours`, `score`, and the `aptitude` that
        a researcher would not see.

    Raises
    ------
    OptionError
        For numbers of students or exams that are not from 1 to 10000, and for standard deviations below 0.

    Examples
    --------
    >>> from stanmlm import simulate_exams
    >>> simulate_exams(seed=1).shape
    (500, 5)
    """
    check_arguments(simulate_exams, locals())
    rng = np.random.default_rng(seed)
    student = np.repeat(np.arange(students), exams)
    aptitude = rng.normal(0, aptitude_sd, students)[student]
    hours = effort * aptitude + rng.uniform(-0.7, 0.7, len(student))
    score = slope * hours + aptitude + rng.normal(0, noise_sd, len(student))
    labels = [str(i + 1) for i in range(students)]
    return pd.DataFrame(
        {
            "student": pd.Categorical.from_codes(student, categories=pd.Index(labels)),
            "exam": np.tile(np.arange(1, exams + 1), students),
            "hours": hours,
            "score": score,
            "aptitude": aptitude,
        }
    )


def simulate_counties(
    seed: int,
    states: int = 15,
    counties: int = 15,
    income_slope: float = 1.0,
    conservatism_slope: float = 1.0,
    noise_sd: float = 0.3,
) -> pd.DataFrame:
    """Republican vote share of counties, the lecture's contrived Kansas: income helps within states, not between them.

    RVS = income_slope * income + conservatism_slope * conservatism + noise, in standard units. Poor states are the
    conservative ones (conservatism is -2 times the state's mean income, plus noise), so that a regression which
    leaves the states out finds a negative slope of income.

    Parameters
    ----------
    seed
        Of NumPy's generator.
    states
        How many states.
    counties
        How many counties each has.
    income_slope
        Effect of a county's income on the vote, within states.
    conservatism_slope
        Effect of a state's conservatism.
    noise_sd
        Standard deviation of counties around what these explain.

    Returns
    -------
    pandas.DataFrame
        states * counties rows: `state` (categorical), `county`, `income`, `conservatism` (one value a state) and `rvs`,
        all in standard units.

    Raises
    ------
    OptionError
        For numbers of states or counties that are not from 1 to 10000, and for a standard deviation below 0.

    Examples
    --------
    >>> import numpy as np
    >>> from stanmlm import simulate_counties
    >>> frame = simulate_counties(seed=1)
    >>> bool(np.polyfit(frame["income"], frame["rvs"], 1)[0] < 0)
    True
    """
    check_arguments(simulate_counties, locals())
    rng = np.random.default_rng(seed)
    state = np.repeat(np.arange(states), counties)
    wealth = rng.normal(0, 1, states)
    conservatism = -2 * wealth + rng.normal(0, 0.3, states)
    income = wealth[state] + rng.normal(0, 0.4, len(state))
    rvs = income_slope * income + conservatism_slope * conservatism[state] + rng.normal(0, noise_sd, len(state))
    labels = [f"State {i + 1}" for i in range(states)]
    return pd.DataFrame(
        {
            "state": pd.Categorical.from_codes(state, categories=pd.Index(labels)),
            "county": np.tile(np.arange(1, counties + 1), states),
            "income": income,
            "conservatism": conservatism[state],
            "rvs": rvs,
        }
    )
