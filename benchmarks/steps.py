"""Seconds of single steps, which nobody should feel; the results go to benchmarks/results/steps.json.

    python benchmarks/steps.py              formula, cells and pilot
    python benchmarks/steps.py --pages      the pages of vignettes/ as well, minutes

Each step runs several times; the least is what the step costs, the median what it took on this machine with its load.
"""

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import numpy as np
from run import RESULTS, machine

import stanmlm as sm
from stanmlm.data.distinct import cells_of
from stanmlm.fit.pipeline import ModelOptions, build_model
from stanmlm.formula.formula import parse_formula
from stanmlm.model.centering import automatic

FORMULA = "vote ~ avg.income*income + log(n) + offset(log(w)) + (1 + income | state)"
VIGNETTES = Path(__file__).resolve().parents[1] / "vignettes"
Step = Callable[[], object]


def million() -> Step:
    """A million rows of six columns to their cells: what a loop over rows, or a sort of them, takes over 5 s for."""
    rng = np.random.default_rng(1)
    columns = [rng.integers(0, 50, 1_000_000), *(rng.choice(5, 1_000_000).astype(float) for _ in range(5))]
    return lambda: cells_of(columns)


def pilot() -> Step:
    """The pilot of the flagship model, 30,000 simulated voters in their cells."""
    voters = sm.simulate_redblue(seed=1).query("year == 2000")
    text = "vote ~ avg.income*income + (1 + income | state)"
    model = build_model(text, voters, sm.binomial(), {}, ModelOptions())
    return lambda: automatic(model.design, model.cells, model.family, model.priors)


STEPS: Mapping[str, tuple[Callable[[], Step], int]] = {
    "formula": (lambda: lambda: parse_formula(FORMULA), 200),
    "cells of a million rows": (million, 10),
    "pilot": (pilot, 20),
}


def pages() -> Mapping[str, tuple[Callable[[], Step], int]]:
    """The pages of the vignettes, each run once."""
    sys.path.insert(0, str(VIGNETTES.parent / "docs" / "site"))
    import page_runner

    def run(path: Path) -> Step:
        return lambda: page_runner.run(page_runner.read_page(path))

    return {f"page {path.stem}": (partial(run, path), 1) for path in sorted(VIGNETTES.glob("0*.qmd"))}


def seconds(prepare: Callable[[], Step], repeats: int) -> dict[str, float]:
    """The least and the median of the seconds of a step."""
    step, taken = prepare(), []
    for _ in range(repeats):
        start = time.perf_counter()
        step()
        taken.append(time.perf_counter() - start)
    return {"least": min(taken), "median": statistics.median(taken), "repeats": repeats}


def main() -> None:
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("--pages", action="store_true", help="run the vignettes too")
    reader.add_argument("--out", type=Path, default=RESULTS)
    asked = reader.parse_args()
    path = asked.out / "steps.json"
    found = json.loads(path.read_text())["steps"] if path.exists() else {}
    for name, (prepare, repeats) in {**STEPS, **(pages() if asked.pages else {})}.items():
        found[name] = {**seconds(prepare, repeats), "load": os.getloadavg()[0], "date": machine()["date"]}
        print(name, json.dumps(found[name]), flush=True)
    asked.out.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"machine": machine(), "steps": found}, indent=1) + "\n")


if __name__ == "__main__":
    main()
