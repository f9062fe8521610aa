"""DHARMa's tests of scaled residuals: uniformity, dispersion, outliers, zero inflation."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from stanmlm.after.criticism.scaled_residuals import ScaledResiduals, bounds
from stanmlm.base.arguments import check_arguments
from stanmlm.base.arrays import Floats, Ints
from stanmlm.base.errors import OptionError, did_you_mean
from stanmlm.base.layout import format_signif, html_table
from stanmlm.base.streams import Purpose, stream

ALTERNATIVES = ("two.sided", "greater", "less")
BOOTSTRAPS = 100
LONG = 500  # rows from which counts have the binomial test of outliers too, as in DHARMa
EXACT = 100  # fewer residuals than this without ties have Kolmogorov's exact distribution, as in R


@dataclass(frozen=True)
class ResidualTest:
    """What one test of scaled residuals says; prints as R's.

    Attributes
    ----------
    test
        "uniformity", "dispersion", "outliers" or "zero inflation".
    statistic
        Its statistic.
    p_value
        The chance of one as far out, where the model is right.
    alternative
        "two.sided", "greater" or "less".
    method
        The test's name.

    Examples
    --------
    >>> from stanmlm import check_uniformity, scaled_residuals
    >>> found = check_uniformity(scaled_residuals([[1.0, 2.0], [1.0, 2.0]], [1.5, 1.6]))
    >>> found.test, found.alternative
    ('uniformity', 'two.sided')
    """

    test: str
    statistic: float
    p_value: float
    alternative: str
    method: str

    def __repr__(self) -> str:
        words = f"{self.test} = {format_signif(self.statistic, 5)}, p-value = {format_signif(self.p_value, 4)}"
        return f"\t{self.method}\n\n{words}\nalternative hypothesis: {self.alternative}"

    def _repr_html_(self) -> str:
        return html_table(self.to_frame(), self.method, index=False)

    def to_frame(self) -> pd.DataFrame:
        """One row: `test`, `statistic`, `p.value`, `alternative`, `method`."""
        names = {"p_value": "p.value"}
        return pd.DataFrame([{names.get(name, name): value for name, value in vars(self).items()}])


def residual_tests(residuals: ScaledResiduals) -> pd.DataFrame:
    """DHARMa's tests of scaled residuals, a row each: uniformity, dispersion, outliers, zero inflation.

    Parameters
    ----------
    residuals
        What `simulate_residuals` gives.

    Returns
    -------
    pandas.DataFrame
        `test`, `statistic`, `p.value`, `alternative` and `method`; zero inflation where zeros were seen or simulated.

    Raises
    ------
    OptionError
        For what is no result of `simulate_residuals` or `scaled_residuals`.

    Examples
    --------
    >>> import numpy as np
    >>> from stanmlm import residual_tests, scaled_residuals
    >>> rng = np.random.default_rng(1)
    >>> found = scaled_residuals(rng.normal(size=(50, 100)), rng.normal(size=50))
    >>> residual_tests(found)["test"].tolist()
    ['uniformity', 'dispersion', 'outliers']
    """
    check_arguments(residual_tests, locals())
    found = [check_uniformity(residuals), check_dispersion(residuals), check_outliers(residuals)]
    if np.any(residuals.observed == 0) or np.any(residuals.simulations == 0):
        found.append(check_zero_inflation(residuals))
    return pd.concat([one.to_frame() for one in found], ignore_index=True)


def check_uniformity(residuals: ScaledResiduals, alternative: str = "two.sided") -> ResidualTest:
    """Kolmogorov and Smirnov's test of scaled residuals against the uniform distribution.

    Parameters
    ----------
    residuals
        What `simulate_residuals` gives.
    alternative
        "two.sided", "greater" or "less", of the empirical distribution function, as R's `ks.test`.

    Returns
    -------
    ResidualTest
        Its statistic is the largest distance of the two distribution functions.

    Raises
    ------
    OptionError
        For another alternative.

    Examples
    --------
    >>> from stanmlm import check_uniformity, scaled_residuals
    >>> found = scaled_residuals([[1.0, 2.0], [1.0, 2.0]], [1.5, 1.6])
    >>> check_uniformity(found).statistic
    0.5
    """
    check_arguments(check_uniformity, locals())
    _check_alternative(alternative)
    x = residuals.residuals
    exact = len(x) < EXACT and len(np.unique(x)) == len(x)
    side = alternative.replace(".", "-")
    from scipy import stats

    found = stats.kstest(x, "uniform", alternative=side, method="exact" if exact else "asymp")
    p = found.pvalue if exact else _asymptotic(float(found.statistic), len(x), alternative)
    return ResidualTest("uniformity", float(found.statistic), float(p), alternative, "Kolmogorov-Smirnov test")


def _asymptotic(statistic: float, n: int, alternative: str) -> float:
    """R's limits for ties and long data."""
    if alternative == "two.sided":
        from scipy import stats

        return float(stats.kstwobign.sf(np.sqrt(n) * statistic))
    return float(np.exp(-2 * n * statistic**2))


def check_dispersion(residuals: ScaledResiduals, alternative: str = "two.sided") -> ResidualTest:
    """Whether observed responses scatter about what is expected more or less than simulated ones do.

    Parameters
    ----------
    residuals
        What `simulate_residuals` gives.
    alternative
        "greater" is overdispersion, "less" underdispersion, "two.sided" either.

    Returns
    -------
    ResidualTest
        `statistic` is the ratio of the observed variance about fitted values to the mean simulated one.

    Raises
    ------
    OptionError
        For another alternative.

    Examples
    --------
    >>> import numpy as np
    >>> from stanmlm import check_dispersion, scaled_residuals
    >>> rng = np.random.default_rng(1)
    >>> found = scaled_residuals(rng.normal(size=(50, 100)), 3 * rng.normal(size=50))
    >>> check_dispersion(found).statistic > 4
    True
    """
    check_arguments(check_dispersion, locals())

    def spread(values: Floats) -> Floats:
        return np.asarray((values - residuals.fitted[:, None]).var(axis=0, ddof=1))

    return _compared(residuals, "dispersion", spread, alternative, "Dispersion of simulated and observed residuals")


def check_zero_inflation(residuals: ScaledResiduals, alternative: str = "two.sided") -> ResidualTest:
    """Whether there are more or fewer zeros than are simulated.

    Parameters
    ----------
    residuals
        What `simulate_residuals` gives.
    alternative
        "greater" is zero inflation, "less" too few zeros, "two.sided" either.

    Returns
    -------
    ResidualTest
        `statistic` is the ratio of the number of zeros to the mean simulated one; NaN where neither has any.

    Raises
    ------
    OptionError
        For another alternative.

    Examples
    --------
    >>> from stanmlm import check_zero_inflation, scaled_residuals
    >>> check_zero_inflation(scaled_residuals([[0.0, 1.0], [1.0, 1.0]], [0.0, 0.0])).statistic
    4.0
    """
    check_arguments(check_zero_inflation, locals())

    def zeros(values: Floats) -> Floats:
        return np.asarray((values == 0).sum(axis=0), dtype=float)

    return _compared(residuals, "zero inflation", zeros, alternative, "Zeros among simulated and observed responses")


def _compared(
    residuals: ScaledResiduals, test: str, of: Callable[[Floats], Floats], alternative: str, method: str
) -> ResidualTest:
    """Where a statistic of the responses lies among those of the simulations."""
    _check_alternative(alternative)
    observed, simulated = float(of(residuals.observed[:, None])[0]), of(residuals.simulations)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = float(np.divide(observed, simulated.mean()))
    return ResidualTest(test, ratio, _p_value(simulated, observed, alternative), alternative, method)


def _p_value(simulated: Floats, observed: float, alternative: str) -> float:
    above, below = float(np.mean(simulated >= observed)), float(np.mean(simulated <= observed))
    return {"greater": above, "less": below, "two.sided": min(1.0, 2 * min(above, below))}[alternative]


def check_outliers(
    residuals: ScaledResiduals, alternative: str = "two.sided", *, type: str | None = None
) -> ResidualTest:
    """Whether more or fewer responses than expected lie outside all simulated ones.

    Parameters
    ----------
    residuals
        What `simulate_residuals` gives.
    alternative
        "greater", "less" or "two.sided".
    type
        "binomial", against the share 2 / (n + 1); "bootstrap", against simulations taken as data, for whole numbers,
        which tie. None is "bootstrap" of up to 500 whole numbers, else "binomial", as in DHARMa.

    Returns
    -------
    ResidualTest
        `statistic` is the number of outliers.

    Raises
    ------
    OptionError
        For another alternative or type.

    Examples
    --------
    >>> import numpy as np
    >>> from stanmlm import check_outliers, scaled_residuals
    >>> rng = np.random.default_rng(1)
    >>> found = scaled_residuals(rng.normal(size=(50, 100)), 9 * rng.normal(size=50))
    >>> check_outliers(found).p_value < 0.001
    True
    """
    check_arguments(check_outliers, locals())
    _check_alternative(alternative)
    usual = "bootstrap" if residuals.integer and len(residuals.observed) <= LONG else "binomial"
    if type is not None and type not in _OUTLIERS:
        raise OptionError(f"type is `{type}`" + did_you_mean(type, _OUTLIERS))
    return _OUTLIERS[type or usual](residuals, alternative)


def _binomial_outliers(residuals: ScaledResiduals, alternative: str) -> ResidualTest:
    """R's `binom.test` of residuals beyond the most extreme places that n simulations have."""
    x, share = residuals.residuals, 1 / (residuals.simulations.shape[1] + 1)
    outliers = int((x < share).sum() + (x > 1 - share).sum())
    from scipy import stats

    found = stats.binomtest(outliers, len(x), 2 * share, alternative=alternative.replace(".", "-"))
    return ResidualTest("outliers", float(outliers), float(found.pvalue), alternative, "Outliers, exact binomial test")


def _bootstrap_outliers(residuals: ScaledResiduals, alternative: str) -> ResidualTest:
    simulated, size = residuals.simulations, residuals.simulations.shape[1]
    rng, N = stream(residuals.source, Purpose.SCALED, 1), len(residuals.observed)
    held = range(min(BOOTSTRAPS, size))
    shares = np.array([_outside(_places(simulated[:, _others(rng, size, i)], simulated[:, i], rng)) for i in held])
    own = _outside(residuals.residuals)
    return ResidualTest("outliers", own * N, _p_value(shares, own, alternative), alternative, "Outliers, bootstrapped")


def _others(rng: np.random.Generator, size: int, held: int) -> Ints:
    """As many simulations, drawn from all but one."""
    return np.asarray(rng.choice(np.delete(np.arange(size), held), size))


def _places(simulated: Floats, y: Floats, rng: np.random.Generator) -> Floats:
    lower, upper = bounds(simulated, y)
    return np.asarray(lower + rng.random(len(y)) * (upper - lower))


def _outside(places: Floats) -> float:
    return float(np.mean(places == 0) + np.mean(places == 1))


_OUTLIERS: Mapping[str, Callable[[ScaledResiduals, str], ResidualTest]] = {
    "binomial": _binomial_outliers,
    "bootstrap": _bootstrap_outliers,
}


def _check_alternative(alternative: str) -> None:
    if alternative not in ALTERNATIVES:
        raise OptionError(f"alternative is `{alternative}`" + did_you_mean(alternative, ALTERNATIVES))
