"""Multilevel models from an lme4 formula, with a full Bayesian posterior from Stan.

>>> import stanmlm as sm
>>> fit = sm.lmer("score ~ hours + (1 | student)", sm.simulate_exams(seed=1), seed=1)
>>> sm.ngrps(fit)
{'student': 100}
"""

# isort: off
from stanmlm.base.command import end_quietly as _end_quietly

_end_quietly()  # before what takes its time
# isort: on

import inspect as _inspect

from stanmlm.after.criticism.averaging import posterior_average, pp_average
from stanmlm.after.criticism.calibration import Calibration, sbc
from stanmlm.after.criticism.compare import Ladder, ladder
from stanmlm.after.criticism.criticism import loo, loo_compare, loo_model_weights, pareto_k, waic
from stanmlm.after.criticism.elpd import Comparison, Elpd
from stanmlm.after.criticism.exogeneity import Exogeneity, check_exogeneity
from stanmlm.after.criticism.kfold import kfold
from stanmlm.after.criticism.log_lik import log_lik
from stanmlm.after.criticism.log_prior import log_prior
from stanmlm.after.criticism.power import Power, powerSim
from stanmlm.after.criticism.r_squared import bayes_R2, loo_R2
from stanmlm.after.criticism.residual_tests import (
    ResidualTest,
    check_dispersion,
    check_outliers,
    check_uniformity,
    check_zero_inflation,
    residual_tests,
)
from stanmlm.after.criticism.scaled_residuals import ScaledResiduals, scaled_residuals, simulate_residuals
from stanmlm.after.criticism.sensitivity import Sensitivity, powerscale
from stanmlm.after.effects.conditional import conditional_effects
from stanmlm.after.effects.datagrid import datagrid
from stanmlm.after.effects.effects import avg_comparisons, avg_predictions, avg_slopes, comparisons, predictions, slopes
from stanmlm.after.effects.hypothesis import Hypotheses, hypothesis
from stanmlm.after.effects.performance import check_collinearity, model_performance, r2
from stanmlm.after.effects.variance import icc, variance_decomposition
from stanmlm.after.equation.equation import Equation, equation
from stanmlm.after.margins.emmeans import emmeans, ref_grid
from stanmlm.after.margins.emtrends import emtrends
from stanmlm.after.margins.indices import equivalence, p_direction, rope
from stanmlm.after.margins.means import MarginalMeans, MeansAndContrasts
from stanmlm.after.margins.verbs import contrast, pairs, regrid
from stanmlm.after.predict.estimates import Estimates
from stanmlm.after.predict.fitted import fitted, posterior_interval, predict, residuals
from stanmlm.after.predict.poststratify import Poststratified, poststratify
from stanmlm.after.predict.predict import posterior_epred, posterior_linpred, posterior_predict
from stanmlm.after.predict.simulated import simulate
from stanmlm.after.tables.augment import augment
from stanmlm.after.tables.glance import glance
from stanmlm.after.tables.long_draws import epred_draws, linpred_draws, predicted_draws, residual_draws
from stanmlm.after.tables.model_table import ModelTable, modeltable
from stanmlm.after.tables.spread import gather_draws, spread_draws
from stanmlm.after.tables.summary import summary
from stanmlm.after.tables.to_arviz import to_arviz
from stanmlm.base.arguments import public as _public
from stanmlm.base.errors import (
    DataError,
    EngineError,
    FileError,
    FormulaError,
    OptionError,
    PriorError,
    StanmlmError,
    StanmlmWarning,
)
from stanmlm.base.habits import habits as _habits
from stanmlm.data.design import Design
from stanmlm.data.lformula import getME, lFormula, model_frame, model_matrix
from stanmlm.families import (
    Family,
    Gamma,
    acat,
    asym_laplace,
    beta_binomial,
    binomial,
    categorical,
    cratio,
    cumulative,
    custom_family,
    dirichlet,
    exgaussian,
    gaussian,
    geometric,
    hurdle_gamma,
    hurdle_lognormal,
    hurdle_negbinomial,
    hurdle_poisson,
    inverse_gaussian,
    lognormal,
    multinomial,
    nbinom1,
    negbinomial,
    ordbeta,
    poisson,
    shifted_lognormal,
    skew_normal,
    sratio,
    student,
    von_mises,
    weibull,
    zero_inflated_beta,
    zero_inflated_beta_binomial,
    zero_inflated_binomial,
    zero_inflated_negbinomial,
    zero_inflated_poisson,
    zero_one_inflated_beta,
)
from stanmlm.fit.diagnostics import Diagnostics, diagnostics
from stanmlm.fit.extract import coef, confint, fixef, ngrps, nobs, ranef, sigma, vcov
from stanmlm.fit.files.saved import load, save
from stanmlm.fit.fit import Fit
from stanmlm.fit.fitlist import FitList
from stanmlm.fit.fits import fits
from stanmlm.fit.joined import combine_models
from stanmlm.fit.lmlist import coefficients, lmList
from stanmlm.fit.printing import display
from stanmlm.fit.prior_summary import prior_summary
from stanmlm.fit.raw import as_draws_df, stancode, standata
from stanmlm.fit.tidy import odds_ratios, tidy
from stanmlm.fit.update import update
from stanmlm.fit.varcorr import VarCorr, as_data_frame
from stanmlm.fit.verbs import brm, glm, glmer, lm, lmer
from stanmlm.formula.bf import bf, lf
from stanmlm.lecture.classics import load_dataset
from stanmlm.lecture.datasets import load_anes, load_naes
from stanmlm.lecture.dummies import group_mean, makeFEdummies
from stanmlm.lecture.redblue import RedBlue, redblue
from stanmlm.lecture.surveys import state_facts
from stanmlm.lecture.teaching import simulate_counties, simulate_exams
from stanmlm.lecture.voters import simulate_redblue
from stanmlm.moved import keep_old_names as _keep_old_names
from stanmlm.plots import (
    check_model,
    plot_areas,
    plot_conditional_effects,
    plot_curves,
    plot_intervals,
    plot_pairs,
    plot_prior_posterior,
    plot_ranef,
    plot_rank,
    plot_residuals,
    plot_sbc,
    plot_slopes,
    plot_trace,
    pp_check,
)
from stanmlm.priors.covariance_spec import decov, lkj
from stanmlm.priors.prior_spec import (
    beta,
    cauchy,
    exponential,
    flat,
    gamma,
    inv_gamma,
    logistic,
    normal,
    set_prior,
    student_t,
    uniform,
)
from stanmlm.sampling.doctor import doctor
from stanmlm.sampling.engines.choose import choose_engine
from stanmlm.sampling.engines.recorded import Recorded, record

__version__ = "0.1.0"

__all__ = [
    "Calibration",
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
    "Gamma",
    "Hypotheses",
    "Ladder",
    "MarginalMeans",
    "MeansAndContrasts",
    "ModelTable",
    "OptionError",
    "Poststratified",
    "Power",
    "PriorError",
    "Recorded",
    "RedBlue",
    "ResidualTest",
    "ScaledResiduals",
    "Sensitivity",
    "StanmlmError",
    "StanmlmWarning",
    "VarCorr",
    "__version__",
    "acat",
    "as_data_frame",
    "as_draws_df",
    "asym_laplace",
    "augment",
    "avg_comparisons",
    "avg_predictions",
    "avg_slopes",
    "bayes_R2",
    "beta",
    "beta_binomial",
    "bf",
    "binomial",
    "brm",
    "categorical",
    "cauchy",
    "check_collinearity",
    "check_dispersion",
    "check_exogeneity",
    "check_model",
    "check_outliers",
    "check_uniformity",
    "check_zero_inflation",
    "choose_engine",
    "coef",
    "coefficients",
    "combine_models",
    "comparisons",
    "conditional_effects",
    "confint",
    "contrast",
    "cratio",
    "cumulative",
    "custom_family",
    "datagrid",
    "decov",
    "diagnostics",
    "dirichlet",
    "display",
    "doctor",
    "emmeans",
    "emtrends",
    "epred_draws",
    "equation",
    "equivalence",
    "exgaussian",
    "exponential",
    "fits",
    "fitted",
    "fixef",
    "flat",
    "gamma",
    "gather_draws",
    "gaussian",
    "geometric",
    "getME",
    "glance",
    "glm",
    "glmer",
    "group_mean",
    "hurdle_gamma",
    "hurdle_lognormal",
    "hurdle_negbinomial",
    "hurdle_poisson",
    "hypothesis",
    "icc",
    "inv_gamma",
    "inverse_gaussian",
    "kfold",
    "lFormula",
    "ladder",
    "lf",
    "linpred_draws",
    "lkj",
    "lm",
    "lmList",
    "lmer",
    "load",
    "load_anes",
    "load_dataset",
    "load_naes",
    "log_lik",
    "log_prior",
    "logistic",
    "lognormal",
    "loo",
    "loo_R2",
    "loo_compare",
    "loo_model_weights",
    "makeFEdummies",
    "model_frame",
    "model_matrix",
    "model_performance",
    "modeltable",
    "multinomial",
    "nbinom1",
    "negbinomial",
    "ngrps",
    "nobs",
    "normal",
    "odds_ratios",
    "ordbeta",
    "p_direction",
    "pairs",
    "pareto_k",
    "plot_areas",
    "plot_conditional_effects",
    "plot_curves",
    "plot_intervals",
    "plot_pairs",
    "plot_prior_posterior",
    "plot_ranef",
    "plot_rank",
    "plot_residuals",
    "plot_sbc",
    "plot_slopes",
    "plot_trace",
    "poisson",
    "posterior_average",
    "posterior_epred",
    "posterior_interval",
    "posterior_linpred",
    "posterior_predict",
    "poststratify",
    "powerSim",
    "powerscale",
    "pp_average",
    "pp_check",
    "predict",
    "predicted_draws",
    "predictions",
    "prior_summary",
    "r2",
    "ranef",
    "record",
    "redblue",
    "ref_grid",
    "regrid",
    "residual_draws",
    "residual_tests",
    "residuals",
    "rope",
    "save",
    "sbc",
    "scaled_residuals",
    "set_prior",
    "shifted_lognormal",
    "sigma",
    "simulate",
    "simulate_counties",
    "simulate_exams",
    "simulate_redblue",
    "simulate_residuals",
    "skew_normal",
    "slopes",
    "spread_draws",
    "sratio",
    "stancode",
    "standata",
    "state_facts",
    "student",
    "student_t",
    "summary",
    "tidy",
    "to_arviz",
    "uniform",
    "update",
    "variance_decomposition",
    "vcov",
    "von_mises",
    "waic",
    "weibull",
    "zero_inflated_beta",
    "zero_inflated_beta_binomial",
    "zero_inflated_binomial",
    "zero_inflated_negbinomial",
    "zero_inflated_poisson",
    "zero_one_inflated_beta",
]

globals().update({name: _public(globals()[name]) for name in __all__ if _inspect.isfunction(globals()[name])})
globals().update(_habits())
for _name in __all__:  # tracebacks say `stanmlm.FormulaError`: where it can be imported from
    if isinstance(_one := globals()[_name], type) and issubclass(_one, Exception):
        _one.__module__ = __name__
_keep_old_names()


def __dir__() -> list[str]:
    """What Tab shows: verbs and records, not modules."""
    return __all__
