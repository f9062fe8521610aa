"""Models put together by hand, so that tests of programs need no formula: two factors, a group predictor."""

from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np

from stanmlm.base.arrays import Floats
from stanmlm.data.design import Design, GroupTerm
from stanmlm.families import Family, gaussian
from stanmlm.families.responses import Response
from stanmlm.model.absorption import absorption
from stanmlm.model.centering import Centering, integrated, noncentered, sampled_in
from stanmlm.model.compress import compress
from stanmlm.model.coordinates import Coordinates
from stanmlm.model.joining import apart, joined
from stanmlm.model.model import Model
from stanmlm.model.nesting import nestings
from stanmlm.model.spreads import bent, log_slope
from stanmlm.model.sweeping import Sweep
from stanmlm.priors.parameters import address_of
from stanmlm.priors.priors import PriorRow, Priors

N, STATES, YEARS = 90, 6, 4
MIXED_COUNTS = ("zero_inflated_poisson", "zero_inflated_negbinomial", "hurdle_poisson", "hurdle_negbinomial")
MIXED_TRIALS = ("zero_inflated_binomial", "zero_inflated_beta_binomial")
MIXED_POSITIVE = ("hurdle_gamma", "hurdle_lognormal")
POSITIVE = ("lognormal", "Gamma", "inverse_gaussian", "weibull", "exponential")

# Group terms as (factor, columns of Z): the shapes that the density tests go through.
SHAPES: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "none": (),
    "one": (("state", ("(Intercept)",)),),
    "three": (("state", ("(Intercept)", "x", "z")),),
    "split": (("state", ("(Intercept)", "x")), ("state", ("z",))),
    "apart": (("state", ("(Intercept)",)), ("state", ("x",))),
    "around": (("state", ("(Intercept)",)), ("year", ("z",)), ("state", ("x", "z"))),
    "nested apart": (
        ("town", ("(Intercept)",)),
        ("town", ("x",)),
        ("state", ("(Intercept)",)),
        ("state", ("x",)),
    ),
    "two": (("state", ("(Intercept)", "x")), ("year", ("z",))),
    "both": (("state", ("(Intercept)", "x")), ("year", ("(Intercept)", "z"))),
    "nested": (("town", ("(Intercept)", "x")), ("state", ("(Intercept)",)), ("region", ("(Intercept)",))),
    "nested slopes": (("town", ("(Intercept)", "x", "z")), ("year", ("z",)), ("state", ("x", "(Intercept)"))),
    "crossed": (("state", ("(Intercept)",)), ("year", ("(Intercept)", "x"))),
    "intercepts": (("state", ("(Intercept)",)), ("year", ("(Intercept)",))),
    "chain": (("year", ("(Intercept)",)), ("town", ("(Intercept)",)), ("state", ("(Intercept)",))),
    "chain of slopes": (("town", ("(Intercept)", "x")), ("year", ("z",)), ("region", ("x", "(Intercept)"))),
}


@dataclass(frozen=True)
class Columns:
    """The rows behind a model."""

    index: dict[str, Any]
    fixed: dict[str, Floats]


def columns(seed: int = 1) -> Columns:
    rng = np.random.default_rng(seed)
    index = {"state": rng.integers(0, STATES, N), "year": rng.integers(0, YEARS, N)}
    x, z = rng.choice([-1.0, 0.5, 1.0], N), rng.choice([1.0, 2.0], N)
    a = rng.normal(size=STATES)[index["state"]]
    index |= {"town": 2 * index["state"] + rng.integers(0, 2, N), "region": index["state"] // 3}
    return Columns(index, {"(Intercept)": np.ones(N), "a": a, "x": x, "z": z, "a:x": a * x})


def design(shape: str, intercept: bool = True, offset: bool = False, seed: int = 1) -> Design:
    rows = columns(seed)
    names = tuple(name for name in rows.fixed if intercept or name != "(Intercept)")
    levels = {
        "town": tuple("abcdefghijkl"),
        "region": ("N", "S"),
        "state": tuple("ABCDEF"),
        "year": ("2000", "2004", "2008", "2012"),
    }
    terms = tuple(
        GroupTerm(group, coefs, levels[group], rows.index[group], np.stack([rows.fixed[c] for c in coefs], axis=1))
        for group, coefs in SHAPES[shape]
    )
    return Design(
        X=np.stack([rows.fixed[name] for name in names], axis=1),
        names=names,
        assign=tuple(range(not intercept, len(names) + (not intercept))),
        intercept=intercept,
        dropped=(),
        terms=terms,
        offset=np.where(columns(seed).fixed["x"] > 0, 0.3, -0.2) if offset else np.zeros(N),
    )


def response(family: Family, seed: int = 2) -> Response:
    rng = np.random.default_rng(seed)
    trials = rng.integers(1, 7, N).astype(float)
    y = {
        "gaussian": rng.normal(1.0, 2.0, N),
        "binomial": rng.binomial(trials.astype(int), 0.4).astype(float),
        "poisson": rng.poisson(2.0, N).astype(float),
        "negbinomial": rng.negative_binomial(1.5, 0.4, N).astype(float),
        "student": rng.standard_t(3.0, N).round(1),
    }
    weights = rng.choice([0.5, 1.0, 2.0], N)  # before the other families, which would change them
    y |= {
        "geometric": rng.negative_binomial(1.0, 0.4, N).astype(float),
        "nbinom1": rng.negative_binomial(1.5, 0.4, N).astype(float),
        "beta_binomial": np.round(trials * rng.beta(1.0, 1.5, N)),
        **{name: rng.poisson(2.0, N) * rng.binomial(1, 0.7, N).astype(float) for name in MIXED_COUNTS},
        **{name: np.round(trials * rng.beta(1.0, 1.5, N)) * rng.binomial(1, 0.7, N) for name in MIXED_TRIALS},
        **{name: (rng.gamma(2.0, 1.5, N).round(1) + 0.1) * rng.binomial(1, 0.7, N) for name in MIXED_POSITIVE},
        "zero_inflated_beta": (rng.beta(2.0, 1.5, N).round(1) * 0.8 + 0.1) * rng.binomial(1, 0.7, N),
        "zero_one_inflated_beta": np.clip(rng.beta(2.0, 1.5, N).round(1) * 1.4 - 0.2, 0.0, 1.0),
        **{name: rng.gamma(2.0, 1.5, N).round(1) + 0.1 for name in POSITIVE},
        **{name: rng.normal(1.0, 2.0, N).round(1) for name in ("skew_normal", "exgaussian", "asym_laplace")},
        "von_mises": rng.vonmises(0.5, 2.0, N).round(1),
        "shifted_lognormal": rng.gamma(2.0, 1.5, N).round(1) + 4.0,  # where no ndt of the points tested comes
        "beta": rng.beta(2.0, 1.5, N).round(1) * 0.8 + 0.1,
    }
    y["ordbeta"] = y["zero_one_inflated_beta"]
    return Response("y", y[family.name], trials if "trials" in family.extras else np.ones(N), weights)


def prior(
    class_: str, distribution: str, *arguments: float, term: int = -1, position: int = 0, ratio: bool = False
) -> PriorRow:
    return PriorRow(address_of(class_, term=term), position, distribution, arguments, arguments, ratio, "default")


def plain_priors(columns: Design, family: Family, ratio: bool = False) -> Priors:
    """Another scale for each parameter, so that none can stand in for another."""
    P = columns.X.shape[1] - columns.intercept
    rows = [prior("b", "normal", 0.1 * i, 1.0 + i, position=i) for i in range(P)]
    rows += [prior("Intercept", "student_t", 4.0, 0.2, 2.0)] if columns.intercept else []
    position = 0
    for k, term in enumerate(columns.terms):
        for _ in term.coefs:
            rows.append(prior("sd", "exponential", 1.0 + position, term=k, position=position, ratio=ratio))
            position += 1
        rows += [prior("cor", "lkj", 1.5 + k, term=k)] if len(term.coefs) > 1 else []
    by_support = {"unit": ("beta", 1.5, 2.5), "real": ("normal", 0.3, 1.4)}
    rows += [prior(one.name, *by_support.get(one.support, ("exponential", 0.7))) for one in family.scalars]
    return Priors(tuple(rows), "rstanarm")


def replaced(priors: Priors, class_: str, *rows: PriorRow) -> Priors:
    """The same priors with those of one class replaced."""
    return replace(priors, rows=(*(row for row in priors.rows if row.class_ != class_), *rows))


def partial(
    columns: Design, cells: Any, seed: int = 3, rotated: tuple[int, ...] = (), blocks: tuple[tuple[int, ...], ...] = ()
) -> Centering:
    """A real absorption, weights strictly between 0 and 1, and coordinates, bases and sweeps that are nobody's own."""
    rng = np.random.default_rng(seed)
    terms = joined(columns, cells, blocks or apart(columns))
    columns, cells = terms.design, terms.cells
    weights = tuple(rng.uniform(0.1, 0.9, (len(term.levels), len(term.coefs))) for term in columns.terms)
    units = tuple(rng.uniform(0.5, 2.0, len(term.coefs)) for term in columns.terms)
    absorbed, A = absorption(columns, cells, weights, rotated=frozenset(rotated))
    of = oblique(columns, rng)
    sweeps = tuple(any_sweep(k, weights[k][:, 0], len(of.hat), rng) for k in rotated)
    return Centering(
        absorbed, A, weights, units, nestings(columns, cells), coordinates=of, sweeps=sweeps, blocks=blocks
    )


def any_sweep(k: int, weights: Floats, F: int, rng: np.random.Generator) -> Sweep:
    J = len(weights)
    return Sweep(k, np.linalg.qr(rng.normal(size=(J, J)))[0], rng.normal(size=(F, J)), weights)


def oblique(columns: Design, rng: np.random.Generator) -> Coordinates:
    """Origins, factors and bases at random; a term with one coefficient has no basis."""
    F, sizes = columns.X.shape[1], [len(term.coefs) for term in columns.terms]
    bases = tuple(np.eye(K) + (K > 1) * rng.uniform(-0.3, 0.3, (K, K)) for K in sizes)
    factor, sd_factor = (np.tril(rng.uniform(0.3, 0.8, (n, n))) for n in (F, sum(sizes)))
    hat, log_sd = (0.5 * rng.normal(size=n) for n in (F, sum(sizes)))
    return Coordinates(hat, factor, log_sd, sd_factor, np.linspace(0.05, 0.2, sum(sizes)), bases)


def scores_of(log_sd: Floats, of: Coordinates) -> Floats:
    """What is sampled of log sds (..., S): the inverse of `Coordinates.log_sds`."""
    return unbent(np.linalg.solve(of.sd_factor, (log_sd - of.log_sd)[..., None])[..., 0], of.sd_bend)


def unbent(bent_z: Floats, bend: Floats) -> Floats:
    """The inverse of `bent`, by Newton's method: it is concave, and from the left that comes from one side."""
    z = np.minimum(bent_z, 0.0) - 1.0
    for _ in range(60):
        z = z - (bent(z, bend) - bent_z) / np.exp(log_slope(z, bend))
    return np.asarray(z)


def model(
    family: Family,
    shape: str,
    priors: Priors | None = None,
    *,
    intercept: bool = True,
    offset: bool = False,
    collapse: bool = True,
    centred: bool = True,
    prior_only: bool = False,
    seed: int = 1,
    rotated: tuple[int, ...] = (),
    blocks: tuple[tuple[int, ...], ...] = (),
) -> Model:
    rows = design(shape, intercept, offset, seed)
    answers = response(family, seed + 1)
    cells = compress(rows, answers, family, collapse)
    centres = partial(rows, cells, rotated=rotated, blocks=blocks) if centred else noncentered(rows)
    nothing = cast(Any, None)
    return Model(
        nothing, family, nothing, answers, rows, priors or plain_priors(rows, family), cells, centres, prior_only
    )


def integrated_model(shape: str, priors: Priors | None = None, **options: Any) -> Model:
    """A gaussian model whose group effects are integrated out."""
    of = model(gaussian(), shape, priors, **options)
    return replace(of, centering=integrated(of.design, of.cells, of.family, of.priors))


def as_sampled(of: Model, values: dict[str, Any]) -> dict[str, Any]:
    """Draws under Stan's names from those of coefficients of centred columns, `fix`, of `sd`, and of all else."""
    own = sampled_in(of.centering, of.design)
    rest = {name: value for name, value in values.items() if name not in ("fix", "sd")}
    z_fix = np.linalg.solve(own.factor, (values["fix"] - own.hat)[..., None])[..., 0]
    z_sd = scores_of(np.log(values["sd"]), own)
    return {"z_fix": z_fix, "z_sd": z_sd, **rest}
