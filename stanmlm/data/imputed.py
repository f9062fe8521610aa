"""Several data sets in the place of one: as a list, by name, or as mice's long frame with a column `.imp`."""

from collections.abc import Mapping

from stanmlm.base.dataframes import is_frame, to_pandas
from stanmlm.base.errors import DataError

NUMBER = ".imp"  # mice's column, 0 where the data are as they were before


def data_sets(data: object) -> dict[str, object] | None:
    """The data sets by name, "1", "2", ... where they have none; None for one data set.

    Parameters
    ----------
    data
        A list or tuple of frames or dicts of columns; a dict of frames; or a frame whose column `.imp` counts data
        sets that stand below each other, as `mice::complete(action = "long")` gives: 0 is the data before imputation,
        which is left out.

    Raises
    ------
    DataError
        For an empty list, and for a frame without a data set.

    Examples
    --------
    >>> list(data_sets([{"x": [1]}, {"x": [2]}]))
    ['1', '2']
    >>> data_sets({"x": [1]}) is None
    True
    >>> list(data_sets({"x": [1, 2, 3], ".imp": [0, 1, 2]}))
    ['1', '2']
    """
    if isinstance(data, list | tuple):
        if not data:
            raise DataError("the list of data sets is empty")
        if all(is_frame(each) or isinstance(each, Mapping) for each in data):
            return {str(k): each for k, each in enumerate(data, start=1)}
        return None
    if isinstance(data, Mapping) and data and all(map(is_frame, data.values())):
        return {str(name): each for name, each in data.items()}
    if not (is_frame(data) or isinstance(data, Mapping)):
        return None
    table = to_pandas(data)
    if table is None or NUMBER not in table.columns:
        return None
    whole = table[table[NUMBER].astype(str) != "0"]
    parts = {str(k): rows.drop(columns=NUMBER) for k, rows in whole.groupby(NUMBER, sort=True, observed=True)}
    if not parts:
        raise DataError(f"`{NUMBER}` counts imputed data sets from 1 on, and the data have none; drop it")
    return dict(parts)
