"""The shared sample of R's answers, case by case."""

from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest

from stanmlm.base.errors import StanmlmError
from stanmlm.data.design import design
from stanmlm.data.encode import encode
from stanmlm.data.factors import level_names
from stanmlm.data.frame import model_frame
from stanmlm.data.lformula import lFormula, model_matrix
from stanmlm.data.whole_rows import whole
from stanmlm.families import gaussian
from stanmlm.formula.formula import parse_formula

pytestmark = [pytest.mark.shared, pytest.mark.filterwarnings("ignore")]


def agrees(ours: np.ndarray, theirs: list[Any]) -> bool:
    expected = np.array([np.nan if v is None else v for v in np.array(theirs, dtype=object).ravel()], dtype=float)
    return ours.size == expected.size and np.allclose(ours.ravel(), expected, rtol=0, atol=1e-8, equal_nan=True)


def test_every_exact_fixed_case_matches(reference: ModuleType) -> None:
    cases = [case for case in reference.modelmatrix_cases()["fixed"] if case["judge"] == "exact"]
    assert len(cases) > 50
    for case in cases:
        data = reference.data(case["data"])
        default = tuple(case["options_contrasts"] or ("contr.treatment", "contr.poly"))
        X = model_matrix(case["formula"], data, contrasts=case["contrasts"], default_contrasts=default)
        assert list(X.columns) == case["colnames"], case["id"]
        assert agrees(X.to_numpy(), case["matrix"]), case["id"]
        frame = model_frame(parse_formula(case["formula"], tuple(data)), data, {})
        if case["response"]:
            assert agrees(np.asarray(frame.response.values, dtype=float), case["response"]["values"]), case["id"]
        if case["offset"]:
            assert agrees(frame.offset, case["offset"]), case["id"]


def test_every_odd_case_matches_or_is_refused(reference: ModuleType) -> None:
    for case in reference.modelmatrix_cases()["fixed"]:
        if case["judge"] != "either":
            continue
        try:
            X = model_matrix(case["formula"], reference.data(case["data"]))
        except StanmlmError:
            continue
        assert list(X.columns) == case["colnames"], case["id"]
        assert agrees(X.to_numpy(), case["matrix"]), case["id"]


# R computes these anew from the new data; here they remember (`test_new_rows`).
ANEW_IN_R = ("y ~ I(scale(x)^2)",)


def test_every_case_of_new_data_matches(reference: ModuleType) -> None:
    for case in (case for case in reference.modelmatrix_cases()["newdata"] if case["formula"] not in ANEW_IN_R):
        data, new = reference.data(case["data"]), reference.data(case["newdata"])
        formula = parse_formula(case["formula"], tuple(data))
        fit = design(formula, model_frame(formula, data, {}))
        if "error" in case:
            override = case["newdata_override"]
            with pytest.raises(StanmlmError, match="zzz"):
                encode(fit, new.assign(**{override["column"]: override["values"]}))
            continue
        encoded = whole(encode(fit, new).design)
        assert list(encoded.names) == case["colnames"], case["formula"]
        assert agrees(encoded.X, case["matrix"]), case["formula"]
        if case["offset"]:
            assert agrees(encoded.offset, case["offset"]), case["formula"]


def test_every_mixed_case_matches(reference: ModuleType) -> None:
    cases = [case for case in reference.modelmatrix_cases()["mixed"] if case["judge"] == "exact"]
    assert len(cases) > 20
    for case in cases:
        data = reference.data(case["data"])
        parts = lFormula(case["formula"], data)
        assert list(parts.X.columns) == case["X_colnames"], case["id"]
        assert agrees(parts.X.to_numpy(), case["X"]), case["id"]
        formula = parse_formula(case["formula"], tuple(data))
        terms = design(formula, model_frame(formula, data, {})).terms
        assert [(t.group, list(t.coefs), list(level_names(t.levels))) for t in terms] == [
            (t["group"], t["coef"], t["levels"]) for t in case["terms"]
        ], case["id"]
        re = parts.reTrms
        assert (list(re.flist), [k + 1 for k in re.assign]) == (case["flist_names"], case["assign"]), case["id"]
        assert re.Gp.tolist() == case["Gp"], case["id"]
        assert agrees(re.Zt.toarray().T, case["Z"]), case["id"]


def test_what_must_raise_raises(reference: ModuleType) -> None:
    data: pd.DataFrame = reference.data("mm_d1").assign(one="q")
    for case in reference.modelmatrix_cases()["rejects"]:
        if case["judge"] != "must_raise" or case["where"] == "lme4 predict":
            continue
        text = case["formula"].partition("   #")[0]
        with pytest.raises(StanmlmError):
            fit_as_gaussian(text, data)


def fit_as_gaussian(text: str, data: pd.DataFrame) -> None:
    """All that a fit does before it samples."""
    formula = parse_formula(text, tuple(data))
    frame = model_frame(formula, data, {})
    design(formula, frame)
    assert frame.response is not None
    gaussian().read(frame.response, None)
