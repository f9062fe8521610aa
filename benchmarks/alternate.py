"""Whether a change made anything slower, old and new in turn; results go to benchmarks/results/alternate.json.

    python benchmarks/alternate.py v0.1               that revision against this checkout, ten rounds of every case
    python benchmarks/alternate.py main~5 radon cbpp  some cases
    python benchmarks/alternate.py FOLDER             another checkout

Effective size a gradient (smallest bulk size of parameters over the leapfrog steps of the draws kept) and seconds a
gradient (of the whole call, model building and warm-up included, over the same steps), new over old. Rounds alternate
who comes first; a round's seed is the same for both. It fails where the 90% interval of the mean log ratio lies below
.95, or for seconds above 1 / .95: medians of five seeds differ by 12% from run to run, so nothing finer can be seen.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from cases import CASES, VOTERS
from process import HERE, reported
from run import RESULTS, machine
from scipy import stats

ROOT = HERE.parent
LIMIT = 0.95
OPTIONS = {"insteval": {"iter": 600}}  # the others as users call them


def fitted(tree: Path, case: str, seed: int) -> dict:
    """One fit by the package in `tree`."""
    command = [sys.executable, str(HERE / "one_fit.py"), case, str(seed), json.dumps(OPTIONS.get(case, {}))]
    found = reported(command, environment={"PYTHONPATH": f"{tree}{os.pathsep}{HERE}"})
    if Path(found["where"]).parents[1] != tree:
        raise SystemExit(f"the package came from {found['where']}, not from {tree}")
    return found


def rounds(old: Path, new: Path, case: str, n: int) -> list[dict[str, dict]]:
    """Pairs of fits, alternating who comes first."""
    pairs = []
    for seed in range(1, n + 1):
        order = [("old", old), ("new", new)][:: 1 if seed % 2 else -1]
        pairs.append({who: fitted(tree, case, seed) for who, tree in order})
    return pairs


def ratio(pairs: list[dict[str, dict]], measure) -> dict[str, float]:
    """The geometric mean of new over old with its 90% interval (Student's t on the logs)."""
    logs = np.array([np.log(measure(pair["new"]) / measure(pair["old"])) for pair in pairs])
    half = stats.t.ppf(0.95, len(logs) - 1) * logs.std(ddof=1) / np.sqrt(len(logs))
    low, middle, high = np.exp(logs.mean() + half * np.array([-1, 0, 1]))
    return {"ratio": float(middle), "low": float(low), "high": float(high)}


def compared(pairs: list[dict[str, dict]]) -> dict[str, object]:
    return {
        "size a gradient": ratio(pairs, lambda one: one["bulk"] / one["gradients"]),
        "seconds a gradient": ratio(pairs, lambda one: one["seconds"] / one["gradients"]),
        "size a second": ratio(pairs, lambda one: one["bulk"] / one["seconds"]),
        "divergences": {who: sum(pair[who]["divergences"] for pair in pairs) for who in ("old", "new")},
        "largest Rhat": {who: max(pair[who]["rhat"] for pair in pairs) for who in ("old", "new")},
        "seconds": {who: float(np.median([pair[who]["seconds"] for pair in pairs])) for who in ("old", "new")},
    }


def slower(found: dict) -> bool:
    return found["size a gradient"]["high"] < LIMIT or found["seconds a gradient"]["low"] > 1 / LIMIT


def checkout(what: str, folder: Path) -> Path:
    """The folder of a revision, or the folder that was named."""
    if Path(what).is_dir():
        return Path(what).resolve()
    subprocess.run(["git", "-C", str(ROOT), "worktree", "add", "--detach", str(folder), what], check=True)
    return folder


def main() -> int:
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("old", help="a revision, or the folder of a checkout")
    reader.add_argument("cases", nargs="*", metavar="CASE", help=", ".join(CASES))
    reader.add_argument("--rounds", type=int, default=10)
    reader.add_argument("--out", type=Path, default=RESULTS / "alternate.json")
    asked = reader.parse_args()
    cases = asked.cases or [name for name in CASES if VOTERS.exists() or not name.startswith("naes")]
    results = json.loads(asked.out.read_text()) if asked.out.exists() and asked.cases else {}
    with tempfile.TemporaryDirectory() as place:
        tree = Path(place) / "old"
        old = checkout(asked.old, tree)
        try:
            for case in cases:
                results[case] = compared(rounds(old, ROOT, case, asked.rounds))
                results |= {"old": asked.old, "rounds": asked.rounds, "machine": machine()}
                asked.out.write_text(json.dumps(results, indent=1) + "\n")
                print(case, json.dumps(results[case]), flush=True)
        finally:
            if tree.exists():
                subprocess.run(["git", "-C", str(ROOT), "worktree", "remove", "--force", str(tree)], check=True)
    late = [case for case in cases if slower(results[case])]
    print(f"slower: {', '.join(late)}" if late else "nothing got slower")
    return bool(late)


if __name__ == "__main__":
    sys.exit(main())
