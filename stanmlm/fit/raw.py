"""What lies below a fit: its draws as they are, its Stan program and the program's data."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from stanmlm.base.arguments import check_arguments
from stanmlm.base.arrays import Anything, Floats, Ints
from stanmlm.fit.draws import labelled_values, values_of
from stanmlm.fit.fit import Fit
from stanmlm.priors.parameter_names import find, label_of
from stanmlm.sampling.standata import standata as data_block


def as_draws_df(fit: Fit, variables: Sequence[str] | str | None = None) -> pd.DataFrame:
    """Every draw as a row, with `.chain .iteration .draw` as in R's posterior package; columns by ArviZ's labels.

    Parameters
    ----------
    fit
        A fit.
    variables
        Variables (`["b", "sd_state"]`), or single parameters by any spelling (`"sd_income|state"`); all where None.

    Returns
    -------
    pandas.DataFrame
        A row a draw, in the order of chains; `.chain`, `.iteration` and `.draw` count from 1.

    Raises
    ------
    DataError
        For a name that is no parameter.

    Examples
    --------
    >>> from stanmlm import as_draws_df, lmer, simulate_exams
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> as_draws_df(fit, ["b", "sigma"]).columns.tolist()
    ['.chain', '.iteration', '.draw', 'b[(Intercept)]', 'b[hours]', 'sigma']
    """
    check_arguments(as_draws_df, locals())
    known = {row.name: row for row in fit.model.ledger.variables}
    wanted = known if variables is None else dict.fromkeys([variables] if isinstance(variables, str) else variables)
    columns: dict[str, Anything] = dict(draw_counters(fit))
    for name in sorted(wanted, key=lambda name: list(known).index(name) if name in known else len(known)):
        found = labelled_values(fit, known[name]) if name in known else _one(fit, name)
        columns |= {label: draws.ravel() for label, draws in found.items()}
    return pd.DataFrame(columns)


def _one(fit: Fit, name: str) -> dict[str, Floats]:
    """Draws (chains, draws) of what some spelling means."""
    row = find(fit.model.spellings, name)
    return {label_of(fit.model.ledger, row): values_of(fit, [row])[..., 0]}


def stancode(fit: Fit) -> str:
    """The Stan program of a fit; with `standata(fit)` it runs by hand in any Stan.

    Gaussian models with one grouping factor have their group effects integrated out: the program samples the rest, and
    effects are drawn afterwards. `centering="noncentered"` gives the textbook's program.

    Parameters
    ----------
    fit
        A fit.

    Returns
    -------
    str
        Stan code, a line a statement.

    Raises
    ------
    OptionError
        For something else than a fit.

    Examples
    --------
    >>> from stanmlm import lmer, simulate_exams, stancode
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> stancode(fit).splitlines()[0]
    '// gaussian family, identity link. Written by stanmlm.'
    """
    check_arguments(stancode, locals())
    return fit.program.text


def standata(fit: Fit) -> dict[str, object]:
    """The data block of a fit's program, NumPy arrays and numbers by name.

    Parameters
    ----------
    fit
        A fit.

    Returns
    -------
    dict
        By the names of the program's data block.

    Raises
    ------
    OptionError
        For something else than a fit.

    Examples
    --------
    >>> from stanmlm import lmer, simulate_exams, standata
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> standata(fit)["N"]
    500
    """
    check_arguments(standata, locals())
    return dict(data_block(fit.model))


def draw_counters(fit: Fit) -> dict[str, Ints]:
    """`.chain`, `.iteration` and `.draw` of every draw, from 1."""
    sizes = fit.posterior["posterior"].sizes
    chain, iteration = np.indices((sizes["chain"], sizes["draw"])).reshape(2, -1) + 1
    return {".chain": chain, ".iteration": iteration, ".draw": np.arange(1, len(chain) + 1)}
