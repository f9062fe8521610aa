"""What a formula adds to responses: in files, updates, folds and new data, in another order, with rows missing."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import stanmlm as sm
from stanmlm.base.arrays import Floats
from stanmlm.families import Family, as_family
from stanmlm.families.reductions import beside
from stanmlm.families.responses import added_to
from stanmlm.fit.pipeline import ModelOptions, build_model

SHORT = {"chains": 1, "iter": 160, "warmup": 60, "seed": 5, "progress": False}
N = 48
# By brms's word: left of the formula, family, and a column that every row needs for it.
LEFT: dict[str, tuple[str, str, str]] = {
    "trials": ("hits | trials(n)", "binomial", "n"),
    "weights": ("real | weights(w)", "gaussian", "w"),
    "cens": ("time | cens(c, time2)", "weibull", "c"),
    "trunc": ("real | trunc(low, high)", "student", "low"),
    "se": ("real | se(s, sigma = TRUE)", "gaussian", "s"),
    "rate": ("count | rate(d)", "negbinomial", "d"),
    "thres": ("score | thres(k, gr = item)", "cumulative", "item"),
    "cat": ("score | cat(n - n + 5)", "sratio", "n"),
    "subset": ("real | subset(used)", "gaussian", ""),
    "Surv": ("Surv(time, seen)", "weibull", "seen"),
    "Surv interval2": ('Surv(time, time2, type = "interval2")', "weibull", ""),
    "vint and vreal": ("real | vint(n) + vreal(s)", "own", "n"),
    "weights and cens": ("count | weights(w) + cens(c, count2)", "poisson", "w"),
    "trials and trunc": ("hits | trials(n) + trunc(ub = 7)", "beta_binomial", "n"),
}
STAN = """
  real own_lpdf(real y, real mu, real sigma, int n, real s) {
    return normal_lpdf(y | mu + s, sigma / sqrt(n));
  }
"""


@cache
def own() -> Family:
    def log_density(y: Floats, mu: Floats, sigma: Floats, n: Floats, s: Floats) -> Floats:
        return np.asarray(stats.norm(mu + s, sigma / np.sqrt(n)).logpdf(y))

    return sm.custom_family(
        *("own", ("mu", "sigma"), ("identity", "log")), stan=STAN, lb=(None, 0), vars=("vint1", "vreal1"),
        log_density=log_density, mean=lambda mu, sigma, n, s: mu + s,
        draw=lambda rng, mu, sigma, n, s: rng.normal(mu + s, sigma / np.sqrt(n)),
    )  # fmt: skip


@cache
def data() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    g, x = np.repeat(np.arange(6), N // 6), rng.choice([-1.0, 0.0, 1.0], N)
    n, eta = rng.integers(3, 8, N), 0.5 * x + 0.3 * rng.normal(size=6)[g]
    real, item = eta + rng.normal(size=N), np.tile(["new", "old"], N // 2)
    frame = {"x": x, "g": [f"g{k}" for k in g], "n": n, "item": item, "k": np.where(item == "new", 3, 2)}
    frame |= {"real": real, "low": real - rng.choice([0.5, 2.0], N), "high": real + 3, "s": rng.choice([0.3, 0.8], N)}
    frame |= {"w": rng.choice([0.5, 1.0, 2.0], N), "d": rng.choice([0.5, 1.0, 2.0], N), "used": rng.random(N) < 0.8}
    frame |= {"time": np.exp(eta) + 0.1, "c": rng.choice([-1, 0, 0, 1, 2], N), "seen": rng.integers(0, 2, N)}
    frame |= {"count": rng.poisson(np.exp(eta + 0.5)), "hits": rng.binomial(n, 0.4)}
    frame |= {"score": np.where(item == "new", rng.integers(1, 5, N), rng.integers(1, 4, N))}
    return pd.DataFrame(frame).assign(
        time2=lambda d: d["time"] + rng.choice([0.0, 1.0], N) * (d["c"] != 2) + (d["c"] == 2),
        count2=lambda d: d["count"] + 2,
    )


@dataclass(frozen=True)
class Case:
    """A model with additions."""

    name: str

    @property
    def text(self) -> str:
        return f"{LEFT[self.name][0]} ~ x + (1 | g)"

    @property
    def family(self) -> Family:
        return own() if LEFT[self.name][1] == "own" else as_family(LEFT[self.name][1])

    @property
    def rows(self) -> pd.DataFrame:
        return data()[data()["used"]] if self.name == "subset" else data()


@cache
def fit(name: str) -> sm.Fit:
    of = Case(name)
    return sm.brm(of.text, data(), family=of.family, **SHORT)


def said(name: str, rows: pd.DataFrame) -> dict[str, Floats]:
    """What a model has of responses, a column a row."""
    response = build_model(Case(name).text, rows, Case(name).family, {}, ModelOptions()).response
    every = {one: np.broadcast_to(beside(response, one), response.y.shape) for one in added_to(response)}
    return {"y": response.y, "trials": response.trials, "weights": response.weights, **every}


@pytest.mark.parametrize("name", LEFT)
def test_files_and_new_data_say_what_the_fit_says(name: str, tmp_path: Path) -> None:
    of, rows = fit(name), Case(name).rows
    sm.save(of, tmp_path / "fit")
    again = sm.load(tmp_path / "fit", family=own()) if name == "vint and vreal" else sm.load(tmp_path / "fit")
    shuffled = rows.sample(frac=1, random_state=2)
    there = rows.index.get_indexer(shuffled.index)
    for verb in (sm.log_lik, sm.posterior_epred):
        if (
            name in ("trunc", "trials and trunc")
            and verb is sm.posterior_epred
            and of.model.family.truncated_mean is None
        ):
            continue
        known = verb(of).values
        assert np.isfinite(known).all()
        np.testing.assert_array_equal(verb(again).values, known)
        np.testing.assert_allclose(verb(of, newdata=shuffled).values, known[:, there], rtol=1e-9, atol=1e-12)
    drawn = sm.posterior_predict(of, seed=1)
    assert np.isfinite(drawn.values).all()
    np.testing.assert_array_equal(sm.posterior_predict(again, seed=1).values, drawn.values)


@pytest.mark.parametrize("name", LEFT)
def test_additions_go_with_their_rows(name: str) -> None:
    """In another order, and without those that lack a value."""
    rows, needs = Case(name).rows, LEFT[name][2]
    shuffled, whole = data().sample(frac=1, random_state=2), said(name, data())
    places = rows.index.get_indexer([k for k in shuffled.index if k in rows.index])
    for column, values in said(name, shuffled).items():
        np.testing.assert_array_equal(values, whole[column][places], err_msg=column)
    if needs:
        text = data()[needs].dtype == object
        gaps = data().assign(**{needs: data()[needs].where(data().index != 7, None if text else np.nan)})
        for column, values in said(name, gaps).items():
            np.testing.assert_array_equal(values, np.delete(whole[column], 7, axis=0), err_msg=column)


@pytest.mark.slow
@pytest.mark.parametrize("name", LEFT)
def test_folds_and_updates_keep_what_is_added(name: str) -> None:
    of, rows = fit(name), Case(name).rows
    assert np.isfinite(sm.loo(of).estimates.iloc[0, 0])
    folds = sm.kfold(of, K=2, seed=1)
    assert len(folds.pointwise) == len(rows)
    assert np.isfinite(folds.pointwise.iloc[:, 0]).all()
    fewer = sm.update(of, ". ~ . - x", data=rows.iloc[:40], **SHORT)
    assert added_to(fewer.model.response) == added_to(of.model.response)
    assert sm.nobs(fewer) == len(rows.iloc[:40])
    assert "x" not in sm.fixef(fewer).index


def test_decisions_are_refused() -> None:
    with pytest.raises(sm.DataError, match=r"the gaussian family cannot have `dec\(\)`: decisions are brms's"):
        sm.brm("real | dec(seen) ~ x", data(), **SHORT)
