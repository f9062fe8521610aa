"""Multilevel models from an lme4 formula, with a full Bayesian posterior from Stan.

>>> import stanmlm as sm
>>> fit = sm.lmer("score ~ hours + (1 | student)", sm.simulate_exams(seed=1), seed=1)
>>> sm.ngrps(fit)
{'student': 100}
"""

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
from stanmlm.fitted import fitted, posterior_interval, predict, residuals, simulate
from stanmlm.hypothesis import Hypotheses, hypothesis
from stanmlm.keep import load, save
from stanmlm.kfold import kfold
from stanmlm.lecture import group_mean, makeFEdummies
from stanmlm.lformula import getME, lFormula, model_frame, model_matrix
from stanmlm.lmlist import FitList, coefficients, lmList
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
