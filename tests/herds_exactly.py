"""The model of `criticism_fits.herds` by quadrature: no Monte Carlo error."""

from functools import cache

import numpy as np
import pandas as pd
from scipy import stats
from scipy.special import expit, logsumexp


class Exact:
    """logit p = alpha + tau z, alpha ~ normal(0, 1.5), tau ~ exponential(1), z ~ normal(0, 1) a herd."""

    def __init__(self, data: pd.DataFrame) -> None:
        self.sick = data["sick"].to_numpy()
        self.trials = self.sick + data["well"].to_numpy()
        self.herd = pd.factorize(data["herd"])[0]
        self.log_prior, self.row, self.z_weight = _grid(tuple(self.sick), tuple(self.trials))

    def _herds(self, rows: np.ndarray) -> np.ndarray:
        """Log prior plus log marginal likelihood of some rows on the grid of (alpha, tau)."""
        total = self.log_prior
        for herd in np.unique(self.herd[rows]):
            mine = rows[self.herd[rows] == herd]
            total = total + logsumexp(self.row[mine].sum(axis=0) + self.z_weight, axis=-1)
        return total

    def _log_evidence(self, rows: np.ndarray) -> float:
        return float(logsumexp(self._herds(rows)))

    def loo(self, row: int) -> float:
        """Log density of a row given all others."""
        every = np.arange(len(self.herd))
        return self._log_evidence(every) - self._log_evidence(np.delete(every, row))

    def without_herd(self, row: int) -> float:
        """Log density of a row given the rows of the other herds."""
        others = np.flatnonzero(self.herd != self.herd[row])
        return self._log_evidence(np.append(others, row)) - self._log_evidence(others)


@cache
def _grid(sick: tuple[int, ...], trials: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    alpha = np.linspace(-4.5, 4.5, 46)[:, None, None]
    tau = np.exp(np.linspace(-4, 1.8, 40))[None, :, None]
    z, weight = np.polynomial.hermite_e.hermegauss(25)
    log_prior = stats.norm(0, 1.5).logpdf(alpha) + stats.expon().logpdf(tau) + np.log(tau)
    p = expit(alpha + tau * z)
    row = np.stack([stats.binom(n, p).logpmf(k) for k, n in zip(sick, trials, strict=True)])
    return log_prior[..., 0], row, np.log(weight / weight.sum())
