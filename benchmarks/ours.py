"""One fit of ours, measured: `python ours.py CASE SEED [centering] [adapt_delta] [iter]` prints JSON."""

import json
import sys
import time

from cases import CASES, frame_of
from measure import largest_rhat, smallest_sizes

import stanmlm as sm
from stanmlm.fit import chains_of
from stanmlm.model import parameters


def main(name: str, seed: int, centering: str = "auto", adapt_delta: str = "", iterations: str = "2000") -> None:
    case = CASES[name]
    frame = frame_of(case)
    options = {"iter": int(iterations), **({"adapt_delta": float(adapt_delta)} if adapt_delta else {})}
    begin = time.perf_counter()
    fit = sm.glmer(
        case.formula, frame, case.family, seed=seed, progress=False, engine="stanli", centering=centering, **options
    )
    seconds = time.perf_counter() - begin
    draws = {row.name: chains_of(fit, row.name) for row in parameters(fit.model) if row.class_ != "r"}
    effects = {row.name: chains_of(fit, row.name) for row in parameters(fit.model) if row.class_ == "r"}
    stats = fit.posterior["sample_stats"]
    print(
        json.dumps(
            {
                "seconds": seconds,
                "sampling": fit.seconds[1],
                "divergences": int(stats["diverging"].sum()),
                "steps": float(stats["n_steps"].mean()),
                "adapt_delta": fit.sampling.adapt_delta,
                "cells": len(fit.model.cells.first),
                "rows": len(fit.model.cells.rows.X),
                "rhat_effects": largest_rhat(effects) if effects else 1.0,
                "version": f"stanmlm {sm.__version__}, stanli {fit.version}",
                **smallest_sizes(draws),
            }
        )
    )


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), *sys.argv[3:])
