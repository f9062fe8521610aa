"""Comparisons and weights of models by expected log predictive density."""

import warnings
from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
from scipy.special import softmax

from stanmlm.after.criticism.elpd import SUMS, Comparison, Elpd
from stanmlm.base.arrays import Floats
from stanmlm.base.errors import DataError, OptionError, StanmlmWarning, did_you_mean
from stanmlm.base.streams import Purpose, Source, stream


def compare(models: Mapping[str, Elpd]) -> Comparison:
    """Differences of expected log predictive density from the best model, with the errors of the differences."""
    check_comparable(models)
    best_first = sorted(models, key=lambda name: -_sum(models[name]))
    best = models[best_first[0]]
    rows = {name: _row(models[name], best) for name in best_first}
    formulas = {name: models[name].formula for name in models}
    return Comparison(pd.DataFrame.from_dict(rows, orient="index"), formulas, best.criterion)


def _sum(model: Elpd) -> float:
    return float(model.estimates["Estimate"].iloc[0])


def _row(model: Elpd, best: Elpd) -> dict[str, float]:
    difference = elpds(model) - elpds(best)
    row = {
        "elpd_diff": float(difference.sum()),
        "se_diff": float(np.sqrt(len(difference)) * difference.std(ddof=1)),
    }
    for name in SUMS[model.criterion]:
        row |= {name: model.estimates["Estimate"][name], f"se_{name}": model.estimates["SE"][name]}
    return row


def elpds(model: Elpd) -> Floats:
    """Pointwise expected log predictive densities, (N,)."""
    return model.pointwise[SUMS[model.criterion][0]].to_numpy()


def check_comparable(models: Mapping[str, Elpd]) -> None:
    """Refuse models of other data, and warn of criteria that differ."""
    if len(models) < 2:
        raise DataError("a comparison needs two models or more")
    (first, start), *others = models.items()
    for name, model in others:
        if len(model.y) != len(start.y):
            raise DataError(
                f"{first} has {len(start.y)} rows and {name} has {len(model.y)}: models are compared on the same data; "
                "where one left out rows that miss a variable, fit both to data.dropna(subset=[...])"
            )
        if not np.allclose(model.y, start.y):
            raise DataError(f"{first} and {name} have different responses: models are compared on the same data")
    kinds = {model.criterion for model in models.values()}
    if len(kinds) > 1:
        warnings.warn(f"comparing {' with '.join(sorted(kinds))}; use one of them", StanmlmWarning, stacklevel=3)
    if len({model.folds for model in models.values() if model.criterion == "kfold"}) > 1:
        warnings.warn("the numbers of folds differ; use the same folds", StanmlmWarning, stacklevel=3)


def stacking(lpd: Floats, seed: int) -> Floats:
    """Weights (M,) that maximise the log score of the mixture (Yao et al. 2018, eq. 8), of (N, M)."""
    from scipy.optimize import minimize

    scaled = np.exp(lpd - lpd.max(axis=1, keepdims=True))
    M = lpd.shape[1]

    def loss(w: Floats) -> tuple[float, Floats]:
        mixture = np.maximum(scaled @ w, 1e-300)
        return -float(np.log(mixture).mean()), -(scaled / mixture[:, None]).mean(axis=0)

    whole = {"type": "eq", "fun": lambda w: w.sum() - 1, "jac": lambda w: np.ones(M)}
    found = minimize(
        loss,
        np.full(M, 1 / M),
        jac=True,
        bounds=[(0, 1)] * M,
        constraints=whole,
        method="SLSQP",
        options={"ftol": 1e-12, "maxiter": 1000},
    )
    weights = np.clip(found.x, 0, None)
    return np.asarray(weights / weights.sum())


def pseudo_bma(lpd: Floats, seed: int, replications: int = 1000) -> Floats:
    """Weights (M,) by Akaike's rule, averaged over a Bayesian bootstrap of the rows (pseudo-BMA+), of (N, M)."""
    rows = stream(Source(seed), Purpose.AVERAGING).standard_exponential((replications, len(lpd)))
    scores = len(lpd) * (rows / rows.sum(axis=1, keepdims=True)) @ lpd
    return np.asarray(softmax(scores, axis=1).mean(axis=0))


METHODS: Mapping[str, Callable[[Floats, int], Floats]] = {"stacking": stacking, "pseudobma": pseudo_bma}


def weigh(models: Mapping[str, Elpd], method: str, seed: int) -> "pd.Series[float]":
    """Weights of models by name."""
    if method not in METHODS:
        raise OptionError(f"there is no method `{method}`{did_you_mean(method, METHODS)}")
    check_comparable(models)
    lpd = np.column_stack([elpds(model) for model in models.values()])
    return pd.Series(METHODS[method](lpd, seed), index=list(models), name="weight")
