"""What formulas and calls of other packages say, and what stanmlm has instead: brms, nlme, glmmTMB, mgcv, rstanarm."""

from itertools import chain


def _each(*entries: tuple[str, str]) -> dict[str, str]:
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
    ("bf brmsformula", "brms's: pass the formula itself, 'y ~ x + (1 | g)'; a model has one formula here"),
    ("nlf lf", "brms's: a model has one formula here, and it is linear"),
    ("mvbind mvbf", "brms's: a model has one response here; fit each by itself"),
    ("random Error", "a random term elsewhere: write `(1 | g)`"),
    ("strata cluster frailty", "of survival models, which are not fitted; a random intercept is `(1 | g)`"),
    ("Q", "patsy's: write the name between backticks"),
)

# What brms may have right of the response's bar.
_ADDITIONS = _each(
    ("weights", "weights are given by `weights=`"),
    ("subset", "rows are chosen by `subset=`"),
    ("rate", "an exposure is `offset(log(time))` in a poisson model"),
    ("cens trunc", "censored and truncated responses are not fitted"),
    ("se", "known standard errors are not fitted"),
    ("mi", "rows without a response are dropped"),
)

# Arguments of verbs elsewhere.
_ARGUMENTS = _each(
    ("random", "nlme's `random = ~ x | g` is `(x | g)` in the formula"),
    ("correlation autocor", "rows are independent here, given the group effects"),
    ("REML method", "a posterior has neither REML nor ML; leave it out"),
    ("nAGQ start verbose", "it steers an optimiser of lme4's; leave it out"),
    ("backend", "it is `engine=` here"),
    ("algorithm", "Stan's NUTS draws here, always; leave it out"),
    ("prior_PD", "it is `prior_only=` here"),
    ("sample_prior", "`prior_only=True` draws from the prior; `hypothesis(prior=)` takes such a fit"),
    ("QR", "columns are centred and rotated without being asked; leave it out"),
    ("init inits init_r", "chains start about a quick approximation of the posterior; leave it out"),
    ("refresh silent", "it is `progress=False` here"),
    ("burnin tune", "it is `warmup=` here, and `iter=` counts it"),
    ("draws samples", "it is `iter=` here, which counts `warmup=` too"),
    ("random_seed", "it is `seed=` here"),
    ("target_accept", "it is `adapt_delta=` here"),
)

_NAMES = {"Intercept": "brms's name of the constant: write `1`, and give its prior by `prior_intercept=`"}


def call_elsewhere(name: str) -> str:
    """`gr() is brms's: ...`, or nothing for a function that is not in the table."""
    return f"{name}() is {_CALLS[name]}" if name in _CALLS else ""


def name_elsewhere(name: str) -> str:
    """`; it is brms's name of ...`, or nothing."""
    return f"; it is {_NAMES[name]}" if name in _NAMES else ""


def addition_elsewhere(name: str) -> str:
    """What to say of an addition of brms's to a response, after `; `, or nothing."""
    return f"; {_ADDITIONS[name]}" if name in _ADDITIONS else ""


def argument_elsewhere(name: str) -> str:
    """`: what it is here`, or nothing."""
    return f": {_ARGUMENTS[name]}" if name in _ARGUMENTS else ""
