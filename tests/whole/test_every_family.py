"""Every public question to a small fit of every family: what is answered, by finite numbers, and what is refused."""

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

import stanmlm as sm
from stanmlm.families import FAMILIES

SHORT = {"chains": 1, "iter": 180, "warmup": 60, "seed": 5, "progress": False}
N = 60
LEFT = {
    **dict.fromkeys(("gaussian", "student", "skew_normal", "exgaussian", "asym_laplace"), "real"),
    **dict.fromkeys(("shifted_lognormal", "lognormal", "Gamma", "inverse_gaussian", "weibull", "exponential"), "time"),
    **dict.fromkeys(("cumulative", "sratio", "cratio", "acat"), "score"),
    **{f"{more}binomial": "hits | trials(n)" for more in ("", "beta_", "zero_inflated_", "zero_inflated_beta_")},
    **dict.fromkeys(("hurdle_gamma", "hurdle_lognormal"), "time_or_zero"),
    **dict.fromkeys(("zero_one_inflated_beta", "ordbeta"), "share_to_ends"),
    "zero_inflated_beta": "share_from_zero",
    "beta": "share",
    "von_mises": "angle",
    "categorical": "kind",
    "multinomial": "cbind(m1, m2, m3)",
    "dirichlet": "cbind(d1, d2, d3)",
}
# Verbs of a fit alone, and those of new rows too.
ALONE = (
    *("summary", "posterior_linpred", "loo", "waic", "bayes_R2", "residuals", "fitted", "equation", "prior_summary"),
    *(
        "tidy",
        "glance",
        "model_performance",
        "icc",
        "VarCorr",
        "ranef",
        "fixef",
        "coef",
        "ngrps",
        "nobs",
        "vcov",
        "confint",
    ),
    *("simulate_residuals", "sigma", "conditional_effects", "posterior_interval"),
)
OF_ROWS = ("posterior_epred", "posterior_predict", "log_lik", "predict", "augment")


@cache
def data() -> pd.DataFrame:
    rng = np.random.default_rng(12)
    g, x, z = np.repeat(np.arange(6), 10), rng.normal(size=N), rng.random(N)
    eta, share = 0.3 * x + 0.2 * rng.normal(size=6)[g], rng.beta(4, 4, N)
    of = pd.DataFrame({"x": x, "f": rng.choice(list("ab"), N), "g": [f"g{k}" for k in g], "n": rng.integers(2, 8, N)})
    parts, shares = rng.multinomial(6, [0.3, 0.3, 0.4], N), rng.dirichlet([3, 3, 4], N)
    time = 0.2 + np.exp(eta + 0.4 * rng.normal(size=N))
    return of.assign(
        real=eta + rng.normal(size=N),
        angle=rng.vonmises(0.2, 3, N),
        time=time,
        time_or_zero=np.where(z < 0.2, 0, time),
        count=rng.poisson(np.exp(eta + 0.5)),
        share=share,
        share_from_zero=np.where(z < 0.2, 0, share),
        share_to_ends=np.where(z < 0.15, 0, np.where(z > 0.85, 1, share)),
        hits=rng.binomial(of["n"], 0.4),
        score=rng.integers(1, 5, N),
        kind=rng.choice(list("uvw"), N),
        **{f"m{k + 1}": parts[:, k] for k in range(3)},
        **{f"d{k + 1}": shares[:, k] for k in range(3)},
    )


# What is refused, and to which families; all else is answered.
SEVERAL = {"categorical", "multinomial", "dirichlet"}  # predictors
CATEGORIES = {"cumulative", "sratio", "cratio", "acat", *SEVERAL}
OF_LINEAR_MODELS = {"gaussian", "student", "Gamma", "inverse_gaussian", "exponential", "binomial", "poisson"}
REFUSED: dict[str, set[str]] = {
    **dict.fromkeys(
        ("residuals deviance", "residuals working"), {*FAMILIES} - OF_LINEAR_MODELS - {"negbinomial", "geometric"}
    ),
    "residuals pearson": {"von_mises", *CATEGORIES},
    **dict.fromkeys(("bayes_R2", "residuals", "residuals response"), CATEGORIES),
    **dict.fromkeys(("augment", "augment of new rows", "augment of new levels"), CATEGORIES),
    **dict.fromkeys(("posterior_linpred", "simulate_residuals"), SEVERAL),
    **dict.fromkeys(("predict", "predict of new rows", "predict of new levels"), SEVERAL),
    "pp_check": {"multinomial", "dirichlet"},
    "icc": {
        *("von_mises", "beta", "beta_binomial", "zero_inflated_binomial", "zero_inflated_beta_binomial"),
        *("hurdle_lognormal", "zero_inflated_beta", "zero_one_inflated_beta", "ordbeta"),
        *CATEGORIES - {"cumulative"},
    },
}


def with_gaps() -> pd.DataFrame:
    """New rows: of a known level, of a new one, and one without a predictor."""
    return data().iloc[:3].assign(g=["g0", "new", "g1"], x=[0.5, -0.5, np.nan])


def questions(fit: sm.Fit, folder: Path) -> Iterator[tuple[str, Callable[[], object]]]:
    """Names and calls."""
    yield "print", lambda: repr(fit)
    for name in (*ALONE, *OF_ROWS):
        yield name, lambda name=name: getattr(sm, name)(fit)
    for name in OF_ROWS:
        yield f"{name} of new rows", lambda name=name: getattr(sm, name)(fit, newdata=data().iloc[:3])
        yield f"{name} of new levels", lambda name=name: getattr(sm, name)(fit, newdata=with_gaps())
    for kind in ("pearson", "deviance", "working", "response"):
        yield f"residuals {kind}", lambda kind=kind: sm.residuals(fit, type=kind)
    yield "pp_check", lambda: sm.pp_check(fit).draw()
    for by in ("x", "f"):
        yield f"comparisons {by}", lambda by=by: sm.comparisons(fit, by)
    yield "slopes", lambda: sm.slopes(fit, "x")
    yield "emmeans", lambda: sm.emmeans(fit, "f")
    yield "emmeans of responses", lambda: sm.emmeans(fit, "f", type="response")
    yield "kfold", lambda: sm.kfold(fit, K=2, seed=1)
    yield "update", lambda: sm.update(fit, ". ~ . - f", **SHORT)
    yield "save", lambda: saved(fit, folder)


def saved(fit: sm.Fit, folder: Path) -> None:
    """A file has the same answers."""
    sm.save(fit, folder / "fit")
    again = sm.load(folder / "fit")
    for verb in (sm.posterior_epred, sm.log_lik):
        np.testing.assert_array_equal(verb(again).values, verb(fit).values)
    np.testing.assert_array_equal(sm.posterior_predict(again, seed=1).values, sm.posterior_predict(fit, seed=1).values)


@cache
def fit(name: str) -> sm.Fit:
    return sm.brm(f"{LEFT.get(name, 'count')} ~ x + f + (1 | g)", data(), family=name, **SHORT)


# Of each kind of response one, with what is most its own: the others go through the same code, and are slow.
QUICK = ("student", "acat", "hurdle_gamma")
EVERY = [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in FAMILIES]


@pytest.mark.slow
@pytest.mark.parametrize("name", FAMILIES)
def test_every_question_is_answered_or_refused_by_us(name: str, tmp_path: Path) -> None:
    refused, foreign = set[str](), []
    for question, ask in questions(fit(name), tmp_path):
        try:
            repr(ask())
        except sm.StanmlmError as error:
            refused.add(question)
            print(f"{name} | {question} | {error}")
        except Exception as error:
            foreign.append(f"{question}: {type(error).__name__}: {error}")
        finally:
            plt.close("all")
    assert not foreign
    assert refused == {question for question, families in REFUSED.items() if name in families}


@pytest.mark.parametrize("name", EVERY)
def test_answers_of_every_family_are_finite_whole_and_of_new_rows(name: str) -> None:
    of = fit(name)
    for verb in (sm.posterior_epred, sm.posterior_predict, sm.log_lik):
        own, new = verb(of), verb(of, newdata=data().iloc[:3])
        assert np.isfinite(own.values).all(), verb
        assert np.isfinite(new.values).all(), verb
        if verb is not sm.posterior_predict:
            np.testing.assert_allclose(new.values, own.values[:, :3], rtol=1e-9, atol=1e-12)
    gaps = sm.posterior_epred(of, newdata=with_gaps()).values
    assert np.isfinite(gaps[:, :2]).all()
    assert np.isnan(gaps[:, 2]).all()
