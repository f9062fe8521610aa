"""A contestant in a process of its own: what it printed, its peak memory, and an end when its time is over."""

import json
import os
import signal
import subprocess
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path

HERE = Path(__file__).parent


class RunError(Exception):
    """A run that gave no result, in words for the table."""


def timed(command: list[str], limit: float, environment: Mapping[str, str] | None = None) -> tuple[str, float]:
    """Standard output, and peak memory of the process in MB (of the largest process, where it forks)."""
    over = threading.Event()
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        process = subprocess.Popen(
            command,
            stdout=out,
            stderr=err,
            cwd=HERE,
            env={**os.environ, **(environment or {})},
            start_new_session=True,  # R's and PyMC's workers end with it
        )

        def end() -> None:
            over.set()
            os.killpg(process.pid, signal.SIGKILL)

        timer = threading.Timer(limit, end)
        timer.start()
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            end()
            raise
        finally:
            timer.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        if over.is_set():
            raise RunError(f"timeout after {limit:.0f} s")
        out.seek(0)
        err.seek(0)
        if process.returncode:
            raise RunError(_last_words(err.read()) or f"ended with code {process.returncode}")
        return out.read(), usage.ru_maxrss / 1024


def reported(command: list[str], limit: float = 3600, environment: Mapping[str, str] | None = None) -> dict:
    """What a contestant's last line of output says, with its peak memory."""
    text, memory = timed(command, limit, environment)
    return {**json.loads(text.splitlines()[-1]), "MB": memory}


def _last_words(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip() and line.strip() != "Execution halted"]
    return lines[-1][:200] if lines else ""
