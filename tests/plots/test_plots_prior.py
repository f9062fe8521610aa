"""Priors beside posteriors: exact densities, each on the scale that its prior is stated on."""

from functools import cache

import numpy as np
import pytest
from criticism_fits import SIZES, exams_fit
from plotted_fits import counts_fit
from scipy import stats
from scipy.integrate import quad

import stanmlm as sm
from stanmlm.after.criticism.prior_posterior import MARGINS, Compared, compared
from stanmlm.base.errors import DataError
from stanmlm.fit.fit import draws_of
from stanmlm.plots.prior import window
from stanmlm.priors.distributions import DISTRIBUTIONS

# Largest distance of the distribution functions of 100,000 independent draws: 0.0062 once in a thousand.
KS_DRAWS = 0.0065
# Of a sampler's draws, of which at least 650 count: 0.077 once in a thousand.
KS_POSTERIOR = 0.08


def distribution(each: Compared, at: float) -> float:
    """The prior's distribution function, by quadrature from the least value of its sample that matters."""
    low = max(each.bounds[0], float(each.sample.min()) - 10 * float(each.sample.std()))
    points = np.linspace(low, at, 801)
    middles = (points[1:] + points[:-1]) / 2
    return float(each.density(middles).sum() * (points[1] - points[0]))


@cache
def prior_fit() -> sm.Fit:
    data = sm.simulate_exams(seed=2, students=12)
    return sm.lmer(
        "score ~ hours + (1 + hours | student)",
        data,
        prior=sm.normal(1, 0.5),
        prior_covariance=sm.decov(regularization=2, concentration=1.5, shape=2, scale=0.7),
        prior_aux=sm.student_t(4, 0, 1.5),
        prior_only=True,
        centering="noncentered",
        **{**SIZES, "iter": 1200},
    )


@pytest.mark.parametrize("K", [1, 2, 3])
@pytest.mark.parametrize("arguments", [(1.0, 1.0, 1.0, 1.0), (1.0, 0.6, 2.0, 0.5)])
def test_decovs_margin_is_that_of_its_draws(K: int, arguments: tuple[float, ...]) -> None:
    draws = DISTRIBUTIONS["decov"].draw(np.random.default_rng(1), arguments, (100_000, K), 0.0)[:, 0]
    density = MARGINS["decov"](arguments, K)
    for at in np.quantile(draws, [0.05, 0.3, 0.6, 0.9]):
        edges = np.linspace(0, at, 801)
        mass = density((edges[1:] + edges[:-1]) / 2).sum() * (edges[1] - edges[0])
        assert mass == pytest.approx(np.mean(draws <= at), abs=KS_DRAWS)


@pytest.mark.parametrize(("K", "eta"), [(2, 1.0), (3, 1.0), (4, 2.5)])
def test_lkjs_margin_is_that_of_its_draws(K: int, eta: float) -> None:
    draws = DISTRIBUTIONS["lkj"].draw(np.random.default_rng(2), (eta,), (100_000, K, K), 0.0)
    density = MARGINS["lkj"]((eta,), K)
    for i, j in ((0, 1), (K - 2, K - 1)):
        for at in (-0.6, 0.1, 0.5):
            mass = quad(lambda x: float(density(np.asarray(x))), -1, at)[0]
            assert mass == pytest.approx(np.mean(draws[:, i, j] <= at), abs=KS_DRAWS)


def test_densities_of_positive_parameters_are_cut_at_zero_and_integrate_to_one() -> None:
    data = sm.simulate_exams(seed=2, students=8)
    half = [("normal(2, 1)", stats.truncnorm(-2, np.inf, 2, 1)), ("cauchy(0, 1e-4)", stats.halfcauchy(0, 1e-4))]
    for text, law in half:
        priors = [sm.set_prior(text, class_="sd"), sm.set_prior("gamma(2, 0.5)", class_="sigma")]
        fit = sm.lmer("score ~ hours + (1 | student)", data, priors=priors, **{**SIZES, "chains": 1, "iter": 100})
        sd, sigma = compared(fit)[-2:]
        x = law.ppf([0.1, 0.5, 0.9])
        np.testing.assert_allclose(sd.density(x), law.pdf(x), rtol=1e-6)
        np.testing.assert_allclose(sigma.density(x), stats.gamma(2, scale=2).pdf(x), rtol=1e-6)
        # set_prior on an sd is on the sd itself.
        np.testing.assert_array_equal(sd.posterior, draws_of(fit, "sd_student")[:, 0])


def test_a_posterior_without_data_is_its_prior_for_every_parameter() -> None:
    for each in compared(prior_fit()):
        for probability in (0.1, 0.35, 0.65, 0.9):
            at = float(np.quantile(each.posterior, probability))
            assert distribution(each, at) == pytest.approx(probability, abs=KS_POSTERIOR), each.title


def test_posteriors_stand_on_the_scale_of_their_priors() -> None:
    fit = exams_fit()
    found = {each.title: each for each in compared(fit)}
    assert list(found) == [
        "(Intercept), predictors centred",
        "hours",
        "sd_student[(Intercept)] / sigma",
        "sd_student[hours] / sigma",
        "cor_student[(Intercept),hours]",
        "sigma",
    ]
    b, sigma, hours = draws_of(fit, "b"), draws_of(fit, "sigma"), fit.model.design.X[:, 1]
    centred = found["(Intercept), predictors centred"].posterior
    np.testing.assert_allclose(centred, b[:, 0] + b[:, 1] * hours.mean())
    ratio = found["sd_student[hours] / sigma"].posterior
    np.testing.assert_allclose(ratio, draws_of(fit, "sd_student")[:, 1] / sigma)
    cor = found["cor_student[(Intercept),hours]"].posterior
    np.testing.assert_allclose(cor, draws_of(fit, "cor_student")[:, 0], atol=1e-12)
    assert found["sigma"].prior == next(
        line for line in [each.prior for each in found.values()] if "exponential" in line
    )


def test_without_sigma_standard_deviations_stand_as_they_are() -> None:
    titles = [each.title for each in compared(counts_fit())]
    assert titles[2:] == ["sd_site:year[(Intercept)]", "sd_site[(Intercept)]", "sd_year[(Intercept)]"]


def test_a_flat_prior_has_no_curve_and_is_called_flat() -> None:
    data = sm.simulate_exams(seed=2, students=8)
    fit = sm.lmer("score ~ hours + (1 | student)", data, prior=None, **{**SIZES, "iter": 200})
    frame = sm.plot_prior_posterior(fit, ["hours", "sigma"]).data
    hours, sigma = (frame[frame["parameter"] == name] for name in ("hours", "sigma"))
    assert set(hours["of"]) == {"posterior"}
    assert set(hours["panel"]) == {"hours\n(flat)"}
    assert set(sigma["of"]) == {"posterior", "prior"}


def test_parameters_are_picked_by_both_spellings_and_effects_have_no_prior_of_their_own() -> None:
    fit = exams_fit()
    one = sm.plot_prior_posterior(fit, ["b[hours]", "sd_student"]).data
    assert one["parameter"].unique().tolist() == [
        "hours",
        "sd_student[(Intercept)] / sigma",
        "sd_student[hours] / sigma",
    ]
    with pytest.raises(DataError, match="has no prior of its own; those that have: "):
        sm.plot_prior_posterior(fit, "varying")


def test_a_wide_prior_is_cut_and_one_in_conflict_is_shown() -> None:
    rng = np.random.default_rng(1)
    law = stats.norm(0, 100)
    wide = Compared(("x",), "x", "", rng.normal(size=2000), (-np.inf, np.inf), law.pdf, law.rvs(2000, random_state=1))
    low, high = window(wide)
    assert -20 < low < -4
    assert 4 < high < 20
    law = stats.norm(-50, 0.1)
    away = Compared(("x",), "x", "", rng.normal(size=2000), (-np.inf, np.inf), law.pdf, law.rvs(2000, random_state=1))
    assert window(away)[0] < -50


def test_the_figure_draws_a_panel_a_parameter() -> None:
    figure = sm.plot_prior_posterior(exams_fit())
    assert len(figure.draw().axes) == figure.data["parameter"].nunique()
