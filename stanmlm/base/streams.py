"""Random numbers: every purpose of every model has streams of its own, in blocks that do not depend on the memory."""

import hashlib
import json
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from stanmlm.base.arrays import Ints

ROWS = 256  # of a block of responses, whatever is held in memory at once
_LARGEST = 2**32 - 1  # of what NumPy keeps as one word of a key


class Purpose(IntEnum):
    """What random numbers are for; a new purpose gets a new number."""

    STARTS = 0  # of chains; by chain
    EFFECTS = 1  # that the program integrates out, given each draw of the rest
    LEVELS = 2  # effects of levels that were not fitted; by group and level
    RESPONSES = 3  # new ones; by block of rows and draw
    SIMULATION = 4  # the source of a `simulate`
    CHOICE = 5  # of the draws that `simulate` takes
    FOLDS = 6  # of `kfold`
    REFITS = 7  # seeds of fits without some rows, of `kfold`; by fold
    RELOO = 8  # and of `loo`; by row
    REPEATS = 9  # sources of further effects of one unseen level; by repetition
    BOOTSTRAP = 10  # weights of rows in `loo_R2`; by block of rows
    AVERAGING = 11  # weights of rows in pseudo-BMA
    TIES = 12  # of observed and new responses in LOO-PIT
    UNIFORMS = 13  # reference curves of LOO-PIT
    PRIORS = 14  # samples that show a prior; by parameter
    SCALED = 15  # places of residuals that simulations tie with, and bootstraps of their outliers; by use
    CHECKS = 16  # which rows `check_model` looks at
    REPLICATIONS = 17  # sources of fits to simulated responses, of `sbc` and `powerSim`; by replication
    RANKS = 18  # places of ranks that are tied
    ENVELOPES = 19  # uniform values that envelopes of ECDFs are of: the same every time
    MODELS = 20  # seeds of models that are fitted together; by name


@dataclass(frozen=True)
class Source:
    """A seed, and what tells apart those who share it."""

    seed: int
    words: tuple[int, ...] = (0, 0, 0, 0)  # 32 bits each


def stream(source: Source, purpose: Purpose, *key: int) -> np.random.Generator:
    """Random numbers for one purpose and, where it has several, one key.

    Examples
    --------
    >>> one, other = (stream(Source(1), purpose).random() for purpose in (Purpose.STARTS, Purpose.FOLDS))
    >>> one == other
    False
    """
    return np.random.Generator(np.random.PCG64(_sequence(source, purpose, key)))


def streams_of_draws(source: Source, purpose: Purpose, block: int, draws: Ints) -> Iterator[np.random.Generator]:
    """A stream for each of some draws in a block of rows: one generator, to be used before the next is asked for.

    Philox counts (Salmon et al. 2011): a block has the key, and a draw has the upper quarter of the counter for itself.

    Examples
    --------
    >>> def first(draws):
    ...     return [rng.random() for rng in streams_of_draws(Source(1), Purpose.RESPONSES, 0, np.array(draws))]
    >>> first([0, 5, 9])[1] == first([5])[0]
    True
    """
    bits = np.random.Philox(_sequence(source, purpose, (block,)))
    rng, fresh = np.random.Generator(bits), bits.state
    counter = np.zeros(4, dtype=np.uint64)
    fresh["state"]["counter"] = counter
    for draw in draws.tolist():
        counter[3] = draw
        bits.state = fresh
        yield rng


def blocks(rows: slice) -> Iterator[tuple[int, slice]]:
    """The blocks that rows are made of, by number; the last may be shorter.

    Examples
    --------
    >>> list(blocks(slice(256, 600)))
    [(1, slice(256, 512, None)), (2, slice(512, 600, None))]
    """
    assert rows.start % ROWS == 0, rows
    return ((start // ROWS, slice(start, min(start + ROWS, rows.stop))) for start in range(rows.start, rows.stop, ROWS))


def within(source: Source, purpose: Purpose, *key: int) -> Source:
    """A source of its own for one purpose, from which streams for others may be had."""
    return Source(source.seed, tuple(_sequence(source, purpose, key).generate_state(4).tolist()))


def seed_within(source: Source, purpose: Purpose, *key: int) -> int:
    """A seed for Stan, from 1 on."""
    return 1 + int(stream(source, purpose, *key).integers(2**31 - 1))


def fresh_seed() -> int:
    """A seed where the user gives none: it is kept with the fit, so that all that follows repeats."""
    return 1 + secrets.randbelow(2**31 - 1)


def words_of(*parts: bytes | str | int | Sequence[object]) -> tuple[int, ...]:
    """128 bits that tell apart whatever differs, as four words of a key.

    Examples
    --------
    >>> words_of("a", "b:c") == words_of("a:b", "c")
    False
    """
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        written = b"b" + part if isinstance(part, bytes) else b"j" + json.dumps(part).encode()
        digest.update(len(written).to_bytes(8, "little") + written)
    return tuple(np.frombuffer(digest.digest(), dtype="<u4").tolist())


def _sequence(source: Source, purpose: Purpose, key: tuple[int, ...]) -> np.random.SeedSequence:
    # A word in each place: NumPy would write a larger number in several, and two keys could then be spelled alike.
    assert all(0 <= word <= _LARGEST for word in key), key
    return np.random.SeedSequence(source.seed, spawn_key=(*source.words, int(purpose), *key))
