"""Expected responses of classic data, written out from the draws."""

from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from scipy.special import expit
from small_fits import SIZES, b, r

import stanmlm as sm

EXACT = {"rtol": 1e-12, "atol": 1e-10}
pytestmark = pytest.mark.shared


def test_sleepstudy(reference: ModuleType) -> None:
    data = reference.data("sleepstudy")
    fit = sm.lmer("Reaction ~ Days + (Days | Subject)", data, **SIZES)
    days, subject = data["Days"].to_numpy(), data["Subject"]
    slope = b(fit, "Days") + r(fit, "Subject", subject, "Days")
    expected = b(fit, "(Intercept)") + r(fit, "Subject", subject, "(Intercept)") + slope * days
    np.testing.assert_allclose(sm.posterior_epred(fit).values, expected, **EXACT)
    np.testing.assert_allclose(sm.posterior_epred(fit, data).values, expected, **EXACT)


def test_cbpp(reference: ModuleType) -> None:
    data = reference.data("cbpp")
    fit = sm.glmer("cbind(incidence, size - incidence) ~ period + (1 | herd)", data, family="binomial", **SIZES)
    eta = b(fit, "(Intercept)") + r(fit, "herd", data["herd"], "(Intercept)")
    for period in "234":
        eta = eta + b(fit, f"period{period}") * (data["period"].astype(str) == period).to_numpy()
    np.testing.assert_allclose(sm.posterior_epred(fit).values, expit(eta), **EXACT)
    count = sm.posterior_epred(fit, scale="count").values
    np.testing.assert_allclose(count, data["size"].to_numpy() * expit(eta), **EXACT)


def test_voters(shared: Path) -> None:
    """Fitted on cells, predicted for rows."""
    voters = sm.load_naes(shared / "data" / "naes_2000_2004.csv.gz").frame.query("year == 2000")
    options = {**SIZES, "iter": 200}
    fit = sm.glmer("vote ~ avg.income*income + (1 + income | state)", voters, family="binomial", **options)
    some = voters.iloc[::50]
    income, avg = some["income"].to_numpy(), some["avg.income"].to_numpy()
    slope = b(fit, "income") + b(fit, "avg.income:income") * avg + r(fit, "state", some["state"], "income")
    level = b(fit, "(Intercept)") + b(fit, "avg.income") * avg + r(fit, "state", some["state"], "(Intercept)")
    expected = expit(level + slope * income)
    np.testing.assert_allclose(sm.posterior_epred(fit, some).values, expected, **EXACT)
    np.testing.assert_allclose(sm.posterior_epred(fit).values[:, ::50], expected, **EXACT)
    effect = sm.comparisons(fit, "income", some)
    np.testing.assert_allclose(effect.draws, expit(level + slope * (income + 1)) - expected, **EXACT)
