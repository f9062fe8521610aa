"""Data frames of any make as pandas; the only module that imports Narwhals."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from stanmlm.base.errors import DataError

if TYPE_CHECKING:
    import narwhals as nw


def to_pandas(data: object) -> pd.DataFrame | None:
    """The data as a pandas frame with distinct string names; None stays None.

    Parameters
    ----------
    data
        A pandas, polars, Arrow or DuckDB frame, a dict of columns, or None for variables in scope.

    Raises
    ------
    DataError
        When it is none of these, has duplicated columns, or columns of different lengths.

    Examples
    --------
    >>> to_pandas({"x": [1, 2]}).shape
    (2, 1)
    """
    if data is None:
        return None
    frame = _frame(data)
    frame.columns = pd.Index([str(name) for name in frame.columns])
    # What `set_index("g", drop=False)` leaves: pandas would not know which `g` is meant.
    frame.index = frame.index.set_names([None if str(name) in frame.columns else name for name in frame.index.names])
    twice = frame.columns[frame.columns.duplicated()].unique()
    if len(twice):
        names = ", ".join(f"`{name}`" for name in twice)
        raise DataError(f"the data have more than one column named {names}; rename or drop one")
    return frame.assign(**{str(name): own_types(frame[name]) for name in _of_arrow(frame)})


def is_frame(data: object) -> bool:
    """Whether it is a pandas, polars, Arrow or other frame in memory.

    Examples
    --------
    >>> is_frame(pd.DataFrame({"x": [1]})), is_frame({"x": [1]})
    (True, False)
    """
    import narwhals as nw

    return isinstance(data, pd.DataFrame) or bool(nw.dependencies.is_into_dataframe(data))


def _of_arrow(frame: pd.DataFrame) -> list[str]:
    return [str(name) for name, dtype in frame.dtypes.items() if isinstance(dtype, pd.ArrowDtype)]


def _frame(data: object) -> pd.DataFrame:
    if isinstance(data, pd.DataFrame):
        return data.copy(deep=False)
    if isinstance(data, Mapping):
        return _from_mapping(data)
    import narwhals as nw

    try:
        frame = nw.from_native(data)  # type: ignore[call-overload]
        frame = frame.collect() if isinstance(frame, nw.LazyFrame) else frame
    except TypeError as error:
        raise DataError(
            f"data= is a {type(data).__name__}; a data frame (pandas, polars, Arrow) or a dict of columns is needed"
        ) from error
    return pd.DataFrame({name: _column(frame[name]) for name in frame.columns}, copy=False)


def _from_mapping(data: Mapping[object, object]) -> pd.DataFrame:
    try:
        return pd.DataFrame(dict(data))
    except ValueError as error:
        raise DataError(f"the columns of data= do not make a table: {error}") from error


def _column(series: "nw.Series[Any]") -> object:
    """An enumeration keeps its levels; strings and other categories are strings."""
    import narwhals as nw

    if isinstance(series.dtype, nw.Enum):
        return pd.Categorical(series.cast(nw.String).to_list(), categories=list(series.dtype.categories))
    if isinstance(series.dtype, nw.Categorical | nw.String | nw.Date) or series.null_count():
        values = series.cast(nw.String) if isinstance(series.dtype, nw.Categorical) else series
        return pd.Series(np.array(values.to_list(), dtype=object))
    return series.to_numpy()


def own_types(series: "pd.Series[Any]") -> "pd.Series[Any]":
    """A column of Arrow's strings, categories, dates, or decimals as pandas has them without Arrow."""
    if not isinstance(series.dtype, pd.ArrowDtype):
        return series
    if series.dtype.kind in NUMBERS_AND_TIMES and not series.dtype.name.startswith("date"):
        return series
    if series.dtype.name.startswith("dictionary"):
        categories = series.array.__arrow_array__().to_pandas()
        return pd.Series(categories.array, index=series.index, name=series.name)
    return series.astype(object)


NUMBERS_AND_TIMES = "biufcmM"  # kinds of numbers and times, for which a type of Arrow's does as well as NumPy's


def require_order(name: str, thing: object, rows: pd.Index | None, data: str = "data") -> None:
    """Values of rows are taken by position; a Series whose labels say that this pairs the wrong rows is refused.

    Raises
    ------
    DataError
        For labels that are those of the rows of `data` in another order.

    Examples
    --------
    >>> try:
    ...     require_order("weights", pd.Series([1.0, 2.0], index=["a", "b"]), pd.Index(["b", "a"]))
    ... except DataError as error:
    ...     print(str(error).partition(":")[0])
    weights has the rows of data in another order
    """
    if not isinstance(thing, pd.Series) or rows is None or len(thing) != len(rows):
        return
    given = thing.index
    if given.is_unique and rows.is_unique and not given.equals(rows) and given.isin(rows).all():
        raise DataError(
            f"{name} has the rows of {data} in another order: give {name}.reindex({data}.index), or an array of values "
            f"in the order of {data}"
        )
