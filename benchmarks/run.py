"""Ours and the peers on the same data, one case after the other; results go to benchmarks/results/*.json.

    python benchmarks/run.py                          every case, ours and what peers this machine has
    python benchmarks/run.py flagship sleepstudy      some cases
    python benchmarks/run.py --peers ours,noncentered some of the contestants

Peers: lme4 and rstanarm through `Rscript`, Bambi through the Python that STANMLM_BAMBI names. Seeds 1 to 5, medians.
"""

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
from cases import CASES, Case, cells_of, frame_of
from measure import smallest_sizes

HERE = Path(__file__).parent
RESULTS = HERE / "results"
BAMBI = os.environ.get("STANMLM_BAMBI", "")
# Bambi's own words for our formulas; it cannot nest, nor read cbind() or offset() of a call.
BAMBI_FORMULAS = {
    "flagship": "p(y, n) ~ avg_income*income + (1 + income | state)",
    "naes2000": "p(y, n) ~ avg_income*income + (1 + income | state)",
    "naes2004": "p(y, n) ~ avg_income*income + (1 + income | state)",
    "sleepstudy": "Reaction ~ Days + (Days | Subject)",
    "cbpp": "p(incidence, size) ~ period + (1 | herd)",
}


def timed(command: list[str], timeout: float) -> tuple[str, float]:
    """Standard output, and peak memory of the process in MB (of the largest process, where it forks)."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        process = subprocess.Popen(command, stdout=out, stderr=err, cwd=HERE)
        timer = threading.Timer(timeout, process.kill)
        timer.start()
        _, status, usage = os.wait4(process.pid, 0)
        timer.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        if process.returncode:
            raise RuntimeError(f"{command[:3]}: {err.read()[-2000:]}")
        return out.read(), usage.ru_maxrss / 1024


def reported(command: list[str], timeout: float = 3600) -> dict:
    """What a contestant's last line of output says, with its peak memory."""
    text, memory = timed(command, timeout)
    return {**json.loads(text.splitlines()[-1]), "MB": memory}


def ours(case: Case, files: dict[str, Path], seed: int, *how: str) -> dict:
    return reported([sys.executable, "ours.py", case.name, str(seed), *how])


def r_peer(package: str) -> Callable[[Case, dict[str, Path], int], dict]:
    def run(case: Case, files: dict[str, Path], seed: int) -> dict:
        collapsed = package == "rstanarm" and case.cells
        data, formula = (files["cells"], case.cells) if collapsed else (files["rows"], case.formula)
        out = files["rows"].with_suffix(f".{package}")
        words = [str(data), formula, case.family, ",".join(case.factors), str(seed), str(out)]
        memory = timed(["Rscript", "peers.R", package, *words], 3600)[1]
        found = {**pd.read_csv(out).iloc[0].to_dict(), "MB": memory}
        return found if package == "lme4" else {**found, **sizes_of_rstanarm(Path(f"{out}.draws"))}

    return run


def sizes_of_rstanarm(path: Path) -> dict[str, float]:
    """rstanarm keeps covariances; sds and correlations are what all packages are compared on."""
    flat = pd.read_csv(path)
    chains = flat.pop(".chain").to_numpy()
    shape = (len(set(chains)), -1)
    draws = {name: flat[name].to_numpy().reshape(shape) for name in flat if not name.startswith("Sigma[")}
    draws.pop("log-posterior", None)
    covariances = {name: flat[name].to_numpy().reshape(shape) for name in flat if name.startswith("Sigma[")}
    for name, values in covariances.items():
        group, _, pair = name[6:-1].partition(":")
        first, _, second = pair.rpartition(",") if pair.count(",") == 1 else pair.partition(",")
        if first == second:
            draws[name] = np.sqrt(values)
        else:
            scale = covariances[f"Sigma[{group}:{first},{first}]"] * covariances[f"Sigma[{group}:{second},{second}]"]
            draws[name] = values / np.sqrt(scale)
    return smallest_sizes(draws)


def bambi(method: str) -> Callable[[Case, dict[str, Path], int], dict]:
    def run(case: Case, files: dict[str, Path], seed: int) -> dict:
        data = files["cells"] if case.cells else files["rows"]
        plain = data.with_suffix(".bambi.csv")
        pd.read_csv(data).rename(columns=lambda name: name.replace(".", "_")).to_csv(plain, index=False)
        command = [BAMBI, "peer_bambi.py", str(plain), BAMBI_FORMULAS[case.name], case.family]
        return reported([*command, ",".join(case.factors), str(seed), method])

    return run


CONTESTANTS: dict[str, Callable[..., dict]] = {
    "ours": lambda case, files, seed: ours(case, files, seed),
    "ours at 0.95": lambda case, files, seed: ours(case, files, seed, "auto", "0.95"),
    "ours at iter=4000": lambda case, files, seed: ours(case, files, seed, "auto", "", "4000"),
    "noncentered": lambda case, files, seed: ours(case, files, seed, "noncentered"),
    "lme4": r_peer("lme4"),
    "rstanarm": r_peer("rstanarm"),
    "bambi": bambi("pymc"),
    "bambi nutpie": bambi("nutpie"),
}
SEEDS = {"lme4": 1, "rstanarm": 1, "bambi": 1, "bambi nutpie": 3}  # fewer for the slow and the deterministic


def takes_part(contestant: str, case: Case) -> bool:
    if contestant.startswith("bambi"):
        return bool(BAMBI) and case.name in BAMBI_FORMULAS
    if contestant in ("lme4", "rstanarm") and shutil.which("Rscript") is None:
        return False
    if contestant == "ours at iter=4000":
        return case.name == "insteval"  # what every Rhat below 1.01 takes there
    return contestant != "rstanarm" or case.name != "insteval"  # hours


def median_of(runs: list[dict]) -> dict:
    numbers = [key for key in runs[0] if isinstance(runs[0][key], int | float)]
    medians = {key: statistics.median(run[key] for run in runs) for key in numbers}
    extra = {"version": runs[0]["version"], "seeds": len(runs)}
    if "bulk" in medians:
        extra["bulk per second"] = statistics.median(run["bulk"] / run["seconds"] for run in runs)
        extra["tail per second"] = statistics.median(run["tail"] / run["seconds"] for run in runs)
    return {**medians, **extra}


def machine() -> dict[str, object]:
    """What the numbers were measured on."""
    return {
        "date": str(date.today()),
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
    }


def main() -> None:
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("cases", nargs="*", default=list(CASES))
    reader.add_argument("--peers", default=",".join(CONTESTANTS))
    reader.add_argument("--seeds", type=int, default=5)
    asked = reader.parse_args()
    RESULTS.mkdir(exist_ok=True)
    for name in asked.cases or list(CASES):
        compare(CASES[name], asked.peers.split(","), asked.seeds)


def compare(case: Case, contestants: list[str], seeds: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        frame = frame_of(case)
        files = {"rows": Path(folder) / "rows.csv", "cells": Path(folder) / "cells.csv"}
        frame.to_csv(files["rows"], index=False)
        if case.cells:
            cells_of(frame).to_csv(files["cells"], index=False)
        path = RESULTS / f"{case.name}.json"
        found = json.loads(path.read_text()) if path.exists() else {}
        for contestant in contestants:
            if takes_part(contestant, case):
                runs = [
                    CONTESTANTS[contestant](case, files, seed + 1)
                    for seed in range(min(seeds, SEEDS.get(contestant, seeds)))
                ]
                found[contestant] = median_of(runs)
                print(case.name, contestant, json.dumps(found[contestant]), flush=True)
        path.write_text(
            json.dumps({**found, "machine": machine(), "rows": len(frame), "formula": case.formula}, indent=1) + "\n"
        )


if __name__ == "__main__":
    main()
