"""The command line while it imports what it needs: loaded first, and importing only what Python has loaded."""

import _signal  # type: ignore[import-not-found]  # `signal` itself takes its time
import os
import sys

INTERRUPTED = 130  # the shell's exit code after Ctrl-C


def end_quietly() -> None:
    """In the process of the command line, and in no other: Ctrl-C ends it with one line until `main` takes over.

    Streams that are closed lead to nowhere, lest a file that is opened later take their numbers, or a library that is
    imported meet None.
    """
    if not _is_command():
        return
    _open_closed()
    if _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler:
        _signal.signal(_signal.SIGINT, leave)


def _open_closed() -> None:
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            free = os.open(os.devnull, os.O_RDWR)  # the lowest number that is free
            setattr(sys, name, open(free, "r" if number == 0 else "w", encoding="utf-8"))  # noqa: SIM115 - for good


def leave(signum: int, frame: object) -> None:
    """End the process as the shell expects it after Ctrl-C."""
    os.write(2, b"stanmlm: interrupted\n")
    os._exit(INTERRUPTED)


def _is_command() -> bool:
    """Whether this process runs `stanmlm` or `python -m stanmlm`; while Python looks for a module, its name is `-m`."""
    given, name = sys.orig_argv, (sys.argv or [""])[0]
    module = given[given.index("-m") + 1 :][:1] if name == "-m" and "-m" in given else []
    return module in (["stanmlm"], ["stanmlm.cli"]) or os.path.splitext(os.path.basename(name))[0] == "stanmlm"
