"""Multilevel models from an lme4 formula, with a full Bayesian posterior from Stan.

>>> import stanmlm as sm
>>> fit = sm.lmer("score ~ hours + (1 | student)", sm.simulate_exams(seed=1), seed=1)
>>> sm.ngrps(fit)
{'student': 100}
"""

# isort: off
from stanmlm.command import end_quietly as _end_quietly

_end_quietly()  # before what takes its time
# isort: on

import inspect as _inspect

from stanmlm.arguments import public as _public
from stanmlm.compare import Ladder, ladder
from stanmlm.conditional import conditional_effects
from stanmlm.contrast import contrast
from stanmlm.criticism import loo, loo_compare, loo_model_weights, pareto_k, waic
from stanmlm.datagrid import datagrid
from stanmlm.datasets import load_anes, load_naes, state_facts
from stanmlm.design import Design
from stanmlm.diagnostics import Diagnostics, diagnostics
from stanmlm.doctor import doctor
from stanmlm.effects import avg_comparisons, avg_predictions, avg_slopes, comparisons, predictions, slopes
from stanmlm.elpd import Comparison, Elpd
from stanmlm.engines.choose import choose_engine
from stanmlm.engines.recorded import Recorded, record
from stanmlm.equation import Equation, equation
from stanmlm.errors import (
    DataError,
    EngineError,
    FileError,
    FormulaError,
    OptionError,
    PriorError,
    StanmlmError,
    StanmlmWarning,
)
from stanmlm.estimates import Estimates
from stanmlm.exogeneity import Exogeneity, check_exogeneity
from stanmlm.extract import (
    VarCorr,
    as_data_frame,
    as_draws_df,
    coef,
    confint,
    fixef,
    ngrps,
    nobs,
    ranef,
    sigma,
    stancode,
    standata,
    vcov,
)
from stanmlm.families import Family, binomial, gaussian, poisson
from stanmlm.fit import Fit
from stanmlm.fitlist import FitList
from stanmlm.fitted import fitted, posterior_interval, predict, residuals, simulate
from stanmlm.hypothesis import Hypotheses, hypothesis
from stanmlm.keep import load, save
from stanmlm.kfold import kfold
from stanmlm.lecture import group_mean, makeFEdummies
from stanmlm.lformula import getME, lFormula, model_frame, model_matrix
from stanmlm.lmlist import coefficients, lmList
from stanmlm.log_lik import log_lik
from stanmlm.log_prior import log_prior
from stanmlm.plots import (
    plot_areas,
    plot_conditional_effects,
    plot_curves,
    plot_intervals,
    plot_pairs,
    plot_prior_posterior,
    plot_ranef,
    plot_rank,
    plot_slopes,
    plot_trace,
    pp_check,
)
from stanmlm.poststratify import Poststratified, poststratify
from stanmlm.predict import posterior_epred, posterior_linpred, posterior_predict
from stanmlm.printing import display
from stanmlm.prior_spec import cauchy, decov, exponential, flat, gamma, lkj, normal, set_prior, student_t
from stanmlm.prior_summary import prior_summary
from stanmlm.r_squared import bayes_R2, loo_R2
from stanmlm.redblue import RedBlue, redblue
from stanmlm.rstyle import glm, glmer, lm, lmer
from stanmlm.sensitivity import Sensitivity, powerscale
from stanmlm.summary import summary
from stanmlm.teaching import simulate_counties, simulate_exams
from stanmlm.to_arviz import to_arviz
from stanmlm.update import update
from stanmlm.variance import icc, variance_decomposition
from stanmlm.voters import simulate_redblue

__version__ = "0.1.0"

__all__ = [
    "Comparison",
    "DataError",
    "Design",
    "Diagnostics",
    "Elpd",
    "EngineError",
    "Equation",
    "Estimates",
    "Exogeneity",
    "Family",
    "FileError",
    "Fit",
    "FitList",
    "FormulaError",
    "Hypotheses",
    "Ladder",
    "OptionError",
    "Poststratified",
    "PriorError",
    "Recorded",
    "RedBlue",
    "Sensitivity",
    "StanmlmError",
    "StanmlmWarning",
    "VarCorr",
    "__version__",
    "as_data_frame",
    "as_draws_df",
    "avg_comparisons",
    "avg_predictions",
    "avg_slopes",
    "bayes_R2",
    "binomial",
    "cauchy",
    "check_exogeneity",
    "choose_engine",
    "coef",
    "coefficients",
    "comparisons",
    "conditional_effects",
    "confint",
    "contrast",
    "datagrid",
    "decov",
    "diagnostics",
    "display",
    "doctor",
    "equation",
    "exponential",
    "fitted",
    "fixef",
    "flat",
    "gamma",
    "gaussian",
    "getME",
    "glm",
    "glmer",
    "group_mean",
    "hypothesis",
    "icc",
    "kfold",
    "lFormula",
    "ladder",
    "lkj",
    "lm",
    "lmList",
    "lmer",
    "load",
    "load_anes",
    "load_naes",
    "log_lik",
    "log_prior",
    "loo",
    "loo_R2",
    "loo_compare",
    "loo_model_weights",
    "makeFEdummies",
    "model_frame",
    "model_matrix",
    "ngrps",
    "nobs",
    "normal",
    "pareto_k",
    "plot_areas",
    "plot_conditional_effects",
    "plot_curves",
    "plot_intervals",
    "plot_pairs",
    "plot_prior_posterior",
    "plot_ranef",
    "plot_rank",
    "plot_slopes",
    "plot_trace",
    "poisson",
    "posterior_epred",
    "posterior_interval",
    "posterior_linpred",
    "posterior_predict",
    "poststratify",
    "powerscale",
    "pp_check",
    "predict",
    "predictions",
    "prior_summary",
    "ranef",
    "record",
    "redblue",
    "residuals",
    "save",
    "set_prior",
    "sigma",
    "simulate",
    "simulate_counties",
    "simulate_exams",
    "simulate_redblue",
    "slopes",
    "stancode",
    "standata",
    "state_facts",
    "student_t",
    "summary",
    "to_arviz",
    "update",
    "variance_decomposition",
    "vcov",
    "waic",
]

globals().update({name: _public(globals()[name]) for name in __all__ if _inspect.isfunction(globals()[name])})


def __dir__() -> list[str]:
    """What Tab shows: verbs and records, not modules."""
    return __all__
