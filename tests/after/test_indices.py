"""bayestestR's indices: directions, regions of practical equivalence, and what follows from them."""

import numpy as np
import pandas as pd
import pytest
from small_fits import SIZES, counts_fit, draws, exams_data, exams_fit, trials_fit

import stanmlm as sm


def test_directions_are_shares_of_draws() -> None:
    found, b = sm.p_direction(trials_fit()), draws(trials_fit(), "b")
    assert found["Parameter"].tolist() == list(sm.fixef(trials_fit()).index)
    np.testing.assert_allclose(found["pd"], np.maximum((b > 0).mean(axis=0), (b < 0).mean(axis=0)))
    p = sm.p_direction(trials_fit(), as_p=True)["p"]
    np.testing.assert_allclose(p, 2 * (1 - found["pd"]))
    assert sm.p_direction(exams_fit(), null=1e6)["pd"].tolist() == [1.0, 1.0]


def test_a_rope_counts_the_draws_of_the_interval() -> None:
    found, b = sm.rope(trials_fit(), range=(-0.4, 0.4), ci=0.9), draws(trials_fit(), "b")
    low, high = np.quantile(b, (0.05, 0.95), axis=0)
    for k, share in enumerate(found["ROPE_Percentage"]):
        inside = b[(b[:, k] >= low[k]) & (b[:, k] <= high[k]), k]
        assert share == pytest.approx(np.mean(np.abs(inside) <= 0.4))
    assert list(found.columns) == ["Parameter", "CI", "ROPE_low", "ROPE_high", "ROPE_Percentage"]
    whole = sm.rope(trials_fit(), range=(-0.4, 0.4), ci=1)["ROPE_Percentage"]
    np.testing.assert_allclose(whole, (np.abs(b) <= 0.4).mean(axis=0))
    shortest = sm.rope(trials_fit(), range=(-0.4, 0.4), ci_method="HDI")["ROPE_Percentage"]
    assert not np.array_equal(shortest, found["ROPE_Percentage"])


def test_equivalence_is_accepted_rejected_or_open() -> None:
    fit = exams_fit()
    words = [sm.equivalence(fit, range=(-w, w))["ROPE_Equivalence"].iloc[1] for w in (1e-6, 0.7, 1e6)]
    assert words == ["Rejected", "Undecided", "Accepted"]
    full = [sm.equivalence(fit, range=(-w, w), ci=1)["ROPE_Equivalence"].iloc[1] for w in (1e-6, 1e6)]
    assert full == ["Rejected", "Accepted"]
    found = sm.equivalence(fit, range=(-1, 1))
    assert list(found.columns[-3:]) == ["ROPE_Equivalence", "HDI_low", "HDI_high"]
    np.testing.assert_allclose(found["HDI_low"], np.quantile(draws(fit, "b"), 0.025, axis=0))


def test_default_ranges_go_by_family() -> None:
    def width(fit: sm.Fit) -> float:
        return float(sm.rope(fit)["ROPE_high"].iloc[0])

    data = exams_data().dropna()
    logs = sm.lm("log(score + 50) ~ hours", data, **SIZES)
    assert width(exams_fit()) == pytest.approx(0.1 * data["score"].std())
    assert width(trials_fit()) == pytest.approx(0.1 * np.pi / np.sqrt(3))
    assert width(logs) == 0.01
    with pytest.warns(sm.StanmlmWarning, match="no range of practical equivalence is known for poisson"):
        assert width(counts_fit()) == 0.1


def test_contrasts_and_slopes_have_indices_too() -> None:
    contrasts = sm.pairs(sm.emmeans(trials_fit(), "f"))
    assert sm.p_direction(contrasts)["Parameter"].tolist() == ["a - b", "a - c", "b - c"]
    slopes = sm.avg_slopes(trials_fit(), "x")
    assert sm.rope(slopes, range=(-1, 1))["ROPE_Percentage"].tolist() == [1.0]
    assert sm.rope(slopes)["ROPE_high"].tolist() == [0.1]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"range": (1, 0)}, "range is a pair of numbers, the lower one first"),
        ({"ci": 1.5}, "ci is 1.5; it is a probability"),
        ({"ci_method": "SI"}, 'ci_method is `SI`; there is "ETI" and "HDI"'),
    ],
)
def test_what_is_no_region_is_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(sm.OptionError) as error:
        sm.rope(exams_fit(), **options)  # type: ignore[arg-type]
    assert message in str(error.value)


def test_frames_are_frames() -> None:
    assert isinstance(sm.equivalence(exams_fit()), pd.DataFrame)
