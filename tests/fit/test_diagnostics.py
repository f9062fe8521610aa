"""Which diagnostics complain, and what they tell the user to change."""

from dataclasses import replace

import numpy as np
import pytest

import stanmlm as sm
from stanmlm.fit.diagnostics import _worst, _worst_of, complaints
from stanmlm.sampling.engines.protocol import Sampling

WELL = sm.Diagnostics(
    divergences=0,
    treedepth_hits=0,
    lowest_bfmi=0.9,
    worst_rhat=(1.002, "b[x]"),
    worst_effect_rhat=(1.02, "r_g[a, x]"),
    lowest_ess=(900.0, "sigma"),
    draws=4000,
)
HOW = Sampling(warmup=1000, seed=1)


def test_nothing_is_said_of_a_fit_that_is_well() -> None:
    assert complaints(WELL, HOW) == []
    assert complaints(replace(WELL, worst_rhat=(np.nan, "b[x]")), replace(HOW, chains=1)) == []


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ({"divergences": 1}, ("1 divergent transition of 4000", "adapt_delta=0.95")),
        ({"divergences": 12}, ("12 divergent transitions", "adapt_delta=0.95")),
        ({"treedepth_hits": 3}, ("3 transitions at the maximum tree depth", "max_treedepth=12")),
        ({"lowest_bfmi": 0.1}, ("E-BFMI is 0.10",)),
        ({"worst_rhat": (1.03, "sd_g[x]")}, ("Rhat of `sd_g[x]` is 1.030", "iter=4000")),
        ({"worst_effect_rhat": (1.2, "r_g[a, x]")}, ("Rhat of `r_g[a, x]` is 1.200",)),
        ({"lowest_ess": (120.0, "sigma")}, ("effective sample size of `sigma` is 120", "iter=4000")),
    ],
)
def test_a_failed_diagnostic_says_what_to_change(found: dict[str, object], words: tuple[str, ...]) -> None:
    (text,) = complaints(replace(WELL, **found), HOW)  # type: ignore[arg-type]
    for word in words:
        assert word in text


def test_the_print_is_a_short_table() -> None:
    assert repr(replace(WELL, worst_effect_rhat=(np.nan, "b[x]"))).splitlines() == [
        "Divergent transitions:  0 of 4000",
        "At maximum tree depth:  0 of 4000",
        "Lowest E-BFMI:          0.90",
        "Largest Rhat:           1.002, b[x]",
        "  of group effects:     -",
        "Smallest ESS:           900, sigma",
    ]


def test_a_higher_adapt_delta_is_named_each_time() -> None:
    texts = [complaints(replace(WELL, divergences=1), replace(HOW, adapt_delta=d))[0] for d in (0.8, 0.95, 0.99)]
    assert [text.rpartition("=")[2] for text in texts] == ["0.95", "0.99", "0.999"]


def test_chains_that_have_not_mixed_are_not_called_unbiased() -> None:
    slow, _ = complaints(replace(WELL, treedepth_hits=3, worst_rhat=(1.2, "b[x]")), HOW)
    assert "not biased" not in slow
    assert "chains that have not mixed" in slow
    assert "slow, not biased" in complaints(replace(WELL, treedepth_hits=3), HOW)[0]


def test_chains_that_stand_still_apart_from_each_other_are_the_largest_rhat() -> None:
    worst = _worst(np.array([np.nan, np.inf, 1.0]), ["(Intercept)", "sigma", "x"])
    assert _worst_of(worst, ".3f") == "inf, sigma"
    assert _worst_of(_worst(np.array([np.inf]), ["sigma"]), ".3f") == "inf, sigma"
    assert _worst_of(_worst(np.array([np.nan]), ["sigma"]), ".3f") == "-"
