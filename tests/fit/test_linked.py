"""Bars under one label, `(1 | ID | g)`: one term with one covariance across parameters."""

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from small_fits import SIZES

import stanmlm as sm
from stanmlm.data.design import dpars_of
from stanmlm.families import as_family
from stanmlm.fit.draws import correlations_of, effects_of, scales_of
from stanmlm.fit.fit import draws_of
from stanmlm.fit.pipeline import ModelOptions, build_model
from stanmlm.fit.prior_summary import prior_frame
from stanmlm.formula.formula import parse_formula
from stanmlm.model.model import Model

FORMULA = sm.bf("y ~ x + (1 + x | p | g) + (1 | h)", "sigma ~ x + (1 | p | g)")
CORRELATION = 0.8


@cache
def data() -> pd.DataFrame:
    """Effects on mean and log sd go together."""
    rng = np.random.default_rng(2)
    g = np.repeat(np.arange(40), 15)
    x, u = rng.normal(size=600), rng.normal(size=(40, 2))
    u[:, 1] = CORRELATION * u[:, 0] + np.sqrt(1 - CORRELATION**2) * u[:, 1]
    y = 2 + 0.5 * x + u[g, 0] + np.exp(-0.5 + 0.6 * u[g, 1]) * rng.normal(size=600)
    return pd.DataFrame({"y": y, "x": x, "g": [f"g{k}" for k in g], "h": [f"h{k % 7}" for k in range(600)]})


@cache
def fit() -> sm.Fit:
    return sm.brm(FORMULA, data(), **SIZES)


def made(*texts: str, family: str = "gaussian", **options: object) -> Model:
    return build_model(sm.bf(*texts), data(), as_family(family), {}, ModelOptions(**options))  # type: ignore[arg-type]


def terms(*texts: str) -> list[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    return [(term.group, term.coefs, dpars_of(term)) for term in made(*texts).design.terms]


def test_bars_under_one_label_are_one_term() -> None:
    mu, sigma = "mu", "sigma"
    assert terms("y ~ (1 + x | p | g)", "sigma ~ (1 | p | g)") == [
        ("g", ("(Intercept)", "x", "(Intercept)"), (mu, mu, sigma))
    ]
    apart = [("g", ("(Intercept)",), (mu,)), ("g", ("(Intercept)",), (sigma,))]
    for sides in (("(1 | p | g)", "(1 | q | g)"), ("(1 | p | g)", "(1 | g)"), ("(1 | g)", "(1 | g)")):
        assert terms(f"y ~ {sides[0]}", f"sigma ~ {sides[1]}") == apart
    assert terms("y ~ (1 | 1 | g) + (0 + x | 1 | g)") == [("g", ("(Intercept)", "x"), (mu, mu))]
    assert terms("y ~ x", "sigma ~ (1 | p | g) + (0 + x | p | g)") == [("g", ("(Intercept)", "x"), (sigma, sigma))]


def test_terms_come_in_the_order_of_the_predictors_that_they_begin_in() -> None:
    texts = "y ~ (1 | p | h) + (1 | q | g)", "sigma ~ (1 | p | h) + (0 + x | r | g)"
    assert [(group, len(dpars)) for group, _, dpars in terms(*texts)] == [("g", 1), ("h", 2), ("g", 1)]


def test_a_label_in_one_bar_changes_nothing() -> None:
    plain, labelled = (made(f"y ~ x + ({bar} g)") for bar in ("1 + x |", "1 + x | p |"))
    assert labelled.centering.marginal
    np.testing.assert_array_equal(plain.design.terms[0].Z, labelled.design.terms[0].Z)
    assert plain.words == labelled.words


def test_effects_are_integrated_out_where_all_are_on_the_mean() -> None:
    assert made("y ~ x + (1 | p | g) + (0 + x | p | g)").centering.marginal
    assert made("y ~ x + (1 | p | g)", "sigma ~ (1 | p | g)").centering.marginal is None


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (("y ~ (1 | p | g) + (1 | p | h)",), "one grouping factor: `p` stands at `g` too"),
        (("y ~ (1 | p | g)", "sigma ~ (1 | p | h)"), "one grouping factor: `p` stands at `g` too"),
        (("y ~ (1 | p | g/h)",), "one grouping factor: `p` stands at `h:g` too"),
        (("y ~ (1 | p | g) + (1 | p | g)",), r"`\(Intercept\)` varies by `g` more than once"),
        (("y ~ x", "sigma ~ (1 + x || p | g)"), "one covariance"),
    ],
)
def test_what_cannot_be_one_term_is_refused(texts: tuple[str, ...], message: str) -> None:
    with pytest.raises(sm.FormulaError, match=message):
        made(*texts)


def test_a_label_stays_where_a_formula_is_written_or_changed() -> None:
    formula = parse_formula("y~x+(1|p|g)")
    assert sm.update(fit(), ". ~ . - (1 | h)", iter=10, warmup=5).model.formula.text == "y ~ x + (1 + x | p | g)"
    assert (formula.bars[0].label, parse_formula("y ~ (1 | g)").bars[0].label) == ("p", "")
    assert repr(fit()).splitlines()[3:5] == [
        "Formula: y ~ x + (1 + x | p | g) + (1 | h)",
        "         sigma ~ x + (1 | p | g)",
    ]


def test_names_say_the_parameter() -> None:
    labels = sm.as_draws_df(fit(), ["sd_g", "cor_g"]).columns[3:].tolist()
    assert labels == [
        *("sd_g[(Intercept)]", "sd_g[x]", "sd_g[sigma_(Intercept)]"),
        *("cor_g[(Intercept),x]", "cor_g[(Intercept),sigma_(Intercept)]", "cor_g[x,sigma_(Intercept)]"),
    ]
    wanted = sm.as_draws_df(fit(), labels[4]).iloc[:, 3]
    for text in (
        *("cor_g[(Intercept), sigma_(Intercept)]", "cor_g__Intercept__sigma_Intercept"),
        "cor_sigma_(Intercept).(Intercept)|g",
    ):
        np.testing.assert_array_equal(sm.as_draws_df(fit(), text).iloc[:, 3], wanted)
    assert len({row.address for row in fit().model.ledger.parameters}) == len(fit().model.ledger.parameters)


def test_covariances_are_those_of_sds_and_correlations() -> None:
    frame = sm.as_draws_df(fit())
    named = "Sigma[g:sigma_(Intercept),(Intercept)]"
    parts = ("sd_g[(Intercept)]", "sd_g[sigma_(Intercept)]", "cor_g[(Intercept),sigma_(Intercept)]")
    product = frame[list(parts)].prod(axis=1)
    assert sm.summary(fit()).frame.loc[named, "mean"] == pytest.approx(product.mean())
    table = sm.VarCorr(fit())["g"]
    assert table.index.tolist() == ["(Intercept)", "x", "sigma_(Intercept)"]


def test_the_posterior_finds_the_correlation() -> None:
    R = correlations_of(fit(), 0)[:, 0, 2]
    assert abs(R.mean() - CORRELATION) < 3 * R.std()
    assert R.mean() > 0.5


def test_effects_enter_the_predictors_that_they_are_of() -> None:
    new = pd.DataFrame({"x": [0.5, -1.0], "g": ["g3", "g5"], "h": ["h0", "h1"]})
    r, place = effects_of(fit(), 0), [fit().model.design.terms[0].levels.index(level) for level in new["g"]]
    b, b_sigma = draws_of(fit(), "b"), draws_of(fit(), "b_sigma")
    eta = b[:, :1] + b[:, 1:] * new["x"].to_numpy() + r[:, place, 0] + r[:, place, 1] * new["x"].to_numpy()
    eta = eta + np.stack([effects_of(fit(), 1)[:, k, 0] for k in (0, 1)], axis=1)
    np.testing.assert_allclose(sm.posterior_linpred(fit(), new).values, eta, rtol=1e-10)
    log_sigma = b_sigma[:, :1] + b_sigma[:, 1:] * new["x"].to_numpy() + r[:, place, 2]
    found = sm.posterior_linpred(fit(), new, dpar="sigma").values
    np.testing.assert_allclose(found, log_sigma, rtol=1e-10)


def test_a_new_level_has_effects_of_the_joint_population() -> None:
    new = pd.DataFrame({"x": 0.0, "g": [f"new{k}" for k in range(400)], "h": "h0"})
    with pytest.warns(sm.StanmlmWarning, match="levels `new0`"):
        mean, log_sigma = (sm.posterior_linpred(fit(), new, dpar=dpar).values for dpar in ("mu", "sigma"))
    found = [np.corrcoef(a, b)[0, 1] for a, b in zip(mean, log_sigma, strict=True)]
    assert np.mean(found) == pytest.approx(correlations_of(fit(), 0)[:, 0, 2].mean(), abs=0.03)
    sd = scales_of(fit(), 0)[0]
    assert np.mean(log_sigma.std(axis=1)) == pytest.approx(sd[:, 2].mean(), rel=0.03)


def test_priors_of_correlations_have_no_parameter() -> None:
    """As in brms, whichever parameter effects are on."""
    for texts in (("y ~ (1 | p | g)", "sigma ~ (1 | p | g)"), ("y ~ x", "sigma ~ (1 + x | g)")):
        frame = prior_frame(made(*texts, priors=[sm.set_prior("lkj(3)", class_="cor", group="g")]).priors)
        assert frame.loc[frame["class"] == "cor", "prior"].tolist() == ["lkj(3)"]


def test_a_joint_prior_gives_way_where_units_differ() -> None:
    rows = [row for row in made("y ~ (1 | p | g)", "sigma ~ (1 | p | g)").priors.rows if row.class_ in ("sd", "cor")]
    assert [(row.dpar, row.distribution) for row in rows[:2]] == [("mu", "exponential"), ("sigma", "exponential")]
    assert rows[0].arguments[0] == pytest.approx(1 / data()["y"].std())
    assert rows[1].arguments == (1.0,)
    note = "Standard deviations of `g` are of several parameters, each with its unit, so that decov"
    linked = sm.lmer(sm.bf("y ~ (1 | p | g)", "sigma ~ (1 | p | g)"), data(), iter=10, warmup=5, chains=1, seed=1)
    assert note in repr(sm.prior_summary(linked))


def test_what_is_asked_of_a_fit_is_answered(tmp_path: Path) -> None:
    of = fit()
    assert sm.ranef(of)["g"].columns.tolist() == ["(Intercept)", "x", "sigma_(Intercept)"]
    assert sm.coef(of)["g"].columns.tolist() == ["(Intercept)", "x", "sigma_(Intercept)", "sigma_x"]
    found = sm.hypothesis(of, "Intercept__sigma_Intercept > 0", class_="cor", group="g").frame
    assert found["Post.Prob"].item() > 0.95
    sm.save(of, tmp_path / "linked.stanmlm")
    kept = sm.load(tmp_path / "linked.stanmlm")
    np.testing.assert_array_equal(sm.log_lik(kept).values, sm.log_lik(of).values)
    assert sm.stancode(kept) == sm.stancode(of)


def test_shares_of_variance_are_of_the_mean_alone() -> None:
    frame = sm.variance_decomposition(fit()).frame
    of_g = frame[(frame["group"] == "g") & (frame["quantity"] == "variance")]["estimate"].item()
    sd, x = scales_of(fit(), 0)[0], data()["x"]
    rho = correlations_of(fit(), 0)[:, 0, 1]
    wanted = sd[:, 0] ** 2 + sd[:, 1] ** 2 * (x**2).mean() + 2 * rho * sd[:, 0] * sd[:, 1] * x.mean()
    assert of_g == pytest.approx(wanted.mean(), rel=0.1)
