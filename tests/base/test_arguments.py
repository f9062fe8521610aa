"""Arguments of a wrong type: every public function says so in the user's words."""

import inspect
import re
from functools import cache

import numpy as np
import pandas as pd
import pytest
from criticism_fits import exams_fit
from public_calls import PUBLIC, asked, call

import stanmlm as sm
from stanmlm.base.arguments import check_names, shown
from stanmlm.base.dialects import argument_elsewhere, arguments_elsewhere
from stanmlm.base.kinds import kind_of
from stanmlm.fit.call import Options


@cache
def exams() -> pd.DataFrame:
    return sm.simulate_exams(seed=2, students=15)


# Values that any column or weight of the data may have, looked at where they are used; and an internal function.
FREE = {
    *(("log_lik", "weights"), ("posterior_epred", "trials"), ("posterior_predict", "trials"), ("predict", "trials")),
    *(("simulate", "trials"), ("epred_draws", "trials"), ("predicted_draws", "trials"), ("datagrid", "columns")),
}
SKIPPED = ("record",)
OPEN = ("datagrid", "bf", "lf")  # whose arguments are variables and parameters
ASKED = [each for each in asked() if each[0] not in SKIPPED and each not in FREE]


@pytest.mark.parametrize(("name", "argument"), ASKED)
@pytest.mark.parametrize("value", [object(), b"bytes"], ids=["object", "bytes"])
def test_what_nothing_can_be_is_refused(name: str, argument: str, value: object) -> None:
    with pytest.raises(sm.StanmlmError):
        call(name, argument, value)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda fit: sm.update(3), "fit is 3; it must be a fit, as lm"),  # type: ignore[arg-type]
        (lambda fit: sm.update(fit, 3), "formula is 3; it must be text"),
        (lambda fit: sm.kfold(fit, K="a"), "K is 'a'; it must be a whole number"),
        (lambda fit: sm.simulate(fit, nsim="a"), "nsim is 'a'; it must be a whole number"),
        (lambda fit: sm.choose_engine(3), "engine is 3; it must be text or an engine"),  # type: ignore[arg-type]
        (lambda fit: sm.lm("score ~ hours", exams(), engine=3), "engine is 3; it must be text or an engine"),
        (lambda fit: sm.loo_compare("a", "b"), "it must be a list of fits"),  # type: ignore[arg-type]
        (lambda fit: sm.display(fit, digits=-1), "digits is -1; it must be a number of digits"),
        (lambda fit: sm.kfold(fit, seed=-1), "seed is -1; it must be a whole number from 0"),
        (lambda fit: sm.loo(fit, max_bytes=0), "max_bytes is 0; it must be a number of bytes"),
        (lambda fit: sm.confint(fit, level=np.nan), "level is nan; it must be a number"),
        (lambda fit: sm.summary(fit, probs=["a"]), r"probs is \['a'\]; it must be a list of numbers"),
        (lambda fit: sm.fixef(exams()), "fit is a data frame; it must be a fit"),  # type: ignore[arg-type]
        (lambda fit: sm.lm("score ~ hours", exams(), collapse=2), "it must be True, False or 'auto'"),
        (
            lambda fit: sm.lm("score ~ hours", exams(), centering="half"),
            "it must be a number, 'auto', 'noncentered' or",
        ),
        (lambda fit: sm.model_matrix(fit, default_contrasts=("a",)), "it must be 2 names"),
        (lambda fit: sm.normal("a"), "location is 'a'; it must be a number or a list of numbers"),
        (lambda fit: sm.group_mean(["a"], [1]), "it must be numbers"),
        (lambda fit: sm.makeFEdummies(exams()), "x has 2 dimensions; it is one value a row"),
        (lambda fit: sm.lm("score ~ hours", exams(), family=sm.gamma), "there is no argument `family`"),
        (lambda fit: sm.glm("score ~ hours", exams(), family=sm.gamma), "must be a family such as `binomial`"),
        (lambda fit: sm.hypothesis(fit, []), "no hypothesis was given"),
        (lambda fit: sm.comparisons(fit, {}), "variables names no predictor"),
        (lambda fit: sm.conditional_effects(fit, resolution=-1), "resolution is -1"),
        (lambda fit: sm.plot_ranef(fit, terms=[]), "terms is empty"),
        (lambda fit: sm.simulate_exams(seed=1, students=-1), "students is -1"),
        (
            lambda fit: sm.model_matrix("score ~ f", {"score": [1.0, 2.0], "f": ["a", "b"]}, contrasts={"f": 1}),
            "matrix",
        ),
    ],
)
def test_the_message_has_what_was_given_and_what_would_do(wrong, message: str) -> None:
    with pytest.raises(sm.StanmlmError, match=message):
        wrong(exams_fit())


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        (int, np.int64(3)),
        (float, 3),
        (float, np.float32(0.5)),
        (bool, np.True_),
        (str, np.str_("a")),
        (sm.Fit | None, None),
        (list[str] | str, 3),  # an annotation that is not known is not judged
        (dict, {}),
    ],
)
def test_what_is_as_good_is_taken(annotation: object, value: object) -> None:
    assert kind_of(annotation).holds(value)


@pytest.mark.parametrize("names", [["a"], ("a",), pd.Index(["a"]), pd.Series(["a"]), np.array(["a"]), {"a": 1}.keys()])
def test_names_come_in_any_list(names: object) -> None:
    assert sm.as_draws_df(exams_fit(), list("b")).shape == sm.as_draws_df(exams_fit(), pd.Index(["b"])).shape
    assert kind_of(sm.as_draws_df.__annotations__["variables"]).holds(names)


@pytest.mark.parametrize("name", [name for name in PUBLIC if name not in OPEN])
def test_every_public_function_answers_the_arguments_of_other_packages(name: str) -> None:
    given = inspect.signature(getattr(sm, name)).parameters.items()
    own = [argument for argument, one in given if one.kind is not one.VAR_POSITIONAL]
    for foreign in arguments_elsewhere():
        if foreign in own:
            continue
        words = argument_elsewhere(foreign, own)
        with pytest.raises(sm.OptionError) as caught:
            getattr(sm, name)(**{foreign: None})
        text = str(caught.value)
        assert text.startswith(f"there is no argument `{foreign}`")
        assert words in text
        assert words or "; did you mean" in text or "; there is" in text or not own


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda fit: sm.posterior_epred(fit, ndraws=3), "no argument `ndraws`: it is `draws=` here"),
        (lambda fit: sm.pp_check(fit, nsamples=3), "no argument `nsamples`: it is `draws=` here"),
        (lambda fit: sm.slopes(fit, "hours", ndraws=3), "no argument `ndraws`: it is `draws=` here"),
        (lambda fit: sm.simulate(fit, ndraws=3), "no argument `ndraws`: it is `nsim=` here"),
        (lambda fit: sm.lmer("score ~ hours", exams(), draws=3), "it is `iter=` here, which counts `warmup=` too"),
        (lambda fit: sm.loo(fit, ndraws=3), "every draw is used here"),
        (lambda fit: sm.predict(fit, re_form="NA"), "no argument `re_form`: it is `re_formula=` here"),
        (lambda fit: sm.predict(fit, **{"re.form": "NA"}), r"no argument `re\.form`: it is `re_formula=` here"),
        (lambda fit: sm.fitted(fit, re_formula="NA"), r"`re_formula=` of predict\(\)"),
        (lambda fit: sm.predict(fit, allow_new_levels=True), 'it is `new_levels=` here, "draw", "zero" or "error"'),
        (lambda fit: sm.ranef(fit, condVar=True), "covariances always come along"),
        (lambda fit: sm.set_prior("normal(0, 1)", **{"class": "sd"}), "no argument `class`: it is `class_=` here"),
        (lambda fit: sm.residuals(fit, probs=[0.1]), "summary.fit, probs=. and posterior_interval.. have them"),
        (lambda fit: sm.fixef(fit, robust=True), "estimates are posterior means"),
        (lambda fit: sm.predict(fit, weights=None), "an argument of the verbs that fit"),
        (lambda fit: sm.fixef(object=fit), "no argument `object`: it is `fit=` here"),
        (lambda fit: sm.fixef(fit, add_droped=True), "did you mean `add_dropped`"),
    ],
)
def test_a_foreign_argument_is_answered_by_ours(wrong, message: str) -> None:
    with pytest.raises(sm.OptionError, match=message):
        wrong(exams_fit())


@pytest.mark.parametrize("seed", [7.0, np.float64(7), np.int64(7)])
def test_a_seed_is_the_same_whole_number_in_every_verb(seed: float) -> None:
    fit = exams_fit()
    assert (sm.posterior_predict(fit, seed=seed) == sm.posterior_predict(fit, seed=7)).all()  # type: ignore[arg-type]
    assert sm.simulate_exams(seed).equals(sm.simulate_exams(seed=7))  # type: ignore[arg-type]
    assert sm.lm("score ~ hours", exams(), seed=seed, iter=2e2, chains=1).sampling.seed == 7  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", [True, np.True_, 7.5, "7", np.array([7])])
def test_no_verb_takes_for_a_seed_what_is_no_whole_number(seed: object) -> None:
    verbs = [
        lambda: sm.posterior_predict(exams_fit(), seed=seed),  # type: ignore[arg-type]
        lambda: sm.simulate_exams(seed),  # type: ignore[arg-type]
        lambda: sm.lm("score ~ hours", exams(), seed=seed),  # type: ignore[arg-type]
    ]
    for verb in verbs:
        with pytest.raises(sm.OptionError, match=r"seed`? (is|must be) .*a whole number"):
            verb()


def test_help_shows_every_argument() -> None:
    for name in PUBLIC:
        verb, original = getattr(sm, name), inspect.unwrap(getattr(sm, name))
        shown, own = inspect.signature(verb).parameters, inspect.signature(original).parameters
        documentation = inspect.getdoc(verb) or ""
        for argument in shown.keys() - own.keys():
            assert re.search(rf"^(\w+, )*{argument}(, \w+)* : .*\n    \S", documentation, re.MULTILINE), argument
        assert [p for p in own if own[p].kind == inspect.Parameter.VAR_KEYWORD and name not in OPEN] == [
            p for p in own if p not in shown
        ]
    for name in ("lm", "glm", "lmer", "glmer", "update", "slopes", "avg_slopes", "avg_predictions", "comparisons"):
        documentation = inspect.getdoc(getattr(sm, name)) or ""
        for argument in inspect.signature(getattr(sm, name)).parameters:
            assert re.search(rf"^(\w+, )*{argument}(, \w+)*( : .*)?\n    \S", documentation, re.MULTILINE), argument
    assert {"formula", "data", "weights", "prior", "chains", "file_refit"} <= inspect.signature(sm.lm).parameters.keys()
    assert "chains: int = ..." in str(inspect.signature(sm.lm))


def test_arguments_of_other_packages_say_what_they_are_here() -> None:
    with pytest.raises(
        sm.OptionError, match=r"no argument `random`: nlme's `random = ~ x \| g` is `\(x \| g\)` in the"
    ):
        sm.lmer("score ~ hours", exams(), random="~ 1 | student")  # type: ignore[call-arg]
    with pytest.raises(sm.OptionError, match="no argument `backend`: it is `engine=` here"):
        check_names({"backend"}, Options.__annotations__)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3, "3"),
        ("a", "'a'"),
        ("a" * 50, "a long text"),
        ([1] * 50, "a list"),
        (np.zeros(3), "an array"),
        (int, "a type"),
    ],
)
def test_values_are_shown_short(value: object, text: str) -> None:
    assert shown(value) == text
