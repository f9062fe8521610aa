"""Our design matrices against R's and lme4's on hundreds of formulas; `reference/rdialect.R` has made the answers."""

import json
import warnings
from pathlib import Path
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
from stanmlm.formula.formula import parse_formula

ANSWERS = json.loads((Path(__file__).parents[1] / "reference" / "rdialect.json").read_text())
TOLERANCE = 1e-8

# What R accepts and we refuse; docs/decisions/001-formulaic-reads-r-decides.md says why.
REFUSED = {"y ~ NULL + x", "y ~ x + NULL"}


def table(columns: dict[str, Any]) -> pd.DataFrame:
    made: dict[str, object] = {}
    for name, column in columns.items():
        if isinstance(column, dict):
            codes = [-1 if code in (None, "NA") else code - 1 for code in column["codes"]]
            made[name] = pd.Categorical.from_codes(codes, categories=column["levels"], ordered=column["ordered"])
        else:
            missing = [None if value == "NA" else value for value in column]
            made[name] = pd.Series(missing, dtype=object if isinstance(column[0], str | bool) else None)
    return pd.DataFrame(made)


DATA, NEW = table(ANSWERS["data"]), table(ANSWERS["newdata"])


def matrix(columns: list[int], rows: int) -> np.ndarray:
    pool = [[np.nan if v in (None, "NA", "NaN") else v for v in ANSWERS["columns"][k]] for k in columns]
    X = np.array(pool, dtype=float).T.reshape(rows, len(columns))
    X[X == 1e300], X[X == -1e300] = np.inf, -np.inf  # JSON has no infinity
    return X


def name(case: dict[str, Any]) -> str:
    extras = [str(case[key]) for key in ("contrasts", "default", "subset", "na") if case.get(key)]
    return " ".join([case["formula"], *extras])


def contrast(given: Any) -> object:
    if not isinstance(given, dict):
        return given
    return pd.DataFrame(given["matrix"], columns=given["columns"]) if given["columns"] else np.array(given["matrix"])


def ours(case: dict[str, Any]) -> pd.DataFrame:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return model_matrix(
            case["formula"],
            DATA,
            subset=case.get("subset"),
            na_action="pass" if case.get("na") else "omit",
            contrasts={variable: contrast(given) for variable, given in (case.get("contrasts") or {}).items()},
            default_contrasts=tuple(case.get("default") or ("contr.treatment", "contr.poly")),  # type: ignore[arg-type]
        )


@pytest.mark.parametrize(
    "case", [c for c in ANSWERS["fixed"] if "error" not in c and c["formula"] not in REFUSED], ids=name
)
def test_the_fixed_columns_are_those_of_model_matrix(case: dict[str, Any]) -> None:
    X = ours(case)
    assert list(X.columns) == case["names"]
    assert X.index.tolist() == (case.get("rows") if case.get("rows") is not None else DATA.index.tolist())
    np.testing.assert_allclose(X.to_numpy(), matrix(case["X"], len(X)), rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("case", [c for c in ANSWERS["fixed"] if "error" in c], ids=name)
def test_what_R_refuses_is_refused(case: dict[str, Any]) -> None:  # noqa: N802
    with pytest.raises(StanmlmError):
        ours(case)


@pytest.mark.parametrize("case", [c for c in ANSWERS["fixed"] if c.get("offset") is not None], ids=name)
def test_offsets_add_up(case: dict[str, Any]) -> None:
    frame = model_frame(parse_formula(case["formula"], tuple(DATA)), DATA, {})
    np.testing.assert_allclose(frame.offset, matrix([case["offset"]], len(frame.rows))[:, 0], atol=TOLERANCE)


# R's makepredictcall knows the outermost call alone, and computes these anew; here they remember (`test_new_rows`).
ANEW_IN_R = ("~ I(scale(x)^2)", "~ I(x - mean(x))")


@pytest.mark.parametrize("case", [c for c in ANSWERS["fresh"] if c["formula"] not in ANEW_IN_R], ids=name)
def test_new_data_are_coded_as_the_fit_was(case: dict[str, Any]) -> None:
    text = "y " + case["formula"]
    formula = parse_formula(text, tuple(DATA))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = design(formula, model_frame(formula, DATA, {}))
        new = whole(encode(made, NEW).design)
    expected = pd.DataFrame(matrix(case["X"], len(NEW)), columns=case["names"])
    np.testing.assert_allclose(new.X, expected[list(new.names)].to_numpy(), rtol=0, atol=TOLERANCE)
    assert sorted((*made.names, *made.dropped)) == sorted(case["names"])


@pytest.mark.parametrize("case", ANSWERS["mixed"], ids=name)
def test_the_parts_of_a_mixed_model_are_those_of_lFormula(case: dict[str, Any]) -> None:  # noqa: N802
    if "error" in case:
        with pytest.raises(StanmlmError):
            lFormula(case["formula"], DATA)
        return
    made = lFormula(case["formula"], DATA)
    formula = parse_formula(case["formula"], tuple(DATA))
    terms = design(formula, model_frame(formula, DATA, {})).terms
    n = len(made.X)
    assert list(made.X.columns) == case["names"]
    np.testing.assert_allclose(made.X.to_numpy(), matrix(case["X"], n), rtol=0, atol=TOLERANCE)
    assert [term.group for term in terms] == case["groups"]
    assert list(map(list, made.reTrms.cnms.values())) == case["coefs"]
    assert [list(level_names(term.levels)) for term in terms] == case["levels"]
    assert (list(made.reTrms.flist), list(made.reTrms.assign)) == (case["flist"], case["assign"])
    assert made.reTrms.Gp.tolist() == case["Gp"]
    np.testing.assert_allclose(made.reTrms.Zt.toarray().T, matrix(case["Z"], n), rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("case", ANSWERS["aliased"], ids=name)
def test_aliased_columns_are_those_of_lm(case: dict[str, Any]) -> None:
    formula = parse_formula(case["formula"], tuple(DATA))
    made = design(formula, model_frame(formula, DATA, {}))
    assert list(made.dropped) == case["dropped"]
    assert list(made.names) == [column for column in case["names"] if column not in case["dropped"]]
