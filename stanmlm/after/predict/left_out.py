"""Rows that were left out for missing values, in results of the user's rows."""

from typing import TypeVar

import numpy as np
import pandas as pd

from stanmlm.base.arrays import Floats
from stanmlm.fit.fit import Fit

Rows = TypeVar("Rows", pd.Series, pd.DataFrame)


def with_left_out(fit: Fit, values: Floats, name: str) -> pd.Series:
    """Values of the fitted rows, by the user's."""
    return pad(fit, pd.Series(values, index=fit.model.frame.index, name=name))


def pad(fit: Fit, made: Rows) -> Rows:
    """R's `naresid`: NaN in the rows that were left out, where `na_action` is "exclude"."""
    frame = fit.model.frame
    if frame.na_action != "exclude":
        return made
    rows = np.full(frame.n_data, -1)
    rows[frame.place] = np.arange(len(frame.place))
    padded: Rows = made.reset_index(drop=True).reindex(rows).set_axis(frame.given)
    return padded
