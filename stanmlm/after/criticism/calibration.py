"""Simulation-based calibration: does the fit find parameters that data were made from, as often as it says?"""

import os
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from stanmlm.after.criticism.envelopes import p_value
from stanmlm.after.criticism.log_lik import Pieces, observed_pieces, observed_rows, pieces_of, row_log_likelihood
from stanmlm.after.criticism.replications import Result, replicated
from stanmlm.after.criticism.simulated_data import (
    Refits,
    kept_in,
    prior_of,
    prior_seed,
    refitted,
    require_plain,
    responses_of,
)
from stanmlm.after.predict.chunks import chunks_of
from stanmlm.after.predict.request import Request
from stanmlm.after.predict.target import thinned
from stanmlm.base.arguments import check_arguments
from stanmlm.base.arrays import Floats, Ints
from stanmlm.base.arviz_compat import ess_bulk, to_datatree
from stanmlm.base.callers import warn_user
from stanmlm.base.errors import DataError, OptionError
from stanmlm.base.layout import format_signif, html_table
from stanmlm.base.outlets import is_watched
from stanmlm.base.streams import Purpose, stream, within
from stanmlm.data.whole_rows import rows_of
from stanmlm.families.responses import some_rows
from stanmlm.fit.draws import values_of
from stanmlm.fit.fit import Fit, draws_of, n_draws, source_of, statistic
from stanmlm.formula.formula import formula_text
from stanmlm.priors.parameters import Variable
from stanmlm.sampling.engines.sampling import resolve

if TYPE_CHECKING:
    from xarray import DataTree

LIKELIHOOD = "log_lik"  # of all rows, which sees more than parameters do (Modrak et al. 2023)
SHOWN = 3  # failures that a warning quotes
LEVEL = 0.95


@dataclass(frozen=True, eq=False)
class Calibration:
    """Ranks of what data were made from among draws of the posterior, uniform where all is well.

    Attributes
    ----------
    ranks
        By variable, (n, ...), from 0 to `draws`.
    variables
        What is ranked, but for the log likelihood.
    draws
        How many draws a rank is among.
    numbers
        Which replications these are, (n,).
    failures
        Why there are no others, by number.
    divergences
        Divergent transitions of each replication, (n,).
    ess
        The smallest bulk effective size of a parameter that is no group effect, (n,).
    formula
        The model's.

    Examples
    --------
    >>> from stanmlm import lm, sbc, simulate_exams
    >>> fit = lm("score ~ hours", simulate_exams(students=4, seed=1), seed=1, iter=400, chains=1)
    >>> found = sbc(fit, 5, seed=1)
    >>> found.to_frame()["quantity"].tolist()
    ['b[(Intercept)]', 'b[hours]', 'sigma', 'log_lik']
    """

    ranks: Mapping[str, Ints]  # by variable, (n, ...) from 0 to `draws`
    variables: tuple[Variable, ...]  # of the ranks, but for that of the likelihood
    draws: int
    numbers: Ints  # (n,) which replications these are
    failures: Mapping[int, str]  # why there are no others
    divergences: Ints  # (n,)
    ess: Floats  # (n,) the smallest bulk size of a parameter that is no group effect
    formula: str

    def __repr__(self) -> str:
        frame = self.to_frame()
        smallest = frame.iloc[int(frame["p.value"].argmin())]
        outside = int((frame["p.value"] < 1 - LEVEL).sum())
        lines = [
            f"Simulation-based calibration of {self.formula}",
            f"{len(self.numbers)} replications, ranks among {self.draws} draws; {len(self.failures)} failed, "
            f"{int(np.sum(self.divergences > 0))} had divergent transitions",
            f"{outside} of {len(frame)} quantities leave the envelope that 5% leave by chance",
            f"smallest p-value {format_signif(smallest['p.value'], 2)}, of {smallest['quantity']}; "
            f"times {len(frame)} it is {format_signif(min(1.0, smallest['p.value'] * len(frame)), 2)}",
        ]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return html_table(self.to_frame(), f"Simulation-based calibration of {self.formula}", index=False)

    def by_quantity(self) -> dict[str, Ints]:
        """The ranks (n,) of every number, under ArviZ's labels."""
        known = {variable.name: variable.flat for variable in self.variables}
        out: dict[str, Ints] = {}
        for name, ranks in self.ranks.items():
            out |= dict(zip(known.get(name, (name,)), ranks.reshape(len(ranks), -1).T, strict=True))
        return out

    def to_frame(self) -> pd.DataFrame:
        """A row a quantity: `quantity`, the `mean` and `sd` of its ranks from 0 to 1, and `p.value`.

        That is the chance that uniform ranks have an ECDF as improbable at some place (Sailynoja et al. 2022); 1/2 and
        0.29 are the mean and sd of uniform ones.
        """
        found = self.by_quantity()
        table = np.stack(list(found.values()))
        counts = np.stack([np.bincount(ranks, minlength=self.draws + 1) for ranks in table])
        shares = (table + 0.5) / (self.draws + 1)
        columns = {"mean": shares.mean(axis=1), "sd": shares.std(axis=1), "p.value": p_value(counts)}
        return pd.DataFrame({"quantity": list(found), **columns})

    def to_arviz(self) -> "DataTree":
        """simuk's DataTree, which ArviZ's plots read: a group `prior_sbc` of ranks, a draw a replication."""
        return to_datatree(
            {"prior_sbc": {name: ranks[None] for name, ranks in self.ranks.items()}},
            dims={row.name: row.dims for row in self.variables if row.dims},
            coords={dim: labels for row in self.variables for dim, labels in zip(row.dims, row.labels, strict=True)},
            attributes={"modeling_interface": "stanmlm"},
        )


def sbc(
    fit: Fit,
    n: int = 100,
    *,
    draws: int = 99,
    chains: int = 2,
    iter: int = 1000,
    prior: Fit | None = None,
    seed: int | None = None,
    file: str | os.PathLike[str] | None = None,
    progress: bool | None = None,
) -> Calibration:
    """Simulation-based calibration of a model: parameters from the prior, data from these, fits to the data.

    The rank of what data were made from among draws of the posterior is uniform where model, priors and sampler agree
    (Talts et al. 2018).

    Parameters
    ----------
    fit
        A fit of the model, or of its prior: `lmer(..., prior_only=True)` samples nothing else. Its rows, predictors
        and priors are kept, and all of its priors must be proper.
    n
        Replications, each a fit.
    draws
        Of each posterior, evenly spaced, that a rank is taken among. They should be nearly independent: a warning says
        where the sampler gave fewer effective draws.
    chains, iter
        Of each fit, warm-up counted; `adapt_delta` and the rest are those of `fit`.
    prior
        A fit with `prior_only=True` of the same terms, whose draws data are made from in place of the model's own
        prior: ranks then show what it does that another prior is true.
    seed
        Of all that is random; the fit's own where None. Each replication has random numbers of its own.
    file
        Where replications are kept, a line each, as soon as they are done: the same call goes on where one was stopped,
        also with a larger `n`.
    progress
        A bar; by default in notebooks and terminals.

    Returns
    -------
    Calibration
        `.to_frame()`, `.ranks`, `.failures`, and `.to_arviz()`, which is simuk's; `plot_sbc` draws it.

    Raises
    ------
    PriorError
        Where a prior is flat.
    DataError
        For censored responses and weights that count cases, and where all replications fail.
    FileError
        For a file of other simulations.

    Warns
    -----
    StanmlmWarning
        Where replications fail, with the reason: ranks of the others are then no sample of all.

    Examples
    --------
    >>> from stanmlm import lm, normal, sbc, simulate_exams
    >>> data = simulate_exams(seed=1, students=5, exams=4)
    >>> prior = lm("score ~ hours", data, seed=1, prior_only=True, progress=False)
    >>> sbc(prior, n=4, draws=9, iter=300).to_frame()["quantity"].tolist()
    ['b[(Intercept)]', 'b[hours]', 'sigma', 'log_lik']
    """
    check_arguments(sbc, locals())
    require_plain(fit, "sbc")
    path = kept_in(file)
    sampling = resolve(replace(fit.sampling, chains=chains, iter=iter, warmup=None, thin=1))
    kept = chains * (iter - iter // 2)
    if not 1 <= draws <= kept:
        raise OptionError(f"draws is {draws}; {chains} chains of {iter} iterations give {kept}")
    source = within(source_of(fit, seed), Purpose.REPLICATIONS)
    drawn = _prior(fit, prior, prior_seed(fit, seed))
    if n > n_draws(drawn):
        raise OptionError(f"n is {n}; the prior has {n_draws(drawn)} draws, one a replication")
    order = stream(source, Purpose.CHOICE).permutation(n_draws(drawn))
    how = Refits(fit, sampling, source)
    found = replicated(
        range(n),
        lambda number: _replication(how, drawn, int(order[number]), number, draws),
        path,
        _about(how, drawn, draws),
        is_watched() if progress is None else progress,
    )
    return _calibration(fit, found, draws)


def _prior(fit: Fit, given: Fit | None, seed: int) -> Fit:
    """The draws that data are made from."""
    if given is None:
        return prior_of(fit, seed)
    if not given.model.prior_only:
        raise OptionError("prior= is a fit of the posterior; give one with prior_only=True")
    own, other = ([row.flat for row in one.model.ledger.variables] for one in (fit, given))
    if own != other:
        raise OptionError("prior= has other parameters than the model")
    return given


def _about(how: Refits, prior: Fit, draws: int) -> Result:
    """What tells files of simulations apart."""
    return {
        "model": list(how.fit.model.words),
        "prior": list(prior.model.words),
        "seed": list(how.source.words),
        "draws": draws,
        "chains": how.sampling.chains,
        "iter": how.sampling.iter,
    }


def _replication(how: Refits, prior: Fit, draw: int, number: int, draws: int) -> Result:
    """Ranks by variable of one draw of the prior."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        y = responses_of(prior, draw, number, how.source)
        again = refitted(how, y, number)
    rng = stream(how.source, Purpose.RANKS, number)
    at = thinned(again, draws)
    names = [variable.name for variable in again.model.ledger.variables if draws_of(again, variable.name).size]
    ranks = {name: rank_of(draws_of(prior, name)[draw], draws_of(again, name)[at], rng).tolist() for name in names}
    truth = _likelihood(prior, _as_simulated(prior, again, draw))[0]
    ranks[LIKELIHOOD] = rank_of(truth, _likelihood(again, observed_pieces(again, Request(draws=draws))), rng).tolist()
    ess = ess_bulk(values_of(again, again.model.ledger.few))
    diverging = int(statistic(again, "diverging").sum())
    return {"ranks": ranks, "divergences": diverging, "ess": float(np.nanmin(ess, initial=np.inf))}


def rank_of(value: Floats, draws: Floats, rng: np.random.Generator) -> Ints:
    """How many draws (draws, ...) lie below a value (...), ties broken by chance.

    Examples
    --------
    >>> int(rank_of(np.array(2.5), np.array([1.0, 2.0, 3.0]), np.random.default_rng(1)))
    2
    """
    below, equal = (draws < value).sum(axis=0), (draws == value).sum(axis=0)
    return np.asarray(below + rng.integers(0, equal + 1))


def _as_simulated(prior: Fit, again: Fit, draw: int) -> Pieces:
    """The rows that were simulated, at the draw of the prior that they are from."""
    rows, model = observed_rows(again), again.model
    pieces = pieces_of(prior, rows_of(model.design, rows), some_rows(model.response, rows), model.frame.index[rows])
    return replace(pieces, target=replace(pieces.target, draws=np.array([draw])))


def _likelihood(fit: Fit, pieces: Pieces) -> Floats:
    """The log likelihood of all rows, (draws,)."""
    often = np.bincount(pieces.row, minlength=len(pieces.y))
    parts = [row_log_likelihood(fit, pieces, at) @ often[at] for at in chunks_of(pieces.target)]
    return np.asarray(np.sum(parts, axis=0))


def _calibration(fit: Fit, found: Mapping[int, Result], draws: int) -> Calibration:
    """The record of what was done, with warnings of what went wrong."""
    failures = {number: str(one["failed"]) for number, one in found.items() if "failed" in one}
    done: dict[int, dict[str, object]] = {number: dict(one) for number, one in found.items() if "failed" not in one}
    quoted = "; ".join(f"{number}: {failures[number]}" for number in list(failures)[:SHOWN])
    if not done:
        raise DataError(f"all {len(found)} replications fail: {quoted}")
    names = list(next(iter(done.values()))["ranks"])  # type: ignore[call-overload]
    ranks = {name: np.array([one["ranks"][name] for one in done.values()]) for name in names}  # type: ignore[index]
    made = Calibration(
        ranks,
        tuple(row for row in fit.model.ledger.variables if row.name in ranks),
        draws,
        np.array(list(done)),
        failures,
        np.array([one["divergences"] for one in done.values()]),
        np.array([one["ess"] for one in done.values()], dtype=float),
        formula_text(fit.model.formula),
    )
    if failures:
        warn_user(f"{len(failures)} of {len(found)} replications fail, so that ranks of the others are no sample of "
                  f"all ({quoted}{'; ...' if len(failures) > SHOWN else ''})")  # fmt: skip
    if (few := int(np.sum(made.ess < draws))) > len(done) / 10:
        warn_user(f"{few} of {len(done)} fits have fewer than {draws} effective draws of some parameter, so that ranks "
                  "vary more than uniform ones: take a larger iter=, or fewer draws=")  # fmt: skip
    return made
