"""R's verbs: `lm glm lmer glmer`, with rstanarm's arguments, and brms's `brm`."""

from collections.abc import Mapping
from typing import Unpack

from stanmlm.base.callers import caller_scope
from stanmlm.families import Family, FamilyLike, as_family, gaussian
from stanmlm.fit.call import Options, Scope, name_of
from stanmlm.fit.fit import Call, Fit
from stanmlm.fit.imputed import fit_data
from stanmlm.formula.bf import FormulaLike
from stanmlm.priors.prior_records import SetPrior


def lm(formula: FormulaLike, data: object = None, **options: Unpack[Options]) -> Fit:
    """A linear model with a posterior, as rstanarm's `stan_glm` with a gaussian family.

    Parameters
    ----------
    formula
        R's formula without bars, `"score ~ hours"`, or `bf(...)` with formulas of other parameters.
    data
        A pandas, polars or Arrow frame or a dict of arrays; variables that it lacks, or all where None, come from the
        caller's scope. Several imputed data sets, as a list or with a column `.imp`, are fitted one by one, and their
        draws joined.
    **options
        How to fit: `weights`, `subset`, priors, `chains`, `seed` and the others of `Options`.

    Returns
    -------
    Fit
        Print it, and ask it with `fixef`, `summary`, `posterior_epred` and the rest.

    Raises
    ------
    FormulaError
        For a formula that cannot be read, with a caret below what cannot.
    DataError
        For data that the formula or the family cannot use, with the rows.
    PriorError, OptionError
        For priors and options that do not exist, or have impossible values.
    EngineError
        Where Stan is missing or fails.

    Examples
    --------
    >>> from stanmlm import fixef, lm, simulate_exams
    >>> fixef(lm("score ~ hours", simulate_exams(seed=1), seed=1)).index.tolist()
    ['(Intercept)', 'hours']
    """
    return _verb("lm", formula, data, gaussian(), options, caller_scope(1))


def glm(formula: FormulaLike, data: object = None, family: FamilyLike = "gaussian", **options: Unpack[Options]) -> Fit:
    """A generalised linear model with a posterior, as rstanarm's `stan_glm`.

    Parameters
    ----------
    formula
        R's formula without bars, `"vote ~ income"`, or `bf(...)` with formulas of other parameters.
    data
        A pandas, polars or Arrow frame or a dict of arrays; variables that it lacks, or all where None, come from the
        caller's scope. Several imputed data sets, as a list or with a column `.imp`, are fitted one by one, and their
        draws joined.
    family
        `binomial`, `"binomial"`, `binomial(link="probit")`, and so on with `gaussian`, `poisson`, `negbinomial` and
        `student`.
    **options
        How to fit: `weights`, `subset`, priors, `chains`, `seed` and the others of `Options`.

    Returns
    -------
    Fit
        Print it, and ask it with `fixef`, `ranef`, `summary`, `posterior_epred` and the rest.

    Raises
    ------
    FormulaError
        For a formula that cannot be read, with a caret below what cannot.
    DataError
        For data that the formula or the family cannot use, with the rows.
    PriorError, OptionError
        For priors and options that do not exist, or have impossible values.
    EngineError
        Where Stan is missing or fails.

    Examples
    --------
    >>> from stanmlm import binomial, fixef, glm, simulate_redblue
    >>> voters = simulate_redblue(seed=1).query("year == 2000")
    >>> bool(fixef(glm("vote ~ income", voters, family=binomial, seed=1))["income"] > 0)
    True
    """
    return _verb("glm", formula, data, as_family(family), options, caller_scope(1))


def lmer(formula: FormulaLike, data: object = None, family: FamilyLike = "gaussian", **options: Unpack[Options]) -> Fit:
    """A linear multilevel model with a posterior: lme4's formula, rstanarm's priors.

    Parameters
    ----------
    formula
        lme4's formula, with a bar or several, `"score ~ hours + (1 + hours | student)"`, or `bf(...)` with formulas of
        other parameters.
    data
        A pandas, polars or Arrow frame or a dict of arrays; variables that it lacks, or all where None, come from the
        caller's scope. Several imputed data sets, as a list or with a column `.imp`, are fitted one by one, and their
        draws joined.
    family
        gaussian; with another one it does what `glmer` does, as lme4 once did.
    **options
        How to fit: `weights`, `subset`, priors, `chains`, `seed` and the others of `Options`.

    Returns
    -------
    Fit
        Print it, and ask it with `fixef`, `ranef`, `summary`, `posterior_epred` and the rest.

    Raises
    ------
    FormulaError
        For a formula that cannot be read, with a caret below what cannot.
    DataError
        For data that the formula or the family cannot use, with the rows.
    PriorError, OptionError
        For priors and options that do not exist, or have impossible values.
    EngineError
        Where Stan is missing or fails.

    Examples
    --------
    >>> from stanmlm import lmer, ngrps, simulate_exams
    >>> ngrps(lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1))
    {'student': 100}
    """
    given = as_family(family)
    verb = "lmer" if given == gaussian() else "glmer"
    return _verb(verb, formula, data, given, options, caller_scope(1))


def glmer(
    formula: FormulaLike, data: object = None, family: FamilyLike = "gaussian", **options: Unpack[Options]
) -> Fit:
    """A generalised linear multilevel model with a posterior: lme4's formula, rstanarm's priors.

    Parameters
    ----------
    formula
        lme4's formula, with a bar or several, `"vote ~ income + (1 + income | state)"`, or `bf(...)` with formulas of
        other parameters.
    data
        A pandas, polars or Arrow frame or a dict of arrays; variables that it lacks, or all where None, come from the
        caller's scope. Several imputed data sets, as a list or with a column `.imp`, are fitted one by one, and their
        draws joined.
    family
        `binomial`, `"binomial"`, `binomial(link="probit")`, and so on with `gaussian`, `poisson`, `negbinomial` and
        `student`. Without one it warns and does what `lmer` does, as lme4's.
    **options
        How to fit: `weights`, `subset`, priors, `chains`, `seed` and the others of `Options`.

    Returns
    -------
    Fit
        Print it, and ask it with `fixef`, `ranef`, `summary`, `posterior_epred` and the rest.

    Raises
    ------
    FormulaError
        For a formula that cannot be read, with a caret below what cannot.
    DataError
        For data that the formula or the family cannot use, with the rows.
    PriorError, OptionError
        For priors and options that do not exist, or have impossible values.
    EngineError
        Where Stan is missing or fails.

    Examples
    --------
    >>> from stanmlm import binomial, glmer, ngrps, simulate_redblue
    >>> voters = simulate_redblue(seed=1).query("year == 2000")
    >>> fit = glmer("vote ~ income + (1 + income | state)", voters, family=binomial, seed=1)
    >>> list(ngrps(fit))
    ['state']
    """
    return _verb("glmer", formula, data, as_family(family), options, caller_scope(1))


def brm(formula: FormulaLike, data: object = None, family: FamilyLike = "gaussian", **options: Unpack[Options]) -> Fit:
    """Any of these models with a posterior, as brms's `brm`: its formulas, and by default its priors.

    Parameters
    ----------
    formula
        `"y ~ x + (1 | g)"`, with bars or without, or `bf("y ~ x + (1 | g)", "sigma ~ x")`, with a formula for each
        distributional parameter.
    data
        A pandas, polars or Arrow frame or a dict of arrays; variables that it lacks, or all where None, come from the
        caller's scope. Several imputed data sets, as a list or with a column `.imp`, are fitted one by one, and their
        draws joined.
    family
        `student`, `"student"`, `binomial(link="probit")`, and so on.
    **options
        How to fit: `weights`, `subset`, priors, `chains`, `seed` and the others of `Options`. Priors are brms's where
        none are named, and `prior=` takes what brms's takes, `set_prior(...)` or a list of them, as `priors=` does.

    Returns
    -------
    Fit
        Print it, and ask it with `fixef`, `ranef`, `summary`, `posterior_epred` and the rest.

    Raises
    ------
    FormulaError
        For a formula that cannot be read, with a caret below what cannot.
    DataError
        For data that the formula or the family cannot use, with the rows.
    PriorError, OptionError
        For priors and options that do not exist, or have impossible values.
    EngineError
        Where Stan is missing or fails.

    Examples
    --------
    >>> from stanmlm import bf, brm, fixef, simulate_exams
    >>> fit = brm(bf("score ~ hours", "sigma ~ hours"), simulate_exams(seed=1), seed=1)
    >>> fixef(fit).index.tolist()
    ['(Intercept)', 'hours', 'sigma_(Intercept)', 'sigma_hours']
    """
    return _verb("brm", formula, data, as_family(family), _as_brms(options), caller_scope(1))


def _as_brms(options: Mapping[str, object]) -> dict[str, object]:
    """brms's `prior=` is `priors=` here, where `prior=` is rstanarm's."""
    given = dict(options)
    prior = given.get("prior")
    listed = prior if isinstance(prior, list | tuple) else [prior]
    if "priors" not in given and listed and all(isinstance(one, SetPrior) for one in listed):
        given["priors"] = given.pop("prior")
    return given


def _verb(
    verb: str, formula: FormulaLike, data: object, family: Family, options: Mapping[str, object], scope: Scope
) -> Fit:
    return fit_data(Call(verb, name_of(data, scope), dict(options)), formula, data, family, scope)
