"""The options of a verb, and the call: from what the user wrote to a fit, made or found in a file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from os import PathLike
from typing import Literal, TypedDict

import numpy as np

from stanmlm.base.arguments import check_options, shown
from stanmlm.base.callers import warn_user
from stanmlm.base.errors import FormulaError, OptionError
from stanmlm.base.interrupts import interruptible
from stanmlm.base.outlets import is_watched
from stanmlm.data.evaluate import python_functions
from stanmlm.data.python_calls import function_of
from stanmlm.families import Family, gaussian
from stanmlm.families.responses import Response
from stanmlm.fit.files.saved import load_or_fit, with_functions
from stanmlm.fit.fit import Call, Fit
from stanmlm.fit.pipeline import ModelOptions, RunOptions, build_model, fit_model
from stanmlm.formula.bf import FormulaLike
from stanmlm.formula.formula import by_parameter
from stanmlm.formula.rcode import names_in
from stanmlm.formula.rparse import parse_expression
from stanmlm.formula.variables import variables_of
from stanmlm.model.model import Model
from stanmlm.priors.prior_records import SetPrior
from stanmlm.priors.prior_slots import CovarianceInput, PriorInput
from stanmlm.sampling.engines.choose import choose_engine
from stanmlm.sampling.engines.protocol import Engine, Sampling
from stanmlm.sampling.engines.sampling import sampling_from

Scope = Mapping[str, object]


class Options(TypedDict, total=False):
    """What every verb takes by name, beside formula, data and family.

    weights : numbers, or a column's name, or R code as text
        lme4's meaning: precisions in gaussian models, trials where the response is a proportion, case weights else.
    subset : truth values, positions from 0, or R code as text
        The rows to use, `"year == 2000"`.
    na_action : str
        What to do with missing values: "omit" drops their rows, "exclude" pads fitted values for them, "fail" refuses.
    offset : numbers, or a column's name, or R code as text
        Added to the linear predictor with coefficient 1.
    contrasts : dict
        By variable, a name such as "contr.sum" or a matrix with a row a level; they code the fixed part.
    default_contrasts : two names
        R's `options("contrasts")`, for unordered and for ordered factors, left of a bar too; by default
        ("contr.treatment", "contr.poly").
    prior, prior_intercept, prior_aux, prior_covariance : Prior or None
        As in rstanarm: of coefficients, of the intercept with predictors centred, of sigma, and of group effects
        (`decov(...)` or `lkj(...)`); None is flat.
    priors : str, or set_prior(...), or a list of them
        A preset ("rstanarm", the default but of `brm`, "brms" or "flat"), rows of brms's `set_prior`, or a preset with
        rows.
    prior_only : bool
        Draw from the prior; the response is not looked at. False by default.
    sample_prior : str
        brms's spelling of that: "only" is `prior_only=True`, "no" is the default.
    chains : int
        Chains, 4 by default.
    iter : int
        Draws of each chain with warm-up, 2000 by default.
    warmup : int
        How many of them are warm-up; half of `iter` by default.
    thin : int
        Keep every so many draws; 1 by default.
    seed : int
        Repeats the draws; a new one by default.
    adapt_delta : float
        Stan's target of acceptance, 0.8; where it is not given, divergent transitions raise it to 0.95, then to 0.99.
    max_treedepth : int
        Stan's limit of doublings in one step, 10 by default.
    cores : int
        Chains at a time; as many as there are cores by default.
    control : dict
        `adapt_delta` and `max_treedepth`, as rstan and brms take them.
    engine : str or engine
        "auto" (stanli where it is, else CmdStan), "stanli", "cmdstan", or an engine.
    progress : bool
        Show bars; by default in notebooks and terminals.
    file : path
        Where the fit is kept and found again.
    file_refit : str
        What to do with a fit found there, as in brms: "never" refit (with a warning where it is another model's),
        "on_change" of program, data, priors or sampling, or "always".
    collapse : bool or "auto"
        Sample on distinct rows with counts where that is shorter; it changes the speed and never the posterior.
    centering : float, "auto", "noncentered" or "centered"
        How group effects are sampled; it changes the speed and never the posterior.
    """

    weights: object
    subset: object
    na_action: str
    offset: object
    contrasts: Mapping[str, object] | None
    default_contrasts: tuple[str, str]
    prior: PriorInput
    prior_intercept: PriorInput
    prior_aux: PriorInput
    prior_covariance: CovarianceInput
    priors: str | SetPrior | Sequence[str | SetPrior]
    prior_only: bool
    sample_prior: str
    collapse: bool | Literal["auto"]
    centering: float | Literal["auto", "noncentered", "centered"]
    engine: str | Engine
    progress: bool
    chains: int
    iter: int
    warmup: int | None
    thin: int
    seed: int | None
    adapt_delta: float
    max_treedepth: int
    cores: int | None
    control: Mapping[str, object]
    file: str | PathLike[str] | None
    file_refit: str


# Where a verb's own priors are not rstanarm's.
_PRESETS: Mapping[str, str] = {"brm": "brms"}

# Which verbs take bars, or only those, and what to say to the others: lme4's own words, and where to go.
_BARS: Mapping[str, tuple[bool, str]] = {
    "lm": (False, "lm() takes no random effects; use lmer()"),
    "glm": (False, "glm() takes no random effects; use glmer()"),
    "lmer": (True, "no random effects terms specified in formula; use lm(), or add a term such as (1 | group)"),
    "glmer": (True, "no random effects terms specified in formula; use glm(), or add a term such as (1 | group)"),
}


@dataclass(frozen=True)
class Prepared:
    """A call whose model is built and that is to be sampled; it may go to another process."""

    call: Call
    model: Model
    run: RunOptions


def prepare(call: Call, formula: FormulaLike, data: object, family: Family, scope: Scope) -> Prepared:
    """The model of a verb's call; the call gets what the formula takes from `scope`."""
    call = replace(call, arguments=_in_own_words(call.arguments))
    model_options, run = read_options(call.arguments)
    model_options = replace(model_options, preset=_PRESETS.get(call.verb, model_options.preset))
    with interruptible():
        model = build_model(formula, data, family, scope, model_options)
        _check_bars(call.verb, model)
        if call.verb == "glmer" and family == gaussian():
            call = replace(call, verb="lmer")
            warn_user(_SHORTCUT + _two_values(model.response))
        return Prepared(replace(call, scope=_taken(model, call.arguments, scope)), model, run)


def sampled(ready: Prepared) -> Fit:
    """The fit."""
    with interruptible():
        return fit_model(ready.call, ready.model, ready.run)


def fit_verb(call: Call, formula: FormulaLike, data: object, family: Family, scope: Scope) -> Fit:
    """Fit as a verb does, or take the fit that `file=` holds."""
    ready = prepare(call, formula, data, family, scope)
    arguments = ready.call.arguments
    file, refit = arguments.get("file"), str(arguments.get("file_refit", "never"))
    if file is None:
        return sampled(ready)
    with interruptible():
        kept = load_or_fit(str(file), refit, ready.model, arguments, lambda: sampled(ready))
    return with_functions(kept, scope)


SAMPLE_PRIOR: Mapping[object, bool] = {"no": False, "only": True}


def _in_own_words(options: Mapping[str, object]) -> Mapping[str, object]:
    """The options with brms's `sample_prior` as `prior_only`, which `update` and files then know."""
    if "sample_prior" not in options:
        return options
    given = options["sample_prior"]
    if not isinstance(given, str) or given not in SAMPLE_PRIOR:
        raise OptionError(f'sample_prior is {shown(given)}; it is "only", which samples the prior alone, or "no"; '
                          "plot_prior_posterior(fit) shows priors beside a posterior")  # fmt: skip
    own = {name: value for name, value in options.items() if name != "sample_prior"}
    return {**own, "prior_only": SAMPLE_PRIOR[given]}


# lme4's own words.
_SHORTCUT = (
    "calling glmer() with family=gaussian (identity link) as a shortcut to lmer() is deprecated; "
    "please call lmer() directly"
)


def _two_values(response: Response) -> str:
    if not np.isin(response.y, (0, 1)).all():
        return ""
    return f"; `{response.label}` is 0 and 1: family=binomial fits its probability"


def _taken(model: Model, arguments: Mapping[str, object], scope: Scope) -> dict[str, object]:
    """The caller's variables behind a formula, its weights, subset and offset, but for the vectors in the frame."""
    columns = set(model.frame.data.columns)
    texts = [text for name in _CODE if isinstance(text := arguments.get(name), str) and text not in columns]
    nodes = [variable.node for variable in variables_of(model.formula)] + [parse_expression(text) for text in texts]
    names = frozenset[str]().union(*map(names_in, nodes)) - columns
    spelled = names | {name.replace(".", "_") for name in names}
    functions = {name for node in nodes for name in python_functions(node)}
    taken = {name: scope[name] for name in sorted(spelled) if name in scope}
    own = {name: thing for name in sorted(functions - spelled) if (thing := function_of(name, scope)) is not None}
    return taken | own


_CODE = ("weights", "subset", "offset")


def _check_bars(verb: str, model: Model) -> None:
    if verb not in _BARS:
        return
    wanted, complaint = _BARS[verb]
    barred = next((one for one in by_parameter(model.formula).values() if one.bars), None)
    if bool(barred) != wanted:
        bar, text = (barred.bars[0], barred.text) if barred else (None, model.formula.text)
        raise FormulaError(complaint, text, bar.start if bar else -1, bar.stop if bar else -1)


def read_options(options: Mapping[str, object]) -> tuple[ModelOptions, RunOptions]:
    """The options of a verb in their records; an unknown name is an error that suggests the near one."""
    sampling = {name: options[name] for name in _SAMPLING if name in options}
    check_options(Options, {name: value for name, value in options.items() if name not in _CHECKED_LATER})
    model = {field.name: options[field.name] for field in fields(ModelOptions) if field.name in options}
    how = sampling_from(sampling)
    control = options.get("control") or {}
    run = RunOptions(
        engine=choose_engine(options.get("engine", "auto")),  # type: ignore[arg-type]
        sampling=how,
        raise_delta="adapt_delta" not in options and "adapt_delta" not in control,  # type: ignore[operator]
        progress=bool(options.get("progress", is_watched())),
    )
    return ModelOptions(**model), run  # type: ignore[arg-type]


_SAMPLING = (*(field.name for field in fields(Sampling)), "control")
# `sampling_from` and `resolve_priors` have words of their own for these.
_CHECKED_LATER = (*_SAMPLING, "prior", "prior_intercept", "prior_aux", "prior_covariance", "priors")


def name_of(data: object, scope: Mapping[str, object]) -> str:
    """The name under which the caller holds the data frame, for R's `Data:` line."""
    if data is None:
        return ""
    return next((name for name, value in scope.items() if value is data and not name.startswith("_")), "")
