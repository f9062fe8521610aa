"""Ctrl-C that is never lost: a span of code that it reaches ends with KeyboardInterrupt, whatever code swallows it."""

import signal
import sys
import threading
import time
from _thread import interrupt_main, start_new_thread
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import numpy as np

_AGAIN = 0.02  # seconds until code that cannot be interrupted is asked again

Handler = Callable[[int, FrameType | None], object]


@contextmanager
def interruptible() -> Iterator[None]:
    """A span, or as a decorator a function, that Ctrl-C ends with KeyboardInterrupt and with nothing else.

    Python raises KeyboardInterrupt wherever it stands. Raised in a destructor it is printed and forgotten; an import is
    left half done, so that the next one fails; other code turns it into an error of its own. Here destructors and
    imports come to their ends first, and what was swallowed or turned is raised at the end of the span.

    What answers SIGINT already, Python or a program with a handler of its own, still answers, and decides what is
    raised. Other threads than the main one get no signals, and nothing happens there. NumPy's error state is afterwards
    what it was before.

    Examples
    --------
    >>> try:
    ...     with interruptible():
    ...         try:
    ...             signal.raise_signal(signal.SIGINT)
    ...         except BaseException:
    ...             pass
    ... except KeyboardInterrupt:
    ...     print("none is lost")
    none is lost
    """
    before = signal.getsignal(signal.SIGINT) if _in_main_thread() else None
    if not callable(before):
        yield
        return
    watch = _Watch(before, sys._getframe(2))  # above: `__enter__`, and the frame that holds the span
    signal.signal(signal.SIGINT, watch)
    try:
        try:
            with np.errstate():  # an interrupt within NumPy's own would leave its answer to bad numbers in place
                yield
        finally:
            watch.held += 1  # from here on it only notes
    except BaseException as error:
        watch.end()
        if watch.raised is None or isinstance(error, watch.raised):
            raise
        raise watch.raised from None
    watch.end()
    if watch.raised is not None:
        raise watch.raised


@contextmanager
def postponed() -> Iterator[None]:
    """A few lines that are not to be left in the middle: inside `interruptible`, Ctrl-C waits for their end."""
    watch = signal.getsignal(signal.SIGINT) if _in_main_thread() else None
    if not isinstance(watch, _Watch):
        yield
        return
    watch.held += 1
    try:
        yield
    finally:
        watch.held -= 1
        if watch.owed and not watch.held:
            signal.raise_signal(signal.SIGINT)


class _Watch:
    """What answers SIGINT while a span lasts; a class, for Python calls it, and it must remember."""

    def __init__(self, before: Handler, floor: FrameType) -> None:
        self.before = before
        self.floor: FrameType | None = floor  # imports below the span are none of its business
        self.raised: type[BaseException] | None = None
        self.owed = False  # a signal came where nothing could be raised
        self.held = 0
        self._turn = threading.RLock()

    def __call__(self, signum: int, frame: FrameType | None) -> None:
        with self._turn:
            fragile = not self.held and self._is_fragile(frame)
            if self.held or fragile:
                first, self.owed = not self.owed, True
                if fragile and first:
                    start_new_thread(self._ask_again, ())
                return
            self.owed = False
        self._answer(frame)

    def end(self) -> None:
        """Give SIGINT back, and answer what is owed."""
        signal.signal(signal.SIGINT, self.before)
        with self._turn:
            owed, self.owed, self.floor = self.owed, False, None
        if owed:
            self._answer(None)

    def _answer(self, frame: FrameType | None) -> None:
        try:
            self.before(signal.SIGINT, frame)
        except BaseException as error:
            self.raised = type(error)
            raise

    def _ask_again(self) -> None:
        while True:
            time.sleep(_AGAIN)
            with self._turn:
                if not self.owed:
                    return
                interrupt_main()

    def _is_fragile(self, frame: FrameType | None) -> bool:
        """Whether an exception raised here would be lost, or would leave a module half imported."""
        while frame is not None and frame is not self.floor:
            code = frame.f_code
            if code.co_name == "__del__" or code.co_filename.startswith("<frozen importlib"):
                return True
            frame = frame.f_back
        return False


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()
