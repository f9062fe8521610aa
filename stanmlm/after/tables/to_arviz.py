"""A fit as ArviZ's own container, complete."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from stanmlm.after.criticism.log_lik import log_lik
from stanmlm.after.predict.predict import posterior_predict
from stanmlm.after.predict.request import MAX_BYTES
from stanmlm.base.arguments import check_arguments
from stanmlm.base.arrays import Anything
from stanmlm.base.arviz_compat import tree_of_parts, tree_parts
from stanmlm.base.errors import OptionError
from stanmlm.data.factors import make_names, make_unique
from stanmlm.fit.fit import Fit

if TYPE_CHECKING:
    from xarray import DataArray, DataTree

DIMS = ("chain", "draw", "row")

# ArviZ's names of groups for a fit of the prior alone.
OF_PRIOR: Mapping[str, str] = {
    "posterior": "prior",
    "sample_stats": "sample_stats_prior",
    "posterior_predictive": "prior_predictive",
}


def to_arviz(
    fit: Fit, log_likelihood: bool = False, posterior_predictive: bool = False, max_bytes: int = MAX_BYTES
) -> "DataTree":
    """All of a fit in one DataTree, for `arviz_stats`, `arviz_plots` and `arviz`.

    Parameters
    ----------
    fit
        A fit.
    log_likelihood
        With the log likelihood of every row, for ArviZ's `loo`; `loo(fit)` needs no such array.
    posterior_predictive
        With a new response of every row and draw.
    max_bytes
        A larger array of draws by rows is refused.

    Returns
    -------
    DataTree
        Groups `posterior`, `sample_stats`, `observed_data` (under the response's name, dim `row`), `constant_data` (the
        variables of the formula, and R's `(weights)`, `(offset)`, `(trials)`), `log_likelihood` and
        `posterior_predictive`; a fit with `prior_only=True` has `prior`, `sample_stats_prior`, `prior_predictive`.

    Raises
    ------
    OptionError
        For the log likelihood of a fit of the prior.
    DataError
        For arrays over `max_bytes`.

    Examples
    --------
    >>> from stanmlm import lm, simulate_exams, to_arviz
    >>> tree = to_arviz(lm("score ~ hours", simulate_exams(seed=1), seed=1), log_likelihood=True)
    >>> list(tree.children)
    ['posterior', 'sample_stats', 'log_likelihood', 'observed_data', 'constant_data']
    """
    check_arguments(to_arviz, locals())
    if log_likelihood and fit.model.prior_only:
        raise OptionError("a fit with prior_only=True has no log likelihood")
    parts = tree_parts(fit.posterior)
    drawn: dict[str, DataArray | pd.DataFrame] = {}
    if log_likelihood:
        drawn["log_likelihood"] = log_lik(fit, max_bytes=max_bytes)
    if posterior_predictive:
        drawn["posterior_predictive"] = posterior_predict(fit, max_bytes=max_bytes)
    groups = {**parts["groups"], **_by_draw(fit, drawn), **_by_row(fit)}
    names = OF_PRIOR if fit.model.prior_only else {}
    return tree_of_parts(
        {
            "attributes": {**parts["attributes"], "modeling_interface": "stanmlm"},
            "groups": {names.get(name, name): group for name, group in groups.items()},
        }
    )


def _by_draw(fit: Fit, drawn: Mapping[str, Any]) -> dict[str, Any]:
    """Groups of arrays (sample, row), by chain and draw."""
    chains = tree_parts(fit.posterior)["groups"]["posterior"]["coords"]
    coords = _rows(fit) | {dim: chains[dim] for dim in ("chain", "draw")}
    shape = (fit.sampling.chains, -1, len(fit.model.frame.index))
    y, dims, out = variable_name(fit.model.response.label), ["chain", "draw", "row"], dict[str, Any]()
    for name, values in drawn.items():
        more = _parts(fit) if np.ndim(values) > 2 else {}
        of = np.asarray(values).reshape(*shape, *fit.model.family.parts[: len(more)])
        out[name] = _group({y: [[*dims, *more], of]}, coords | more)
    return out


def _by_row(fit: Fit) -> dict[str, Any]:
    """Groups of the data."""
    y = variable_name(fit.model.response.label)
    constants, parts = {name: [["row"], values] for name, values in _constants(fit).items()}, _parts(fit)
    return {
        "observed_data": _group({y: [["row", *parts], fit.model.response.y]}, _rows(fit) | parts),
        "constant_data": _group(constants, _rows(fit)),
    }


def _parts(fit: Fit) -> dict[str, Any]:
    """The coordinate of categories, where a response has a number for each."""
    names = np.array(fit.model.family.categories, dtype=object)
    return {"category": [["category"], names]} if fit.model.family.parts else {}


def _rows(fit: Fit) -> dict[str, Any]:
    """The coordinate of rows: their labels, of a hierarchical index joined, and made unique as R's row names are."""
    index = fit.model.frame.index
    if isinstance(index, pd.MultiIndex):
        index = pd.Index([":".join(map(str, label)) for label in index])
    labels = index.to_numpy() if index.is_unique else np.array(make_unique(map(str, index)), dtype=object)
    return {"row": [["row"], labels]}


def variable_name(label: str) -> str:
    """R's label as a variable of xarray, which keeps "/" for paths, and the name of a dim for its coordinate."""
    return f"{label}_" if label in DIMS else label.replace("/", "_")


def _group(variables: Mapping[str, Any], coords: Mapping[str, Any]) -> dict[str, Any]:
    return {"variables": variables, "coords": coords, "attributes": {}}


def _constants(fit: Fit) -> dict[str, Anything]:
    """Predictors and grouping factors as given, categories by their names; then what the likelihood takes beside."""
    model = fit.model
    variables = model.frame.variables.drop(columns=model.response.label, errors="ignore")
    beside = {
        "(weights)": model.response.weights,
        "(offset)": model.design.offset,
        "(trials)": model.response.trials,
    }
    names = make_names(variables.columns, variable_name, beside)
    found = {names[label]: _values(variables[label]) for label in variables.columns}
    return found | beside


def _values(column: "pd.Series[Any]") -> Anything:
    plain = isinstance(column.dtype, np.dtype) and column.dtype.kind in "biuf"
    return column.to_numpy() if plain else column.astype(object).to_numpy()
