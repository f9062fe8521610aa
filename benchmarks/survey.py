"""Small crossed factors on many rows, old and new in turn; results go to benchmarks/results/survey.json.

    python benchmarks/survey.py FOLDER           another checkout (or a revision) against this one, two rounds
    python benchmarks/survey.py v0.1 --rounds 4

50,000 simulated answers, as models for poststratification have them: ages, education and states cross, alone, with a
predictor of states, and with slopes by state. Sizes, gradients and seconds are alternate.py's; `processor seconds` are
those of the sampling process, which other work on the machine does not stretch.
"""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

from alternate import ROOT, checkout, compared, ratio
from process import HERE, reported
from run import RESULTS, machine

CASES = ("alone", "predictor", "slopes")


def fitted(tree: Path, case: str, seed: int) -> dict:
    command = [sys.executable, str(HERE / "survey_fit.py"), case, str(seed)]
    found = reported(command, environment={"PYTHONPATH": f"{tree}{os.pathsep}{HERE}"})
    if Path(found["where"]).parents[1] != tree:
        raise SystemExit(f"the package came from {found['where']}, not from {tree}")
    return {name: value for name, value in found.items() if name != "where"}


def main(given: list[str]) -> None:
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("old", help="a revision, or the folder of a checkout")
    reader.add_argument("--rounds", type=int, default=2)
    reader.add_argument("--out", type=Path, default=RESULTS / "survey.json")
    asked = reader.parse_args(given)
    results: dict[str, object] = {"rounds": asked.rounds, "machine": machine()}
    with tempfile.TemporaryDirectory() as place:
        old = checkout(asked.old, Path(place) / "old")
        for case in CASES:
            pairs = []
            for seed in range(1, asked.rounds + 1):
                order = [("old", old), ("new", ROOT)][:: 1 if seed % 2 else -1]
                pairs.append({who: fitted(tree, case, seed) for who, tree in order})
            more = {
                "size a processor second": ratio(pairs, lambda one: one["bulk"] / one["processor"]),
                "size of effects a gradient": ratio(pairs, lambda one: one["with effects"] / one["gradients"]),
                "fits": [
                    {who: {k: v for k, v in one.items() if k != "where"} for who, one in p.items()} for p in pairs
                ],
            }
            results[case] = compared(pairs) | more
            asked.out.write_text(json.dumps(results, indent=1) + "\n")
            print(case, json.dumps(compared(pairs) | more), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
