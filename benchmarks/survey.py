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
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from alternate import ROOT, checkout, compared, ratio
from measure import smallest_sizes
from process import HERE, reported
from run import RESULTS, machine

FORMULAS = {
    "alone": "y ~ (1 | age) + (1 | edu) + (1 | state)",
    "predictor": "y ~ z + (1 | age) + (1 | edu) + (1 | state)",
    "slopes": "y ~ x + (1 | age) + (1 | edu) + (1 + x | state)",
}


def survey(rows: int = 50_000) -> pd.DataFrame:
    """Six ages, five levels of education, 51 states of unequal size; sds .3, .4 and .35, of slopes .2."""
    rng = np.random.default_rng(1)
    age = rng.choice(6, rows, p=[0.12, 0.18, 0.2, 0.2, 0.18, 0.12])
    edu = rng.choice(5, rows, p=[0.1, 0.3, 0.3, 0.2, 0.1])
    state = rng.choice(51, rows, p=rng.dirichlet(np.full(51, 2.0)))
    effects = [rng.normal(0, sd, J) for sd, J in ((0.3, 6), (0.4, 5), (0.35, 51))]
    z, x, slopes = rng.normal(size=51), rng.choice([-1.0, 0.0, 1.0], rows), rng.normal(0.3, 0.2, 51)
    eta = -0.2 + effects[0][age] + effects[1][edu] + effects[2][state] + 0.4 * z[state] + slopes[state] * x
    frame = pd.DataFrame({"y": rng.binomial(1, 1 / (1 + np.exp(-eta))), "z": z[state], "x": x})
    return frame.assign(age=age.astype(str), edu=edu.astype(str), state=state.astype(str))


def one_fit(case: str, seed: int) -> None:
    """A fit by the package on PYTHONPATH as JSON; its program is made ready before."""
    import stanmlm as sm

    warnings.simplefilter("ignore")
    frame, options = survey(), {"seed": seed, "engine": "stanli", "progress": False}
    sm.glmer(FORMULAS[case], frame, "binomial", **{**options, "iter": 20})
    begin, processor = time.perf_counter(), time.process_time()
    fit = sm.glmer(FORMULAS[case], frame, "binomial", **options)
    seconds, processor = time.perf_counter() - begin, time.process_time() - processor
    draws = {str(name): array.to_numpy() for name, array in fit.posterior["posterior"].data_vars.items()}
    stats = fit.posterior["sample_stats"]
    found = {
        "seconds": seconds,
        "processor": processor,
        "gradients": int(stats["n_steps"].sum()),
        "divergences": int(stats["diverging"].sum()),
        "where": sm.__file__,
        "with effects": smallest_sizes(draws)["bulk"],
    }
    print(json.dumps({**found, **smallest_sizes({k: v for k, v in draws.items() if not k.startswith("r_")})}))


def fitted(tree: Path, case: str, seed: int) -> dict:
    command = [sys.executable, str(HERE / "survey.py"), "fit", case, str(seed)]
    found = reported(command, environment={"PYTHONPATH": f"{tree}{os.pathsep}{HERE}"})
    if Path(found["where"]).parents[1] != tree:
        raise SystemExit(f"the package came from {found['where']}, not from {tree}")
    return found


def main(given: list[str]) -> None:
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("old", help="a revision, or the folder of a checkout")
    reader.add_argument("--rounds", type=int, default=2)
    reader.add_argument("--out", type=Path, default=RESULTS / "survey.json")
    asked = reader.parse_args(given)
    results: dict[str, object] = {"rounds": asked.rounds, "machine": machine()}
    with tempfile.TemporaryDirectory() as place:
        old = checkout(asked.old, Path(place) / "old")
        for case in FORMULAS:
            pairs = []
            for seed in range(1, asked.rounds + 1):
                order = [("old", old), ("new", ROOT)][:: 1 if seed % 2 else -1]
                pairs.append({who: fitted(tree, case, seed) for who, tree in order})
            more = {
                "size a processor second": ratio(pairs, lambda one: one["bulk"] / one["processor"]),
                "size of effects a gradient": ratio(pairs, lambda one: one["with effects"] / one["gradients"]),
                "fits": pairs,
            }
            results[case] = compared(pairs) | more
            asked.out.write_text(json.dumps(results, indent=1) + "\n")
            print(case, json.dumps(compared(pairs) | more), flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["fit"]:
        one_fit(sys.argv[2], int(sys.argv[3]))
    else:
        main(sys.argv[1:])
