"""What was asked of ours, and what the results say: a ratio or a time beside each."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

Results = Mapping[str, Mapping[str, dict]]  # by case, then by contestant
Found = tuple[float, str] | None  # a number and its words; None where a part of it was not measured

NONCENTERED_APART = ("flagship", "naes2000", "naes2004", "scaling")


@dataclass(frozen=True)
class Target:
    """`found` reads the results for one of ours ("ours", "ours at 0.95", ...)."""

    what: str
    asked: str
    found: Callable[[Results, str], Found]
    met: Callable[[float], bool]


def ratio(results: Results, ours: str, case: str, peer: str, key: str = "bulk per second") -> Found:
    """Ours over the peer; for seconds the peer over ours."""
    of_case = results.get(case, {})
    own, other = (of_case.get(name, {}).get(key) for name in (ours, peer))
    if own is None or other is None:
        return None
    value = other / own if key == "seconds" else own / other
    return value, f"{value:.3g}x"


def smallest_ratio(results: Results, ours: str, peer: str) -> Found:
    """The worst of the cases that have no target of their own."""
    ratios = {case: ratio(results, ours, case, peer) for case in results if case not in NONCENTERED_APART}
    known = {case: found for case, found in ratios.items() if found}
    if not known:
        return None
    worst = min(known, key=lambda case: known[case][0])
    return known[worst][0], f"{known[worst][1]} ({worst}, the smallest of {len(known)})"


def converged(results: Results, ours: str, at: str = "") -> Found:
    """Seconds that InstEval takes where the largest Rhat, effects included, is below 1.01; else infinity."""
    found = results.get("insteval", {}).get(f"{ours}{at}", {})
    if "rhat" not in found:
        return None
    rhat = max(found["rhat"], found["rhat_effects"])
    words = f"{rhat:.3f} in {found['seconds']:.0f} s"
    return (found["seconds"] if rhat < 1.01 else float("inf")), words


def growth(results: Results, ours: str) -> Found:
    """Seconds at 10^7 rows less a pass over those at 10^4; the model built for the first time in both."""
    runs = {run["rows"]: run for run in results.get("scaling", {}).get("runs", []) if run["groups"] == 50}
    many, few = runs.get(10**7, {}), runs.get(10**4, {})
    if ours != "ours" or "all" not in many or "all" not in few:
        return None
    again = (many["all"] - many["pass"]) / few["all"]
    if not all({"model first", "model"} <= run.keys() for run in (many, few)):
        return again, f"{again:.3g}x again; the first time was not measured"
    first = [run["all"] + run["model first"] - run["model"] for run in (many, few)]
    value = (first[0] - many["pass"]) / first[1]
    return value, f"{value:.3g}x the first time, {again:.3g}x again"


def at_least(bound: float) -> Callable[[float], bool]:
    return lambda value: value >= bound


def at_most(bound: float) -> Callable[[float], bool]:
    return lambda value: value <= bound


def over(case: str, peer: str, bound: float, words: str) -> Target:
    found = partial(ratio, case=case, peer=peer)
    return Target(f"{case} over {words}, ESS per second", f"{bound:g}x", found, at_least(bound))


TARGETS = (
    over("flagship", "rstanarm", 100, "rstanarm on cells"),
    over("flagship", "bambi nutpie", 25, "Bambi with nutpie"),
    over("flagship", "noncentered", 6, "noncentered"),
    over("naes2000", "noncentered", 3, "noncentered"),
    over("naes2004", "noncentered", 3, "noncentered"),
    Target(
        "every other case over noncentered, ESS per second",
        "0.9x",
        partial(smallest_ratio, peer="noncentered"),
        at_least(0.9),
    ),
    *(over(case, "rstanarm", 20, "rstanarm") for case in ("sleepstudy", "radon", "hsb82")),
    *(over(case, "brms", 10, "brms's program") for case in ("negbinomial", "student")),
    *(
        Target(
            f"{case}, glmer's seconds on rows over ours from rows to posterior",
            "2.5x",
            partial(ratio, case=case, peer="lme4", key="seconds"),
            at_least(2.5),
        )
        for case in ("flagship", "naes2000", "naes2004")
    ),
    Target("insteval, largest Rhat below 1.01 within 300 s", "300 s", converged, at_most(300)),
    Target("the same at iter=4000", "300 s", partial(converged, at=" at iter=4000"), at_most(300)),
    Target("10^7 rows less a pass, over 10^4 rows", "at most 3x", growth, at_most(3)),
)
