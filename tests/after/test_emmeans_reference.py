"""Marginal means against R's emmeans on the same draws: tables, linear functions and prints."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from small_fits import SIZES

import stanmlm as sm
from stanmlm.after.margins.means import SimpleContrasts

# Linear functions to rounding; intervals of highest density may end one draw on where two are equally long.
EXACT = 1e-9
REFERENCE: dict[str, Any] = json.loads((Path(__file__).parents[1] / "reference" / "emmeans.json").read_text())
ANSWERS = REFERENCE["answers"]
IDS = [f"{answer['model']}: {answer['call']}" for answer in ANSWERS]
FACTORS = {"wool": ["A", "B"], "tension": ["L", "M", "H"], "supp": ["OJ", "VC"]}


def frame_of(name: str) -> pd.DataFrame:
    frame = pd.DataFrame(REFERENCE["data"][name])
    for factor, levels in FACTORS.items():
        if factor in frame:
            frame[factor] = pd.Categorical(frame[factor], categories=levels)
    return frame


@cache
def fit_of(name: str) -> sm.Fit:
    """The model with R's draws of its coefficients in the place of its own."""
    spec = REFERENCE["models"][name]
    family = {"binomial": sm.binomial(spec.get("link", "logit")), "poisson": sm.poisson}.get(spec["family"], "gaussian")
    draws = np.array(spec["draws"])
    options = {**SIZES, "chains": 1, "iter": 20 + len(draws), "warmup": 20, "weights": spec.get("weights")}
    fit = sm.glm(spec["formula"], frame_of(spec["data"]), family=family, **options)
    assert list(sm.fixef(fit).index) == spec["coefficients"]
    fit.posterior["posterior"]["b"].values[:] = draws[None]
    return fit


def in_python(call: str) -> str:
    """R's call as Python's, where it differs."""
    call = re.sub(r"(?<=m, )~ [^,)]*", lambda match: f'"{match[0]}"', call)
    call = re.sub(r"`([^`]*)` =", r"**{'\1':", call)
    call = re.sub(r"(\{'[^']*': c\([^)]*\))", r"\1}", call)
    call = re.sub(r"(\d):(\d)", lambda match: str(list(range(int(match[1]), int(match[2]) + 1))), call)
    call = re.sub(r"c\(([^()]*)\)", r"[\1]", call)
    call = re.sub(r"(max|cov)\.(degree|reduce|keep)", r"\1_\2", call).replace("list('wool', [", "('wool', [")
    return call.replace("list(", "dict(").replace("NULL", "None").replace("TRUE", "True").replace("FALSE", "False")


VERBS = {name: getattr(sm, name) for name in ("contrast", "emmeans", "emtrends", "regrid")}


def pairs(means: Any, **options: Any) -> Any:
    """R's `pairs` hands on what `contrast` takes."""
    if {"ratios"} & set(options) or options.get("by", "") is None:
        return sm.contrast(means, "pairwise", **options)
    return sm.pairs(means, **options)


def nth(several: SimpleContrasts, number: int) -> Any:
    """The table of that number, from 1."""
    return list(several.tables.values())[number - 1]


def answered(answer: dict[str, Any]) -> Any:
    own = {"pairs": pairs, "nth": nth, "median": np.median, "range": lambda x: [x.min(), x.max()], "max": np.max}
    return eval(in_python(answer["call"]), {**VERBS, **own, "m": fit_of(answer["model"])})


@pytest.mark.parametrize("answer", ANSWERS, ids=IDS)
def test_tables_are_those_of_emmeans(answer: dict[str, Any]) -> None:
    found, rows = answered(answer).frame, pd.DataFrame(answer["rows"], columns=answer["columns"])
    assert list(found.columns) == answer["columns"]
    assert len(found) == len(rows)
    for name in rows.columns:
        if pd.api.types.is_numeric_dtype(rows[name]) and not pd.api.types.is_bool_dtype(rows[name]):
            np.testing.assert_allclose(found[name].astype(float), rows[name].astype(float), rtol=EXACT, atol=EXACT)
        else:
            assert found[name].astype(str).tolist() == rows[name].astype(str).tolist(), name


@pytest.mark.parametrize(
    "answer",
    [a for a in ANSWERS if a.get("linfct")],
    ids=[i for i, a in zip(IDS, ANSWERS, strict=True) if a.get("linfct")],
)
def test_linear_functions_are_those_of_emmeans(answer: dict[str, Any]) -> None:
    found = answered(answer)
    theirs, ours = np.array(answer["linfct"], dtype=float), found.linfct.to_numpy()[found.shown]
    told = np.isfinite(found.draws).all(axis=0)
    np.testing.assert_allclose(ours[told], theirs[told], atol=EXACT)


@pytest.mark.parametrize("answer", ANSWERS, ids=IDS)
def test_prints_are_those_of_emmeans(answer: dict[str, Any]) -> None:
    found = answered(answer)
    ours = [line.rstrip() for line in repr(found).split("\n") if not line.startswith(("NOTE: ", "A nesting structure"))]
    assert ours == [line.rstrip() for line in answer["print"]]
