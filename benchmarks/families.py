"""Every family against brms's own program in the same engine; the results go to benchmarks/results/families.json.

    python benchmarks/families.py                  all, an hour
    python benchmarks/families.py student beta     some; the others stay as they were
    python benchmarks/families.py --ours           ours alone, brms's numbers stay

`y ~ x + (1 | g)` on 3,000 simulated rows in 80 groups, brms's default priors in both, four chains of 1000 + 1000 on one
core, one after the other in one run. Sizes are the smallest bulk ESS over coefficients, thresholds, sds and what a
family has beside them. Ours is the median of three seeds. What brms needs to write its program is not in its seconds.
"""

import argparse
import json
import statistics
import sys
import tempfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import sbc_categories
import sbc_templates
from process import RunError, reported, timed
from run import RESULTS, machine

ROWS, GROUPS, SEEDS = 3_000, 80, 3
LIMIT = 1_200  # seconds a run may take
SLOPE, SD = 0.3, 0.5


@dataclass(frozen=True)
class Contest:
    """A family, and what its data are simulated from."""

    family: str
    link: str
    level: float = 0.0  # the intercept
    values: Mapping[str, float] = field(default_factory=dict)
    trials: int = 1
    brms: str | None = ""  # its name there where that differs; None: it has no such family
    least: float = 4.0  # times brms's effective size a second that it must reach

    @property
    def categories(self) -> bool:
        return self.family in sbc_categories.ORDERED or self.family in ("categorical", "multinomial", "dirichlet")

    @property
    def several(self) -> list[str]:
        return ["y1", "y2", "y3"] if self.family in ("multinomial", "dirichlet") else []

    @property
    def left(self) -> str:
        left = f"cbind({', '.join(self.several)})" if self.several else "y"
        return f"{left} | trials(n)" if self.trials > 1 else left


FISHER = 10.0  # of a family with a statistic or a Fisher-like pilot
CONTESTS = {
    each.family: each
    for each in (
        Contest("gaussian", "identity", values={"sigma": 1.0}, least=FISHER),
        Contest("binomial", "logit", trials=5, least=FISHER),
        Contest("poisson", "log", 0.8, least=FISHER),
        Contest("student", "identity", values={"sigma": 0.7, "nu": 4.0}),
        Contest("negbinomial", "log", 0.8, {"shape": 1.5}, least=FISHER),
        Contest("geometric", "log", 0.8, least=FISHER),
        Contest("nbinom1", "log", 0.8, {"phi": 1.5}, brms=None),
        Contest("lognormal", "identity", 0.5, {"sigma": 0.7}, least=FISHER),
        Contest("Gamma", "log", 0.5, {"shape": 2.0}, least=FISHER),
        Contest("inverse_gaussian", "log", 0.5, {"shape": 2.0}, brms="inverse.gaussian"),
        Contest("weibull", "log", 0.5, {"shape": 1.5}, least=FISHER),
        Contest("exponential", "log", 0.5, least=FISHER),
        Contest("beta", "logit", 0.3, {"phi": 8.0}, brms="Beta", least=FISHER),
        Contest("beta_binomial", "logit", 0.3, {"phi": 5.0}, trials=10),
        Contest("shifted_lognormal", "identity", 0.5, {"sigma": 0.7, "ndt": 0.3}),
        Contest("skew_normal", "identity", 0.0, {"sigma": 1.0, "alpha": 3.0}),
        Contest("exgaussian", "identity", 2.0, {"sigma": 0.5, "beta": 0.8}),
        Contest("asym_laplace", "identity", 0.0, {"sigma": 0.5, "quantile": 0.4}),
        Contest("von_mises", "tan_half", 0.0, {"kappa": 3.0}),
        Contest("zero_inflated_poisson", "log", 0.8, {"zi": 0.25}, least=FISHER),
        Contest("zero_inflated_negbinomial", "log", 1.2, {"shape": 2.0, "zi": 0.25}, least=FISHER),
        Contest("zero_inflated_binomial", "logit", 0.3, {"zi": 0.25}, trials=5, least=FISHER),
        Contest("zero_inflated_beta_binomial", "logit", 0.3, {"phi": 5.0, "zi": 0.25}, trials=10, brms=None),
        Contest("zero_inflated_beta", "logit", 0.3, {"phi": 8.0, "zi": 0.25}),
        Contest("zero_one_inflated_beta", "logit", 0.3, {"phi": 8.0, "zoi": 0.25, "coi": 0.4}),
        Contest("ordbeta", "logit", 0.3, {"phi": 8.0, "cutzero": -1.5, "cutone": 1.0}, brms=None),
        Contest("hurdle_poisson", "log", 0.8, {"hu": 0.25}, least=FISHER),
        Contest("hurdle_negbinomial", "log", 0.8, {"shape": 2.0, "hu": 0.25}, least=FISHER),
        Contest("hurdle_gamma", "log", 0.5, {"shape": 2.0, "hu": 0.25}, least=FISHER),
        Contest("hurdle_lognormal", "identity", 0.5, {"sigma": 0.7, "hu": 0.25}, least=FISHER),
        Contest("cumulative", "logit", least=FISHER),
        Contest("sratio", "logit", least=FISHER),
        Contest("cratio", "logit", least=FISHER),
        Contest("acat", "logit", least=FISHER),
        Contest("categorical", "logit", least=FISHER),
        Contest("multinomial", "logit", trials=5, least=FISHER),
        Contest("dirichlet", "logit", values={"phi": 8.0}),
    )
}
CUTS = np.array([-1.0, 0.2, 1.3])
LEVELS_OF_CATEGORIES = (0.0, 0.4, -0.3)  # the first is the one that others are compared with


def data_of(of: Contest) -> pd.DataFrame:
    rng = np.random.default_rng(zlib.crc32(of.family.encode()))
    g = rng.choice(GROUPS, ROWS, p=rng.dirichlet(np.full(GROUPS, 3.0)))
    x = rng.normal(size=ROWS)
    frame = pd.DataFrame({"x": x, "g": [f"g{j:02d}" for j in g], "n": of.trials})

    def eta(level: float) -> np.ndarray:
        return level + SLOPE * x + SD * rng.normal(size=GROUPS)[g]

    if of.family in sbc_categories.CHANCES:
        inverse = sbc_templates.INVERSE[of.link]
        chances = sbc_categories.CHANCES[of.family](CUTS - eta(0.0)[:, None], np.ones((ROWS, 1)), inverse)
        return frame.assign(y=_codes(chances, rng))
    if of.categories:
        parts = np.column_stack([np.zeros(ROWS), *(eta(level) for level in LEVELS_OF_CATEGORIES[1:])])
        chances = np.exp(parts) / np.exp(parts).sum(axis=1, keepdims=True)
        return frame.assign(**_of_categories(of, chances, rng))
    mean = sbc_templates.INVERSE[of.link](eta(of.level))
    law = sbc_templates.LAWS[of.family](mean, of.trials, **of.values)
    return frame.assign(y=np.asarray(law.rvs(random_state=rng)))


def _codes(chances: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return 1 + (rng.random(len(chances))[:, None] > np.cumsum(chances, axis=1)[:, :-1]).sum(axis=1)


def _of_categories(of: Contest, chances: np.ndarray, rng: np.random.Generator) -> dict[str, object]:
    if of.family == "categorical":
        return {"y": [f"c{code}" for code in _codes(chances, rng)]}
    if of.family == "multinomial":
        rows = np.vstack([rng.multinomial(of.trials, row) for row in chances])
    else:
        rows = np.vstack([rng.dirichlet(row * of.values["phi"]) for row in chances])
    return dict(zip(of.several, rows.T, strict=True))


def programs(contests: list[Contest], folder: Path) -> str:
    """Writes brms's programs and data; its version."""
    tasks = []
    for of in contests:
        left = f"y{' | trials(n)' if of.trials > 1 else ''}"
        family = f'brmsfamily("{of.brms or of.family}", link = "{of.link}")'
        if of.family == "binomial":
            family = "binomial()"
        task = {"data": str(folder / f"{of.family}.csv"), "formula": f"{left} ~ x + (1 | g)", "family": family}
        task |= {"out": str(folder / of.family), "factor": ["y"] if of.family == "categorical" else []}
        tasks.append(task | ({"several": of.several} if of.several else {}))
    path = folder / "tasks.json"
    path.write_text(json.dumps(tasks))
    return timed(["Rscript", "peer_families.R", str(path)], LIMIT)[0].strip()


def compared(of: Contest, folder: Path, before: dict, alone: bool) -> dict[str, object]:
    """Ours, median of three seeds, brms's, and the ratio of effective sizes a second."""
    csv = str(folder / f"{of.family}.csv")
    ours = [[sys.executable, "families_fit.py", "ours", csv, of.family, str(seed)] for seed in range(1, SEEDS + 1)]
    mine = [reported(command, LIMIT) for command in ours]
    found: dict[str, object] = {"ours": {key: statistics.median(run[key] for run in mine) for key in mine[0]}}
    found["least"] = of.least
    rate = statistics.median(run["bulk"] / run["seconds"] for run in mine)
    if alone:
        found |= {key: before[key] for key in ("brms",) if key in before}
    elif of.brms is not None:
        found["brms"] = _of_brms(of, folder)
    if "bulk" in found.get("brms", {}):
        found["ratio"] = rate / (found["brms"]["bulk"] / found["brms"]["seconds"])
    return found


def _of_brms(of: Contest, folder: Path) -> dict[str, object]:
    reason = folder / f"{of.family}.txt"
    if reason.exists():
        return {"failed": reason.read_text().strip()}
    try:
        return reported([sys.executable, "families_fit.py", "brms", str(folder / of.family), "1"], LIMIT)
    except RunError as error:
        return {"failed": str(error)}


def main() -> None:
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("families", nargs="*", metavar="FAMILY", help=", ".join(CONTESTS))
    reader.add_argument("--ours", action="store_true")
    reader.add_argument("--out", type=Path, default=RESULTS / "families.json")
    asked = reader.parse_args()
    found = json.loads(asked.out.read_text()) if asked.out.exists() else {}
    contests = [CONTESTS[name] for name in asked.families or CONTESTS]
    with tempfile.TemporaryDirectory() as place:
        for of in contests:
            data_of(of).to_csv(Path(place) / f"{of.family}.csv", index=False)
        if not asked.ours:
            found["brms"] = programs([of for of in contests if of.brms is not None], Path(place))
        for of in contests:
            found[of.family] = compared(of, Path(place), found.get(of.family, {}), asked.ours)
            found["machine"] = machine()
            asked.out.write_text(json.dumps(found, indent=1) + "\n")
            print(of.family, json.dumps(found[of.family]), flush=True)
    told = {name: found[name]["ratio"] for name in CONTESTS if "ratio" in found.get(name, {})}
    late = [f"{name} {ratio:.1f}" for name, ratio in told.items() if ratio < CONTESTS[name].least]
    print(f"median {statistics.median(told.values()):.1f}; short of what is asked: {', '.join(late) or 'none'}")


if __name__ == "__main__":
    main()
