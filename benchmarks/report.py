"""The tables of benchmarks/README.md from benchmarks/results/*.json: `python benchmarks/report.py [RESULTS] [PAGE]`."""

import json
import statistics
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from cases import CASES
from contestants import CONTESTANTS
from process import HERE
from targets import TARGETS, Results

MARK = "<!-- results: written by report.py -->"
ONCE = "ours at iter=4000"  # on insteval alone: a sentence, not a column
OURS = ("ours", "ours at 0.95", "ours on CmdStan", "noncentered", "plain")
PEERS = ("lme4", "statsmodels", "rstanarm", "brms", "bambi", "bambi nutpie")
SAMPLERS = (*OURS, *PEERS[2:])
CELL = (
    "Seconds, smallest bulk ESS, **ESS per second**; divergent transitions and an Rhat above 1.01 where there are any."
)
GROWTH = (
    '"Model, first" is the first frame-to-model of the data in the session, "again" the second, '
    '"all" a fit after these, its model and sampling included; seconds.'
)


def number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def summary(found: dict) -> str:
    """Seconds; of a sampler also sizes and what is to be known of them."""
    if "bulk" not in found:
        return f"{number(found['seconds'])} s"
    parts = [f"{number(found['seconds'])} s", number(found["bulk"]), f"**{number(found['bulk per second'])}**/s"]
    if found.get("divergences"):
        parts.append(f"{found['divergences']:.0f} div.")
    if found["rhat"] > 1.01:
        parts.append(f"Rhat {found['rhat']:.3f}")
    return ", ".join(parts)


def field(key: str) -> Callable[[dict], str]:
    return lambda found: number(found[key]) if key in found else ""


def cell(results: Results, case: str, name: str, show: Callable[[dict], str]) -> str:
    """A dash where the contestant takes no part, nothing where it has not run."""
    if case not in CONTESTANTS[name].cases:
        return "–"
    found = results[case].get(name, {})
    if "failed" in found:
        return over(found["failed"]) or "failed"
    return show(found) if found else ""


def over(reason: str) -> str:
    """`over 1,200 s` of a run that was ended, else nothing."""
    head, _, seconds = reason.partition("timeout after ")
    return "" if head or not seconds else f"over {int(seconds.split()[0]):,} s"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [head, ["---"] * len(head), *rows]
    return ["| " + " | ".join(line) + " |" for line in lines]


def by_case(results: Results, names: Sequence[str], show: Callable[[dict], str]) -> list[str]:
    cases = [case for case in CASES if case in results]
    rows = [
        [case, f"{results[case]['rows']:,}", *(cell(results, case, name, show) for name in names)] for case in cases
    ]
    return table(["case", "rows", *names], rows)


def once(results: Results) -> list[str]:
    found = results.get("insteval", {}).get(ONCE, {})
    if "bulk" not in found:
        return []
    rhat = max(found["rhat"], found["rhat_effects"])
    return ["", f"insteval at `iter=4000`: {summary(found)}; the largest Rhat over all effects is {rhat:.3f}."]


def compiling(results: Results) -> list[str]:
    seconds = [found["compile"] for of in results.values() if "compile" in (found := of.get("ours on CmdStan", {}))]
    if not seconds:
        return []
    span = f"{min(seconds):.0f} to {max(seconds):.0f} s"
    return ["", f"CmdStan compiles a program in {span}, once; that is not in the seconds."]


def asked(results: Results) -> list[str]:
    rows = []
    for target in TARGETS:
        found = [target.found(results, name) for name in OURS[:3]]
        met = "" if found[0] is None else ("yes" if target.met(found[0][0]) else "no")
        rows.append([target.what, target.asked, *(words[1] if words else "" for words in found), met])
    return table(["", "asked", *OURS[:3], "met by ours"], rows)


def scaling(results: Results) -> list[str]:
    """One row a size, and what the most groups take."""
    runs = results.get("scaling", {}).get("runs", [])
    head = [
        "rows",
        "groups",
        "cells",
        "a pass",
        "model, first",
        "model, again",
        "all",
        "min bulk ESS",
        "Rhat",
        "peak MB",
    ]
    keys = ("cells", "pass", "model first", "model", "all", "bulk", "rhat", "MB")
    rows = []
    for run in runs:
        values = [f"{run[key]:.3f}" if key == "rhat" and key in run else field(key)(run) for key in keys]
        ended = over(run.get("failed", "")) or ("failed" if "failed" in run else "")
        rows.append([f"{run['rows']:,}", f"{run['groups']:,}", *values[:4], values[4] or ended, *values[5:]])
    return [*table(head, rows), *most_groups(runs)]


def most_groups(runs: Sequence[dict]) -> list[str]:
    run = max(runs, key=lambda run: run["groups"], default=None)
    if run is None:
        return []
    what = f"{run['groups']:,} groups of {run['rows'] // run['groups']} rows"
    if "failed" in run:
        return ["", f"{what}: {over(run['failed']) or run['failed']}."]
    return ["", f"{what} take {number(run['all'])} s, for a smallest bulk ESS of {number(run['bulk'])}."]


def versions(results: Results) -> list[str]:
    """Who ran, when, and with how many seeds."""
    rows = []
    for name in CONTESTANTS:
        found = {case: results[case][name] for case in CASES if name in results.get(case, {})}
        if found:
            said = sorted({of["version"] for of in found.values() if "version" in of})
            dates = sorted({of.get("date", results[case]["machine"]["date"]) for case, of in found.items()})
            rows.append([name, "; ".join(said), " to ".join(dict.fromkeys((dates[0], dates[-1]))), seeds(found)])
    return table(["", "version", "measured", "seeds"], rows)


def seeds(found: dict[str, dict]) -> str:
    """`5; verbagg 1`."""
    usual = statistics.mode(of["seeds"] for of in found.values())
    others = ", ".join(f"{case} {of['seeds']}" for case, of in found.items() if of["seeds"] != usual)
    return f"{usual}; {others}" if others else str(usual)


def failures(results: Results) -> list[str]:
    """Why a contestant has no result, where it was not time."""
    found = [(case, name, results[case].get(name, {})) for case in CASES if case in results for name in CONTESTANTS]
    reasons = {(case, name): of["failed"] for case, name, of in found if "failed" in of and not over(of["failed"])}
    return [f"* {name} on {case} failed: {reason}" for (case, name), reason in reasons.items()]


def place(results: Results) -> str:
    where = results[next(case for case in CASES if case in results)]["machine"]
    return f"{where['machine']}, {where['cores']} cores, Python {where['python']}."


def main(folder: Path = HERE / "results", page: Path = HERE / "README.md") -> None:
    results = {path.stem: json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))}
    sections = {
        "Ours": [CELL, "", *by_case(results, OURS, summary), *once(results), *compiling(results)],
        "Peers": [CELL, "", *by_case(results, PEERS, summary)],
        "Smallest tail ESS per second": by_case(results, SAMPLERS, field("tail per second")),
        "Peak memory, MB": by_case(results, (*OURS, *PEERS), field("MB")),
        "Asked and found": asked(results),
        "Growth": [GROWTH, "", *scaling(results)],
        "Versions and seeds": [place(results), "", *versions(results), *failures(results)],
    }
    before, _, _ = page.read_text().partition(MARK)
    parts = [MARK, ""]
    for title, lines in sections.items():
        parts += [f"## {title}", "", *lines, ""]
    page.write_text(before + "\n".join(parts))


if __name__ == "__main__":
    main(*(Path(word) for word in sys.argv[1:]))
