"""Equations: the lecture's ladder to the letter, then every family and link, several terms, groups of groups."""

from functools import cache

import numpy as np
import pandas as pd
import pytest

import stanmlm as sm
from stanmlm.after.equation.coefficients import anatomy
from stanmlm.after.equation.equation import equation
from stanmlm.after.equation.latex import name
from stanmlm.base.errors import OptionError
from stanmlm.families import FAMILIES, Family, binomial
from stanmlm.families.altered import with_link
from stanmlm.families.links import LINKS, Link

NAMES = {"vote": "v", "income": "Income"}
AVERAGE = {**NAMES, "avg.income": "AvgInc"}
SHORT = {"chains": 1, "iter": 40, "warmup": 20, "seed": 1, "progress": False}

BERNOULLI = [r"v_{ij} \sim \text{Bernoulli}(\pi_{ij})", r"\pi_{ij} = \text{logit}^{-1}(\mu_{ij})"]
COVARIANCE = (
    r"\begin{bmatrix} \sigma_{\alpha}^2 & \rho \sigma_{\alpha} \sigma_{\beta} \\ "
    r"\rho \sigma_{\alpha} \sigma_{\beta} & \sigma_{\beta}^2 \end{bmatrix}\right)"
)


@cache
def voters() -> pd.DataFrame:
    frame = sm.simulate_redblue(seed=1, n=2000)
    return frame[frame["year"] == 2000].reset_index(drop=True)


@cache
def pupils() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    district = rng.integers(0, 4, 240)
    school = district * 3 + rng.integers(0, 3, 240)
    frame = {"district": district, "school": school, "room": school * 2 + rng.integers(0, 2, 240)}
    frame |= {"wealth": np.array([0.3, -1.0, 0.1, 2.0])[district], "examiner": rng.choice(list("PQR"), 240)}
    frame |= {"x": rng.normal(size=240), "z_2": rng.normal(size=240), "sex": rng.choice(["f", "m"], 240)}
    frame |= {"y": rng.normal(size=240), "count": rng.poisson(2, 240), "hours": rng.uniform(1, 4, 240)}
    trials = rng.integers(2, 9, 240)
    return pd.DataFrame({**frame, "trials": trials, "passed": rng.binomial(trials, 0.4)})


def lines(fit: object, **how: object) -> list[str]:
    """The lines as one reads them: without the alignment."""
    written = equation(fit, **how)  # type: ignore[arg-type]
    return [f"{left} {right}".strip() for left, right in written.lines]


def vector(*entries: str) -> str:
    return r"\begin{bmatrix} " + r" \\ ".join(entries) + r" \end{bmatrix}"


def glmer(formula: str) -> sm.Fit:
    return sm.glmer(formula, voters(), family=binomial, **SHORT)


def pupil_fit(verb: str, formula: str, **more: object) -> sm.Fit:
    return getattr(sm, verb)(formula, pupils(), **SHORT, **more)


def test_full_pooling() -> None:
    fit = sm.glm("vote ~ income", voters(), family=binomial, **SHORT)
    expected = [line.replace("ij", "i") for line in [*BERNOULLI, r"\mu_{ij} = \alpha + \beta\,\mathrm{Income}_{ij}"]]
    assert lines(fit, names=NAMES) == expected


def test_no_pooling_writes_the_first_group_and_the_last() -> None:
    few = voters()[voters()["state"].isin(["CA", "TX"])].assign(state=lambda frame: frame["state"].astype(str))
    fits = sm.lmList("vote ~ income | state", few, family=binomial, **SHORT)
    each = [*BERNOULLI, r"\mu_{ij} = \alpha_{j} + \beta_{j}\,\mathrm{Income}_{ij}"]
    first = [line.replace("ij", "i1").replace("{j}", "{1}") for line in each]
    last = [line.replace("ij", "iJ").replace("{j}", "{J}") for line in each]
    assert lines(fits, names=NAMES) == [*first, r"\;\;\vdots", *last]


def test_fixed_effects_are_an_intercept_for_every_state() -> None:
    stateFE = sm.makeFEdummies(voters()["state"])  # noqa: F841
    expected = [*BERNOULLI, r"\mu_{ij} = \alpha_{j} + \beta\,\mathrm{Income}_{ij}"]
    for formula in ("vote ~ income + stateFE - 1", "vote ~ income + factor(state) - 1"):
        fit = sm.glm(formula, voters(), family=binomial, **SHORT)
        assert lines(fit, names=NAMES) == expected


def test_random_intercept_apart_and_substituted() -> None:
    fit = glmer("vote ~ income + (1 | state)")
    assert lines(fit, names=NAMES) == [
        *BERNOULLI,
        r"\mu_{ij} = \alpha_{j} + \beta\,\mathrm{Income}_{ij}",
        r"\alpha_{j} \sim \text{Normal}(\mu_{\alpha}, \sigma_{\alpha}^2)",
    ]
    assert lines(fit, names=NAMES, substituted=True)[2:] == [
        r"\mu_{ij} = \mu_{\alpha} + \varepsilon_{\alpha,j} + \beta\,\mathrm{Income}_{ij}",
        r"\varepsilon_{\alpha,j} \sim \text{Normal}(0, \sigma_{\alpha}^2)",
    ]


def test_random_slope() -> None:
    assert lines(glmer("vote ~ income + (1 + income | state)"), names=NAMES) == [
        *BERNOULLI,
        r"\mu_{ij} = \alpha_{j} + \beta_{j}\,\mathrm{Income}_{ij}",
        vector(r"\alpha_{j}", r"\beta_{j}")
        + r" \sim \text{Multivariate Normal}\left("
        + vector(r"\mu_{\alpha}", r"\mu_{\beta}")
        + ", "
        + COVARIANCE,
    ]


def test_fully_conditional_apart_and_substituted() -> None:
    fit = glmer("vote ~ avg.income*income + (1 + income | state)")
    apart = lines(fit, names=AVERAGE)
    assert apart[2] == r"\mu_{ij} = \alpha_{j} + \beta_{j}\,\mathrm{Income}_{ij}"
    assert apart[3].endswith(vector(r"\mu_{\alpha,j}", r"\mu_{\beta,j}") + ", " + COVARIANCE)
    assert apart[4:] == [
        r"\mu_{\alpha,j} = \gamma_{\alpha,0} + \gamma_{\alpha,1}\,\mathrm{AvgInc}_{j}",
        r"\mu_{\beta,j} = \gamma_{\beta,0} + \gamma_{\beta,1}\,\mathrm{AvgInc}_{j}",
    ]
    alpha = r"(\gamma_{\alpha,0} + \gamma_{\alpha,1}\,\mathrm{AvgInc}_{j} + \varepsilon_{\alpha,j})"
    single = lines(fit, names=AVERAGE, substituted=True)
    assert single[2] == rf"\mu_{{ij}} = {alpha} + {alpha.replace('alpha', 'beta')}\,\mathrm{{Income}}_{{ij}}"
    assert single[3] == (
        r"= (\gamma_{\alpha,0} + \varepsilon_{\alpha,j}) + "
        r"(\gamma_{\beta,0} + \varepsilon_{\beta,j})\,\mathrm{Income}_{ij} + "
        r"\gamma_{\alpha,1}\,\mathrm{AvgInc}_{j} + "
        r"\gamma_{\beta,1}\,\mathrm{Income}_{ij} \times \mathrm{AvgInc}_{j}"
    )
    assert single[4].endswith(r"\left(" + vector("0", "0") + ", " + COVARIANCE)


def test_a_double_bar_has_no_correlation() -> None:
    written = str(equation(glmer("vote ~ income + (1 + income || state)")))
    assert r"\rho" not in written
    assert r"\beta_{j} &\sim \text{Normal}(\mu_{\beta}, \sigma_{\beta}^2)" in written


@pytest.mark.parametrize(
    ("family", "link", "mean"),
    [
        ("binomial", "logit", r"\pi_{i} = \text{logit}^{-1}(\mu_{i})"),
        ("binomial", "probit", r"\pi_{i} = \Phi(\mu_{i})"),
        ("binomial", "cloglog", r"\pi_{i} = 1 - \exp(-\exp(\mu_{i}))"),
        ("poisson", "log", r"\lambda_{i} = \exp(\mu_{i})"),
        ("gaussian", "identity", ""),
        ("negbinomial", "log", r"\lambda_{i} = \exp(\mu_{i})"),
        ("student", "identity", ""),
    ],
)
def test_each_family_and_link(family: str, link: str, mean: str) -> None:
    made = with_link(FAMILIES[family], link)
    response = {"binomial": "I(count > 0)", "poisson": "count", "negbinomial": "count"}.get(family, "y")
    fit = pupil_fit("glm", f"{response} ~ x", family=made)
    assert lines(fit)[1:] == [*([mean] if mean else []), r"\mu_{i} = \alpha + \beta\,\mathrm{x}_{i}"]


@pytest.mark.parametrize("link", LINKS.values(), ids=LINKS)
def test_every_link_writes_its_predictor(link: Link) -> None:
    assert "\\eta" in link.written("\\eta")


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_every_family_writes_its_law(family: Family) -> None:
    law = family.notation.law(r"\mu", "n")
    assert law.count("{") == law.count("}")
    assert r"\mu" in law or family.kind == "category"


@pytest.mark.parametrize("formula", ["cbind(passed, trials - passed) ~ x", "passed | trials(trials) ~ x"])
def test_trials_and_weights_are_shown(formula: str) -> None:
    fit = pupil_fit("glm", formula, family=binomial)
    assert lines(fit)[0] == r"\mathrm{passed}_{i} \sim \text{Binomial}(n_{i}, \pi_{i})"
    weighted = pupil_fit("lm", "y ~ x", weights="hours")
    assert lines(weighted)[0] == r"\mathrm{y}_{i} \sim \text{Normal}(\mu_{i}, \sigma^2/w_{i})"


def test_nested_groups_explain_their_own_level() -> None:
    fit = pupil_fit("lmer", "y ~ x + wealth + (1 | district/school/room)")
    short = {"room:(school:district)": "room", "school:district": "school"}
    written = lines(fit, names=short)
    assert written[1] == (
        r"\mu_{ijkl} = \alpha + \alpha^{\mathrm{room}}_{j} + \alpha^{\mathrm{school}}_{k} + "
        r"\alpha^{\mathrm{district}}_{l} + \beta\,\mathrm{x}_{ijkl}"
    )
    # `wealth` is one value a district, so it is one value a school and a room too: the coarsest level has it.
    assert (
        written[-1]
        == r"\mu^{\mathrm{district}}_{\alpha,l} = \gamma^{\mathrm{district}}_{\alpha,1}\,\mathrm{wealth}_{l}"
    )
    assert written[2] == r"\alpha^{\mathrm{room}}_{j} \sim \text{Normal}(0, \sigma_{\alpha,\mathrm{room}}^2)"


def test_crossed_groups_with_a_slope() -> None:
    fit = pupil_fit("lmer", "y ~ x*wealth + (1 + x | school) + (1 | examiner)")
    written = lines(fit)
    assert written[1] == (
        r"\mu_{ijk} = \alpha + \alpha^{\mathrm{school}}_{j} + \alpha^{\mathrm{examiner}}_{k} + "
        r"(\beta + \beta^{\mathrm{school}}_{j})\,\mathrm{x}_{ijk}"
    )
    assert r"\mu^{\mathrm{school}}_{\beta,j} = \gamma^{\mathrm{school}}_{\beta,1}\,\mathrm{wealth}_{j}" in written


def test_three_slopes_and_more() -> None:
    three = str(equation(pupil_fit("lmer", "y ~ x + z_2 + (1 + x + z_2 | school)")))
    assert r"\rho_{\beta_{1},\beta_{2}} \sigma_{\beta_{1}} \sigma_{\beta_{2}}" in three
    four = lines(pupil_fit("lmer", "y ~ x + z_2 + (1 + x + z_2 + sex | school)"))
    # `sex` varies but has no population coefficient: its mean is zero.
    assert vector(r"\mu_{\alpha}", r"\mu_{\beta_{1}}", r"\mu_{\beta_{2}}", "0") + r", \boldsymbol{\Sigma}" in four[2]
    assert four[3].startswith(r"\Sigma_{p,q} = \rho_{p,q}")


def test_offsets_wide_terms_and_long_sums() -> None:
    fit = pupil_fit("glmer", "count ~ x*sex + factor(room) + offset(log(hours)) + (1 | school)", family=sm.poisson)
    written = lines(fit)
    assert written[2].startswith(r"\mu_{ij} = \alpha_{j} + \beta_{1}\,\mathrm{x}_{ij} + \beta_{2}\,\mathrm{sexm}_{ij}")
    assert written[2].endswith(r"\beta_{3}\,\mathrm{x}_{ij} \times \mathrm{sexm}_{ij}")
    assert written[3] == (
        r"\quad + \mathrm{factor(room)}_{ij}^{\top}\,\boldsymbol{\beta}_{\mathrm{factor(room)}} + "
        r"\mathrm{log(hours)}_{ij}"
    )


def test_a_factor_with_a_level_a_row_explains_nothing() -> None:
    few = pupils().head(30).assign(row=lambda frame: np.arange(len(frame)).astype(str))
    fit = sm.glmer("count ~ x + (1 | row)", few, family=sm.poisson, **SHORT)
    assert lines(fit)[-1] == r"\alpha_{j} \sim \text{Normal}(\mu_{\alpha}, \sigma_{\alpha}^2)"


def test_a_contrast_that_shares_a_name_is_another_variable() -> None:
    coded = pupils().assign(arm=np.where(pupils()["x"] > 0, "1", "2"))
    fit = sm.lmer("y ~ arm + (0 + arm | school)", coded, contrasts={"arm": "contr.sum"}, **SHORT)
    # `arm1` of contr.sum is 1 and -1, `arm1` among dummies is 1 and 0.
    assert sum(c.fixed and bool(c.varying) for c in anatomy(fit.model).coefficients) == 0


def test_names_are_checked_and_set_upright() -> None:
    fit = pupil_fit("lmer", "y ~ z_2 + (1 | school)")
    assert r"\mathrm{z\_2}_{ij}" in str(equation(fit))
    with pytest.raises(OptionError, match="no variable `z2`; did you mean `z_2`"):
        equation(fit, names={"z2": "z"})
    spaced = sm.lm("y ~ `x y`", pupils().assign(**{"x y": pupils()["x"]}), **SHORT)
    assert lines(spaced)[1] == r"\mu_{i} = \alpha + \beta\,\mathrm{x\ y}_{i}"
    assert name("I(x^2) - 1%") == r"\mathrm{I(x{\wedge}2)\ \text{-}\ 1\%}"


def test_a_notebook_sets_what_print_shows() -> None:
    made = equation(pupil_fit("lm", "y ~ x"))
    assert made._repr_latex_() == f"$$\n{made}\n$$"
    assert repr(made) == str(made)
    assert str(made).startswith("\\begin{aligned}\n")


def test_other_parameters_have_lines_of_their_own() -> None:
    fit = pupil_fit("brm", sm.bf("y ~ x + (1 | school)", "sigma ~ x + (1 | school)"))  # type: ignore[arg-type]
    assert lines(fit, names={"y": "y", "x": "x"}) == [
        r"y_{ij} \sim \text{Normal}(\mu_{ij}, \sigma_{ij}^2)",
        r"\mu_{ij} = \alpha_{j} + \beta\,x_{ij}",
        r"\alpha_{j} \sim \text{Normal}(\mu_{\alpha}, \sigma_{\alpha}^2)",
        r"\sigma_{ij} = \exp(\mu_{\sigma,ij})",
        r"\mu_{\sigma,ij} = \alpha_{\sigma,j} + \beta_{\sigma}\,x_{ij}",
        r"\alpha_{\sigma,j} \sim \text{Normal}(\mu_{\alpha_{\sigma}}, \sigma_{\alpha_{\sigma}}^2)",
    ]
    apart = lines(fit, substituted=True)[4]
    assert apart.endswith(
        r"= \mu_{\alpha_{\sigma}} + \varepsilon_{\alpha_{\sigma},j} + \beta_{\sigma}\,\mathrm{x}_{ij}"
    )
    linked = pupil_fit("brm", sm.bf("y ~ (1 |p| school)", "sigma ~ (1 |p| school)"))  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="effects of `school` are of several, together"):
        equation(linked)


def test_letters_of_thresholds_and_laws_are_no_indices() -> None:
    frame = pupils().assign(answer=pd.Categorical(pupils()["count"].clip(0, 3), ordered=True))
    text = sm.bf("answer ~ hours + cs(x) + (1 | school) + (1 | examiner)", "disc ~ 0 + z_2")
    of_answers = sm.brm(text, frame, family="cratio", **SHORT)
    found = lines(of_answers, names={"answer": "a", "hours": "h", "x": "x", "z_2": "z"})
    assert found[:2] == [
        r"\Pr(a_{ijl} > k \mid a_{ijl} \ge k) = "
        r"\text{logit}^{-1}(\mathrm{disc}_{ijl}\,(\mu_{ijl} + \mu_{k,ijl} - \tau_{k}))",
        r"\mu_{ijl} = \alpha^{\mathrm{school}}_{j} + \alpha^{\mathrm{examiner}}_{l} + \beta\,h_{ijl}",
    ]
    assert found[4:] == [
        r"\mu_{k,ijl} = \beta_{k}\,x_{ijl}",
        r"\mathrm{disc}_{ijl} = \exp(\mu_{\mathrm{disc},ijl})",
        r"\mu_{\mathrm{disc},ijl} = \beta_{\mathrm{disc}}\,z_{ijl}",
    ]
    times = pupil_fit("brm", sm.bf("hours ~ x + (1 | school) + (1 | room)", "shape ~ x"), family="weibull")  # type: ignore[arg-type]
    first, mean, *_ = lines(times, names={"hours": "t"})
    assert first == r"t_{ijl} \sim \text{Weibull}(k_{ijl}, \mu_{ijl} / \Gamma(1 + 1/k_{ijl}))"
    assert mean == r"\mu_{ijl} = \exp(\eta_{ijl})"


@pytest.mark.parametrize("family", [f for f in FAMILIES.values() if f.scalars and not f.spread], ids=lambda f: f.name)
def test_every_law_has_its_parameters_under_their_names(family: Family) -> None:
    law = family.notation.law(r"\mu", "n")
    known = [family.notation.symbol(one.name) for one in family.scalars]
    assert len({*known}) == len(known)
    assert all(symbol in law for symbol in known if family.name != "ordbeta" or symbol == r"\phi")
