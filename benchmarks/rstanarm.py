"""The draws that rstanarm wrote, as all packages are compared: sds and correlations instead of covariances."""

from pathlib import Path

import numpy as np
import pandas as pd
from measure import smallest_sizes

_COVARIANCE = "Sigma["


def sizes_of(path: Path) -> dict[str, float]:
    """Smallest sizes of a CSV file with a column a parameter and `.chain`, chain after chain."""
    flat = pd.read_csv(path).drop(columns="log-posterior", errors="ignore")
    shape = (flat.pop(".chain").nunique(), -1)
    draws = {name: flat[name].to_numpy().reshape(shape) for name in flat}
    covariances = {_parts(name): draws.pop(name) for name in flat if name.startswith(_COVARIANCE)}
    variances = {(group, a): values for (group, a, b), values in covariances.items() if a == b}
    for (group, a, b), values in covariances.items():
        own = np.sqrt(variances[group, a] * variances[group, b])
        draws[f"{group} {a} {b}"] = np.sqrt(values) if a == b else values / own
    return smallest_sizes(draws)


def _parts(name: str) -> tuple[str, str, str]:
    """`Sigma[region:nation:(Intercept),income]` is of the group `region:nation`."""
    first, _, second = name[len(_COVARIANCE) : -1].rpartition(",")
    group, _, first = first.rpartition(":")
    return group, first, second
