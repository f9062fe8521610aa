"""What formulas and calls of other packages say, and what stanmlm has instead: brms, nlme, glmmTMB, mgcv, rstanarm."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import TypeVar

T = TypeVar("T")

_OF_PREDICTIONS = "of predict(), posterior_epred() and their kin"


def _each(*entries: tuple[str, T]) -> dict[str, T]:
    """A table by name, from entries that may name several."""
    return dict(chain.from_iterable(((name, words) for name in names.split()) for names, words in entries))


# Functions that a formula may call elsewhere: whose they are, and what to write.
_CALLS = _each(
    ("gr", "brms's: write the factor itself, `(1 | g)`; its `by=`, `cov=` and `dist=` are not fitted"),
    ("mm", "brms's: a row has one level of a factor here; factors that cross are `(1 | a) + (1 | b)`"),
    ("s t2 te ti lo gp", "a smooth, which is not fitted; `ns(x, df = 4)`, `bs(x, df = 5)` and `poly(x, 3)` are curves"),
    ("mo", "brms's: an ordered factor has `contr.poly` columns here, `as.numeric(x)` is one straight line"),
    ("me", "brms's: a predictor counts as measured without error here; write `x`"),
    ("mi", "brms's: rows with missing values are dropped here; impute them before"),
    ("ar ma arma car sar cosy unstr fcor", "brms's: rows are independent here, given the group effects"),
    ("us", "glmmTMB's: write `(1 + x | g)`, whose coefficients correlate"),
    ("diag", "glmmTMB's: write `(1 + x || g)`, whose coefficients do not correlate"),
    ("cs ar1 ou toep rr", "a covariance that is not fitted; `(1 + x | g)` has any, `(1 + x || g)` no correlation"),
    ("bf brmsformula lf", 'brms\'s: it stands outside the text, `bf("y ~ x", "sigma ~ x")`'),
    ("nlf", "brms's: formulas are linear here"),
    ("mvbind mvbf", "brms's: a model has one response here; fit each by itself"),
    ("random Error", "a random term elsewhere: write `(1 | g)`"),
    ("strata cluster frailty", "of survival models with a baseline hazard; a random intercept is `(1 | g)`"),
    ("Q", "patsy's: write the name between backticks"),
)

# What brms may have right of the response's bar.
_ADDITIONS = _each(
    ("mi index", "rows without a response are dropped"),
)


@dataclass(frozen=True)
class _Argument:
    """An argument elsewhere."""

    here: Mapping[str, str]  # what it may be: a function's own argument, and what to add to "it is `that=` here"
    otherwise: str  # what to say where the function has none of them; "" for nothing


def _same(*names: str) -> dict[str, str]:
    return dict.fromkeys(names, "")


# Arguments of functions elsewhere: the first of `here` that a function has is what it is there.
_ARGUMENTS = _each(
    ("random", _Argument({}, "nlme's `random = ~ x | g` is `(x | g)` in the formula")),
    ("correlation autocor", _Argument({}, "rows are independent here, given the group effects")),
    (
        "REML method",
        _Argument({"method": ""}, "a posterior has neither REML nor ML, and no profiles; leave it out"),
    ),
    ("nAGQ start verbose", _Argument({}, "it steers an optimiser of lme4's; leave it out")),
    ("algorithm", _Argument({}, "Stan's NUTS draws here, always; leave it out")),
    ("backend", _Argument(_same("engine"), "it is `engine=` of the verbs that fit")),
    ("prior_PD", _Argument(_same("prior_only"), "it is `prior_only=` of the verbs that fit")),
    (
        "sample_prior",
        _Argument(_same("sample_prior"), "it is `sample_prior=` of the verbs that fit; hypothesis(prior=) takes one"),
    ),
    ("QR", _Argument({}, "columns are centred and rotated without being asked; leave it out")),
    ("init inits init_r", _Argument({}, "chains start about a quick approximation of the posterior; leave it out")),
    (
        "refresh silent",
        _Argument({"progress": ", True or False"}, "only the verbs that fit show it; leave it out"),
    ),
    ("burnin tune", _Argument({"warmup": ", and `iter=` counts it"}, "it is `warmup=` of the verbs that fit")),
    (
        "ndraws nsamples n_draws n_samples draws samples nreps",
        _Argument(
            {"draws": "", "nsim": "", "iter": ", which counts `warmup=` too"}, "every draw is used here; leave it out"
        ),
    ),
    ("draw_ids", _Argument({"draws": ", how many of them"}, "every draw is used here; leave it out")),
    ("random_seed random_state", _Argument(_same("seed"), "it is `seed=` of the verbs that fit")),
    ("target_accept", _Argument(_same("adapt_delta"), "it is `adapt_delta=` of the verbs that fit")),
    ("re_form re_formula", _Argument(_same("re_formula"), f"it is `re_formula=` {_OF_PREDICTIONS}")),
    (
        "allow_new_levels sample_new_levels new_levels",
        _Argument({"new_levels": ', "draw", "zero" or "error"'}, f"it is `new_levels=` {_OF_PREDICTIONS}"),
    ),
    ("condVar postVar", _Argument({}, 'covariances always come along, `ranef(fit)[group].attrs["postVar"]`')),
    ("class", _Argument(_same("class_"), "it is `class_=` of set_prior() and hypothesis()")),
    (
        "probs prob",
        _Argument(_same("probs", "prob", "level"), "summary(fit, probs=) and posterior_interval() have them"),
    ),
    ("conf_level", _Argument(_same("level", "prob"), "confint(fit, level=) has intervals")),
    (
        "robust",
        _Argument({}, "estimates are posterior means; summary(fit) shows medians, as_draws_df(fit) all draws"),
    ),
    ("summary", _Argument({}, "summary() is a function of its own here, and as_draws_df(fit) has every draw")),
    ("weights subset offset na_action", _Argument({}, "it is an argument of the verbs that fit, and the fit keeps it")),
    ("newdata data", _Argument(_same("newdata", "data", "frame"), "the fit's own data are used here; leave it out")),
    (
        "adjust",
        _Argument({}, "it corrects p-values and intervals for the number of tests; draws are joint and test nothing"),
    ),
    (
        "transform tran",
        _Argument(
            {"regrid": ", a scale that means are moved to before they are averaged"},
            "scales are changed by `posterior_linpred(transform=)` and `emmeans(regrid=)`",
        ),
    ),
    ("cov_reduce cov_keep", _Argument(_same("at"), "emmeans(fit, specs, at=) has it")),
    ("fmt", _Argument(_same("digits"), "it is `digits=` of summary(), display() and modeltable()")),
    ("point_est", _Argument({}, "marginal means show posterior medians; `.draws` has all else")),
    (
        "posterior_predict",
        _Argument({"draw": ", a NumPy function of (rng, *dpars, *vars)"}, "it is `draw=` of custom_family()"),
    ),
    (
        "posterior_epred",
        _Argument({"mean": ", a NumPy function of (*dpars, *vars)"}, "it is `mean=` of custom_family()"),
    ),
    (
        "log_lik",
        _Argument(
            {"log_density": ", a NumPy function of (y, *dpars, *vars)"}, "it is `log_density` of custom_family()"
        ),
    ),
    ("stanvars", _Argument({"stan": ", the text of functions"}, "it is `stan=` of custom_family()")),
    ("specials", _Argument({}, "brms's own use alone; leave it out")),
    ("object model", _Argument(_same("fit", "fits"), "what a function works on comes first, without a name")),
)

# Families elsewhere: what to write, or why there is none.
_FAMILIES = _each(
    ("bernoulli Bernoulli", "brms's: write `binomial`, which reads 0 and 1 as well as counts"),
    ("normal Gaussian Normal", "`gaussian` here"),
    (
        "wiener cox com_poisson compois tweedie frechet gen_extreme_value gev discrete_weibull hurdle_cumulative "
        "zero_inflated_asym_laplace logistic_normal dirichlet2 xbeta mixture genpois bell",
        "not here yet: fit it with brms, or glmmTMB",
    ),
    ("truncated_poisson", "glmmTMB's: write `hurdle_poisson`, or `y | trunc(lb = 1) ~ x` for counts without zeros"),
    (
        "truncated_nbinom2 truncated_nbinom1 truncated_genpois truncated_compois",
        "glmmTMB's: write `hurdle_negbinomial`, or `y | trunc(lb = 1) ~ x` for counts without zeros",
    ),
    ("ordered ordinal ocat", "`cumulative` here"),
    ("brmsfamily", "brms's: write the family itself, as in `student`"),
    ("logit logistic probit", 'a link: write `binomial`, whose link is "logit", or `binomial(link="probit")`'),
    (
        "quasibinomial quasi quasipoisson",
        "no probability model, so it has no posterior; write `binomial` or `poisson` with an effect for each row, "
        "`(1 | row)`",
    ),
)

# Verbs elsewhere that a posterior answers in another way.
_VERBS = _each(
    (
        "anova Anova ranova lrtest PBmodcomp KRmodcomp",
        "tests models by likelihood ratios or F: loo_compare(fit0, fit1) compares how they predict, and "
        'hypothesis(fit, "x > 0"), comparisons(fit, "x") and emmeans(fit, "f") say what a predictor does',
    ),
    (
        "AIC BIC AICc DIC deviance",
        "penalises the likelihood at one estimate: loo(fit) and waic(fit) have the expected log predictive density of "
        "the whole posterior, whose looic is on the scale of AIC",
    ),
    (
        "logLik",
        "is of one estimate: log_lik(fit) has the log likelihood of every row under every draw, loo(fit) sums up how "
        "well rows are predicted",
    ),
    (
        "drop1 add1 step stepAIC dredge",
        "selects terms, after which no interval holds what it promises: loo_compare(fit0, fit1) compares models that "
        "mean something, ladder({...}) shows several side by side, and priors keep small effects small",
    ),
    (
        "profile bootMer",
        "looks for uncertainty about an estimate: draws have it, confint(fit), summary(fit) and as_draws_df(fit)",
    ),
    (
        "isSingular allFit refitML",
        "is about an optimiser at the edge of variances: diagnostics(fit) says whether the draws can be trusted, "
        "VarCorr(fit) how large the variances are",
    ),
    ("glht cld joint_tests", 'tests several contrasts: pairs(emmeans(fit, "f")) has their joint draws'),
    ("lsmeans lstrends", 'is emmeans(fit, "f") here, and emtrends(fit, "f", var="x")'),
    ("marginaleffects marginalmeans", 'is slopes(fit), avg_slopes(fit) and emmeans(fit, "f") here'),
    (
        "modelsummary tab_model screenreg texreg htmlreg stargazer",
        "makes tables of models: modeltable([fit1, fit2]) here",
    ),
    (
        "brm_multiple",
        "fits imputed data sets and joins the draws: brm(formula, data=[data1, data2]) does, or a frame with mice's "
        "column .imp, and so do lm(), glm(), lmer() and glmer()",
    ),
    ("model_weights", "is loo_model_weights(fit0, fit1) here; pp_average(fit0, fit1) averages what models predict"),
    (
        "loo_moment_match",
        "moves draws to where a row with a large Pareto k is left out: loo(fit, reloo=True) fits again without each of "
        "those rows, which is exact, and equal rows share a fit",
    ),
    (
        "loo_subsample",
        "looks at some rows where all are too many: loo(fit) smooths each distinct row once, in pieces, and "
        "loo(fit, max_bytes=) needs no more memory than that",
    ),
    (
        "add_criterion add_ic add_loo add_waic",
        "keeps a criterion within the fit: here it stands by itself, elpd = loo(fit), and loo_compare(elpd, other) and "
        "loo_model_weights(elpd, other) take it in the place of the fit",
    ),
    ("equivalence_test", "is equivalence(fit) here"),
    ("vif multicollinearity", "is check_collinearity(fit) here"),
    ("r2_nakagawa r2_bayes", 'is r2(fit) here, and bayes_R2(fit), bayes_R2(fit, re_formula="NA")'),
    ("simulateResiduals createDHARMa", "is simulate_residuals(fit) here, scaled_residuals(...) of simulations at hand"),
    (
        "testResiduals testUniformity testDispersion testOutliers testZeroInflation check_overdispersion "
        "check_zeroinflation",
        "tests scaled residuals: with residuals = simulate_residuals(fit), residual_tests(residuals), "
        "check_uniformity(residuals), check_dispersion, check_outliers and check_zero_inflation",
    ),
)

_NAMES = {"Intercept": "brms's name of the constant: write `1`, and give its prior by `prior_intercept=`"}


def call_elsewhere(name: str) -> str:
    """`gr() is brms's: ...`, or nothing for a function that is not in the table."""
    return f"{name}() is {_CALLS[name]}" if name in _CALLS else ""


def name_elsewhere(name: str) -> str:
    """`; it is brms's name of ...`, or nothing."""
    return f"; it is {_NAMES[name]}" if name in _NAMES else ""


def family_elsewhere(name: str) -> str:
    """``bernoulli` is brms's: ...``, or nothing for a family that is not in the table."""
    called = name.partition("(")[0].strip()
    return f"`{called}` is {_FAMILIES[called]}" if called in _FAMILIES else ""


def addition_elsewhere(name: str) -> str:
    """What to say of an addition of brms's to a response, after `; `, or nothing."""
    return f"; {_ADDITIONS[name]}" if name in _ADDITIONS else ""


def verbs_elsewhere() -> Mapping[str, str]:
    """By the name of a verb elsewhere what it does, and what does it here."""
    return _VERBS


def argument_elsewhere(name: str, known: Collection[str]) -> str:
    """`: what it is here`, in a function with the arguments `known`, or nothing; R's dots are underscores."""
    foreign = _ARGUMENTS.get(name.replace(".", "_"))
    if foreign is None:
        return ""
    own = next((f"it is `{ours}=` here{more}" for ours, more in foreign.here.items() if ours in known), "")
    words = own or foreign.otherwise
    return f": {words}" if words else ""


def arguments_elsewhere() -> tuple[str, ...]:
    """Every argument that `argument_elsewhere` knows."""
    return tuple(_ARGUMENTS)
