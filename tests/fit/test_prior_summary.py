"""The print of priors against rstanarm's own, 2.21.3 under R 4.2.2, frozen here."""

import pytest

from stanmlm.fit.prior_summary import PriorSummary, prior_frame, spelled
from stanmlm.priors.parameters import address_of
from stanmlm.priors.priors import PriorRow, Priors


def row(class_, distribution, arguments, specified=None, **other) -> PriorRow:
    """A row of a prior table, in the words that matter for the print."""
    place = {name: other.pop(name) for name in ("coef", "group", "term") if name in other}
    fields = {"position": 0, "ratio": False, "source": "default"} | other
    given = arguments if specified is None else specified
    return PriorRow(
        address_of(class_, **place), distribution=distribution, arguments=arguments, specified=given, **fields
    )


HEAD = "Priors for model 'm' \n------\n"
FOOT = "\n------\nSee help(stanmlm.fit.prior_summary) for more details"


def text(*rows: PriorRow, preset: str = "rstanarm") -> str:
    return str(PriorSummary("m", Priors(rows, preset), "sigma", 2))


SLEEP = (
    row("Intercept", "normal", (298.507891666667, 140.821892813088), (298.507891666667, 2.5)),
    row("b", "normal", (0.0, 48.8915117548545), (0.0, 2.5), coef="Days"),
    row("sd", "decov", (1.0, 1.0, 1.0, 1.0), group="Subject", term=0, ratio=True),
    row("cor", "lkj", (1.0,), group="Subject", term=0),
    row("sigma", "exponential", (1 / 56.3287571252351,), (1.0,)),
)


# print(prior_summary(stan_lmer(Reaction ~ Days + (Days | Subject), sleepstudy)))
def test_a_gaussian_model_prints_as_in_rstanarm():
    body, _, foot = text(*SLEEP).rpartition("\n------\n")
    assert body == HEAD + (
        "Intercept (after predictors centered)\n"
        "  Specified prior:\n"
        "    ~ normal(location = 299, scale = 2.5)\n"
        "  Adjusted prior:\n"
        "    ~ normal(location = 299, scale = 141)\n"
        "\n"
        "Coefficients\n"
        "  Specified prior:\n"
        "    ~ normal(location = 0, scale = 2.5)\n"
        "  Adjusted prior:\n"
        "    ~ normal(location = 0, scale = 49)\n"
        "\n"
        "Auxiliary (sigma)\n"
        "  Specified prior:\n"
        "    ~ exponential(rate = 1)\n"
        "  Adjusted prior:\n"
        "    ~ exponential(rate = 0.018)\n"
        "\n"
        "Covariance\n"
        " ~ decov(reg. = 1, conc. = 1, shape = 1, scale = 1)"
    )
    assert foot.startswith("Standard deviations of group terms are in units of sigma\n")


def coefficients(distribution, arguments, specified):
    return [
        row("b", distribution, after, before, coef=f"x{i}")
        for i, (after, before) in enumerate(zip(arguments, specified, strict=True))
    ]


# stan_glm(carb ~ wt + am + hp, data = mtcars, family = poisson)
def test_coefficients_print_as_vectors():
    adjusted = [(0.0, 2.5550421409859165), (0.0, 5.0101112337850129), (0.0, 0.0364628851604918)]
    rows = [row("Intercept", "normal", (0.0, 2.5)), *coefficients("normal", adjusted, [(0.0, 2.5)] * 3)]
    assert text(*rows) == HEAD + (
        "Intercept (after predictors centered)\n"
        " ~ normal(location = 0, scale = 2.5)\n"
        "\n"
        "Coefficients\n"
        "  Specified prior:\n"
        "    ~ normal(location = [0,0,0], scale = [2.5,2.5,2.5])\n"
        "  Adjusted prior:\n"
        "    ~ normal(location = [0,0,0], scale = [2.555,5.010,0.036])"
    ) + FOOT  # fmt: skip


# stan_glm(mpg ~ wt + qsec + factor(cyl) + am, data = mtcars)
def test_a_long_vector_ends_in_dots_and_there_may_be_no_intercept():
    adjusted = [(0.0, 15.3991), (0.0, 8.43192), (0.0, 35.87354), (0.0, 29.89462)]
    printed = text(*coefficients("normal", adjusted, [(0.0, 2.5)] * 4))
    assert printed.startswith(HEAD + "\nCoefficients\n  Specified prior:\n")
    assert "    ~ normal(location = [0,0,0,...], scale = [2.5,2.5,2.5,...])\n" in printed
    assert "    ~ normal(location = [0,0,0,...], scale = [15.40, 8.43,35.87,...])\n" in printed


# stan_glm(mpg ~ wt + qsec, data = mtcars, prior = student_t(c(3, 4), 0, c(1, 2)), prior_aux = cauchy(0, 5)), and with
# prior = NULL, prior_aux = NULL
def test_given_priors_print_once_and_auxiliaries_as_halves():
    given = [(3.0, 0.0, 1.0), (4.0, 0.0, 2.0)]
    printed = text(*coefficients("student_t", given, given), row("sigma", "cauchy", (0.0, 5.0)))
    assert "\nCoefficients\n ~ student_t(df = [3,4], location = [0,0], scale = [1,2])\n" in printed
    assert "\nAuxiliary (sigma)\n ~ half-cauchy(location = 0, scale = 5)\n" in printed
    assert "\nCoefficients\n ~ flat\n" in text(row("b", "flat", (), coef="wt"))
    assert " ~ cauchy(location = 0, scale = 3)\n" in text(row("b", "student_t", (1.0, 0.0, 3.0), coef="wt"))


# prior_covariance = decov(2, 1, c(1, 2), .5)
def test_decov_prints_what_differs_by_term():
    rows = [row("sd", "decov", (2.0, 1.0, shape, 0.5), group="g", term=i) for i, shape in enumerate((1.0, 2.0))]
    assert "\nCovariance\n ~ decov(reg. = 2, conc. = 1, shape = [1,2], scale = 0.5)\n" in text(*rows)


# R/prior_summary.R, `.print_covariance_prior`
def test_lkj_prints_its_adjusted_scale():
    rows = [
        row("sd", "student_t", (1.0, 0.0, scale), (1.0, 0.0, 10.0), coef=coef, group="Subject", term=0)
        for coef, scale in (("(Intercept)", 563.2876), ("Days", 195.566))
    ]
    printed = text(*rows, row("cor", "lkj", (2.0,), group="Subject", term=0))
    assert " ~ lkj(reg. = 2, df = 1, scale = 10)\n     **adjusted scale = [563.29,195.57]\n" in printed


def test_different_distributions_name_their_coefficients():
    rows = [row("b", "normal", (0.0, 1.0), coef="wt"), row("b", "flat", (), coef="am")]
    assert "\nCoefficients\n wt ~ normal(location = 0, scale = 1)\n am ~ flat\n" in text(*rows)


SPLIT = (
    SLEEP[0],
    row("b", "flat", (), coef="Days", source="set_prior"),
    row("sd", "exponential", (1.0,), coef="(Intercept)", group="Subject", term=0, ratio=True, source="split decov"),
    row("sd", "exponential", (0.02,), coef="Days", group="Subject", term=0, position=1, source="set_prior"),
    row("cor", "lkj", (2.0,), group="Subject", term=0),
)


def test_set_prior_prints_brms_table_and_says_what_became_of_decov():
    lines = text(*SPLIT).split("\n")
    assert lines[2:8] == [
        "                prior     class        coef   group      source",
        " normal(298.5, 140.8) Intercept                         default",
        "               (flat)         b        Days           set_prior",
        "       exponential(1)  sd/sigma (Intercept) Subject split decov",
        "    exponential(0.02)        sd        Days Subject   set_prior",
        "               lkj(2)       cor             Subject     default",
    ]
    assert lines[9] == "The prior of the Intercept is for centered predictors"
    assert lines[10].startswith("One standard deviation of `Subject` has a prior of its own")
    assert "exponential(1) on each of the others and lkj(2) on their correlation" in lines[10]


@pytest.mark.parametrize("preset", ["brms", "flat"])
def test_other_presets_print_brms_table(preset):
    assert text(SLEEP[0], preset=preset).split("\n")[2].split() == ["prior", "class", "coef", "group", "source"]


def test_the_table_as_a_frame_keeps_the_numbers():
    frame = prior_frame(Priors(SLEEP, "rstanarm"))
    assert list(frame["class"]) == ["Intercept", "b", "sd", "cor", "sigma"]
    assert frame.loc[1, "specified"] == (0.0, 2.5)
    assert frame.loc[1, "adjusted"] == (0.0, 48.8915117548545)
    assert spelled(SLEEP[1]) == frame.loc[1, "prior"] == "normal(0, 48.89)"
