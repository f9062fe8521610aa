"""Simulation-based calibration of every shape of program; results go to benchmarks/results/sbc.json and sbc.png.

    python benchmarks/sbc.py                            300 replications of a shape of program, 100 of a family; goes on
    python benchmarks/sbc.py "logit slopes" --n 50      some; what others gave stays in the record
    python benchmarks/sbc.py --work FOLDER              where replications are kept while they run (build/sbc)

Parameters are drawn from the prior, data from them, and the package fits the data: the rank of what was drawn among 99
draws of the posterior is uniform (Talts et al. 2018). Beside parameters and effects the ranks of the log likelihood
(Modrak et al. 2023), of a new response of a fitted group and of a new one, and of the mean and sd of a replicated data
set. Ranks are judged by the simultaneous envelope of their ECDF (Sailynoja et al. 2022), over all quantities together.
"""

import argparse
import json
import multiprocessing
import os
import sys
import time
import warnings
import zlib
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

import numpy as np
import pandas as pd
import sbc_categories
import sbc_templates
from process import HERE
from run import RESULTS, machine
from sbc_templates import NEW
from scipy import stats

import stanmlm as sm
from stanmlm.after.criticism.calibration import rank_of
from stanmlm.after.criticism.envelopes import p_value
from stanmlm.after.criticism.ppcheck import stat_frame
from stanmlm.after.criticism.replicates import CheckOptions
from stanmlm.after.criticism.replications import keep, stored
from stanmlm.after.predict.request import Request

Shape = sbc_templates.Template | sbc_categories.Categories
TEMPLATES: dict[str, Shape] = {**sbc_templates.TEMPLATES, **sbc_categories.TEMPLATES}
DRAWS = 99  # that a rank is taken among
LEVELS = (0.5, 0.9)  # of prediction intervals
ERROR = 0.01  # chance that any envelope is left where all is well
NULL = 400_000  # simulated ECDFs behind it
SAMPLING = {"chains": 2, "iter": 900, "warmup": 400, "cores": 1, "progress": False}


def replicate(name: str, number: int) -> dict[str, object]:
    """One replication: ranks by quantity, hits of `predict`'s intervals, and what the sampler said."""
    of = TEMPLATES[name]
    rng = np.random.default_rng(np.random.SeedSequence(zlib.crc32(name.encode()), spawn_key=(number,)))
    of_kind = sbc_categories if isinstance(of, sbc_categories.Categories) else sbc_templates
    frame = sbc_templates.frame_of(of)
    new = sbc_templates.new_rows(frame)
    made = of_kind.simulate(of, frame, new, rng)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit = of_kind.fitted(of, made.data, number + 1, SAMPLING)
        drawn = draws_of(of, fit, new)
        hits = coverage(fit, new, made.future) if of.gaussian else {}
    true = made.true | {"new response": made.future[0], "new response, new group": made.future[NEW]}
    ranks = {key: int(rank_of(np.asarray(value), drawn[key], rng)) for key, value in true.items() if key in drawn}
    if missed := made.true.keys() - ranks.keys():
        raise KeyError(f"{name}: no draws of {', '.join(sorted(missed))}")
    stats_of = fit.posterior["sample_stats"]
    return {"number": number, "ranks": ranks, "hits": hits, "divergences": int(stats_of["diverging"].sum())}


def draws_of(of: Shape, fit: sm.Fit, new: pd.DataFrame) -> dict[str, np.ndarray]:
    """Evenly spaced draws of every quantity."""
    frame = sm.as_draws_df(fit)
    kept = np.linspace(0, len(frame) - 1, DRAWS).astype(int)
    trials = {"trials": of.trials} if of.trials > 1 else {}
    responses = np.asarray(sm.posterior_predict(fit, new, draws=DRAWS, **trials))
    first = responses[..., 0] if responses.ndim > 2 else responses  # of several columns
    out = {name: frame[name].to_numpy()[kept] for name in frame.columns if not name.startswith(".")}
    out["log likelihood"] = np.asarray(sm.log_lik(fit)).sum(axis=1)[kept]
    out |= {"new response": first[:, 0], "new response, new group": first[:, NEW]}
    if of.numeric:
        out |= {f"replicate's {stat}": checked(fit, stat, kept) for stat in ("mean", "sd")}
    return out


def checked(fit: sm.Fit, stat: str, kept: np.ndarray) -> np.ndarray:
    """A statistic of replicated responses, of which `pp_check` draws a figure."""
    return stat_frame(fit, CheckOptions(Request(draws=len(kept)), stat=stat))["value"].to_numpy()


def coverage(fit: sm.Fit, new: pd.DataFrame, future: np.ndarray) -> dict[str, list[int]]:
    """Whether `predict`'s intervals hold a new response of a fitted group, and of a new one."""
    out = {}
    for level in LEVELS:
        table = sm.predict(fit, new, interval="prediction", level=level)
        inside = (table["lwr"].to_numpy() <= future) & (future <= table["upr"].to_numpy())
        out[str(level)] = [int(inside[0]), int(inside[NEW])]
    return out


def run(names: list[str], n: int | None, work: Path, workers: int) -> None:
    """Every replication that is not there yet, a process a core; each is kept as soon as it is done."""
    work.mkdir(parents=True, exist_ok=True)
    done = {name: stored(file_of(work, name)) for name in names}
    wanted = {name: replications(name, n) for name in names}
    every = ((name, number) for number in range(max(wanted.values())) for name in names if number < wanted[name])
    missing = [(name, number) for name, number in every if number not in done[name]]
    begin = time.perf_counter()
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
        waiting = {pool.submit(replicate, *one): one for one in missing}
        for count, future in enumerate(as_completed(waiting), 1):
            name, number = waiting[future]
            try:
                result = future.result()
            except Exception:
                pool.shutdown(cancel_futures=True)
                print(f"replication {number} of {name} has failed", file=sys.stderr)
                raise
            keep(file_of(work, name), result)
            if count % 100 == 0 or count == len(missing):
                print(f"{count} of {len(missing)} in {time.perf_counter() - begin:.0f} s", flush=True)


def replications(name: str, n: int | None) -> int:
    return TEMPLATES[name].n if n is None else n


def file_of(work: Path, name: str) -> Path:
    return work / f"{name.replace(' ', '-')}.jsonl"


def judged(work: Path, names: list[str], asked: int | None) -> dict[str, dict]:
    """The counts of ranks of every quantity, how probable its ECDF is, and coverage."""
    found = {}
    for name in names:
        n = replications(name, asked)
        runs = [one for number, one in sorted(stored(file_of(work, name)).items()) if number < n]
        if len(runs) < n:
            raise SystemExit(f"{name}: {len(runs)} of {n} replications are there; run again")
        counts = {
            key: np.bincount([one["ranks"][key] for one in runs], minlength=DRAWS + 1) for key in runs[0]["ranks"]
        }
        quantities = {
            key: {"p": float(p_value(each, NULL)),
                  "counts of 10": each.reshape(10, -1).sum(axis=1).tolist()}
            for key, each in counts.items()
        }  # fmt: skip
        found[name] = {
            "formula": TEMPLATES[name].formula,
            "quantities": quantities,
            "coverage": coverages(runs),
            "replications": n,
            "divergences a replication": sum(one["divergences"] for one in runs) / n,
        }
    return found


def coverages(runs: list[dict]) -> dict[str, dict]:
    """The share of prediction intervals that held what they were for, with the probability of one as far off."""
    out = {}
    for level in runs[0]["hits"]:
        for place, where in enumerate(("fitted group", "new group")):
            hits = sum(one["hits"][level][place] for one in runs)
            p = stats.binomtest(hits, len(runs), float(level)).pvalue
            out[f"{level}, {where}"] = {"share": hits / len(runs), "p": float(p)}
    return out


def verdict(found: dict[str, dict]) -> dict[str, object]:
    """All quantities together: the smallest probability against that of the smallest of so many."""
    each = [(row["p"], f"{name}: {key}") for name, of in found.items() for key, row in of["quantities"].items()]
    each += [(row["p"], f"{name}: interval {key}") for name, of in found.items() for key, row in of["coverage"].items()]
    limit = 1 - (1 - ERROR) ** (1 / len(each))
    outside = [key for p, key in each if p < limit]
    return {"quantities": len(each), "limit": limit, "smallest": min(each), "outside": outside}


def draw(found: dict[str, dict], path: Path) -> None:
    """Differences of the ECDFs from the uniform one, a panel a template."""
    from plotnine import aes, facet_wrap, geom_hline, geom_line, ggplot, ggsave, labs, theme_minimal

    rows = [
        {"template": name, "quantity": key, "rank": 10 * k, "difference": value}
        for name, of in found.items()
        for key, row in of["quantities"].items()
        for k, value in enumerate(np.cumsum([0, *row["counts of 10"]]) / of["replications"] - np.arange(11) / 10)
    ]
    sizes = [of["replications"] for of in found.values()]
    frame = pd.DataFrame(rows)
    frame["line"] = frame["template"] + frame["quantity"]
    figure = (
        ggplot(frame, aes("rank", "difference", group="line"))
        + geom_hline(yintercept=0, color="#999999")
        + geom_line(alpha=0.5, size=0.4)
        + facet_wrap("template", ncol=6)
        + labs(
            x="rank among 99 draws",
            y="ECDF less that of uniform ranks",
            title=f"{min(sizes)} to {max(sizes)} replications a panel",
        )
        + theme_minimal(base_size=8)
    )
    ggsave(figure, path, width=9, height=2 + len(found) / 4, dpi=75, verbose=False)


def main() -> int:
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("templates", nargs="*", metavar="TEMPLATE", help=", ".join(TEMPLATES))
    reader.add_argument("--n", type=int, help="replications, in place of each template's own")
    reader.add_argument("--work", type=Path, default=HERE.parent / "build" / "sbc")
    reader.add_argument("--workers", type=int, default=os.cpu_count())
    reader.add_argument("--out", type=Path, default=RESULTS)
    asked = reader.parse_args()
    names = asked.templates or list(TEMPLATES)
    run(names, asked.n, asked.work, asked.workers)
    path = asked.out / "sbc.json"
    before = json.loads(path.read_text())["templates"] if path.exists() else {}
    found = {name: before[name] for name in TEMPLATES if name in before} | judged(asked.work, names, asked.n)
    found = {name: found[name] for name in TEMPLATES if name in found}
    said = verdict(found)
    about = {"machine": machine(), "version": f"stanmlm {sm.__version__}", "verdict": said}
    path.write_text(json.dumps({**about, "templates": found}, indent=1) + "\n")
    draw(found, asked.out / "sbc.png")
    print(json.dumps(said, indent=1))
    return bool(said["outside"])


if __name__ == "__main__":
    sys.exit(main())
