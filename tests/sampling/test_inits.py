"""Starting points and the first metric: near the posterior, in the program's order, different for each chain."""

import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from handmade import model
from reference_density import dimension
from scipy.linalg import block_diag
from stan_against_numpy import PAIRS, compiled

import stanmlm as sm
import stanmlm.model.centering as centering_module
import stanmlm.sampling.inits as inits_module
from stanmlm.base.errors import StartError
from stanmlm.data.coefficients import centred, uncentred
from stanmlm.data.whole_rows import means_over_rows
from stanmlm.families import Family, binomial, gaussian, poisson, student
from stanmlm.fit.pipeline import ModelOptions, build_model
from stanmlm.model.centering import centering
from stanmlm.model.model import Model
from stanmlm.model.pilot import pilot
from stanmlm.model.problem import prior_at, problem
from stanmlm.sampling.engines.stanli import Stanli
from stanmlm.sampling.inits import SPREAD, _deviations, _system, inverse_metric, starting_points
from stanmlm.sampling.user_scale import sampled, standard_scores, unroll


def automatic(family, shape: str) -> Model:
    of = model(family, shape)
    return replace(of, centering=centering("auto", of.design, of.cells, family, of.priors))


def unconstrained(of: Model, seed: int = 1) -> np.ndarray:
    stan = compiled(of)
    return np.stack([stan.unconstrain({k: v.tolist() for k, v in p.items()}) for p in starting_points(of, 4, seed)])


@pytest.mark.parametrize("shape", ["none", "one", "three", "crossed"])
@pytest.mark.parametrize("pair", PAIRS)
def test_chains_start_apart_and_where_the_posterior_is(pair: str, shape: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their log density is below the pilot's by half of SPREAD^2 a parameter, if the posterior is about normal."""
    of = automatic(PAIRS[pair], shape)
    stan, starts = compiled(of), unconstrained(of)
    assert starts.shape == (4, dimension(of))
    monkeypatch.setattr(inits_module, "SPREAD", 0.0)
    drop = stan.log_prob_grad(unconstrained(of)[0])[0] - np.array([stan.log_prob_grad(q)[0] for q in starts])
    assert np.all(np.abs(drop) < SPREAD**2 * (dimension(of) + 3 * np.sqrt(dimension(of))))
    assert np.all(np.ptp(starts, axis=0)[: of.design.X.shape[1]] > 0)


def test_a_seed_gives_the_same_points_and_chains_have_streams_of_their_own() -> None:
    of = automatic(binomial(), "two")
    np.testing.assert_array_equal(unconstrained(of, 3), unconstrained(of, 3))
    np.testing.assert_array_equal(starting_points(of, 2, 3)[1]["z_fix"], starting_points(of, 4, 3)[1]["z_fix"])
    assert not np.allclose(unconstrained(of, 3), unconstrained(of, 4))


def test_the_prior_alone_has_no_pilot() -> None:
    of = model(poisson(), "one", prior_only=True)
    of = replace(of, centering=automatic(poisson(), "one").centering)
    assert of.centering.pilot is not None
    assert starting_points(of, 4, 1) == ()
    assert inverse_metric(of) is None


@pytest.mark.parametrize("pair", ["gaussian", "logit"])
@pytest.mark.parametrize("shape", ["none", "three", "crossed"])
def test_the_metric_is_the_posterior_variance_within_a_factor(pair: str, shape: str) -> None:
    of = automatic(PAIRS[pair], shape)
    guess = inverse_metric(of)
    fit = compiled(of).sample(chains=2, seed=1, warmup=400, samples=50, refresh=0)
    found = np.mean([np.asarray(metric) for metric in fit.inv_metric], axis=0)
    assert len(guess) == len(found)
    ratio = guess / found
    assert 0.5 < np.median(ratio) < 2
    # Six states and four years say little of sds and correlations: those are the far ones.
    assert np.all((ratio > 1 / 30) & (ratio < 12))


CROSSED = pytest.mark.parametrize("pair", ["gaussian", "logit", "poisson"])


def dense(of: Model) -> tuple[np.ndarray, np.ndarray]:
    """The columns of all coefficients and effects, and their precision as the pilot has it."""
    at, own = of.centering.pilot, problem(of.design, of.cells, of.family, of.priors)
    assert at is not None
    X = of.cells.X - np.r_[0.0, means_over_rows(of.design)[1:]]
    parts = [
        (Z[:, :, None] * (index[:, None] == np.arange(J))[:, None, :]).transpose(0, 2, 1).reshape(len(Z), -1)
        for Z, index, J in zip(of.cells.Z, of.cells.index, own.levels, strict=True)
    ]
    columns = np.hstack([X, *parts])
    F = X.shape[1]
    ridge = prior_at(own, *np.zeros((2, own.X.shape[1])))[0][:F] / own.units.X**2
    populations = [np.kron(np.eye(J), np.linalg.inv(S)) for S, J in zip(at.covariance, own.levels, strict=True)]
    return columns, columns.T * at.working.weight[0, 0] @ columns + block_diag(np.diag(ridge), *populations)


@CROSSED
def test_coefficients_start_as_far_as_the_effects_of_all_terms_leave_them(pair: str) -> None:
    of = automatic(PAIRS[pair], "crossed")
    F, (_, precision) = of.design.X.shape[1], dense(of)
    marginal = np.linalg.inv(precision)[:F, :F]
    at = of.centering.pilot
    errors = np.sqrt(np.diag(marginal))
    assert np.all(np.abs(at.uncertainty - marginal) < 1e-3 * np.outer(errors, errors))
    # Given the effects of one of the two terms, as a pilot of one term at a time has them, they are nearer.
    J = len(of.design.terms[0].levels)
    given = np.linalg.inv(np.delete(np.delete(precision, np.s_[F : F + J], 0), np.s_[F : F + J], 1))[:F, :F]
    assert np.max(np.diag(marginal) / np.diag(given)) > 1.05
    points = starting_points(of, 500, 1)
    draws = {name: np.stack([np.asarray(point[name]) for point in points])[None] for name in points[0]}
    starts = unroll(of, draws).b[0]
    starts[:, 0] += starts[:, 1:] @ of.design.X[:, 1:].mean(axis=0)
    np.testing.assert_allclose(starts.std(axis=0), SPREAD * errors, rtol=0.12)  # 3.8 errors of an sd


@CROSSED
def test_effects_of_crossed_terms_start_as_one_draw_from_their_joint_posterior(pair: str) -> None:
    of = automatic(PAIRS[pair], "crossed")
    at, system, rng = of.centering.pilot, _system(of, of.centering.pilot), np.random.default_rng(1)
    F, (columns, precision) = of.design.X.shape[1], dense(of)
    factors = [np.linalg.cholesky(S) for S in at.covariance]
    full = uncentred(of.design, at.beta)
    draws = np.array(
        [np.concatenate([u.ravel() for u in _deviations(of, at, system, full, factors, rng)]) for _ in range(2000)]
    )
    covariance = np.linalg.inv(precision[F:, F:])
    weight = at.working.weight[0, 0]
    errors = np.sqrt(np.diag(covariance))
    mean = covariance @ (columns[:, F:].T @ (at.working.right[0] - weight * (of.cells.X @ full)))
    assert np.all(np.abs(draws.mean(axis=0) - mean) < 4.5 * errors / np.sqrt(len(draws)))
    assert np.all(np.abs(np.cov(draws.T) - covariance) < 0.15 * np.outer(errors, errors))  # 4.7 errors of a variance


class Watched:
    """stanli, noting the starts and the metric that it is asked for; `refuses` any starts at all."""

    name, version = "watched", "1"

    def __init__(self, refuses: bool = False) -> None:
        self.refuses, self.asked = refuses, list[tuple[int, int]]()

    def sample(self, program, data, sampling, inits, progress, inv_metric):
        self.asked.append((len(inits or ()), 0 if inv_metric is None else len(inv_metric)))
        if self.refuses and inits:
            raise StartError("no such starts")
        return Stanli().sample(program, data, sampling, inits, progress, inv_metric)


EXAMS = sm.simulate_exams(seed=1)
QUICK = {"seed": 1, "chains": 2, "iter": 100, "progress": False}


def fit_by(engine: Watched, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a hundred iterations are few
        return sm.lmer("score ~ hours + (1 | student)", EXAMS, engine=engine, **QUICK, **options)


@pytest.mark.parametrize(
    "options", [{"prior_only": True}, {"centering": "noncentered"}, {"centering": "centered"}, {"centering": 0.5}]
)
def test_stan_starts_by_itself_where_nothing_was_learnt_from_the_data(options) -> None:
    fit_by(engine := Watched(), **options)
    assert engine.asked == [(0, 0)]


def test_a_fit_starts_about_its_pilot_which_runs_once_and_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = []
    monkeypatch.setattr(centering_module, "pilot", lambda *given: runs.append(1) or pilot(*given))
    fit = fit_by(engine := Watched())
    free = 2 + 1 + 1  # coefficients, an sd, sigma: the effects are integrated out
    assert (runs, engine.asked) == ([1], [(2, free)])
    assert fit.model.centering.pilot is None


def test_refused_starts_leave_stan_its_own() -> None:
    fit = fit_by(engine := Watched(refuses=True))
    assert [starts for starts, _ in engine.asked] == [2, 0]
    assert np.isfinite(sm.fixef(fit)).all()


def test_a_pilot_without_sense_gives_no_starts() -> None:
    of = automatic(gaussian(), "two")
    at = of.centering.pilot
    broken = replace(at, covariance=tuple(-S for S in at.covariance))
    of = replace(of, centering=replace(of.centering, pilot=broken))
    with np.errstate(invalid="ignore"):
        assert starting_points(of, 4, 1) == ()


def test_sampled_effects_are_the_inverse_of_scores() -> None:
    rng = np.random.default_rng(1)
    J, K = 5, 3
    M, z, w = rng.normal(size=(J, K)), rng.normal(size=(J, K)), rng.uniform(size=(J, K))
    c, tau = rng.uniform(0.5, 2, K), rng.uniform(0.5, 2, K)
    L = np.linalg.cholesky(0.4 * np.ones((K, K)) + 0.6 * np.eye(K))
    C = tau[:, None] * L
    t = sampled(z @ C.T, M, w, c, C)
    np.testing.assert_allclose(standard_scores(t, M, w, c, C), z, rtol=1e-12)


def test_unrolled_starts_are_the_effects_of_the_pilot() -> None:
    of = automatic(gaussian(), "two")
    points = starting_points(of, 4, 1)
    draws = {name: np.stack([np.asarray(p[name]) for p in points])[:, None] for name in points[0]}
    out = unroll(of, draws)
    assert [r.shape for r in out.r] == [(4, 1, 6, 2), (4, 1, 4, 1)]
    assert np.all(np.abs(out.r[0]) < 10 * out.sd[:, :, None, :2])


def test_group_effects_alone_and_constant_responses_are_fitted() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        warnings.simplefilter("ignore", sm.StanmlmWarning)
        fit = sm.lmer("score ~ 0 + (1 | student)", EXAMS, engine="stanli", **QUICK)
        assert sm.fixef(fit).empty
        assert "No fixed effect coefficients" in repr(fit)
        constant = EXAMS.assign(score=1.0)
        assert np.isfinite(sm.fixef(sm.lm("score ~ hours", constant, engine="stanli", **QUICK))).all()


@pytest.mark.parametrize("family", [gaussian(), student()], ids=str)
def test_coefficients_of_every_predictor_start_as_the_users_and_not_as_what_is_sampled(family: Family) -> None:
    rng = np.random.default_rng(5)
    g, h = np.tile(np.arange(6), 100), np.repeat(np.arange(5), 120)
    log_sd = np.linspace(-1, 1, 6)[g] + np.linspace(-1, 1, 5)[h]
    y = np.linspace(-2, 2, 6)[g] + np.linspace(2, -2, 5)[h] + np.exp(log_sd) * rng.normal(size=600)
    data = pd.DataFrame({"y": y, "x": rng.choice([0.0, 1.0], 600), "g": g.astype(str), "h": h.astype(str)})
    formula = sm.bf("y ~ x + (1 | g) + (1 | h)", "sigma ~ x + (1 | g) + (1 | h)")
    of = build_model(formula, data, family, {}, ModelOptions())
    at, points = of.centering.pilot, starting_points(of, 500, 1)
    assert at is not None
    assert len(of.centering.sweeps) == 4
    draws = {name: np.stack([np.asarray(point[name]) for point in points])[None] for name in points[0]}
    starts = centred(of.design, unroll(of, draws).b[0])
    errors = np.sqrt(np.diag(at.uncertainty))
    np.testing.assert_allclose(starts.std(axis=0), SPREAD * errors, rtol=0.12)  # 3.8 errors of an sd
    assert np.all(np.abs(starts.mean(axis=0) - at.beta) < 4 * SPREAD * errors / np.sqrt(500))
    swept = of.centering.coordinates.factor
    assert np.any(np.sum(swept**2, axis=1) < 0.5 * errors**2), "which are much nearer"
