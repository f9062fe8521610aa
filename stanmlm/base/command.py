"""Ctrl-C while the command line imports what it needs: loaded first, and importing only what Python has loaded."""

import _signal  # type: ignore[import-not-found]  # `signal` itself takes its time
import os
import sys

INTERRUPTED = 130  # the shell's exit code after Ctrl-C


def end_quietly() -> None:
    """In the process of the command line, and in no other: Ctrl-C ends it with one line until `main` takes over."""
    if _is_command() and _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler:
        _signal.signal(_signal.SIGINT, leave)


def leave(signum: int, frame: object) -> None:
    """End the process as the shell expects it after Ctrl-C."""
    os.write(2, b"stanmlm: interrupted\n")
    os._exit(INTERRUPTED)


def _is_command() -> bool:
    """Whether this process runs `stanmlm` or `python -m stanmlm`; while Python looks for a module, its name is `-m`."""
    given, name = sys.orig_argv, (sys.argv or [""])[0]
    module = given[given.index("-m") + 1 :][:1] if name == "-m" and "-m" in given else []
    return module in (["stanmlm"], ["stanmlm.cli"]) or os.path.splitext(os.path.basename(name))[0] == "stanmlm"
