"""Ours and the peers on the same data, one case after the other; results go to benchmarks/results/*.json.

    python benchmarks/run.py                          every case, ours and what peers this machine has
    python benchmarks/run.py flagship sleepstudy      some cases
    python benchmarks/run.py --peers ours,noncentered some of the contestants
    python benchmarks/run.py --seeds 1 --out /tmp/try a quick look, kept elsewhere

A result replaces that of the same contestant and case; the others stay, unless --fresh is given. Medians over seeds.
"""

import argparse
import json
import os
import platform
import statistics
import tempfile
from datetime import date
from pathlib import Path

from cases import CASES, Case, cells_of, frame_of
from contestants import CONTESTANTS, Contestant, Task
from process import HERE, RunError

RESULTS = HERE / "results"
LARGEST = ("compile", "MB")  # the first seed compiles; the others need what the largest needs


def median_of(runs: list[dict]) -> dict:
    """Medians of the numbers, and of the effective sizes per second."""
    found = {**runs[0], "seeds": len(runs)}
    for key in (key for key, value in runs[0].items() if isinstance(value, int | float)):
        found[key] = (max if key in LARGEST else statistics.median)(run[key] for run in runs)
    for size in ("bulk", "tail"):
        if size in found:
            found[f"{size} per second"] = statistics.median(run[size] / run["seconds"] for run in runs)
    return found


def measured(contestant: Contestant, case: Case, folder: Path, most: int) -> dict:
    """Medians over seeds, or why there are none: the first run that fails ends it."""
    limit = contestant.limits.get(case.name, contestant.limit)
    seeds = min(most, contestant.slow.get(case.name, contestant.seeds))
    runs: list[dict] = []
    try:
        for seed in range(1, seeds + 1):
            runs.append(contestant.run(Task(case, folder, seed, limit)))
    except RunError as reason:
        return {"failed": str(reason), "seeds": len(runs) + 1, "date": str(date.today())}
    return {**median_of(runs), "date": str(date.today())}


def machine() -> dict[str, object]:
    """What the numbers were measured on."""
    return {
        "date": str(date.today()),
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
    }


def compare(case: Case, contestants: list[Contestant], seeds: int, path: Path, fresh: bool) -> None:
    """Every contestant that is here on one case; the file is written after each."""
    found = json.loads(path.read_text()) if path.exists() and not fresh else {}
    with tempfile.TemporaryDirectory() as place:
        frame = frame_of(case)
        frame.to_csv(Path(place) / "rows.csv", index=False)
        if case.cells:
            cells_of(frame).to_csv(Path(place) / "cells.csv", index=False)
        about = {"machine": machine(), "rows": len(frame), "formula": case.formula}
        for contestant in contestants:
            found[contestant.name] = measured(contestant, case, Path(place), seeds)
            path.write_text(json.dumps({**found, **about}, indent=1) + "\n")
            print(case.name, contestant.name, json.dumps(found[contestant.name]), flush=True)


def main() -> None:
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("cases", nargs="*", metavar="CASE", help=", ".join(CASES))
    reader.add_argument("--peers", default=",".join(CONTESTANTS), help=", ".join(CONTESTANTS))
    reader.add_argument("--seeds", type=int, default=5, help="at most; slow contestants have fewer")
    reader.add_argument("--out", type=Path, default=RESULTS)
    reader.add_argument("--fresh", action="store_true", help="forget what was measured before")
    asked = reader.parse_args()
    names = asked.peers.split(",")
    for name, known in [*((case, CASES) for case in asked.cases), *((peer, CONTESTANTS) for peer in names)]:
        if name not in known:
            reader.error(f"`{name}` is none of: {', '.join(known)}")
    here = [CONTESTANTS[name] for name in names if CONTESTANTS[name].here()]
    for name in set(names) - {contestant.name for contestant in here}:
        print(f"{name} is not installed here: left out")
    asked.out.mkdir(parents=True, exist_ok=True)
    for name in asked.cases or CASES:
        takes_part = [contestant for contestant in here if name in contestant.cases]
        compare(CASES[name], takes_part, asked.seeds, asked.out / f"{name}.json", asked.fresh)


if __name__ == "__main__":
    main()
