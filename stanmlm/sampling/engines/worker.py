"""A thread that does all jobs for a library which wants its calls from one thread."""

import atexit
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from queue import SimpleQueue
from typing import Generic, TypeVar

from stanmlm.base.errors import EngineError
from stanmlm.base.interrupts import postponed

T = TypeVar("T")

# Seconds between two looks at what a job printed, and at a stop on systems where waiting cannot be interrupted.
_LOOK = 0.1
_GRACE = 5.0  # seconds that an interrupted job has to end before it is left behind


class Job(Generic[T]):
    """Work for the thread; whoever gave it waits for it, and may stop it."""

    def __init__(self, work: "Callable[[Job[T]], T]") -> None:
        self._work, self._result, self._error = work, deque[T](), deque[BaseException]()
        self._done, self.ended = threading.Lock(), False
        self._lines = deque[str]()
        self._done.acquire()
        self.begun = False
        self.stop = False

    def say(self, line: str) -> None:
        """Hand a line to whoever waits."""
        self._lines.append(line)

    def do(self) -> None:
        """In the thread: work, and keep what comes of it."""
        self.begun = True
        try:
            if not self.stop:
                self._result.append(self._work(self))
        except BaseException as error:
            self._error.append(error)
        finally:
            self.ended = True
            self._done.release()

    def wait(self, on_line: Callable[[str], object], seconds: float = float("inf")) -> None:
        """Until it is done; the lines that it says are handed on in the thread that waits."""
        deadline = time.monotonic() + seconds
        while not self.ended and time.monotonic() < deadline:
            self._done.acquire(timeout=_LOOK)
            self._hand_on(on_line)
        self._hand_on(on_line)

    def _hand_on(self, on_line: Callable[[str], object]) -> None:
        while self._lines:
            on_line(self._lines.popleft())

    def outcome(self) -> T:
        """What the work returned or raised."""
        if self._error:
            raise self._error.pop()
        return self._result.pop()


class Worker:
    """One thread for all jobs of a process, begun with the first one; a forked process begins its own.

    State that a library keeps for each process asks for one object for each process: `Worker` is the only one that
    stanmlm has (docs/decisions/010).
    """

    def __init__(self, name: str, farewell: Callable[[], object]) -> None:
        self._name, self._farewell = name, farewell  # the last is said when Python ends, and no job runs
        self._watched = False  # whether forks and the end of the process are told to us
        self.between_forks = threading.RLock()  # held while the library must not be copied by a fork
        self._begin()

    def run(self, work: Callable[[Job[T]], T], on_line: Callable[[str], object] = lambda line: None) -> T:
        """What `work` returns or raises, done in the thread; whoever waits may be interrupted, which stops it."""
        job = Job(work)
        try:
            with postponed():
                self._give(job)
            job.wait(on_line)
        except BaseException:
            job.stop = True
            if job.begun:
                job.wait(lambda line: None, _GRACE)
            raise
        return job.outcome()

    def here(self) -> bool:
        """Whether this code runs in the thread."""
        return threading.current_thread() is self._thread

    def stopped(self) -> bool:
        """Whether the job at hand is to end: its giver was interrupted, or the process ends."""
        return self._ending or (self._job is not None and self._job.stop)

    def _begin(self) -> None:
        self._jobs: SimpleQueue[Job[object]] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._job: Job[object] | None = None
        self._starting = threading.Lock()
        self._ending = False

    def _give(self, job: Job[T]) -> None:
        with self._starting:
            if self._ending:
                raise EngineError("nothing is sampled any more while Python ends")
            if self._thread is None:
                self._watch_process()
                thread = threading.Thread(target=self._do_jobs, name=self._name, daemon=True)
                thread.start()
                self._thread = thread
        self._jobs.put(job)  # type: ignore[arg-type]

    def _do_jobs(self) -> None:
        while True:
            self._job = self._jobs.get()
            self._job.do()
            self._job = None  # what it holds belongs to its giver

    def _watch_process(self) -> None:
        if self._watched:
            return
        self._watched = True
        atexit.register(self._end)
        if hasattr(os, "register_at_fork"):
            lock = self.between_forks
            os.register_at_fork(before=lock.acquire, after_in_parent=lock.release, after_in_child=self._begin_in_child)

    def _begin_in_child(self) -> None:
        self.between_forks.release()
        self._begin()

    def _end(self) -> None:
        """A thread inside the library when Python goes would bring the process down."""
        self._ending, job = True, self._job
        if job is not None:
            job.wait(lambda line: None, _GRACE)
        if job is None or job.ended:
            self._farewell()
