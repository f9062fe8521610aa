"""The standard streams of a process, any of which may be closed, full, or read by nobody any more."""

import os
import sys
from typing import Literal

from stanmlm.base.errors import FileError

UNHEARD = 141  # the shell's exit code of a command whose reader has gone

Outlet = Literal["stdout", "stderr"]


def tell(text: str, outlet: Outlet = "stderr", end: str = "\n") -> None:
    """Print for whoever reads a stream; where it is closed, for nobody.

    Raises
    ------
    SystemExit
        Where the reader has gone, `| head`: the process ends as the shell expects it.
    FileError
        Where it cannot be written for another reason, such as a full disk.
    """
    stream = getattr(sys, outlet)
    if stream is None or stream.closed:
        return
    try:
        if text + end:  # some devices refuse even nothing
            print(text, file=stream, end=end)
        stream.flush()
    except BrokenPipeError:
        _hush(outlet)
        raise SystemExit(UNHEARD) from None
    except OSError as error:
        _hush(outlet)
        raise FileError(f"{outlet} cannot be written: {error.strerror or error}") from error


def is_watched() -> bool:
    """Whether someone looks at what is printed while the work goes on: a terminal, or a notebook."""
    stream = sys.stderr
    return "ipykernel" in sys.modules or (stream is not None and not stream.closed and stream.isatty())


def _hush(outlet: Outlet) -> None:
    """Drop what a stream still holds, which Python would try to write again at the end."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, getattr(sys, outlet).fileno())
    os.close(null)
