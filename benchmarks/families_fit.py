"""A fit of `families.py`: `python families_fit.py ours DATA.csv FAMILY SEED` or `... brms PROGRAM SEED`."""

import json
import re
import sys
import time
import warnings
from pathlib import Path

import pandas as pd
import stanli
from families import CONTESTS
from measure import smallest_sizes

import stanmlm as sm
from stanmlm.fit.fit import chains_of
from stanmlm.sampling.engines.columns import split, stats_of

SAMPLING = {"chains": 4, "cores": 1, "progress": False, "engine": "stanli"}
PARAMETERS = (
    r"b(_.*|cs)?|sd_\d+|sigma|shape|nu|phi|zi|hu|zoi|coi|ndt|alpha|beta|quantile|kappa|disc|delta|cutzero|cutone"
)


def ours(path: str, name: str, seed: int) -> None:
    """One fit of ours, its program made ready before: prints a JSON line."""
    of, frame = CONTESTS[name], pd.read_csv(path)
    family = getattr(sm.families, of.family)(link=of.link)
    formula = f"{of.left} ~ x + (1 | g)"
    warnings.simplefilter("ignore")
    sm.brm(formula, frame, family=family, seed=seed, iter=20, **SAMPLING)
    begin = time.perf_counter()
    fit = sm.brm(formula, frame, family=family, seed=seed, **SAMPLING)
    seconds = time.perf_counter() - begin
    draws = {row.name: chains_of(fit, row.name) for row in fit.model.ledger.variables if row.kind != "r"}
    stats = fit.posterior["sample_stats"]
    found = {"seconds": seconds, "sampling": fit.seconds[1], "steps": float(stats["n_steps"].mean())}
    found |= {"divergences": int(stats["diverging"].sum()), "cells": len(fit.model.cells.first)}
    print(json.dumps({**found, **smallest_sizes(draws)}))


def brms(name: str, seed: int) -> None:
    """One fit of brms's program, compiled before: prints a JSON line."""
    text, data = Path(f"{name}.stan").read_text(), json.loads(Path(f"{name}.json").read_text())
    data = {key: value for key, value in data.items() if value not in ([], {})}
    model = stanli.Model(stan_code=text, data=json.dumps(data))
    begin = time.perf_counter()
    fit = model.sample(chains=4, seed=seed, parallel_chains=1, refresh=0)
    seconds = time.perf_counter() - begin
    values, stats = split(fit.draws(), fit.variables), stats_of(stanli.SAMPLER_COLUMNS, fit.sampler_stats)
    kept = {key: value for key, value in values.items() if re.fullmatch(PARAMETERS, key) and key != "Intercept"}
    found = {"seconds": seconds, "steps": float(stats["n_steps"].mean()), "measured": sorted(kept)}
    print(json.dumps({**found, "divergences": int(stats["diverging"].sum()), **smallest_sizes(kept)}))


if __name__ == "__main__":
    who, *words, number = sys.argv[1:]
    {"ours": ours, "brms": brms}[who](*words, int(number))
