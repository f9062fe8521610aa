"""What is done with marginal means: contrasts, pairs, and other scales."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Unpack, cast

import pandas as pd

from stanmlm.after.effects.contrast import Scenario, between_scenarios
from stanmlm.after.effects.estimands import EffectOptions
from stanmlm.after.margins.contrasts import How, Method, all_but, contrasts_of, interaction_of
from stanmlm.after.margins.means import SIMPLE, MarginalMeans, MeansAndContrasts, SimpleContrasts, shown_as
from stanmlm.after.margins.regridded import RESPONSE, regridded
from stanmlm.after.margins.scales import scale_named
from stanmlm.after.margins.specs import names_given
from stanmlm.after.predict.estimates import Estimates
from stanmlm.base.arguments import check_arguments, check_options
from stanmlm.base.errors import OptionError
from stanmlm.fit.fit import Fit

EACH = "each"  # of `simple=`: one factor after the other
OF_MEANS = ("by", "type", "level")  # what of EffectOptions contrasts of means take


def contrast(
    fit: Fit | MarginalMeans | MeansAndContrasts,
    a: Scenario | Method | None = None,
    b: Scenario | None = None,
    *,
    method: Method | None = None,
    interaction: bool | str | Sequence[str] = False,
    simple: str | Sequence[str | Sequence[str]] | None = None,
    ref: int | str | Sequence[int] | Sequence[str] | None = None,
    reverse: bool = False,
    max_degree: int | None = None,
    ratios: bool = True,
    comparison: str = "difference",
    **options: Unpack[EffectOptions],
) -> Estimates | MarginalMeans | SimpleContrasts:
    """Contrasts of marginal means; or, of a fit, of the expected responses in two scenarios.

    Parameters
    ----------
    fit
        What `emmeans`, `emtrends`, `ref_grid` or `contrast` gives, as in R's emmeans; or a fit.
    a, b
        Of a fit: values by variable, one or several each, or a data frame. Variables that neither names stand at their
        typical values (`datagrid`), one that only the other names at the typical value too. One row goes with any
        number. Of marginal means `a` is `method`.
    method
        Of marginal means: "eff" (the default), "pairwise", "revpairwise", "trt.vs.ctrl", "trt.vs.ctrlk", "poly",
        "consec", "mean_chg", "del.eff", "identity", or coefficients by name, `{"b, c - a": [-1, 0.5, 0.5]}`.
    interaction
        Contrasts of contrasts: True for `method` of every factor, or methods factor by factor.
    simple
        Factors to contrast within each combination of all others; "each" for one after the other, or lists of factors
        for several such tables. None for groups by `by`.
    ref
        The control of "trt.vs.ctrl": levels, or their numbers from 1.
    reverse
        Whether differences are taken the other way round.
    max_degree
        The highest degree of "poly"; the sixth, or as many as levels allow, where None.
    ratios
        Whether contrasts of logs and of logits are ratios, and odds ratios, with `type="response"`.
    comparison
        Of a fit: "difference" (a - b), "ratio", "lnratio", "oddsratio", "lnor" or "lift".
    **options
        Of marginal means `by` (those of the means by default), `type` and `level`; of a fit `EffectOptions`, where
        `by=True` averages over the rows of the scenarios.

    Returns
    -------
    MarginalMeans, SimpleContrasts or Estimates
        Of marginal means `.frame` has `contrast`, the factors of `by`, `estimate` (with `type="response"` `ratio` or
        `odds.ratio`), `lower.HPD`, `upper.HPD`. Of a fit `contrast`, `estimate`, `conf.low`, `conf.high`, a row a pair
        of scenario rows.

    Raises
    ------
    DataError
        For unknown variables, and scenarios of different lengths.
    OptionError
        For unknown methods, factors and options.

    Notes
    -----
    `contrast` of R's emmeans 1.8 (Lenth); scenarios are simcf's first differences (Adolph). There is no `adjust=`:
    it is about error rates of tests, and draws of all contrasts are joint.

    Examples
    --------
    >>> from stanmlm import contrast, lmer, ref_grid, simulate_exams
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> contrast(ref_grid(fit, at={"hours": [0, 1]}), "revpairwise").frame["contrast"].tolist()
    ['hours1 - hours0']
    >>> contrast(fit, {"hours": 1}, {"hours": 0}).frame["contrast"].tolist()
    ['(hours=1) - (hours=0)']
    """
    check_arguments(contrast, locals())
    if isinstance(fit, Fit):
        return _of_fit(fit, a, b, comparison, options)
    if b is not None:
        raise OptionError("a and b are scenarios for a fit; marginal means take method=")
    given = a if method is None else method
    how = _how(fit, "eff" if given is None else given, dict(options))
    if max_degree is not None and max_degree < 1:
        raise OptionError(f"max_degree is {max_degree}; it is a degree of polynomials, from 1 on")
    how = replace(how, ref=ref, reverse=reverse, max_degree=max_degree, ratios=ratios)
    means = _means_of(fit)

    def made(how: How) -> MarginalMeans:
        found = _interaction(means, how, interaction) if interaction else contrasts_of(means, how)
        return shown_as(found, options.get("type"), options.get("level"))

    return _by_factors(means, how, simple, made)


def pairs(
    means: MarginalMeans | MeansAndContrasts,
    *,
    reverse: bool = False,
    by: str | Sequence[str] | None = None,
    simple: str | Sequence[str | Sequence[str]] | None = None,
    type: str | None = None,
    level: float | None = None,
) -> MarginalMeans | SimpleContrasts:
    """All pairwise differences of marginal means, in each group of `by=`.

    Parameters
    ----------
    means
        What `emmeans`, `emtrends` or `ref_grid` gives.
    reverse
        The later level minus the earlier one.
    by
        Factors within whose levels pairs stay; those of the means where None.
    simple
        Factors to compare within each combination of all others; "each" for one after the other, or lists of factors
        for several such tables. None for no such choice.
    type
        "link" or "response", with which differences of logs are ratios, and of logits odds ratios; that of the means
        where None.
    level
        Posterior probability of the intervals; that of the means where None.

    Returns
    -------
    MarginalMeans or SimpleContrasts
        `.frame` has `contrast`, the groups, `estimate` (or `ratio`, `odds.ratio`), `lower.HPD` and `upper.HPD`; with
        several tables, each factor's in `["f"]`.

    Raises
    ------
    OptionError
        For unknown factors and types.

    Examples
    --------
    >>> from stanmlm import emmeans, lmer, pairs, simulate_exams
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> pairs(emmeans(fit, "hours", at={"hours": [0, 1]})).frame["contrast"].tolist()
    ['hours0 - hours1']
    """
    check_arguments(pairs, locals())
    own = _means_of(means)
    groups = own.by if by is None else names_given("by", by)
    how = How("revpairwise" if reverse else "pairwise", groups)
    return _by_factors(own, how, simple, lambda how: shown_as(contrasts_of(own, how), type, level))


def regrid(means: MarginalMeans | MeansAndContrasts, transform: str = "response") -> MarginalMeans:
    """Marginal means as draws on another scale, on which contrasts and further averages are taken.

    Parameters
    ----------
    means
        What `emmeans`, `ref_grid` or `contrast` gives.
    transform
        "response"; a link such as "log" or "logit", from the response's scale on; "none" for draws as they are.

    Returns
    -------
    MarginalMeans
        The same rows; differences of these are of probabilities, say, where those before were of logits.

    Raises
    ------
    OptionError
        For unknown scales, and where draws have no value there.

    Examples
    --------
    >>> from stanmlm import emmeans, glm, pairs, regrid, simulate_redblue
    >>> fit = glm("vote ~ income", simulate_redblue(seed=1, n=500), family="binomial", seed=1)
    >>> pairs(regrid(emmeans(fit, "income", at={"income": [-1, 1]}))).estimate
    'estimate'
    """
    check_arguments(regrid, locals())
    if transform not in (*RESPONSE, "none"):
        scale_named(transform)
    return regridded(_means_of(means), transform)


def _of_fit(fit: Fit, a: object, b: object, comparison: str, options: Mapping[str, object]) -> Estimates:
    for name, given in (("a", a), ("b", b)):
        if not isinstance(given, Mapping) and (isinstance(given, str) or given is None):
            raise OptionError(f"{name} is {given!r}; of a fit, a and b are scenarios, values by variable each: "
                              "contrasts of levels are those of emmeans(fit, specs)")  # fmt: skip
    return between_scenarios(fit, cast(Scenario, a), cast(Scenario, b), comparison, **cast(EffectOptions, options))


def _means_of(given: MarginalMeans | MeansAndContrasts) -> MarginalMeans:
    return given.emmeans if isinstance(given, MeansAndContrasts) else given


def _how(given: MarginalMeans | MeansAndContrasts, method: object, options: dict[str, object]) -> How:
    check_options(EffectOptions, {name: value for name, value in options.items() if name != "by" or value is not None})
    for name in options:
        if name not in OF_MEANS:
            raise OptionError(f"{name}= is for contrasts of a fit; marginal means have theirs already")
    if isinstance(method, pd.DataFrame) or not isinstance(method, str | Mapping):
        raise OptionError("the method of marginal means is the name of one, or coefficients by name")
    if isinstance(method, Mapping) and not method:
        raise OptionError("the method has no coefficients; some read {'b - a': [-1, 1]}")
    by = options.get("by", _means_of(given).by)
    if isinstance(by, bool):
        raise OptionError("by= names factors of the marginal means")
    return How(method, names_given("by", cast(str | Sequence[str], by)) if by else ())


def _by_factors(
    means: MarginalMeans, how: How, simple: object, made: Callable[[How], MarginalMeans]
) -> MarginalMeans | SimpleContrasts:
    """Contrasts of some factors within all others: one table, or one for each of several choices of factors."""
    if simple is None:
        return made(how)
    if simple == EACH and EACH not in means.grid.levels:
        several: list[object] = list(means.grid.levels)
    elif isinstance(simple, str) or all(isinstance(name, str) for name in cast(Sequence[object], simple)):
        return made(replace(how, by=all_but(names_given("simple", cast(Sequence[str], simple)), means)))
    else:
        several = list(cast(Sequence[object], simple))
    choices = [names_given("simple", cast(Sequence[str], one)) for one in several]
    tables = {f"{SIMPLE}{'*'.join(names)}": made(replace(how, by=all_but(names, means))) for names in choices}
    return SimpleContrasts(tables)


def _interaction(means: MarginalMeans, how: How, interaction: bool | str | Sequence[str]) -> MarginalMeans:
    asked = how.method if isinstance(interaction, bool) else interaction
    methods = [asked] if isinstance(asked, str) else list(asked)
    if not methods or isinstance(asked, Mapping):
        raise OptionError('contrasts of contrasts are of named kinds: interaction="pairwise"')
    return interaction_of(means, methods, how.by)
