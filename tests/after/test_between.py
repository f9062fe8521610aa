"""Hypotheses about estimates, and what counts as equal: marginaleffects's `hypothesis=` and `equivalence=`."""

import numpy as np
import pytest
from small_fits import trials_fit

import stanmlm as sm

AT = {"re_formula": "NA", "by": ["f"]}


def three(**options: object) -> sm.Estimates:
    return sm.avg_predictions(trials_fit(), **{**AT, **options})  # type: ignore[arg-type]


def test_formulas_compare_rows_as_marginaleffects_does() -> None:
    draws = three().draws
    wanted = {
        "~ pairwise": (["(b) - (a)", "(c) - (a)", "(c) - (b)"], [(1, 0), (2, 0), (2, 1)]),
        "~ revpairwise": (["(a) - (b)", "(a) - (c)", "(b) - (c)"], [(0, 1), (0, 2), (1, 2)]),
        "difference ~ reference": (["(b) - (a)", "(c) - (a)"], [(1, 0), (2, 0)]),
        "~ revreference": (["(a) - (b)", "(a) - (c)"], [(0, 1), (0, 2)]),
        "~ sequential": (["(b) - (a)", "(c) - (b)"], [(1, 0), (2, 1)]),
        "~ revsequential": (["(a) - (b)", "(b) - (c)"], [(0, 1), (1, 2)]),
    }
    for text, (labels, places) in wanted.items():
        found = three(hypothesis=text)
        assert found.frame["hypothesis"].tolist() == labels, text
        np.testing.assert_allclose(found.draws, np.stack([draws[:, i] - draws[:, j] for i, j in places], axis=1))
    ratio = three(hypothesis="ratio ~ sequential")
    assert ratio.frame["hypothesis"].tolist() == ["(b) / (a)", "(c) / (b)"]
    np.testing.assert_allclose(ratio.draws, draws[:, 1:] / draws[:, :-1])
    assert list(ratio.frame.columns) == ["hypothesis", "estimate", "conf.low", "conf.high"]


def test_groups_are_compared_within() -> None:
    found = three(by=["f", "u"], hypothesis="~ reference | u")
    assert found.frame["hypothesis"].tolist() == ["(b) - (a)", "(c) - (a)"] * 2
    assert found.frame["u"].tolist() == [False, False, True, True]


def test_equations_know_rows_from_1_and_terms() -> None:
    draws = three().draws
    found = three(hypothesis=["b1 - b2 = 0", "exp(b3) = 2 * b1", "b* = 0.5"])
    assert found.frame["hypothesis"].tolist() == ["b1-b2=0", "exp(b3)=2*b1", "b1=0.5", "b2=0.5", "b3=0.5"]
    own = [draws[:, 0] - draws[:, 1], np.exp(draws[:, 2]) - 2 * draws[:, 0], *(draws.T - 0.5)]
    np.testing.assert_allclose(found.draws, np.stack(own, axis=1))
    slopes = sm.avg_slopes(trials_fit(), ["x", "z"], re_formula="NA")
    both = sm.avg_slopes(trials_fit(), ["x", "z"], re_formula="NA", hypothesis="x = z")
    np.testing.assert_allclose(both.draws[:, 0], slopes.draws[:, 0] - slopes.draws[:, 1])


def test_weights_are_sums_of_estimates() -> None:
    matrix = np.array([[1, 0.5], [-1, 0.5], [0, -1]])
    found = three(hypothesis=matrix)
    assert found.frame["hypothesis"].tolist() == ["H1", "H2"]
    np.testing.assert_allclose(found.draws, three().draws @ matrix)


def test_equivalence_counts_draws_before_they_are_transformed() -> None:
    plain = sm.avg_comparisons(trials_fit(), "x", equivalence=(0.05, 0.1), re_formula="NA")
    changed = sm.avg_comparisons(trials_fit(), "x", equivalence=[0.05, 0.1], re_formula="NA", transform=np.exp)
    draws, row = plain.draws[:, 0], plain.frame.iloc[0]
    inside = draws[(draws >= row["conf.low"]) & (draws <= row["conf.high"])]
    assert row["p.rope.unconditional"] == np.mean((draws > 0.05) & (draws < 0.1))
    assert row["p.rope.conditional"] == pytest.approx(np.mean((inside > 0.05) & (inside < 0.1)))
    assert changed.frame.iloc[0, -2:].tolist() == plain.frame.iloc[0, -2:].tolist()
    assert "p.rope.conditional" in repr(plain)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"hypothesis": "~ pairwize"}, "hypothesis compares by `pairwize`; did you mean `pairwise`"),
        ({"hypothesis": "odds ~ pairwise"}, "hypothesis reads `difference ~ {which} | groups`"),
        ({"hypothesis": "~ pairwise | q"}, "hypothesis names `q`, which estimates do not have"),
        ({"hypothesis": "b1 > b2"}, 'hypothesis reads "b1 - b2 = 0"'),
        ({"hypothesis": "b0 = 0"}, "estimates are called b1 to b3, by their rows"),
        ({"hypothesis": 0}, "hypothesis= as one number is what p-values are against"),
        ({"hypothesis": np.ones((2, 2))}, "a matrix with a row for each of 3 estimates"),
        ({"by": True, "hypothesis": "~ pairwise"}, "compares estimates, and there is one alone"),
        ({"equivalence": (1, 0)}, "equivalence= is a pair of numbers, the lower one first"),
    ],
)
def test_what_is_no_hypothesis_is_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(sm.StanmlmError) as error:
        three(**options)
    assert message in str(error.value)
