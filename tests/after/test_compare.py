"""The ladder: what stands in it, and how it prints."""

from typing import Any

import numpy as np
import pytest

import stanmlm as sm
from stanmlm.fit.fit import Fit, draws_of

QUICK: dict[str, Any] = {"chains": 2, "iter": 400, "seed": 2}
pytestmark = pytest.mark.filterwarnings("ignore:Pareto k")


@pytest.fixture(scope="module")
def fits() -> dict[str, Fit]:
    exams = sm.simulate_exams(seed=1, students=15)
    return {
        "pooled": sm.lm("score ~ hours", exams, **QUICK),
        "varying": sm.lmer("score ~ hours + (1 + hours | student)", exams, **QUICK),
        "null": sm.lmer("score ~ 1 + (1 | student)", exams, **QUICK),
    }


def test_parameters_line_up_by_class(fits: dict[str, Fit]) -> None:
    table = sm.ladder(fits, loo=False)
    assert table.estimates.index.tolist() == ["pooled", "varying", "null"]
    assert table.estimates.columns.tolist() == [
        *("b[(Intercept)]", "b[hours]", "sd_student[(Intercept)]", "sd_student[hours]"),
        *("cor_student[(Intercept),hours]", "sigma"),
    ]
    assert np.isnan(table.estimates.loc["null", "b[hours]"])
    slopes = draws_of(fits["varying"], "b")[:, 1]
    assert table.estimates.loc["varying", "b[hours]"] == pytest.approx(slopes.mean())
    assert table.errors.loc["varying", "b[hours]"] == pytest.approx(slopes.std(ddof=1))
    assert table.fits.columns.tolist() == ["nobs"]
    assert "elpd" not in repr(table).replace("elpd: sums", "")


def test_differences_are_from_the_best_model(fits: dict[str, Fit]) -> None:
    table = sm.ladder(fits).fits
    compared = sm.loo_compare(fits).table
    assert table["elpd_diff"].max() == 0.0
    for name in fits:
        assert table.loc[name, "elpd_diff"] == pytest.approx(compared.loc[name, "elpd_diff"])
    assert table.loc["pooled", "elpd_diff"] < -10


def test_it_prints_as_a_table_with_a_column_a_model(fits: dict[str, Fit]) -> None:
    lines = repr(sm.ladder(fits)).split("\n")
    assert lines[:4] == [
        "Models:",
        "pooled:  score ~ hours",
        "varying: score ~ hours + (1 + hours | student)",
        "null:    score ~ 1 + (1 | student)",
    ]
    assert lines[5].split() == ["pooled", "varying", "null"]
    slope = next(line for line in lines if line.startswith("b[hours]"))
    assert slope.count("(") == 2


def test_one_fit_is_a_ladder_of_one_rung(fits: dict[str, Fit]) -> None:
    table = sm.ladder({"only": fits["pooled"]}).fits
    assert table.loc["only", ["elpd_diff", "se_diff"]].tolist() == [0.0, 0.0]
    assert table.loc["only", "elpd_loo"] == sm.loo(fits["pooled"]).estimates.loc["elpd_loo", "Estimate"]


def test_what_cannot_be_compared_is_refused(fits: dict[str, Fit]) -> None:
    with pytest.raises(sm.DataError, match="by name"):
        sm.ladder({})
    with pytest.raises(sm.OptionError, match="a dict of fits by name"):
        sm.ladder([fits["pooled"]])  # type: ignore[arg-type]
    other = sm.update(fits["pooled"], data=sm.simulate_exams(seed=2, students=16))
    with pytest.raises(sm.DataError, match="same data"):
        sm.ladder({"a": fits["pooled"], "b": other})
    assert sm.ladder({"a": fits["pooled"], "b": other}, loo=False).fits["nobs"].tolist() == [75, 80]
