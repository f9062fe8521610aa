"""The ledger: one address a parameter, names that are never two's, and every package's spelling of each."""

from itertools import chain

import numpy as np
import pandas as pd
import pytest
from small_fits import SIZES, exams_fit, trials_fit

import stanmlm as sm
from stanmlm.data.factors import level_key, level_names, make_unique
from stanmlm.fit.draws import values_of
from stanmlm.priors.parameter_names import STYLES, find, label_of, names_of, unmistakable
from stanmlm.priors.parameters import Address, Element, Ledger, Variable
from stanmlm.priors.prior_records import SetPrior

FAST = SIZES | {"chains": 1, "iter": 100}


def odd_data(seed: int = 1) -> pd.DataFrame:
    """Predictors, levels and groups that are called like something else."""
    rng = np.random.default_rng(seed)
    n = 120
    data = pd.DataFrame({name: rng.normal(size=n) for name in ("sigma", "sd_g", "lp__", "mean_PPD", "var21", "a-b")})
    data["var2"] = pd.Categorical(np.tile(["0", "1"], n // 2))
    data["g"] = np.repeat(list("abcdefghij"), n // 10)
    data["Residual"] = np.tile(["a, b", "a", "b c", "b_c", "x[1]", "y/z"], n // 6)
    data["g/h"] = np.tile(list("uvwx"), n // 4)
    data["g_h"] = np.tile(list("klm"), n // 3)
    return data.assign(y=3 * data["sigma"] + rng.normal(size=n))


@pytest.fixture(scope="module")
def odd() -> sm.Fit:
    formula = "y ~ sigma + sd_g + lp__ + mean_PPD + `a-b` + var2 + var21 + (sigma | g) + (1 | g)"
    with pytest.warns(sm.StanmlmWarning, match="R would call 2 coefficients `var21`: they are `var2=1` and `var21`"):
        return sm.lmer(formula + " + (1 | Residual) + (1 | `g/h`) + (1 | g_h)", odd_data(), **FAST)


def rows(book: Ledger) -> list[Element]:
    return [*book.few, *book.effects, *map(Element, book.computed)]


def test_every_parameter_has_an_address_of_its_own(odd: sm.Fit) -> None:
    for fit in (odd, exams_fit(), trials_fit()):
        book = fit.model.ledger
        addresses = [row.address for row in (*book.parameters, *book.computed)]
        assert len(set(addresses)) == len(addresses)
        assert all(book.at(row.address) is row for row in book.parameters)
    assert Address("sd", "mu", "student", 0, "hours") in {row.address for row in exams_fit().model.ledger.parameters}


@pytest.mark.parametrize("style", STYLES)
def test_names_of_no_style_are_twos(odd: sm.Fit, style: str) -> None:
    book = odd.model.ledger
    names = names_of(book, rows(book), style, ["mean_PPD"])
    assert len(set(names)) == len(names)
    assert "mean_PPD" not in names


def test_ordinary_models_keep_the_names_of_every_package() -> None:
    book = exams_fit().model.ledger
    assert names_of(book, book.few, "lme4") == (
        *("(Intercept)", "hours", "sd_(Intercept)|student", "sd_hours|student"),
        *("cor_hours.(Intercept)|student", "sigma"),
    )
    assert names_of(book, book.effects[:2], "rstanarm") == ("b[(Intercept) student:1]", "b[hours student:1]")
    assert names_of(book, [Element(row) for row in book.computed], "rstanarm") == (
        "Sigma[student:(Intercept),(Intercept)]",
        "Sigma[student:hours,(Intercept)]",
        "Sigma[student:hours,hours]",
    )


def test_labels_are_those_of_the_posterior(odd: sm.Fit) -> None:
    for variable in odd.model.ledger.variables:
        array = odd.posterior["posterior"][variable.name]
        assert tuple(array.dims[2:]) == variable.dims
        assert [tuple(array[dim].values) for dim in variable.dims] == [tuple(each) for each in variable.labels]
        places = list(np.ndindex(*variable.shape))
        assert [variable.label(at) for at in places] == list(variable.flat)


def test_every_element_has_a_spelling_that_means_it_alone(odd: sm.Fit) -> None:
    for fit in (odd, exams_fit(), trials_fit()):
        spellings = fit.model.spellings
        for element in rows(spellings.book):
            text = unmistakable(spellings, element)
            assert find(spellings, text) == element, text


SPELLINGS = {
    "b[hours]": ["hours", "b_hours"],
    "b[(Intercept)]": ["(Intercept)", "Intercept", "b_Intercept", "b[Intercept]"],
    "sd_student[hours]": ["sd_hours|student", "sd_student__hours"],
    "sd_student[(Intercept)]": ["sd_(Intercept)|student", "sd_student__Intercept", "sd_student[Intercept]"],
    "cor_student[(Intercept),hours]": [
        *("cor_hours.(Intercept)|student", "cor_student__Intercept__hours", "cor_student__hours__Intercept"),
        *("cor_student[(Intercept), hours]", "cor_student[hours,Intercept]"),
    ],
    "Sigma[student:hours,(Intercept)]": ["Sigma[student:(Intercept),hours]", "Sigma[student:Intercept, hours]"],
    "r_student[3, hours]": ["r_student[3,hours]", "b[hours student:3]"],
    "sigma": [".sigma"],
}


@pytest.mark.parametrize(("label", "text"), [(a, b) for a, others in SPELLINGS.items() for b in (a, *others)])
def test_every_function_takes_every_spelling(label: str, text: str) -> None:
    fit = exams_fit()
    element = find(fit.model.spellings, text)
    assert label_of(fit.model.ledger, element) == label
    draws = values_of(fit, [element]).ravel()
    np.testing.assert_allclose(sm.hypothesis(fit, f"{text} > 0").draws[:, 0], draws)
    assert sm.confint(fit, text).iloc[0].tolist() == pytest.approx(np.quantile(draws, [0.025, 0.975]).tolist())
    assert sm.as_draws_df(fit, text)[label].tolist() == draws.tolist()
    assert sm.summary(fit, text).frame["mean"].tolist() == pytest.approx([draws.mean()])
    assert sm.posterior_interval(fit, pars=text).shape == (1, 2)
    assert sm.plot_intervals(fit, text).data["estimate"].tolist() == pytest.approx([np.median(draws)])


def test_a_covariance_is_the_product_of_sds_and_a_correlation() -> None:
    fit, book = exams_fit(), exams_fit().model.ledger
    values = {label_of(book, row): values_of(fit, [row])[..., 0] for row in rows(book)}
    covariance = values["sd_student[(Intercept)]"] * values["sd_student[hours]"]
    covariance = covariance * values["cor_student[(Intercept),hours]"]
    np.testing.assert_allclose(values["Sigma[student:hours,(Intercept)]"], covariance)
    np.testing.assert_allclose(values["Sigma[student:hours,hours]"], values["sd_student[hours]"] ** 2)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("sigma", r"`sigma` could be `b\[sigma\]` or `.sigma`; say which one"),
        ("var21", r"`var21` could be `b\[var2=1\]` or `b\[var21\]`; say which one"),
        ("b[(Intercept) Residual:b_c]", r"could be `r_Residual\[b c, \(Intercept\)\]` or `r_Residual\[b_c, "),
        ("sd_g__sgima", "is not a parameter of the fit; did you mean"),
    ],
)
def test_what_could_be_two_is_refused(odd: sm.Fit, text: str, says: str) -> None:
    with pytest.raises(sm.DataError, match=says):
        find(odd.model.spellings, text)
    with pytest.raises(sm.DataError, match=says):
        sm.hypothesis(odd, f"{text} > 0")


def test_a_coefficient_called_sigma_is_not_the_residual_sd(odd: sm.Fit) -> None:
    assert sm.hypothesis(odd, "b_sigma > 0").frame["Estimate"][0] == pytest.approx(3, abs=0.5)
    assert sm.hypothesis(odd, ".sigma > 0").frame["Estimate"][0] == pytest.approx(1, abs=0.4)
    assert sm.confint(odd, ["sigma", "b[sigma]"]).loc["b[sigma]"].mean() == pytest.approx(3, abs=0.5)
    assert sm.confint(odd, "sigma").to_numpy().mean() == pytest.approx(1, abs=0.4)
    assert list(sm.summary(odd, ["b_sigma", ".sigma"]).frame.index) == ["b[sigma]", "sigma"]
    assert sm.posterior_interval(odd).index.is_unique
    for table in (sm.confint(odd), sm.summary(odd).frame, sm.fixef(odd), sm.as_draws_df(odd).T):
        assert table.index.is_unique, table.index


def test_groups_that_xarray_cannot_tell_apart_have_variables_of_their_own(odd: sm.Fit) -> None:
    names = {row.group: row.name for row in odd.model.ledger.variables if row.kind == "sd"}
    assert names["g_h"] == "sd_g_h"
    assert names["g/h"] == "sd_g_h.1"
    assert len(sm.VarCorr(odd)) == 5
    assert find(odd.model.spellings, "sd_g/h[Intercept]").parameter.address.group == "g/h"


def test_a_minus_is_no_name_without_back_ticks(odd: sm.Fit) -> None:
    assert sm.hypothesis(odd, "`a-b` > 0").frame["Hypothesis"][0] == "(`a-b`) > 0"
    with pytest.raises(sm.DataError, match="`a` is not a parameter"):
        sm.hypothesis(odd, "a-b > 0")


def test_commas_within_levels_do_not_make_two_labels_one() -> None:
    same = Variable("r_g", "r", "g", ("level_g", "term_g"), (("a, b", "a"), ("c", "b, c")))
    assert same.flat == ("r_g[`a, b`, `c`]", "r_g[`a, b`, `b, c`]", "r_g[`a`, `c`]", "r_g[`a`, `b, c`]")
    other = Variable("r_g", "r", "g", ("level_g", "term_g"), (("a, b", "a"), ("c", "d")))
    assert other.flat[0] == other.label((0, 0)) == "r_g[a, b, c]"


@pytest.mark.parametrize(
    ("names", "taken", "unique"),
    [
        ("g g h", "", "g g.1 h"),
        ("g g g.1", "", "g g.2 g.1"),
        ("g.1 g g", "", "g.1 g g.2"),
        ("g g", "g g.1", "g.2 g.3"),
    ],
)
def test_made_unique_is_unique(names: str, taken: str, unique: str) -> None:
    assert make_unique(names.split(), taken.split()) == tuple(unique.split())


def test_levels_of_crossed_factors_are_their_parts() -> None:
    levels = [("x:y", "z"), ("x", "y:z"), ("q", "r"), ("`x:y`", "z")]
    names = level_names(levels)
    assert names[2] == "q:r"
    assert len(set(names)) == len({level_key(level) for level in levels}) == 4
    assert level_names([("a", "b")], taken=["a:b"]) == ("a:b.1",)
    assert level_names(["a", "b"]) == ("a", "b")
    assert level_key("a:b") == "a:b" == level_key(("a", "b"))


NESTED = pd.DataFrame({"a": np.repeat(["x:y", "x", "q"], 20), "b": np.repeat(["z", "y:z", "r"], 20)})


@pytest.fixture(scope="module")
def nested() -> sm.Fit:
    data = NESTED.assign(y=np.repeat([0.0, 10.0, 5.0], 20) + np.random.default_rng(3).normal(size=60))
    return sm.lmer("y ~ 1 + (1 | a:b)", data, **FAST)


def test_levels_whose_names_join_to_one_text_stay_two(nested: sm.Fit) -> None:
    assert sm.ngrps(nested) == {"a:b": 3}
    assert sm.ranef(nested)["a:b"].index.tolist() == ["q:r", "x:`y:z`", "`x:y`:z"]
    fitted = sm.posterior_epred(nested).to_numpy()
    assert fitted.mean(axis=0)[[0, 20]] == pytest.approx([0, 10], abs=1.5)
    np.testing.assert_allclose(sm.posterior_epred(nested, NESTED.iloc[[0, 20]]), fitted[:, [0, 20]])
    one = sm.hypothesis(nested, "r_a:b[`x:y`:z,Intercept] < r_a:b[x:`y:z`,Intercept]").frame
    assert one["Post.Prob"][0] == 1


def test_new_levels_are_not_fitted_ones_of_the_same_text(nested: sm.Fit) -> None:
    new = pd.DataFrame({"a": ["x:y:z", "q", "q:s"], "b": ["", "s:t", "t"]})
    with pytest.warns(sm.StanmlmWarning, match="levels `q:`s:t``, ``q:s`:t`, `x:y:z:` of `a:b`"):
        drawn = sm.posterior_epred(nested, new).to_numpy()
    assert not np.allclose(drawn[:, 1], drawn[:, 2])
    zero = sm.posterior_epred(nested, new, new_levels="zero").to_numpy()
    np.testing.assert_allclose(zero, zero[:, :1].repeat(3, axis=1))


def test_interaction_refuses_levels_of_one_name() -> None:
    with pytest.raises(sm.StanmlmError, match=r"interaction\(\) would call two pairs of levels `x:y:z`"):
        sm.lmer("y ~ 1 + (1 | interaction(a, b, sep = ':'))", NESTED.assign(y=1.0 * np.arange(60)), **FAST)


def alike(seed: int = 3) -> pd.DataFrame:
    """`f` with the level `1b` and `f1` with `b`: two coefficients that R calls `f1b`."""
    noise = np.random.default_rng(seed).normal(size=40)
    f = pd.Categorical(np.tile(["a", "1b"], 20), ["a", "1b"])
    data = pd.DataFrame({"f": f, "f1": np.repeat(["a", "b"], 20)})
    return data.assign(y=(data["f"] == "1b") * -4 + (data["f1"] == "b") * 8 + 0.1 * noise)


def told(message: str, **options: object) -> sm.Fit:
    with pytest.warns(sm.StanmlmWarning) as caught:
        fit = sm.lm("y ~ f + f1", alike(), **FAST, **options)  # type: ignore[arg-type]
    said = "\n".join(str(warning.message) for warning in caught)
    assert message in said, said
    return fit


def test_coefficients_that_r_calls_alike_are_told_apart() -> None:
    fit = told("R would call 2 coefficients `f1b`: they are `f=1b` and `f1=b` here")
    assert fit.model.design.names == ("(Intercept)", "f=1b", "f1=b")
    assert sm.fixef(fit).tolist() == pytest.approx([0, -4, 8], abs=0.2)
    assert [name for name in sm.as_draws_df(fit) if name.startswith("b[")] == ["b[(Intercept)]", "b[f=1b]", "b[f1=b]"]
    with pytest.raises(sm.DataError, match=r"`f1b` could be `b\[f=1b\]` or `b\[f1=b\]`"):
        sm.hypothesis(fit, "f1b > 0")
    assert sm.hypothesis(fit, "f1=b > 7").frame["Post.Prob"][0] == 1
    np.testing.assert_allclose(sm.posterior_epred(fit, alike()), sm.posterior_epred(fit))


def narrow(coef: str = "", class_: str = "b") -> SetPrior:
    return sm.set_prior("normal(0, 0.001)", class_, coef=coef)


def test_a_prior_of_one_of_them_leaves_the_other_alone() -> None:
    for row in (narrow("f=1b"), narrow("b[f=1b]"), narrow(class_="b_f=1b")):
        fit = told("R would call", priors=[row])
        assert sm.fixef(fit).tolist() == pytest.approx([-2, 0, 8], abs=0.5)
    by_name = told("R would call", prior={"f=1b": sm.normal(0, 0.001)})
    assert sm.fixef(by_name).tolist() == pytest.approx([-2, 0, 8], abs=0.5)
    both = told('set_prior(coef="f1b") is the prior of `b[f=1b]` and `b[f1=b]`', priors=[narrow("f1b")])
    assert sm.fixef(both).tolist()[1:] == pytest.approx([0, 0], abs=0.01)
    with pytest.raises(sm.PriorError, match=r"prior= names `f1b`, which could be `b\[f=1b\]` or `b\[f1=b\]`"):
        told("", prior={"f1b": sm.normal(0, 1)})


def test_a_prior_of_the_one_that_is_called_so_says_that_another_could_be_meant() -> None:
    data = odd_data()
    with pytest.warns(sm.StanmlmWarning) as caught:
        fit = sm.lm("y ~ var2 + var21", data.assign(y=5 * data["var21"]), priors=[narrow("var21")], **FAST)
    said = [str(warning.message) for warning in caught]
    assert any("is the prior of `b[var21]`, not of `b[var2=1]`, which R calls alike" in text for text in said), said
    assert sm.fixef(fit)["var21"] == pytest.approx(0, abs=0.1)


def test_set_prior_takes_any_spelling() -> None:
    data = sm.simulate_exams(seed=1, students=20)
    for text in ("sd_student__hours", "sd_hours|student", "sd_student[hours]"):
        fit = sm.lmer("score ~ hours + (hours | student)", data, priors=[narrow(class_=text)], **FAST)
        own = [row for row in fit.model.priors.rows if row.source == "set_prior"]
        assert [row.address for row in own] == [Address("sd", "mu", "student", 0, "hours")], text
    with pytest.raises(sm.PriorError, match="no parameter of class `sd_student__minutes`"):
        sm.lmer("score ~ hours + (hours | student)", data, priors=[narrow(class_="sd_student__minutes")], **FAST)
    with pytest.raises(sm.PriorError, match="class `sd` has no coefficient `hours`"):
        sm.lmer(
            "score ~ hours + (1 | student)", data, priors=[sm.set_prior("exponential(1)", "sd", coef="hours")], **FAST
        )


def test_no_two_effects_share_a_variable_and_a_place(odd: sm.Fit) -> None:
    book = odd.model.ledger
    every = [(row.parameter.variable, row.at) for row in chain(book.few, book.effects)]
    assert len(set(every)) == len(every)
    sizes = sum(int(np.prod(variable.shape)) for variable in book.variables)
    assert len(every) == sizes
