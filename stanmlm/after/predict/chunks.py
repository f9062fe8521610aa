"""Rows a piece at a time, so that arrays of draws stay within memory."""

from collections.abc import Iterator

from stanmlm.after.predict.request import MAX_BYTES
from stanmlm.after.predict.target import Target
from stanmlm.base.errors import DataError

WORKING_BYTES = 32_000_000  # of the arrays that one chunk of rows needs; larger ones are no faster


def chunks_of(target: Target, block: int = 1, arrays: int = 1) -> Iterator[slice]:
    """The rows of a target, as many at a time as so many arrays of its draws leave room for."""
    return chunks(len(target.index), arrays * len(target.draws), target.request.max_bytes, block)


def chunks(rows: int, draws: int, max_bytes: int = MAX_BYTES, block: int = 1) -> Iterator[slice]:
    """Slices of rows whose arrays of draws fit in the working memory, and in `max_bytes` where that is less.

    They are made of whole blocks of so many rows, and of one at least.
    """
    # Eight arrays of a chunk's size live at once: eta, a group's part, its gather, the values, their order, ...
    step = block * max(1, int(min(WORKING_BYTES, max_bytes) / (8 * 8 * draws)) // block)
    return (slice(start, min(start + step, rows)) for start in range(0, rows, step))


def check_size(target: Target, columns: int, ways_out: str) -> None:
    """Refuse an array of a target's draws by so many columns that would be over the `max_bytes` asked for."""
    draws, limit = len(target.draws), target.request.max_bytes
    size = 8 * draws * columns
    if size > limit:
        raise DataError(f"{draws} draws of {columns} rows take {size / 1e9:.2g} GB, over max_bytes={limit:.2g}; "
                        f"pass {ways_out}")  # fmt: skip
