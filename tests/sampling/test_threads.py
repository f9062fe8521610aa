"""Fits from several threads and processes: the draws of one thread and no crash, each in a process of its own."""

import subprocess
import sys
from pathlib import Path

import pytest

BEGIN = """
import os, threading, warnings
from concurrent.futures import ThreadPoolExecutor
warnings.simplefilter("ignore")
import numpy as np, pandas as pd
{first}
import stanmlm as sm
rng = np.random.default_rng(0)
n = 120
d = pd.DataFrame({{"y": rng.normal(size=n), "x": rng.normal(size=n), "g": np.repeat(np.arange(12), 10)}})
KINDS = [("y ~ x + (x | g)", 2, 1), ("y ~ x + (1 | g)", 1, 1), ("y ~ x + (x || g)", 2, 2), ("y ~ x", 1, 2)]
def fit(i):
    formula, chains, cores = KINDS[i % 4]
    verb = sm.lmer if "|" in formula else sm.lm
    made = verb(formula, d, seed=1 + i % 8, chains=chains, cores=cores, iter=60, progress=False)
    return made.posterior["posterior"].to_dataset().to_array().values
"""

SAME = """
alone = [fit(i) for i in range(8)]
with ThreadPoolExecutor({threads}) as pool:
    together = list(pool.map(fit, range({fits})))
assert all(np.array_equal(alone[i % 8], draws) for i, draws in enumerate(together))
print("same")
"""

FORKED = """
alone = [fit(i) for i in range(4)]
children = []
for i in range(4):
    pid = os.fork()
    if pid == 0:
        os._exit(0 if np.array_equal(fit(i), alone[i]) else 1)
    children.append(pid)
assert all(os.waitpid(pid, 0)[1] == 0 for pid in children)
print("same")
"""

DENSITY = """
import sys
sys.path.insert(0, {tests!r})
import engine_toys as toys
from stanmlm.sampling.engines.stanli import Stanli
engine, given = Stanli(), (toys.toy(), toys.toy_data())
value, gradient = engine.log_density(*given, toys.toy_point())
mode = engine.optimize(*given, 1)
assert np.abs(engine.log_density(*given, mode)[1]).max() < 1
print(repr(value), gradient, mode)
"""


def said(code: str, first: str = "") -> str:
    done = subprocess.run(
        [sys.executable, "-c", BEGIN.format(first=first) + code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, (done.returncode, done.stderr[-2000:])
    return done.stdout.strip()


# stanli's home is the thread that loads it: ours, or, where a program uses it itself, the main one
@pytest.mark.parametrize("first", ["", "import stanli"], ids=["ours", "loaded before"])
def test_fits_from_threads_have_the_draws_of_one_thread(first: str) -> None:
    assert said(SAME.format(threads=4, fits=16), first) == "same"


@pytest.mark.slow
@pytest.mark.parametrize("first", ["", "import stanli"], ids=["ours", "loaded before"])
def test_many_fits_from_many_threads_have_the_draws_of_one_thread(first: str) -> None:
    assert said(SAME.format(threads=8, fits=200), first) == "same"


@pytest.mark.skipif(sys.platform == "win32", reason="no fork")
@pytest.mark.filterwarnings("ignore:.*fork")
def test_a_process_that_is_forked_after_a_fit_has_the_same_draws() -> None:
    assert said(FORKED) == "same"


def test_densities_do_not_depend_on_who_loaded_stanli() -> None:
    code = DENSITY.format(tests=str(Path(__file__).parents[1]))
    assert said(code) == said(code, "import stanli")
