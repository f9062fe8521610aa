"""`print(fit)` in lme4's layout, with Rhat and effective sizes; `display(fit)` in arm's."""

from collections.abc import Mapping

import numpy as np

from stanmlm.base.arguments import check_arguments
from stanmlm.base.arrays import Ints
from stanmlm.base.layout import beside, covariance_table, format_common, format_fixed, html_text, table
from stanmlm.base.outlets import tell
from stanmlm.data.design import predictors
from stanmlm.fit.diagnostics import Checks, checks, complaints, diagnosed, warnings_of
from stanmlm.fit.draws import coefficient_names, coefficients_of
from stanmlm.fit.extract import fixef, ngrps, nobs, sigma
from stanmlm.fit.fit import Fit, draws_of, n_draws
from stanmlm.fit.varcorr import VarCorr, print_varcorr
from stanmlm.formula.formula import formula_lines, formula_text
from stanmlm.priors.parameters import SIGMA, groupings, named

_TITLES: Mapping[str, str] = {
    "lm": "Linear model, posterior by Stan ['lm']",
    "glm": "Generalized linear model, posterior by Stan ['glm']",
    "lmer": "Linear mixed model, posterior by Stan ['lmer']",
    "glmer": "Generalized linear mixed model, posterior by Stan ['glmer']",
    "brm": "Regression model, posterior by Stan ['brm']",
}
DIGITS = 4  # lme4's max(3, getOption("digits") - 3)


def print_fit(fit: Fit) -> str:
    """The text of `print(fit)`: lme4's sections, posterior means in lme4's places, then what the sampler has to say."""
    found = checks(fit)
    sections = [_TITLES[fit.call.verb], *_header(fit)]
    if fit.model.design.terms:
        sections += ["Random effects:", _random_effects(fit, found)]
    sections += _observations(fit)
    sections += ["Fixed Effects:", _fixed_effects(fit, found), *_auxiliary(fit, found), *_dropped(fit)]
    sections += [how_drawn(fit)]
    told = warnings_of(fit) if fit.imputed else complaints(diagnosed(fit, found), fit.sampling)
    return "\n".join([*sections, *(f"Warning: {text}" for text in told)])


def html_fit(fit: Fit) -> str:
    """The same for notebooks."""
    return html_text(print_fit(fit))


def _header(fit: Fit) -> list[str]:
    family = fit.model.family
    own = [of.dpar for of in predictors(fit.model.design) if of.dpar not in dict(fit.model.formula.by_threshold)]
    links, plain = "; ".join(f"{dpar} = {family.links[dpar].name}" for dpar in own), len(own) == 1
    lines = [] if plain and fit.call.verb in ("lm", "lmer") else [f" Family: {family.name}  ( {family.link.name} )"]
    lines += [] if plain else [f"  Links: {links}"]
    lines.append("Formula: " + "\n         ".join(formula_lines(fit.model.formula)))
    if fit.call.data_name:
        lines.append(f"   Data: {fit.call.data_name}")
    lines += [
        f"{name.title():>7}: {fit.call.arguments[name]}"
        for name in ("weights", "offset", "subset")
        if isinstance(fit.call.arguments.get(name), str)
    ]
    if fit.model.prior_only:
        lines.append(" Priors only: the data do not enter")
    return lines


def _random_effects(fit: Fit, found: Checks) -> str:
    left = print_varcorr(VarCorr(fit), DIGITS)
    rows = [_worst(found, row) for row in _rows_of_varcorr(fit, found)]
    residual = [_worst(found, found.places["sigma"])] if "sigma" in found.places else []
    return beside(left, ("Rhat", "Bulk_ESS", "Tail_ESS"), [*rows, *residual])


def _rows_of_varcorr(fit: Fit, found: Checks) -> list[Ints]:
    """For each row of the table what it sums up, as places in the checks: the sd, its correlations with rows above."""
    book, rows = fit.model.ledger, []
    for bar in (bar for grouping in groupings(fit.model.design) for bar in grouping.bars):
        pairs, second = book.of("cor", bar), np.triu_indices(len(book.of("sd", bar)), 1)[1]
        for k, row in enumerate(book.of("sd", bar)):
            above = [pair for pair, other in zip(pairs, second, strict=True) if other == k]
            rows.append(np.array([found.places[each.variable].start + each.place[-1] for each in (row, *above)]))
    return rows


def _worst(found: Checks, at: Ints | slice) -> tuple[str, str, str]:
    """The worst Rhat and effective sizes of some parameters."""
    worst = ((found.rhat[at].max(), 2), (found.bulk[at].min(), 0), (found.tail[at].min(), 0))
    first, second, third = (format_fixed([float(value)], decimals)[0] for value, decimals in worst)
    return first, second, third


def _fixed_effects(fit: Fit, found: Checks) -> str:
    flat = coefficients_of(fit)
    variables = [variable.name for variable in fit.model.ledger.variables if variable.kind == "b"]
    at = np.concatenate([np.r_[found.places[name]] for name in variables]).astype(int)
    if not flat.shape[-1]:
        return "No fixed effect coefficients" if fit.model.design.terms else "No coefficients"
    columns = [
        ("Estimate", format_common(list(flat.mean(axis=0)), DIGITS)),
        ("Est.Error", format_common(list(flat.std(axis=0, ddof=1)), DIGITS)),
        ("Rhat", format_fixed(list(found.rhat[at]), 2)),
        ("Bulk_ESS", format_fixed(list(found.bulk[at]), 0)),
        ("Tail_ESS", format_fixed(list(found.tail[at]), 0)),
    ]
    return table(list(coefficient_names(fit)), columns)


def _auxiliary(fit: Fit, found: Checks) -> list[str]:
    """Numbers of the family that no table of random effects has shown, as it does `sigma`."""
    shown = ("sigma",) if fit.model.design.terms else ()
    names = [row.variable for row in fit.model.ledger.of("dpar") if row.variable not in shown]
    if not names:
        return []
    worst = [_worst(found, found.places[name]) for name in names]
    columns = [
        ("Estimate", format_common([float(draws_of(fit, name).mean()) for name in names], DIGITS)),
        ("Est.Error", format_common([float(draws_of(fit, name).std(ddof=1)) for name in names], DIGITS)),
        *((head, [row[i] for row in worst]) for i, head in enumerate(("Rhat", "Bulk_ESS", "Tail_ESS"))),
    ]
    return ["Auxiliary:", table(names, columns)]


def _observations(fit: Fit) -> list[str]:
    """lme4's line of sizes, and R's words for rows that were left out."""
    groups = "; ".join(f"{group}, {levels}" for group, levels in ngrps(fit).items())
    counted = f"Number of obs: {nobs(fit)}" + (f", groups:  {groups}" if groups else "")
    frame = fit.model.frame
    lost = frame.n_data - len(frame.rows)
    rows = "observation" if lost == 1 else "observations"
    return [counted, *([f"  ({lost} {rows} deleted due to missingness)"] if lost else [])]


def _dropped(fit: Fit) -> list[str]:
    """lme4's message on a rank-deficient design; R's `lm` calls such coefficients aliased."""
    dropped = [named(of.dpar, name) for of in predictors(fit.model.design) for name in of.dropped]
    if not dropped:
        return []
    columns = "column" if len(dropped) == 1 else "columns"
    return [f"fit rank deficient: dropped {len(dropped)} {columns}: {', '.join(dropped)}"]


def how_drawn(fit: Fit) -> str:
    """One line: draws, engine, version and seconds."""
    how = fit.sampling
    delta = "" if how.adapt_delta == 0.8 else f", adapt_delta {how.adapt_delta:g}"
    sets = f"{len(fit.imputed)} data sets, " if fit.imputed else ""
    chains = f"{sets}{how.chains} chain{'s' * (how.chains != 1)}, {how.warmup} + {how.iter - (how.warmup or 0)}{delta}"
    return f"Posterior means; {n_draws(fit)} draws ({chains}) by {fit.engine} {fit.version} in {sum(fit.seconds):.1f} s"


def display(fit: Fit, digits: int = 2) -> None:
    """Print a fit as arm's `display` does: the call, `coef.est coef.se`, the error terms, the sizes.

    Estimates are posterior means, `coef.se` posterior standard deviations.

    Parameters
    ----------
    fit
        A fit.
    digits
        Digits after the point.

    Raises
    ------
    OptionError
        For something else than a fit, and for digits below 0 or over 20.

    Examples
    --------
    >>> from stanmlm import display, lmer, simulate_exams
    >>> exams = simulate_exams(seed=1)
    >>> display(lmer("score ~ hours + (1 | student)", exams, seed=1))
    lmer(formula = score ~ hours + (1 | student), data = exams)
    ...
    """
    check_arguments(display, locals())
    tell(display_text(fit, digits), "stdout")


def display_text(fit: Fit, digits: int = 2) -> str:
    """What `display` prints."""
    estimates = fixef(fit, add_dropped=True)
    errors = dict(zip(coefficient_names(fit), coefficients_of(fit).std(axis=0, ddof=1), strict=True))
    columns = [
        ("coef.est", format_fixed(list(estimates), digits)),
        ("coef.se", format_fixed([errors.get(name, np.nan) for name in estimates.index], digits)),
    ]
    lines = [_call_text(fit), table(list(estimates.index), columns) if len(estimates) else "No coefficients"]
    if fit.model.design.terms:
        groups = ", ".join(f"{group}, {levels}" for group, levels in ngrps(fit).items())
        lines += ["", "Error terms:", _error_terms(fit, digits), "---", f"number of obs: {nobs(fit)}, groups: {groups}"]
    else:
        lines += ["---", f"n = {nobs(fit)}, k = {len(estimates)}"]
        lines += [f"residual sd = {sigma(fit):.{digits}f}"] if fit.model.ledger.has(SIGMA) else []
    return "\n".join(lines)


def _error_terms(fit: Fit, digits: int) -> str:
    """arm shows every sd with the same decimals, and a residual of 1 where the family has none.

    One that differs from row to row is no number.
    """
    found = VarCorr(fit)
    terms = [(term.group, term.coefs, term.sd, term.cor) for term in found.terms]
    predicted = any(of.dpar == SIGMA.dpar for of in fit.model.design.others)
    residual = found.sigma if found.sigma is not None or predicted else 1.0
    return covariance_table(terms, residual, digits + 2, decimals=digits)


def _call_text(fit: Fit) -> str:
    family = fit.model.family
    link = "" if family.link.name == family.location.links[0] else f'(link = "{family.link.name}")'
    parts = [f"formula = {formula_text(fit.model.formula)}"]
    parts += [f"data = {fit.call.data_name}"] if fit.call.data_name else []
    parts += [] if fit.call.verb in ("lm", "lmer") else [f"family = {family.name}{link}"]
    return f"{fit.call.verb}({', '.join(parts)})"
