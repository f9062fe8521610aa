"""Fits of one model joined: `combine_models`, and models of imputed data sets."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from stanmlm.base.arguments import check_arguments, shown
from stanmlm.base.arrays import Anything
from stanmlm.base.errors import DataError, OptionError
from stanmlm.fit.fit import Fit, chains_of, joined_tree, statistic
from stanmlm.fit.prior_summary import prior_summary
from stanmlm.formula.formula import formula_text


def combine_models(*fits: Fit, check_data: bool = True) -> Fit:
    """The draws of several fits of one model as one fit, as brms's `combine_models`.

    Parameters
    ----------
    *fits
        Fits with the same formula, family and parameters, and as many draws a chain. What the joined fit knows of the
        data is the first one's.
    check_data
        The data and the priors must be the same: the chains are then all of one posterior. False for fits of different
        data, such as imputations: Rhat is then that of the worst data set, and effective sizes are sums.

    Returns
    -------
    Fit
        With the chains of all.

    Raises
    ------
    DataError
        Without fits, and for fits that differ in what must be the same: the message names it.
    OptionError
        For something that is no fit.

    Examples
    --------
    >>> from stanmlm import combine_models, lm, simulate_exams
    >>> data = simulate_exams(seed=1)
    >>> fits = [lm("score ~ hours", data, seed=seed, chains=2) for seed in (1, 2)]
    >>> combine_models(*fits).posterior["posterior"].sizes["chain"]
    4
    """
    for number, fit in enumerate(fits, start=1):
        if not isinstance(fit, Fit):
            raise OptionError(f"model {number} is {shown(fit)}, and no fit; of a list it is combine_models(*fits)")
    check_arguments(combine_models, {"fits": fits, "check_data": check_data})
    if not fits:
        raise DataError("combine_models() needs fits, such as combine_models(fit1, fit2)")
    for number, fit in enumerate(fits[1:], start=2):
        _check_alike(fits[0], fit, number, check_data)
    return join(fits, apart=not check_data)


def join(fits: Sequence[Fit], apart: bool) -> Fit:
    """One fit with the chains of all; `apart` where they are of different posteriors, as those of imputations are."""
    first, chains = fits[0], sum(fit.posterior["posterior"].sizes["chain"] for fit in fits)
    names = [str(name) for name in first.posterior["posterior"].data_vars]
    stats = [str(name) for name in first.posterior["sample_stats"].data_vars]
    every = [set(map(str, fit.posterior["sample_stats"].data_vars)) for fit in fits]
    values: dict[str, Anything] = {name: np.concatenate([chains_of(fit, name) for fit in fits]) for name in names}
    common = [name for name in stats if all(name in one for one in every)]
    sampled: dict[str, Anything] = {name: np.concatenate([statistic(fit, name) for fit in fits]) for name in common}
    sizes = tuple(size for fit in fits for size in fit.imputed or (fit.posterior["posterior"].sizes["chain"],))
    return replace(
        first,
        posterior=joined_tree(first, values, sampled),
        sampling=replace(first.sampling, chains=chains),
        seconds=(sum(fit.seconds[0] for fit in fits), sum(fit.seconds[1] for fit in fits)),
        imputed=sizes if len(sizes) > 1 and (apart or any(fit.imputed for fit in fits)) else (),
    )


def _check_alike(first: Fit, other: Fit, number: int, check_data: bool) -> None:
    """brms's questions, and in its words what differs."""

    def parameters(fit: Fit) -> list[object]:
        return [(row.name, row.labels) for row in fit.model.ledger.variables]

    def draws(fit: Fit) -> int:
        return int(fit.posterior["posterior"].sizes["draw"])

    def family(fit: Fit) -> str:
        return f"{fit.model.family.name}({fit.model.family.link.name})"

    where = f"models 1 and {number} have different"
    if formula_text(first.model.formula) != formula_text(other.model.formula):
        raise DataError(f"{where} formulas: {formula_text(first.model.formula)}; {formula_text(other.model.formula)}")
    if family(first) != family(other):
        raise DataError(f"{where} families: {family(first)}; {family(other)}")
    if parameters(first) != parameters(other):
        own, its = ({label for row in fit.model.ledger.variables for label in row.flat} for fit in (first, other))
        differ = sorted(own ^ its)
        raise DataError(f"{where} parameters" + (f": `{differ[0]}` is in one of them alone" if differ else ""))
    if draws(first) != draws(other):
        raise DataError(f"{where} numbers of draws a chain, {draws(first)} and {draws(other)}")
    if check_data and not _of_same_rows(first, other):
        raise DataError(f"{where} data; check_data=False joins them all the same")
    if check_data and not prior_summary(first).to_frame().equals(prior_summary(other).to_frame()):
        raise DataError(f"{where} priors, and so different posteriors; check_data=False joins them all the same")


def _of_same_rows(first: Fit, other: Fit) -> bool:
    """Whether data, weights and offsets are the same."""
    one, two = first.model, other.model
    return (
        one.frame.data.equals(two.frame.data)
        and np.array_equal(one.response.weights, two.response.weights)
        and np.array_equal(one.frame.offset, two.frame.offset)
        and one.prior_only == two.prior_only
    )
