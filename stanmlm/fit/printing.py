"""`print(fit)` in lme4's layout, with Rhat and effective sizes; `display(fit)` in arm's."""

from collections.abc import Mapping

import numpy as np

from stanmlm.base.arguments import check_arguments
from stanmlm.base.arrays import Ints
from stanmlm.base.layout import beside, covariance_table, format_common, format_fixed, html_text, table
from stanmlm.base.outlets import tell
from stanmlm.fit.diagnostics import Checks, checks, complaints, diagnosed
from stanmlm.fit.extract import VarCorr, VarCorrTable, fixef, ngrps, nobs, variable_names
from stanmlm.fit.fit import Fit, draws_of, n_draws
from stanmlm.formula.formula import formula_text
from stanmlm.model.model import groupings, parameters

_TITLES: Mapping[str, str] = {
    "lm": "Linear model, posterior by Stan ['lm']",
    "glm": "Generalized linear model, posterior by Stan ['glm']",
    "lmer": "Linear mixed model, posterior by Stan ['lmer']",
    "glmer": "Generalized linear mixed model, posterior by Stan ['glmer']",
}
DIGITS = 4  # lme4's max(3, getOption("digits") - 3)


def print_fit(fit: Fit) -> str:
    """The text of `print(fit)`: lme4's sections, posterior means in lme4's places, then what the sampler has to say."""
    found = checks(fit)
    sections = [_TITLES[fit.call.verb], *_header(fit)]
    if fit.model.design.terms:
        sections += ["Random effects:", _random_effects(fit, found), _observations(fit)]
    else:
        sections += [f"Number of obs: {nobs(fit)}"]
    sections += ["Fixed Effects:", _fixed_effects(fit, found), *_auxiliary(fit, found), *_dropped(fit)]
    sections += [how_drawn(fit)]
    return "\n".join([*sections, *(f"Warning: {text}" for text in complaints(diagnosed(fit, found), fit.sampling))])


def html_fit(fit: Fit) -> str:
    """The same for notebooks."""
    return html_text(print_fit(fit))


def print_varcorr(table_: VarCorrTable, digits: int = 5) -> str:
    """The text of `VarCorr(fit)`, as lme4's `print.VarCorr.merMod`."""
    terms = [(term.group, term.coefs, term.sd, term.cor) for term in table_.terms]
    return covariance_table(terms, table_.sigma, digits)


def _header(fit: Fit) -> list[str]:
    family = fit.model.family
    lines = [] if fit.call.verb in ("lm", "lmer") else [f" Family: {family.name}  ( {family.link.name} )"]
    lines.append(f"Formula: {formula_text(fit.model.formula)}")
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
    rows = []
    for grouping in groupings(fit.model.design):
        names = {row.class_: row.name for row in parameters(fit.model) if row.group == grouping.group}
        start = found.places[names["sd"]].start
        pair = found.places[names["cor"]].start if "cor" in names else 0
        for bar in grouping.bars:
            K = len(fit.model.design.terms[bar].coefs)
            upper = np.triu_indices(K, 1)
            for k in range(K):
                rows.append(np.r_[start + k, pair + np.flatnonzero(upper[1] == k)])
            start, pair = start + K, pair + len(upper[0])
    return rows


def _worst(found: Checks, at: Ints | slice) -> tuple[str, str, str]:
    """The worst Rhat and effective sizes of some parameters."""
    worst = ((found.rhat[at].max(), 2), (found.bulk[at].min(), 0), (found.tail[at].min(), 0))
    first, second, third = (format_fixed([float(value)], decimals)[0] for value, decimals in worst)
    return first, second, third


def _fixed_effects(fit: Fit, found: Checks) -> str:
    flat, at = draws_of(fit, "b"), found.places["b"]
    if not flat.shape[-1]:
        return "No fixed effect coefficients" if fit.model.design.terms else "No coefficients"
    columns = [
        ("Estimate", format_common(list(flat.mean(axis=0)), DIGITS)),
        ("Est.Error", format_common(list(flat.std(axis=0, ddof=1)), DIGITS)),
        ("Rhat", format_fixed(list(found.rhat[at]), 2)),
        ("Bulk_ESS", format_fixed(list(found.bulk[at]), 0)),
        ("Tail_ESS", format_fixed(list(found.tail[at]), 0)),
    ]
    return table(list(fit.model.design.names), columns)


def _auxiliary(fit: Fit, found: Checks) -> list[str]:
    """`sigma` where no table of random effects has shown it."""
    if fit.model.design.terms:
        return []
    names = [row.name for row in parameters(fit.model) if row.class_ == "auxiliary"]
    if not names:
        return []
    worst = [_worst(found, found.places[name]) for name in names]
    columns = [
        ("Estimate", format_common([float(draws_of(fit, name).mean()) for name in names], DIGITS)),
        ("Est.Error", format_common([float(draws_of(fit, name).std(ddof=1)) for name in names], DIGITS)),
        *((head, [row[i] for row in worst]) for i, head in enumerate(("Rhat", "Bulk_ESS", "Tail_ESS"))),
    ]
    return ["Auxiliary:", table(names, columns)]


def _observations(fit: Fit) -> str:
    groups = "; ".join(f"{group}, {levels}" for group, levels in ngrps(fit).items())
    return f"Number of obs: {nobs(fit)}, groups:  {groups}"


def _dropped(fit: Fit) -> list[str]:
    """lme4's message on a rank-deficient design; R's `lm` calls such coefficients aliased."""
    dropped = fit.model.design.dropped
    if not dropped:
        return []
    columns = "column" if len(dropped) == 1 else "columns"
    return [f"fit rank deficient: dropped {len(dropped)} {columns}: {', '.join(dropped)}"]


def how_drawn(fit: Fit) -> str:
    """One line: draws, engine, version and seconds."""
    how = fit.sampling
    delta = "" if how.adapt_delta == 0.8 else f", adapt_delta {how.adapt_delta:g}"
    chains = f"{how.chains} chain{'s' * (how.chains != 1)}, {how.warmup} + {how.iter - (how.warmup or 0)}{delta}"
    return f"Posterior means; {n_draws(fit)} draws ({chains}) by {fit.engine} {fit.version} in {sum(fit.seconds):.1f} s"


def display(fit: Fit, digits: int = 2) -> None:
    """Print a fit as arm's `display` does: the call, `coef.est coef.se`, the error terms, the sizes.

    Estimates are posterior means, `coef.se` posterior standard deviations.

    Examples
    --------
    >>> from stanmlm import display, lmer, simulate_exams
    >>> exams = simulate_exams(seed=1)
    >>> display(lmer("score ~ hours + (1 | student)", exams, seed=1))  # doctest: +ELLIPSIS
    lmer(formula = score ~ hours + (1 | student), data = exams)
    ...
    """
    check_arguments(display, locals())
    tell(display_text(fit, digits), "stdout")


def display_text(fit: Fit, digits: int = 2) -> str:
    """What `display` prints."""
    estimates = fixef(fit, add_dropped=True)
    errors = dict(zip(fit.model.design.names, draws_of(fit, "b").std(axis=0, ddof=1), strict=True))
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
        lines += [f"residual sd = {draws_of(fit, 'sigma').mean():.{digits}f}"] if "sigma" in variable_names(fit) else []
    return "\n".join(lines)


def _error_terms(fit: Fit, digits: int) -> str:
    """arm shows every sd with the same decimals, and a residual of 1 where the family has none."""
    found = VarCorr(fit)
    terms = [(term.group, term.coefs, term.sd, term.cor) for term in found.terms]
    return covariance_table(terms, 1.0 if found.sigma is None else found.sigma, digits + 2, decimals=digits)


def _call_text(fit: Fit) -> str:
    family = fit.model.family
    link = "" if family.link.name == family.links[0] else f'(link = "{family.link.name}")'
    parts = [f"formula = {formula_text(fit.model.formula)}"]
    parts += [f"data = {fit.call.data_name}"] if fit.call.data_name else []
    parts += [] if fit.call.verb in ("lm", "lmer") else [f"family = {family.name}{link}"]
    return f"{fit.call.verb}({', '.join(parts)})"
