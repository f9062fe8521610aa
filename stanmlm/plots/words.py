"""Words within a width: broken into lines, or shortened in the middle."""

import re
from collections.abc import Callable

Width = Callable[[str], float]  # of one line, in any unit
ELLIPSIS = "…"
# Where a word that is too long may break: before an opening bracket, and after other marks.
SOFT = re.compile(r"(?<=[_:,./\-)\]&+*^|=])(?=[^)\],:])|(?<=[^(\[])(?=[(\[])")


def broken(text: str, room: float, width: Width, lines: int | None = None) -> str:
    """The text in lines no wider than `room`; where they are more than `lines`, shortened in the middle.

    Lines break at spaces; a word that has no room of its own breaks after a mark, and within where there is none.
    Breaks that are there stay.

    Examples
    --------
    >>> broken("one two three", 8, len)
    'one two\\nthree'
    >>> broken("sd_student[(Intercept)]", 14, len)
    'sd_student\\n[(Intercept)]'
    >>> broken("abcdefghij klmnopqrst", 6, len, lines=2)
    'abcdef\\ng…qrst'
    """
    filled = [line for paragraph in text.split("\n") for line in _filled(paragraph, room, width)]
    if lines is None or len(filled) <= lines:
        return "\n".join(filled)
    words = " ".join(text.split())

    def fits(kept: int) -> bool:
        return len(_filled(_middle_out(words, kept), room, width)) <= lines

    return "\n".join(_filled(_middle_out(words, _most(fits, len(words) - 1)), room, width))


def shortened(text: str, room: float, width: Width) -> str:
    """The text on one line no wider than `room`, its middle left out where it is longer.

    Examples
    --------
    >>> shortened("Alexandria, Virginia", 9, len)
    'Alexa…nia'
    """
    if width(text) <= room:
        return text
    return _middle_out(text, _most(lambda kept: width(_middle_out(text, kept)) <= room, len(text) - 1))


def _most(fits: Callable[[int], bool], high: int) -> int:
    """The largest number from 1 to `high` that fits, 1 where none does."""
    low = 1
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(middle) else (low, middle - 1)
    return low


def _middle_out(text: str, kept: int) -> str:
    """So many characters of the text, more of its start than of its end."""
    last = int(0.4 * kept)
    return text[: kept - last].rstrip() + ELLIPSIS + text[len(text) - last :].lstrip()


def _filled(paragraph: str, room: float, width: Width) -> list[str]:
    """One paragraph's lines."""
    lines, line = [], ""
    for word in paragraph.split(" "):
        joined = f"{line} {word}" if line else word
        if width(joined) <= room:
            line = joined
            continue
        lines += [line] if line else []
        *whole, line = _pieces(word, room, width)
        lines += whole
    return [*lines, line]


def _pieces(word: str, room: float, width: Width) -> list[str]:
    """A word as lines: unbroken where it fits, else broken after marks, else anywhere."""
    parts = [part if width(part) <= room else list(part) for part in SOFT.split(word)]
    lines = [""]
    for part in (piece for each in parts for piece in ([each] if isinstance(each, str) else each)):
        if lines[-1] and width(lines[-1] + part) > room:
            lines.append(part)
        else:
            lines[-1] += part
    return lines
