"""How seconds grow with rows and with groups, a process each: `python benchmarks/scaling.py`.

Writes results/scaling.json. Rows: the flagship model on 10^3 to 10^7 simulated voters in 50 states. Groups: the same
model with 10 to 10^4 groups of 50 rows. `pass` is one pandas pass over the frame (factorising the grouping column).
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
from run import machine, reported

RESULTS = Path(__file__).parent / "results"
FORMULA = "vote ~ avg.income*income + (1 + income | state)"


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
    """One fit: seconds of a pass, of the model and of all, and the smallest bulk ESS over `b`, sds and correlation."""
    from measure import smallest_sizes

    import stanmlm as sm
    from stanmlm.fit import chains_of
    from stanmlm.pipeline import ModelOptions, build_model

    data = voters(rows, groups)
    sm.glmer(FORMULA, voters(1000, 10), "binomial", seed=1, iter=20, progress=False)  # imports and first use
    begin = time.perf_counter()
    pd.factorize(data["state"])
    passed = time.perf_counter()
    build_model(FORMULA, data, sm.binomial(), {}, ModelOptions())
    built = time.perf_counter()
    fit = sm.glmer(FORMULA, data, "binomial", seed=1, progress=False, engine="stanli")
    done = time.perf_counter()
    draws = {name: chains_of(fit, name) for name in ("b", "sd_state", "cor_state")}
    sizes = smallest_sizes(draws)
    seconds = {"pass": passed - begin, "model": built - passed, "all": done - built}
    return {"rows": rows, "groups": groups, **seconds, "cells": len(fit.model.cells.first), **sizes}


def main() -> None:
    sizes = [(10**k, 50) for k in range(3, 8)] + [(50 * 10**k, 10**k) for k in range(1, 5)]
    RESULTS.mkdir(exist_ok=True)
    found: list[dict] = []
    for rows, groups in sizes:
        found.append(reported([sys.executable, "scaling.py", str(rows), str(groups)]))
        (RESULTS / "scaling.json").write_text(json.dumps({"machine": machine(), "runs": found}, indent=1) + "\n")


if __name__ == "__main__":
    if len(sys.argv) == 3:
        print(json.dumps(one(int(sys.argv[1]), int(sys.argv[2]))))
    else:
        main()
