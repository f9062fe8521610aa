"""One fit of ours, measured: `python ours.py CASE SEED [OPTIONS as JSON]` prints JSON."""

import json
import sys
import time

from cases import CASES, frame_of
from measure import largest_rhat, smallest_sizes

import stanmlm as sm
from stanmlm.fit.fit import chains_of


def main(name: str, seed: int, options: dict[str, object]) -> None:
    case = CASES[name]
    frame = frame_of(case)
    options = {"engine": "stanli", **options}
    begin = time.perf_counter()
    fit = sm.glmer(case.formula, frame, case.family, seed=seed, progress=False, **options)
    seconds = time.perf_counter() - begin
    draws = {row.name: chains_of(fit, row.name) for row in fit.model.ledger.variables if row.kind != "r"}
    effects = {row.name: chains_of(fit, row.name) for row in fit.model.ledger.variables if row.kind == "r"}
    stats = fit.posterior["sample_stats"]
    found = {
        "seconds": seconds,
        "sampling": fit.seconds[1],
        "divergences": int(stats["diverging"].sum()),
        "steps": float(stats["n_steps"].mean()),
        "adapt_delta": fit.sampling.adapt_delta,
        "cells": len(fit.model.cells.first),
        "rows": len(fit.model.cells.rows.X),
        "rhat_effects": largest_rhat(effects),
        "version": f"stanmlm {sm.__version__}, {fit.engine} {fit.version}",
    }
    print(json.dumps({**found, **smallest_sizes(draws)}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), json.loads(sys.argv[3]) if len(sys.argv) > 3 else {})
