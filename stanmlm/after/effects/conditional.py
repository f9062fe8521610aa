"""Conditional effects as brms has them: predictions along each predictor, all else at typical values."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from stanmlm.after.effects.datagrid import (
    distinct_values,
    fitted_data,
    grid_of,
    is_discrete,
    known_name,
    listed_values,
    names_of_term,
    roles_of,
)
from stanmlm.after.predict.estimates import Estimates, columns_beside, estimates
from stanmlm.after.predict.expected import expectation, linear, natural, new_responses, parameter_of
from stanmlm.after.predict.outcome import SPOKEN, observed_responses, outcome
from stanmlm.after.predict.predict import draws_by_rows
from stanmlm.after.predict.request import Request
from stanmlm.after.predict.target import Target, target_of, warn_of_new_levels, warn_of_weights
from stanmlm.base.arguments import check_arguments
from stanmlm.base.arrays import Floats
from stanmlm.base.errors import DataError, OptionError, did_you_mean
from stanmlm.base.streams import ROWS
from stanmlm.data.factors import make_unique
from stanmlm.fit.fit import Fit
from stanmlm.formula.bf import LOCATION
from stanmlm.formula.formula import by_parameter
from stanmlm.formula.rcode import names_in
from stanmlm.formula.rparse import parse_expression

RESOLUTION = 100
NEW_GROUP = "a new group"


@dataclass(frozen=True)
class ConditionalEffect:
    """One predictor, or two that interact, and the predictions along them."""

    effect: str  # "income", "income:avg.income"
    variables: tuple[str, ...]  # one or two; the first is for the horizontal axis
    numeric: bool  # whether the first is a number
    estimates: Estimates  # `.frame`: the variables, the conditions, estimate, conf.low, conf.high
    response: str  # what is predicted, for the vertical axis: "probability of vote"
    panel: str = ""  # the column of the conditions, where there are several
    observed: pd.DataFrame | None = None  # the fitted rows: the variables, and last what was observed on this scale


@dataclass(frozen=True)
class ConditionalEffects:
    """What `conditional_effects` gives: predictions along one predictor, or along two that interact.

    Attributes
    ----------
    effects
        One record each: `effect`, `variables`, `numeric`, `estimates`, `response` and `panel`.
    frames
        Tables by effect.

    Examples
    --------
    >>> from stanmlm import conditional_effects, lmer, simulate_exams
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> list(conditional_effects(fit).frames)
    ['hours']
    """

    effects: tuple[ConditionalEffect, ...]

    @property
    def frames(self) -> dict[str, pd.DataFrame]:
        """The table of every effect."""
        names = make_unique(effect.effect for effect in self.effects)
        return {name: effect.estimates.frame for name, effect in zip(names, self.effects, strict=True)}

    def __repr__(self) -> str:
        return "\n\n".join(repr(effect.estimates) for effect in self.effects)

    def _repr_html_(self) -> str:
        return "".join(effect.estimates._repr_html_() for effect in self.effects)

    def to_frame(self) -> pd.DataFrame:
        """The tables of all effects below each other, with a column `effect`."""
        return pd.concat(self.frames, names=["effect", None]).reset_index(level=0).reset_index(drop=True)


def conditional_effects(
    fit: Fit,
    effects: Sequence[str] | str | None = None,
    *,
    conditions: Mapping[str, object] | pd.DataFrame | None = None,
    re_formula: object = "NA",
    method: str = "epred",
    level: float = 0.95,
    resolution: int = RESOLUTION,
    int_conditions: Mapping[str, Sequence[object]] | None = None,
    categorical: bool | None = None,
    dpar: str | None = None,
) -> ConditionalEffects:
    """Predictions along every predictor and every two-way interaction, as brms's `conditional_effects`.

    Parameters
    ----------
    fit
        A fit.
    effects
        Variables that `datagrid` knows, or pairs such as "income:avg.income", of which the first lies on the horizontal
        axis; all main effects and two-way interactions of the fixed part where None, of that of `dpar` where it is
        given.
    conditions
        Values of the other predictors, by name; a data frame gives a panel a row. Else numbers stand at their mean,
        factors at their first level.
    re_formula
        "NA" leaves group effects out, brms's default; with None a new group is predicted.
    method
        "epred" (expected responses, probabilities in binomial models), "linpred" or "predict" (new responses).
    level
        Posterior probability of the bands.
    resolution
        Points along a number.
    categorical
        Whether to show the probability of each category, a colour each, brms's `categorical=TRUE`: the default where
        the response has categories. With False of the mean of their codes, as brms has it then; of a pair of predictors
        always. Categories in no order have no such mean.
    int_conditions
        Values of the second predictor of an interaction, by name; else the mean and one sd to each side of it, or its
        levels.
    dpar
        A parameter of the family in place of the response, "zi" or "sigma": on its own scale, or under
        `method="linpred"` on that of its link.

    Returns
    -------
    ConditionalEffects
        Draw it with `plot_conditional_effects`.

    Raises
    ------
    DataError
        For unknown predictors.
    OptionError
        For unknown methods.

    Examples
    --------
    >>> from stanmlm import conditional_effects, lmer, simulate_exams
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> conditional_effects(fit).frames["hours"].shape
    (100, 4)
    """
    check_arguments(conditional_effects, locals())
    if method not in METHODS:
        raise OptionError(f"method is `{method}`" + did_you_mean(method, METHODS))
    if dpar is not None and method == "predict":
        raise OptionError(f'method="predict" draws responses; `{parameter_of(fit, dpar)}` has "epred" and "linpred"')
    data = fitted_data(fit)
    seconds = {known_name(name, data): values for name, values in (int_conditions or {}).items()}
    asked = _Asked(
        request=Request(re_formula),
        method=method,
        level=level,
        resolution=resolution,
        seconds=seconds,
        conditions=_conditions(fit, conditions),
        categorical=categorical is not False,
        dpar=dpar,
    )
    named = [effects] if isinstance(effects, str) else effects
    chosen = default_effects(fit, dpar) if named is None else [_read_effect(fit, effect) for effect in named]
    if fit.model.family.spread and dpar is None:
        chosen = _without_codes(fit, chosen, asked, named is None)
    grids = [_grid(fit, variables, asked) for variables in chosen]
    warn_of_new_levels([_by_choice(grid) for grid in grids])
    if method == "predict":
        warn_of_weights(fit, grids[0].target)
    return ConditionalEffects(tuple(_effect(fit, grid, asked) for grid in grids))


@dataclass(frozen=True)
class _Asked:
    """How effects are asked for."""

    request: Request
    method: str
    level: float
    resolution: int
    seconds: Mapping[str, Sequence[object]]  # values of the second predictor by name
    conditions: pd.DataFrame  # a row a panel
    categorical: bool  # a colour a category, where there are
    dpar: str | None


def default_effects(fit: Fit, dpar: str | None = None) -> list[tuple[str, ...]]:
    """The predictors of a parameter's fixed part, then the pairs that interact, in the order of the terms.

    Raises
    ------
    DataError
        Where there is none.
    """
    formulas, known = by_parameter(fit.model.formula), set(roles_of(fit).focal)
    parameters = fit.model.family.locations if dpar is None else (parameter_of(fit, dpar),)
    if alone := [name for name in parameters if name not in formulas]:
        raise DataError(f"`{alone[0]}` has no formula: it is one number")
    shifts = [one.fixed for _, one in fit.model.formula.by_threshold[:1] if parameters == (LOCATION,)]
    every = [term for side in (*(formulas[name].fixed for name in parameters), *shifts) for term in side.terms]
    terms = [tuple(dict.fromkeys(name for name in names_of_term(term) if name in known)) for term in every]
    main = dict.fromkeys((name,) for term in terms for name in term)
    if not main:
        raise DataError("the fixed part has no predictor to show the effect of")
    return [*main, *dict.fromkeys(_numbers_first(fit, term) for term in terms if len(term) == 2)]


def _without_codes(fit: Fit, chosen: list[tuple[str, ...]], asked: _Asked, usual: bool) -> list[tuple[str, ...]]:
    """Effects that need no mean of codes, which those of categories in no order do not have."""
    pairs = [":".join(variables) for variables in chosen if len(variables) > 1]
    none = f"categories of {fit.model.family.name} models have no order, and so their codes no mean"
    if not asked.categorical:
        raise OptionError(f"{none}: leave categorical=False out")
    if asked.method == "predict" and fit.model.family.kind == "category":
        raise OptionError(f'{none}: method="epred" gives the probability of each')
    if pairs and not usual:
        raise OptionError(f"{none}: show one predictor of `{pairs[0]}`, at values of the other in conditions=")
    return [variables for variables in chosen if len(variables) == 1]


def _read_effect(fit: Fit, effect: str) -> tuple[str, ...]:
    data = fitted_data(fit)
    cuts = [(effect[:at].strip(), effect[at + 1 :].strip()) for at, mark in enumerate(effect) if mark == ":"]
    whole = [(effect,), *cuts]  # a variable may have a colon in its own name
    known = next((names for names in whole if set(names) <= set(map(str, data.columns))), None)
    names = tuple(known_name(part.strip(), data) for part in (known or effect.split(":")))
    if len(names) > 2:
        raise DataError(
            f"`{effect}` has {len(names)} predictors; an effect is drawn of one or two, others are conditions"
        )
    return _numbers_first(fit, names)


def _numbers_first(fit: Fit, names: tuple[str, ...]) -> tuple[str, ...]:
    """brms's order: a number lies on the horizontal axis."""
    return tuple(sorted(names, key=lambda name: is_discrete(fit, name)))


def _conditions(fit: Fit, given: Mapping[str, object] | pd.DataFrame | None) -> pd.DataFrame:
    data = fitted_data(fit)
    if not isinstance(given, Mapping):
        if given is not None and not len(given):
            raise DataError("conditions has no rows")
        return pd.DataFrame(index=[0]) if given is None else given.rename(columns=lambda name: known_name(name, data))
    values = {known_name(name, data): value for name, value in given.items()}
    return grid_of(data, {name: listed_values(value, data[name]) for name, value in values.items()})


@dataclass(frozen=True)
class _Grid:
    """The rows of one effect."""

    variables: tuple[str, ...]
    held: frozenset[str]  # the variables that stand where nobody has put them
    labels: pd.DataFrame  # what the frame says of each row
    target: Target
    panel: str  # the column that tells panels apart, "" for one panel


def _grid(fit: Fit, variables: tuple[str, ...], asked: _Asked) -> _Grid:
    data, conditions = fitted_data(fit), asked.conditions
    values = _values(fit, data, variables, asked)
    held = {str(name): _held(fit, data, str(name)) for name in data.columns if name not in values}
    panels = [
        grid_of(data, values | held | {name: [value] for name, value in row.items() if name not in values})
        for row in _records(conditions)
    ]
    rows = pd.concat(panels, ignore_index=True)
    labels = rows[list(variables)]
    panel = ""
    if len(panels) > 1:
        (panel,) = columns_beside(["condition"], labels.columns).values()
        labels = labels.assign(**{panel: np.repeat(_condition_texts(conditions), len(panels[0]))})
    target = target_of(fit, rows, asked.request, trials=1)
    return _Grid(variables, frozenset(held.keys() - set(map(str, conditions.columns))), labels, target, panel)


def _by_choice(grid: _Grid) -> Target:
    """The target with the effects of those grouping factors only whose levels the user has chosen."""
    target = grid.target
    chosen = [not grid.held & names_in(parse_expression(term.group)) for term in target.design.terms]
    return replace(target, used=tuple(used & yes for used, yes in zip(target.used, chosen, strict=True)))


def _effect(fit: Fit, grid: _Grid, asked: _Asked) -> ConditionalEffect:
    draws, labels, variables = METHODS[asked.method](fit, grid.target, asked.dpar), grid.labels, grid.variables
    numeric, says = not is_discrete(fit, variables[0]), _spoken(fit, asked)
    if draws.ndim == 3 and asked.categorical and len(variables) == 1:
        categories = fit.model.family.categories
        (column,) = columns_beside(["category"], labels.columns).values()
        labels = pd.concat([labels.assign(**{column: name}) for name in categories], ignore_index=True)
        draws, variables = np.concatenate([*np.moveaxis(draws, -1, 0)], axis=1), (*variables, column)
        says = f"probability of {outcome(fit)}"
    elif draws.ndim == 3:
        draws = draws @ np.arange(1.0, draws.shape[-1] + 1)
    made = estimates(labels, draws, "Conditional effects", asked.level, asked.method)
    seen = _observed(fit, grid.variables, asked)
    return ConditionalEffect(":".join(grid.variables), variables, numeric, made, says, grid.panel, seen)


def _observed(fit: Fit, variables: tuple[str, ...], asked: _Asked) -> pd.DataFrame | None:
    """Responses beside the variables, shares of trials where there are trials; none of categories and other scales."""
    seen = None if asked.method == "linpred" or asked.dpar is not None else observed_responses(fit)
    if seen is None:
        return None
    rows = fitted_data(fit)[list(variables)].reset_index(drop=True)
    (column,) = columns_beside(["observed"], rows.columns).values()
    return rows.assign(**{column: seen})


def _spoken(fit: Fit, asked: _Asked) -> str:
    if asked.dpar is None:
        return SPOKEN[asked.method](fit)
    link = fit.model.family.links[asked.dpar].name
    return asked.dpar if asked.method == "epred" else f"{asked.dpar} ({link} scale)"


def _condition_texts(conditions: pd.DataFrame) -> list[str]:
    return [", ".join(f"{name} = {_short(value)}" for name, value in row.items()) for row in _records(conditions)]


def _records(frame: pd.DataFrame) -> list[dict[str, object]]:
    """A dict a row, also where there is no column (before 3.1 the one of pandas has no rows then)."""
    return [{str(name): frame[name].iloc[row] for name in frame.columns} for row in range(len(frame))]


def _short(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _values(fit: Fit, data: pd.DataFrame, variables: tuple[str, ...], asked: _Asked) -> dict[str, Sequence[object]]:
    """The second predictor varies slowest, so that each of its values is a run of rows."""
    first, *second = variables
    values = {name: asked.seconds.get(name, _few(fit, data[name], name)) for name in second}
    return values | {first: _many(fit, data[first], first, asked.resolution)}


def _many(fit: Fit, column: "pd.Series", name: str, resolution: int) -> Sequence[object]:
    if is_discrete(fit, name):
        return distinct_values(column)
    points: list[object] = np.linspace(column.min(), column.max(), resolution).tolist()
    return points


def _few(fit: Fit, column: "pd.Series", name: str) -> Sequence[object]:
    """Levels, or brms's mean and one sd to each side."""
    if is_discrete(fit, name):
        return distinct_values(column)
    return [float(column.mean() + k * column.std()) for k in (-1, 0, 1)]


def _held(fit: Fit, data: pd.DataFrame, name: str) -> list[object]:
    """What a predictor is held at: its mean, its first level; a grouping factor at a level that no row has."""
    if name in roles_of(fit).groups:
        return [NEW_GROUP]
    return [distinct_values(data[name])[0]] if is_discrete(fit, name) else [float(data[name].mean())]


def _expected(fit: Fit, target: Target, dpar: str | None) -> Floats:
    return draws_by_rows(fit, target, expectation(fit, target) if dpar is None else natural(fit, dpar))


def _linear(fit: Fit, target: Target, dpar: str | None) -> Floats:
    return draws_by_rows(fit, target, linear(fit, dpar))


def _new(fit: Fit, target: Target, _: str | None) -> Floats:
    return draws_by_rows(fit, target, new_responses(fit, target, target.source), block=ROWS)


METHODS: Mapping[str, Callable[[Fit, Target, str | None], Floats]] = {
    "epred": _expected,
    "linpred": _linear,
    "predict": _new,
}
