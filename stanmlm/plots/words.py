"""Words within a width: broken into lines, or shortened in the middle."""

import re
from collections.abc import Callable, Iterable, Sequence

Width = Callable[[str], float]  # of one line, in any unit
ELLIPSIS = "…"
TAIL = 0.6  # of the room, for what tells a text apart from another
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

    Paragraphs stay apart:

    >>> broken("one two three four\\nfive", 6, len, lines=3)
    'one\\ntw…our\\nfive'
    """
    filled = [line for paragraph in text.split("\n") for line in _filled(paragraph, room, width)]
    if lines is None or len(filled) <= lines:
        return "\n".join(filled)
    paragraphs = [" ".join(paragraph.split()) for paragraph in text.split("\n")]
    counts = [len(_filled(paragraph, room, width)) for paragraph in paragraphs]
    longest = max(range(len(paragraphs)), key=counts.__getitem__)
    left = lines - sum(counts) + counts[longest]
    if left < 1:
        return broken(" ".join(paragraphs), room, width, lines)

    def fits(kept: int) -> bool:
        return len(_filled(_middle_out(paragraphs[longest], kept), room, width)) <= left

    kept = _most(fits, len(paragraphs[longest]) - 1)
    paragraphs[longest] = _middle_out(paragraphs[longest], kept)
    return "\n".join(line for paragraph in paragraphs for line in _filled(paragraph, room, width))


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


def told_apart(texts: Sequence[str], room: float, width: Width) -> list[str]:
    """The texts, each on a line no wider than `room`, and different where they were.

    Where what is left out of the middle is what tells two texts apart, it is kept instead of their ends.

    Examples
    --------
    >>> told_apart(["income:kind second of the three", "income:kind third of the three", "z"], 16, len)
    ['income…second o…', 'income…third of…', 'z']
    """
    short = [shortened(text, room, width) for text in texts]
    wholes: dict[str, set[str]] = {}
    for text, line in zip(texts, short, strict=True):
        wholes.setdefault(line, set()).add(text)
    return [
        _with(text, _alike(wholes[line]), room, width) if len(wholes[line]) > 1 else line
        for text, line in zip(texts, short, strict=True)
    ]


def _alike(texts: Iterable[str]) -> int:
    """How many characters the texts have in common at their start."""
    columns = list(zip(*texts, strict=False))
    return next((i for i, column in enumerate(columns) if len(set(column)) > 1), len(columns))


def _with(text: str, first: int, room: float, width: Width) -> str:
    """The start of the text, and the word in which character `first` stands with what follows it."""
    start = max(text.rfind(mark, 0, first) for mark in " :_") + 1

    def ended(kept: int) -> str:
        return text[start : start + kept].rstrip() + ELLIPSIS * (start + kept < len(text))

    tail = ended(_most(lambda kept: width(ended(kept)) <= TAIL * room, len(text) - start))

    def joined(kept: int) -> str:
        return text[:kept].rstrip() + ELLIPSIS + tail

    return joined(_most(lambda kept: width(joined(kept)) <= room, start)) if start else tail


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
