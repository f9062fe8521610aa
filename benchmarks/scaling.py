"""How seconds grow with rows and with groups, a process each; results go to benchmarks/results/scaling.json.

    python benchmarks/scaling.py                        every size
    python benchmarks/scaling.py --groups 1000,10000    some; the other sizes keep their results

Rows: the flagship model on 10^3 to 10^7 simulated voters in 50 states. Groups: the same model with 10 to 10^4 groups of
50 rows. `pass` is one pandas pass over the frame (factorising the grouping column).
"""

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
from process import RunError, reported
from run import RESULTS, machine

FORMULA = "vote ~ avg.income*income + (1 + income | state)"
ROWS, STATES = [10**k for k in range(3, 8)], 50
GROUPS, ROWS_OF_A_GROUP = [10**k for k in range(1, 5)], 50


def voters(rows: int, groups: int, seed: int = 1) -> pd.DataFrame:
    """Simulated voters: correlated intercepts and slopes of income by state."""
    rng = np.random.default_rng(seed)
    state, income = rng.integers(groups, size=rows), rng.integers(-2, 3, size=rows)
    avg = rng.normal(size=groups)
    effects = rng.normal(size=(groups, 2)) @ np.array([[0.35, -0.04], [0.0, 0.1]])
    eta = -0.1 - 0.35 * avg[state] + (0.25 - 0.08 * avg[state] + effects[state, 1]) * income + effects[state, 0]
    vote = (rng.uniform(size=rows) < 1 / (1 + np.exp(-eta))).astype(np.int64)
    names = np.array([f"S{j:05d}" for j in range(groups)], dtype=object)
    return pd.DataFrame({"vote": vote, "income": income, "state": names[state], "avg.income": avg[state]})


def one(rows: int, groups: int) -> dict[str, float]:
    """One fit: seconds of a pass, of the model the first and the second time, and of all with sampling after these."""
    from measure import smallest_sizes

    import stanmlm as sm
    from stanmlm.fit.fit import chains_of
    from stanmlm.fit.pipeline import ModelOptions, build_model

    data = voters(rows, groups)
    sm.glmer(FORMULA, voters(1000, 10), "binomial", seed=1, iter=20, progress=False, engine="stanli")  # imports
    clock = [time.perf_counter()]
    pd.factorize(data["state"])
    clock.append(time.perf_counter())
    for _ in range(2):
        build_model(FORMULA, data, sm.binomial(), {}, ModelOptions())
        clock.append(time.perf_counter())
    fit = sm.glmer(FORMULA, data, "binomial", seed=1, progress=False, engine="stanli")
    clock.append(time.perf_counter())
    seconds = dict(zip(("pass", "model first", "model", "all"), np.diff(clock).tolist(), strict=True))
    sizes = smallest_sizes({name: chains_of(fit, name) for name in ("b", "sd_state", "cor_state")})
    version = f"stanmlm {sm.__version__}, {fit.engine} {fit.version}"
    return {**seconds, "cells": len(fit.model.cells.first), **sizes, "version": version}


def measured(rows: int, groups: int, limit: float) -> dict:
    try:
        found = reported([sys.executable, "scaling.py", "--one", str(rows), str(groups)], limit)
    except RunError as reason:
        found = {"failed": str(reason)}
    return {"rows": rows, "groups": groups, **found, "date": machine()["date"]}


def read(path: Path) -> dict[tuple[int, int], dict]:
    """What was measured before, by its size."""
    runs = json.loads(path.read_text())["runs"] if path.exists() else []
    return {(run["rows"], run["groups"]): run for run in runs}


def numbers(text: str) -> list[int]:
    return [int(float(word)) for word in text.split(",") if word]


def main() -> None:
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("--rows", type=numbers, help="such as 1e3,1e7; with --groups absent, no groups")
    reader.add_argument("--groups", type=numbers, help="such as 10,1e4; with --rows absent, no rows")
    reader.add_argument("--limit", type=float, default=1200, help="seconds that a size may take")
    reader.add_argument("--out", type=Path, default=RESULTS)
    reader.add_argument("--one", nargs=2, type=int, help=argparse.SUPPRESS)
    asked = reader.parse_args()
    if asked.one:
        print(json.dumps(one(*asked.one)))
        return
    everything = asked.rows is None and asked.groups is None
    sizes = [(rows, STATES) for rows in (ROWS if everything else asked.rows or [])]
    sizes += [(ROWS_OF_A_GROUP * groups, groups) for groups in (GROUPS if everything else asked.groups or [])]
    asked.out.mkdir(parents=True, exist_ok=True)
    path = asked.out / "scaling.json"
    found = read(path)
    for size in sizes:
        found[size] = measured(*size, asked.limit)
        runs = sorted(found.values(), key=lambda run: (run["groups"] != STATES, run["rows"]))
        path.write_text(json.dumps({"machine": machine(), "runs": runs}, indent=1) + "\n")
        print(json.dumps(found[size]), flush=True)


if __name__ == "__main__":
    main()
