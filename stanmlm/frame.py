"""The model frame: every variable of the formula evaluated, on the rows that R's `na.action` keeps."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from stanmlm.arrays import Floats, Ints
from stanmlm.families import RawResponse


@dataclass(frozen=True)
class ModelFrame:
    """R's `model.frame`: N complete rows."""

    variables: pd.DataFrame  # R's labels as columns (matrices such as poly() are kept beside, in `matrices`)
    response: RawResponse | None
    weights: Floats | None  # (N,)
    offset: Floats  # (N,) the sum of all offsets; zeros without one
    rows: Ints  # (N,) positions of these rows in the user's data
    index: pd.Index  # (N,) their labels there
    n_data: int  # rows of the user's data after `subset`
    na_action: str  # "omit", "exclude", "fail" or "pass"
    memory: Mapping[str, object]  # what calls remembered (scale, poly, levels ...): JSON-able, by label
