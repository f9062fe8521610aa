import numpy as np
import pytest

from stanmlm.base.errors import OptionError
from stanmlm.sampling.engines.sampling import resolve, sampling_from


def test_nothing_given_is_four_chains_of_a_thousand_and_a_thousand():
    sampling = sampling_from({})
    assert (sampling.chains, sampling.iter, sampling.warmup, sampling.adapt_delta) == (4, 2000, 1000, 0.8)
    assert 1 <= sampling.cores <= 4


def test_a_seed_is_drawn_once_where_none_is_given():
    one, other = sampling_from({}), sampling_from({})
    assert one.seed != other.seed
    assert resolve(one) == one


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"chain": 2}, "no sampling option `chain`; did you mean `chains`?"),
        ({"adapt_detla": 0.9}, "did you mean `adapt_delta`?"),
        ({"chains": 0}, "`chains` must be 1 or more, not 0"),
        ({"iter": 100, "warmup": 100}, "`warmup` must be less than `iter`, which counts warm-up, not 100"),
        ({"warmup": -1}, "`warmup` must be 0 or more"),
        ({"adapt_delta": 1}, "`adapt_delta` must lie between 0 and 1"),
        ({"adapt_delta": float("nan")}, "`adapt_delta` must lie between 0 and 1"),
        ({"adapt_delta": "high"}, "`adapt_delta` must be a number, not 'high'"),
        ({"chains": 2.5}, "`chains` must be a whole number, not 2.5"),
        ({"chains": True}, "`chains` must be a whole number, not True"),
        ({"iter": None}, "`iter` must be a whole number, not None"),
        ({"seed": 2**32}, "`seed` must lie between 0 and"),
        ({"seed": -1}, "`seed` must lie between 0 and"),
        ({"thin": 0}, "`thin` must be 1 or more"),
        ({"cores": 0}, "`cores` must be 1 or more"),
        ({"max_treedepth": 0}, "`max_treedepth` must lie between 1 and 30"),
        ({"control": {"stepsize": 1}}, "there is no `stepsize` in `control`"),
        ({"control": 0.9}, "`control` must be a dict"),
        ({"control": {"adapt_delta": 0.9}, "adapt_delta": 0.8}, "`adapt_delta` is given twice"),
    ],
)
def test_what_cannot_be_is_refused_in_the_users_words(options, message):
    with pytest.raises(OptionError, match=message.replace("?", r"\?")):
        sampling_from(options)


def test_control_reads_as_in_rstan_and_brms():
    sampling = sampling_from({"control": {"adapt_delta": 0.95, "max_treedepth": 12}})
    assert (sampling.adapt_delta, sampling.max_treedepth) == (0.95, 12)


def test_whole_floats_count_as_r_users_type_them():
    sampling = sampling_from({"iter": 2e3, "seed": np.float32(7)})
    assert (sampling.iter, sampling.seed, type(sampling.seed)) == (2000, 7, int)


def test_no_more_cores_than_chains():
    assert sampling_from({"chains": 2, "cores": 16}).cores == 2


RANGES = [
    *((name, value) for name in ("chains", "iter", "warmup", "thin", "cores") for value in (2**32, 10**30, 10**5000)),
    *((name, value) for name in ("seed", "max_treedepth") for value in (2**32, 10**30, -(10**30), 10**5000)),
    *((name, value) for name in ("chains", "iter", "thin", "cores", "max_treedepth") for value in (0, -1, -(2**32))),
    *(
        (name, value)
        for name in ("chains", "iter", "seed")
        for value in (True, np.True_, "4", 2.5, float("inf"), 4j, [4])
    ),
    *(("adapt_delta", value) for value in (0, 1, -1, 2, 10**400, float("inf"), True, np.True_, "0.9", 0.9j, [0.9])),
]


@pytest.mark.parametrize(
    ("name", "value"), RANGES, ids=lambda value: str(value)[:20] if not isinstance(value, int) else ""
)
def test_every_option_has_a_range(name: str, value: object) -> None:
    with pytest.raises(OptionError, match=f"`{name}` must"):
        sampling_from({name: value})


@pytest.mark.parametrize("kind", [np.int8, np.uint64, np.int32, np.float32, np.float64, float])
def test_whole_numbers_of_every_kind_are_whole_numbers(kind: type) -> None:
    how = sampling_from({name: kind(4) for name in ("chains", "iter", "seed", "max_treedepth", "cores")})
    assert (how.chains, how.iter, how.seed, how.max_treedepth, how.cores) == (4, 4, 4, 4, 4)
    assert {type(value) for value in (how.chains, how.iter, how.seed)} == {int}
