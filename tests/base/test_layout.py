"""Numbers and tables against R 4.2.2 and lme4 1.1-31 (`format`, `print`, `print(VarCorr(fit))`), frozen here."""

import numpy as np
import pytest

import stanmlm as sm
from stanmlm.base.layout import covariance_table, format_common, format_fixed, format_signif, named_vector, table

NA, INF = float("nan"), float("inf")


# format(x, digits = , nsmall = )
@pytest.mark.parametrize(
    ("values", "digits", "nsmall", "expected"),
    [
        ([15.3991, 8.4319, 35.8735], 2, 2, ["15.40", " 8.43", "35.87"]),
        ([15.3991, 8.4319, 35.8735], 2, 0, ["15.4", " 8.4", "35.9"]),
        ([2.555, 5.0101, 0.03646], 2, 2, ["2.555", "5.010", "0.036"]),
        ([1e-10, 123456], 3, 0, ["1.00e-10", "1.23e+05"]),
        ([1, 10, 100], 7, 0, ["  1", " 10", "100"]),
        ([1.5, NA, -3], 4, 0, [" 1.5", "  NA", "-3.0"]),
        ([INF, -INF, 2.5], 3, 0, [" Inf", "-Inf", " 2.5"]),
        ([24.7404, 5.9221, 25.5918], 5, 0, ["24.7404", " 5.9221", "25.5918"]),
        ([0, 0.25], 3, 0, ["0.00", "0.25"]),
        ([0.99999, 1.2], 3, 0, ["1.0", "1.2"]),
        ([9.9996, 100], 4, 0, [" 10", "100"]),
        ([1e100, 1], 3, 0, ["1e+100", " 1e+00"]),
        ([3.14159], 3, 4, ["3.1416"]),
        ([], 3, 0, []),
    ],
)
def test_a_vector_is_formatted_as_r_does(values, digits, nsmall, expected):
    assert format_common(values, digits, nsmall) == expected


@pytest.mark.parametrize(
    ("value", "digits", "expected"),
    [
        (1e5, 7, "1e+05"),
        (123456, 7, "123456"),
        (1e15, 7, "1e+15"),
        (1e-5, 7, "1e-05"),
        (0.0001, 7, "1e-04"),
        (0.00012345, 3, "0.000123"),
        (1234567.891, 3, "1234568"),
        (298.5078917, 2, "299"),
        (0, 3, "0"),
        (1e-300, 3, "1e-300"),
        (NA, 3, "NA"),
    ],
)
def test_a_number_is_formatted_as_r_does(value, digits, expected):
    assert format_signif(value, digits) == expected


def test_varcorr_is_laid_out_as_lme4_does():
    subject = ("Subject", ["(Intercept)", "Days"], np.array([24.74066, 5.92214]), np.array([[1, 0.0656], [0.0656, 1]]))
    assert covariance_table([subject], 25.59180, 4).split("\n") == [
        " Groups   Name        Std.Dev. Corr",
        " Subject  (Intercept) 24.741",
        "          Days         5.922   0.07",
        " Residual             25.592",
    ]


def test_correlations_of_a_term_share_a_width():
    cor = np.array([[1, 0.02054, 0.35571], [0.02054, 1, -0.92709], [0.35571, -0.92709, 1]])
    subject = ("Subject", ["(Intercept)", "Days", "x"], np.array([25.56887, 6.03165, 3.37931]), cor)
    days = ("Days", ["x"], np.array([0.0]), np.eye(1))
    assert covariance_table([subject, days], 25.28797, 3).split("\n") == [
        " Groups   Name        Std.Dev. Corr",
        " Subject  (Intercept) 25.57",
        "          Days         6.03     0.02",
        "          x            3.38     0.36 -0.93",
        " Days     x            0.00",
        " Residual             25.29",
    ]


def test_varcorr_without_correlations_or_residual():
    herd = ("herd", ["(Intercept)"], np.array([0.64207]), np.eye(1))
    assert covariance_table([herd], None, 4).split("\n") == [
        " Groups Name        Std.Dev.",
        " herd   (Intercept) 0.6421",
    ]


def test_a_named_vector_wraps_at_80_columns():
    names = ["(Intercept)", *(f"period{k}" for k in range(2, 9))]
    lines = named_vector(names, ["-1.3983", *(f"{k}.0" for k in range(2, 9))]).split("\n")
    assert lines[0] == "(Intercept)     period2     period3     period4     period5     period6"
    assert lines[1].split() == ["-1.3983", "2.0", "3.0", "4.0", "5.0", "6.0"]
    assert lines[2] == "    period7     period8"


def test_a_matrix_has_its_columns_under_their_names():
    cells = [
        ("Estimate", ["251.405", " 10.467"]),
        ("Std. Error", ["6.825", "1.546"]),
        ("t value", ["36.838", " 6.771"]),
    ]
    assert table(["(Intercept)", "Days"], cells).split("\n") == [
        "            Estimate Std. Error t value",
        "(Intercept)  251.405      6.825  36.838",
        "Days          10.467      1.546   6.771",
    ]


def test_a_model_without_coefficients_prints_as_r_does(capsys: pytest.CaptureFixture[str]) -> None:
    scores = sm.simulate_exams(seed=1, students=20)
    fit = sm.lm("score ~ 0", scores, chains=2, iter=400, seed=1, progress=False)
    assert "Fixed Effects:\nNo coefficients\n" in repr(fit)
    sm.display(fit)
    assert "No coefficients" in capsys.readouterr().out
    # The posterior of sigma concentrates at the root mean square of the scores: its sd is 0.044 here.
    assert abs(sm.sigma(fit) - (scores["score"] ** 2).mean() ** 0.5) < 0.1
    assert sm.kfold(fit, K=2).folds == 2


def test_a_model_with_nothing_to_learn_is_refused() -> None:
    with pytest.raises(sm.FormulaError, match="nothing to learn: a poisson model needs a coefficient or a group term"):
        sm.glm("n ~ 0", {"n": [1, 2, 3]}, family="poisson")


def test_what_rounds_to_zero_has_no_minus() -> None:
    assert format_fixed([-0.002, 0.66], 2) == ["0.00", "0.66"]
