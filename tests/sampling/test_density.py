"""The programs' log densities and gradients against NumPy, at random points off the origin, without sampling."""

from dataclasses import replace

import numpy as np
import pytest
from handmade import SHAPES, N, design, integrated_model, model, plain_priors, prior, replaced, scores_of
from reference_density import (
    constrained,
    effect,
    factors,
    gradient,
    in_basis,
    log_density,
    mean_in_basis,
    scale_at,
    share_at,
)
from stan_against_numpy import MORE, PAIRS, RELATIVE, check, compiled, points

from stanmlm.families import FAMILIES, binomial, gaussian, negbinomial, poisson, student
from stanmlm.families.altered import with_link
from stanmlm.model.centering import noncentered, sampled_in
from stanmlm.model.compress import compress
from stanmlm.model.coordinates import Coordinates
from stanmlm.model.model import Model
from stanmlm.model.spreads import log_slope
from stanmlm.sampling.user_scale import unroll


@pytest.mark.parametrize("offset", [False, True], ids=["plain", "offset"])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("pair", PAIRS)
def test_density_of_every_family_link_and_term_shape(pair: str, shape: str, offset: bool) -> None:
    check(model(PAIRS[pair], shape, offset=offset))


@pytest.mark.parametrize("pair", MORE)
def test_density_of_more_families(pair: str) -> None:
    check(model(MORE[pair], "two", offset=True))


# Shapes with the positions of their rotated terms: by themselves, beside slopes that absorb, beside nested terms.
ROTATED = {"intercepts": (0, 1), "crossed": (0,), "two": (1,), "chain": (0,), "chain of slopes": (1,)}


@pytest.mark.parametrize("shape", ROTATED)
@pytest.mark.parametrize("pair", PAIRS)
def test_density_with_rotated_terms(pair: str, shape: str) -> None:
    check(model(PAIRS[pair], shape, rotated=ROTATED[shape], offset=pair == "logit"))


# Shapes with the terms that are sampled as one: two, others between them, two factors within each other.
JOINED = {
    "apart": ((0, 1),),
    "split": ((0, 1),),
    "around": ((0, 2), (1,)),
    "nested apart": ((0, 1), (2, 3)),
}


@pytest.mark.parametrize("shape", JOINED)
@pytest.mark.parametrize("pair", PAIRS)
def test_density_with_terms_that_are_sampled_as_one(pair: str, shape: str) -> None:
    check(model(PAIRS[pair], shape, blocks=JOINED[shape], offset=pair == "logit"))


def test_density_with_terms_that_are_sampled_as_one_beside_a_rotated_one() -> None:
    check(model(poisson(), "around", blocks=JOINED["around"], rotated=(1,)))


@pytest.mark.parametrize("pair", ["gaussian", "poisson"])
def test_density_with_rotated_terms_and_no_intercept(pair: str) -> None:
    check(model(PAIRS[pair], "crossed", rotated=(0,), intercept=False))


@pytest.mark.parametrize("shape", ["one", "three", "crossed"])
@pytest.mark.parametrize("pair", ["gaussian", "logit"])
def test_density_when_not_centred(pair: str, shape: str) -> None:
    check(model(PAIRS[pair], shape, centred=False))


@pytest.mark.parametrize("options", [{}, {"offset": True}, {"intercept": False}, {"collapse": False}], ids=str)
@pytest.mark.parametrize("shape", ["one", "three", "split"])
def test_density_with_group_effects_integrated_out(shape: str, options: dict) -> None:
    check(integrated_model(shape, **options))


@pytest.mark.parametrize("pair", ["gaussian", "poisson"])
def test_density_without_an_intercept(pair: str) -> None:
    check(model(PAIRS[pair], "two", intercept=False))


@pytest.mark.parametrize("shape", ["none", "two"])
def test_density_of_the_prior_alone(shape: str) -> None:
    check(model(gaussian(), shape, prior_only=True))


def test_half_of_the_priors_on_sds_may_be_ratios_to_sigma() -> None:
    sds = [prior("sd", "gamma", 2.0, 0.5 + i, term=int(i > 1), position=i, ratio=i != 1) for i in range(3)]
    check(model(gaussian(), "two", replaced(plain_priors(design("two"), gaussian()), "sd", *sds)))


REAL = [
    *(("normal", 0.3, 1.2), ("student_t", 3.0, 0.3, 1.2), ("cauchy", 0.3, 1.2), ("logistic", 0.3, 1.2)),
    *(("uniform", -50.0, 50.0), ("flat",)),
]
POSITIVE = [*REAL, ("exponential", 1.3), ("gamma", 2.5, 1.1), ("lognormal", 0.3, 1.2), ("inv_gamma", 2.5, 1.1)]


@pytest.mark.parametrize("given", REAL, ids=lambda given: given[0])
def test_priors_on_coefficients(given: tuple) -> None:
    priors = plain_priors(design("none"), binomial())
    rows = [prior("b", *given, position=1), *(prior("b", "normal", 0.0, 1.0, position=i) for i in (0, 2, 3))]
    check(model(binomial(), "none", replaced(replaced(priors, "b", *rows), "Intercept", prior("Intercept", *given))))


@pytest.mark.parametrize("ratio", [False, True], ids=["plain", "ratio"])
@pytest.mark.parametrize("given", POSITIVE, ids=lambda given: given[0])
def test_priors_on_positive_parameters(given: tuple, ratio: bool) -> None:
    priors = plain_priors(design("two"), gaussian())
    sds = [prior("sd", *given, term=int(i > 1), position=i, ratio=ratio) for i in range(3)]
    check(model(gaussian(), "two", replaced(replaced(priors, "sd", *sds), "sigma", prior("sigma", *given))))


@pytest.mark.parametrize("family", [binomial(), gaussian()], ids=["plain", "ratio"])
def test_decov_covers_all_sds_of_a_term(family) -> None:
    ratio = family.name == "gaussian"
    decov = [
        prior("sd", "decov", 1.0, 1.7, 2.2, 0.8, term=0, position=0, ratio=ratio),
        prior("sd", "decov", 1.0, 1.0, 1.3, 2.0, term=1, position=2, ratio=ratio),
    ]
    check(model(family, "two", replaced(plain_priors(design("two"), family), "sd", *decov)))


def test_a_flat_prior_on_a_correlation_is_flat_on_the_matrix() -> None:
    check(
        model(
            binomial(),
            "three",
            replaced(plain_priors(design("three"), binomial()), "cor", prior("cor", "flat", term=0)),
        )
    )


@pytest.mark.parametrize("eta", [-45.0, 45.0])
def test_probit_is_exact_where_phi_underflows(eta: float) -> None:
    probit = model(binomial(link="probit"), "none", offset=True)
    q = np.r_[eta, np.zeros(4)]
    value, slope = compiled(probit).log_prob_grad(q)
    start, _ = compiled(probit).log_prob_grad(0 * q)
    assert value - start == pytest.approx(log_density(probit, q) - log_density(probit, 0 * q), rel=RELATIVE)
    assert np.all(np.isfinite(slope))


@pytest.mark.parametrize("pair", PAIRS)
def test_cells_have_the_density_of_rows(pair: str) -> None:
    cells, rows = (model(PAIRS[pair], "two", offset=True, collapse=collapse) for collapse in (True, False))
    assert len(cells.cells.first) < len(rows.cells.first) == len(rows.response.y)
    few, many = (np.array([compiled(m).log_prob_grad(q)[0] for q in points(cells)]) for m in (cells, rows))
    np.testing.assert_allclose(few - few[0], many - many[0], rtol=1e-10, atol=1e-10 * np.abs(many).max())


@pytest.mark.parametrize("pair", [*PAIRS, *MORE])
def test_collapsing_is_exact_under_random_offsets_and_fractional_weights(pair: str) -> None:
    """Some rows share everything, some all but the response, some all but the offset or the weight."""
    few, many = (model((PAIRS | MORE)[pair], "crossed", offset=True, collapse=collapse) for collapse in (True, False))
    rng = np.random.default_rng(11)
    offset, weights = rng.choice(rng.normal(size=3), N), rng.choice([*rng.uniform(0.1, 3.0, 3), 1.0], N)
    values = []
    for of, collapse in ((few, True), (many, False)):
        rows, answers = replace(of.design, offset=offset), replace(of.response, weights=weights)
        cells = compress(rows, answers, of.family, collapse)
        of = replace(of, design=rows, response=answers, cells=cells, centering=noncentered(rows))
        values.append(np.array([compiled(of).log_prob_grad(q)[0] for q in points(of)]))
    np.testing.assert_allclose(values[0] - values[0][0], values[1] - values[1][0], rtol=1e-10, atol=1e-10)


def with_weight(of: Model, weight: float) -> Model:
    weights = tuple(np.full_like(w, weight) for w in of.centering.weights)
    return replace(of, centering=replace(of.centering, weights=weights))


def not_turned(of: Model) -> Model:
    """The same absorbed columns with weights zero and no term rotated: sampled effects are z."""
    plain = with_weight(of, 0.0)
    return replace(plain, centering=replace(plain.centering, sweeps=()))


CENTRED = [*((shape, ()) for shape in ("one", "three", "crossed", "nested", "nested slopes")), *ROTATED.items()]


@pytest.mark.parametrize("weight", [0.7, 1.0])
@pytest.mark.parametrize(("shape", "rotated"), CENTRED)
def test_centring_changes_variables_and_not_the_posterior(shape: str, rotated: tuple[int, ...], weight: float) -> None:
    """p_0(q) = p_w(q_w) |dq_w / dq|, with q_w the same effects sampled under weight w, rotated and swept."""
    to = with_weight(model(gaussian(), shape, rotated=rotated), weight)
    fro = not_turned(to)
    change = [_value(fro, q) - _value(to, recentred(q, fro, to)) - _log_jacobian(q, fro, to) for q in points(fro)]
    np.testing.assert_allclose(change, change[0], atol=1e-7)


@pytest.mark.parametrize("shape", ["none", "three", "split", "nested slopes"])
def test_coordinates_change_variables_and_not_the_posterior(shape: str) -> None:
    """p_own(q) = p(q'), up to a constant, with q' the same coefficients and scores of effects in other coordinates."""
    to = with_weight(model(gaussian(), shape), 0.0)  # effects that are not centred are scores in any basis
    fro = replace(to, centering=replace(to.centering, coordinates=None))
    of = sampled_in(to.centering, to.design)

    def elsewhere(q: np.ndarray) -> np.ndarray:
        values, _ = constrained(fro, q)
        fix, log_sd, rest = np.split(q, np.cumsum([len(of.hat), len(of.log_sd)]))
        z_sd = scores_of(log_sd, of)
        out, place = np.concatenate([np.linalg.solve(of.factor, fix - of.hat), z_sd, rest]), len(q)
        for k in reversed(range(len(of.bases))):  # effects stand last, term after term, each after its correlations
            u = effect(fro, values, k)[1]
            z = np.linalg.solve(of.bases[k] @ in_basis(to, values, k), u.T)
            K = len(z)
            out[place - z.size : place] = z.ravel()
            place -= z.size + K * (K - 1) // 2
        return out

    change = [_value(fro, q) - _value(to, there) + _bend(there, of) for q in points(fro) for there in [elsewhere(q)]]
    np.testing.assert_allclose(change, change[0], atol=1e-9)


def _bend(q: np.ndarray, of: Coordinates) -> float:
    """The logarithm of what is lost of volume where sds are small."""
    F = len(of.hat)
    return float(log_slope(q[F : F + len(of.log_sd)], of.sd_bend).sum())


def _value(of: Model, q: np.ndarray) -> float:
    return float(compiled(of).log_prob_grad(q)[0])


def _log_jacobian(q: np.ndarray, fro: Model, to: Model) -> float:
    steps = 1e-30j * np.eye(len(q))
    return float(np.linalg.slogdet(np.array([recentred(q + s, fro, to).imag for s in steps]) / 1e-30)[1])


def recentred(q: np.ndarray, fro: Model, to: Model) -> np.ndarray:
    """The point under `to` of the same coefficients and effects, by the defining equation."""
    values, _ = constrained(fro, q)
    rotated = {sweep.term: sweep for sweep in to.centering.sweeps}
    values["swept"] = values["swept"] + sum(sweep.S @ effect(fro, values, k)[1][:, 0] for k, sweep in rotated.items())
    of = to.centering.coordinates
    out = np.concatenate([np.linalg.solve(of.factor, values["swept"] - of.hat), q[len(of.hat) :]])
    place = len(q) - sum(w.size + w.shape[1] * (w.shape[1] - 1) // 2 for w in fro.centering.weights)
    for k, w in enumerate(to.centering.weights):
        (J, K), c = w.shape, to.centering.units[k]
        C, M = in_basis(fro, values, k), mean_in_basis(fro, values, k)
        z = values[f"t_{k + 1}"]  # not centred: t is z
        z, M = (rotated[k].Q.T @ z, 0 * M) if k in rotated else (z, M)
        t = np.empty_like(z)
        for p in range(K):
            m, v = M[:, p] + z[:, :p] @ C[p, :p], C[p, p]
            t[:, p] = scale_at(w[:, p], c[p], v) * (z[:, p] + share_at(w[:, p], c[p], v) * m / v)
        place += K * (K - 1) // 2
        out[place : place + J * K] = t.T.ravel()
        place += J * K
    return out


@pytest.mark.parametrize(("shape", "rotated"), CENTRED)
def test_unroll_inverts_the_program(shape: str, rotated: tuple[int, ...]) -> None:
    """From z to t by the equation of decision 006, and back by `unroll`: a - M = B diag(tau) L z."""
    to = model(gaussian(), shape, rotated=rotated)
    fro = replace(to, centering=replace(noncentered(to.design), coordinates=to.centering.coordinates))
    q = np.stack([points(to, seed)[0] for seed in range(6)])
    plain = not_turned(to)
    values = [constrained(to, recentred(row, plain, to))[0] for row in q]
    raw = [constrained(fro, row)[0] for row in q]
    draws = {name: np.stack([v[name] for v in values]).reshape(2, 3, *np.shape(values[0][name])) for name in values[0]}
    out = unroll(to, draws)
    for k, r in enumerate(out.r):
        T = np.array([factors(to, v)[k] for v in raw])
        B = sampled_in(to.centering, to.design).bases[k]
        expected = [v[f"t_{k + 1}"] @ in_basis(to, v, k).T @ B.T for v in raw]
        np.testing.assert_allclose(r.reshape(6, *r.shape[2:]), expected, rtol=1e-10, atol=1e-12)
        sd = np.sqrt(np.sum(T**2, axis=-1))
        correlations = T @ np.swapaxes(T, 1, 2) / (sd[:, :, None] * sd[:, None, :])
        np.testing.assert_allclose(out.cor[k].reshape(correlations.shape), correlations, rtol=1e-12)
    np.testing.assert_allclose(out.sd.reshape(6, -1), [v["sd"] for v in values], rtol=1e-12)
    eta = out.b.reshape(6, -1) @ to.design.X.T
    centred = [v["alpha_c"] + (to.design.X[:, 1:] - to.design.X[:, 1:].mean(axis=0)) @ v["b"] for v in raw]
    np.testing.assert_allclose(eta, centred, rtol=1e-10)


EDGES = [
    *((negbinomial(), {"shape": shape}, -3.0) for shape in (1e-8, 1e-4, 0.9, 14.99, 15.01, 1e4, 1e8)),
    (negbinomial(), {"shape": 2.0}, -700.0),
    (negbinomial(), {"shape": 1e8}, 8.0),
    *((student(), {"sigma": 0.7, "nu": nu}, 1.0) for nu in (1 + 1e-8, 1.5, 29.9, 30.1, 1e3, 1e6)),
    (student(), {"sigma": 1e-5, "nu": 2.0}, 1.0),
    (poisson(), {}, -700.0),
    *((FAMILIES["nbinom1"], {"phi": phi}, 0.5) for phi in (1e-8, 1.0, 1e4)),
    (FAMILIES["nbinom1"], {"phi": 1.0}, -600.0),
    *((FAMILIES["beta_binomial"], {"phi": phi}, 0.5) for phi in (1e-6, 3.0, 14.9, 1e3, 1e7)),
    *((FAMILIES["beta_binomial"], {"phi": 3.0}, eta) for eta in (-100.0, 100.0)),
    *((FAMILIES["zero_inflated_poisson"], {"zi": zi}, eta) for zi in (1e-9, 0.999) for eta in (-60.0, 0.0, 5.0)),
    *((FAMILIES["zero_inflated_negbinomial"], {"shape": a, "zi": 0.2}, -3.0) for a in (1e-4, 1e6)),
    *((FAMILIES["zero_inflated_binomial"], {"zi": 0.3}, eta) for eta in (-35.0, 35.0)),
    *((FAMILIES["hurdle_poisson"], {"hu": 0.2}, eta) for eta in (-300.0, -20.0, 6.0)),
    *((FAMILIES["hurdle_negbinomial"], {"shape": a, "hu": 0.2}, -8.0) for a in (1e-3, 1e5)),
    (binomial(), {}, 40.0),
    (binomial(), {}, -40.0),
    (binomial(link="probit"), {}, 29.0),
    (binomial(link="probit"), {}, -29.0),
]


@pytest.mark.parametrize(("family", "scalars", "intercept"), EDGES, ids=str)
def test_density_at_the_edges_of_a_family(family, scalars: dict[str, float], intercept: float) -> None:
    """Each part of the gradient in its own size: none hides behind one that is a million times larger."""
    priors = plain_priors(design("none"), family)
    for name in ("Intercept", *scalars):
        priors = replaced(priors, name, prior(name, "flat"))
    of = model(family, "none", priors)
    q = 0.1 * points(of)[0]
    P = of.design.X.shape[1]
    at = sampled_in(of.centering, of.design)
    q[:P] = np.linalg.solve(at.factor, np.r_[intercept, q[1:P]] - at.hat)
    q[P:] = [one.within.free(np.asarray(scalars[one.name])) for one in family.scalars]
    stan, near = compiled(of), q + 1e-3
    (value, slope), (other, _) = stan.log_prob_grad(q), stan.log_prob_grad(near)
    here, there, expected = log_density(of, q), log_density(of, near), gradient(of, q)
    assert value - other == pytest.approx(np.real(here - there), rel=RELATIVE, abs=1e-13 * abs(here))
    np.testing.assert_allclose(slope, expected, rtol=1e-7, atol=1e-8)


OTHER_LINKS = [
    with_link(family, link)
    for family in FAMILIES.values()
    for link in family.location.links
    if family.kind != "category" and not family.spread  # test_density_ordinal.py, test_density_nominal.py
    if f"{family.name}-{link}" not in ("binomial-probit", "binomial-cloglog")
]


@pytest.mark.parametrize("family", OTHER_LINKS, ids=str)
def test_density_under_every_link(family) -> None:
    """Rows about the middle of what the location may be, where every link is inside."""
    of = model(family, "none")
    ours, here = [], in_the_middle(of)
    stan = [compiled(of).log_prob_grad(q) for q in here]
    for q, (_, slope) in zip(here, stan, strict=True):
        ours.append(np.real(log_density(of, q)))
        expected = gradient(of, q)
        np.testing.assert_allclose(slope, expected, rtol=RELATIVE, atol=RELATIVE * np.abs(expected).max())
    differences = np.diff([value for value, _ in stan])
    np.testing.assert_allclose(differences, np.diff(ours), rtol=RELATIVE, atol=RELATIVE * np.abs(ours).max())


def in_the_middle(of: Model) -> list[np.ndarray]:
    at, P = sampled_in(of.centering, of.design), of.design.X.shape[1]
    middle = of.family.link.forward(np.asarray(0.4 if of.family.location.support != "positive" else 2.0))
    here = points(of)
    for q in here:
        q[:P] = np.linalg.solve(at.factor, np.r_[middle, 0.03 * abs(middle) * q[1:P]] - at.hat)
    return here


@pytest.mark.parametrize("family", OTHER_LINKS, ids=str)
def test_cells_and_rows_have_one_density_under_every_link(family) -> None:
    """With offsets and weights that differ within what the predictors tell apart."""
    cells, rows = (model(family, "none", collapse=collapse) for collapse in (True, False))
    small = 0.02 * np.abs(family.link.forward(np.asarray(0.4)))
    offset = np.where(np.arange(N) % 2, small, -small)
    cells, rows = (
        replace(of, design=(moved := replace(of.design, offset=offset)),
                cells=compress(moved, of.response, family, collapse))
        for of, collapse in ((cells, True), (rows, False))
    )  # fmt: skip
    rows = replace(rows, centering=cells.centering)
    few, many = ([compiled(of).log_prob_grad(q)[0] for q in in_the_middle(cells)] for of in (cells, rows))
    assert len(cells.cells.first) < len(rows.cells.first)
    np.testing.assert_allclose(np.diff(few), np.diff(many), rtol=1e-10, atol=1e-10 * np.abs(many).max())


@pytest.mark.parametrize("shape", JOINED)
def test_terms_that_are_sampled_as_one_have_the_posterior_of_terms_apart(shape: str) -> None:
    """p(q) of scores z apart is p(q') of scores of the same effects together, up to a constant: neither is centred."""
    to = with_weight(model(gaussian(), shape, blocks=JOINED[shape]), 0.0)
    fro = replace(to, centering=replace(noncentered(to.design), coordinates=None))
    of = to.centering.coordinates
    change = []
    for q in points(fro):
        values, _ = constrained(fro, q)
        u = [effect(fro, values, k)[1] for k, _ in enumerate(to.design.terms)]
        z_fix, z_sd = np.linalg.solve(of.factor, values["fix"] - of.hat), scores_of(np.log(values["sd"]), of)
        rest = [np.log(values["sigma"])[None]]
        start = len(q) - sum(w.size + w.shape[1] * (w.shape[1] - 1) // 2 for w in fro.centering.weights)
        free = []  # of correlations, term after term
        for w in fro.centering.weights:
            K = w.shape[1]
            free.append(q[start : start + K * (K - 1) // 2])
            start += w.size + K * (K - 1) // 2
        values["swept"] = values["fix"]
        for k, block in enumerate(JOINED[shape]):
            C, together = in_basis(to, values, k), np.concatenate([u[term] for term in block], axis=1)
            z = np.linalg.solve(of.bases[k] @ C, together.T)
            rest += [*(free[term] for term in block), z.ravel()]
        there = np.concatenate([z_fix, z_sd, *rest])
        change.append(_value(fro, q) - _value(to, there) + _bend(there, of))
    np.testing.assert_allclose(change, change[0], atol=1e-8)


@pytest.mark.parametrize("shape", JOINED)
def test_unroll_gives_the_effects_of_each_term(shape: str) -> None:
    to = model(gaussian(), shape, blocks=JOINED[shape])
    values = [constrained(to, q)[0] for q in points(to)]
    draws = {name: np.stack([v[name] for v in values])[None] for name in values[0]}
    out = unroll(to, draws)
    for k, block in enumerate(JOINED[shape]):
        expected = np.stack([effect(to, v, k)[1] for v in values])
        found = np.concatenate([out.r[term][0] for term in block], axis=-1)
        np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-12)
