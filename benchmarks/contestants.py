"""Who is compared: how each runs a case, which cases it can express, how many seeds it gets and how long."""

import json
import os
import shutil
import sys
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from importlib.util import find_spec
from pathlib import Path

import pandas as pd
from cases import CASES, Case
from formulas import BAMBI, BRMS, STATSMODELS
from plain import PROGRAMS
from process import RunError, reported, timed
from rstanarm import sizes_of

from stanmlm.base.errors import EngineError
from stanmlm.sampling.engines.compile import installed

PYTHON = sys.executable
BAMBI_PYTHON = os.environ.get("STANMLM_BAMBI", "")


@dataclass(frozen=True)
class Task:
    """A case, the files of its data in a folder of its own, a seed, and how many seconds a run may take."""

    case: Case
    folder: Path
    seed: int
    limit: float

    @property
    def rows(self) -> Path:
        return self.folder / "rows.csv"

    @property
    def collapsed(self) -> Path:
        """Cells for voters, else the rows."""
        return self.folder / "cells.csv" if self.case.cells else self.rows

    @property
    def factors(self) -> str:
        return ",".join(self.case.factors)


@dataclass(frozen=True)
class Contestant:
    name: str
    run: Callable[[Task], dict]
    here: Callable[[], bool]
    cases: Collection[str] = tuple(CASES)
    limit: float = 3600  # seconds that a run may take
    limits: Mapping[str, float] = field(default_factory=dict)  # and on some cases
    seeds: int = 5
    slow: Mapping[str, int] = field(default_factory=dict)  # cases with fewer seeds


def ours(task: Task, **options: object) -> dict:
    return reported([PYTHON, "ours.py", task.case.name, str(task.seed), json.dumps(options)], task.limit)


def ours_on_cmdstan(task: Task) -> dict:
    """Compiled before the clock starts, in a cache of the case's own: its first seed tells what compiling takes."""
    cache_folder = {"XDG_CACHE_HOME": str(task.folder / "cache")}
    compiling = reported([PYTHON, "compile_ours.py", task.case.name], task.limit, cache_folder)["compile"]
    command = [PYTHON, "ours.py", task.case.name, str(task.seed), json.dumps({"engine": "cmdstan"})]
    return {**reported(command, task.limit, cache_folder), "compile": compiling}


def plain(task: Task) -> dict:
    return reported([PYTHON, "plain.py", task.case.name, str(task.seed)], task.limit)


def in_r(task: Task, package: str) -> dict:
    """lme4 reads the rows, rstanarm the cells."""
    data, formula = task.rows, task.case.formula
    if package == "rstanarm":
        data, formula = task.collapsed, task.case.cells or formula
    out = task.folder / package
    words = [str(data), formula, task.case.family, task.factors, str(task.seed), str(out)]
    _, memory = timed(["Rscript", "peers.R", package, *words], task.limit)
    found = {**pd.read_csv(out).iloc[0].to_dict(), "MB": memory}
    return {**found, **sizes_of(Path(f"{out}.draws"))} if package == "rstanarm" else found


def brms(task: Task) -> dict:
    """brms's program in the embedded engine; what R takes to write it is not in the seconds."""
    name, family = task.folder / "brms", task.case.family
    formula = BRMS[task.case.name]
    if family == "binomial" and "trials(" not in formula:
        family = "bernoulli"
    version, _ = timed(
        ["Rscript", "peer_brms.R", str(task.collapsed), formula, family, task.factors, str(name)], task.limit
    )
    return reported([PYTHON, "peer_brms.py", str(name), str(task.seed), version.strip()], task.limit)


def bambi(task: Task, method: str) -> dict:
    formula, family = BAMBI[task.case.name], task.case.family
    if family == "binomial" and not formula.startswith("p("):
        family = "bernoulli"
    words = [str(task.collapsed), formula, family, task.factors, str(task.seed), method]
    return reported([BAMBI_PYTHON, "peer_bambi.py", *words], task.limit)


def statsmodels(task: Task) -> dict:
    words = [task.case.name, str(task.rows), task.case.family, task.factors]
    return reported([PYTHON, "peer_statsmodels.py", *words], task.limit)


def always() -> bool:
    return True


@cache
def cmdstan_is_here() -> bool:
    try:
        installed()
    except EngineError:
        return False
    return True


@cache
def r_has(package: str) -> bool:
    if shutil.which("Rscript") is None:
        return False
    try:
        timed(["Rscript", "-e", f"packageVersion('{package}')"], 60)
    except RunError:
        return False
    return True


FAMILIES_OF_LME4 = tuple(name for name, case in CASES.items() if case.family in ("gaussian", "binomial", "poisson"))
ALL_BUT_INSTEVAL = tuple(name for name in FAMILIES_OF_LME4 if name != "insteval")
OURS_SLOW = {"insteval": 1}
MINUTES = dict.fromkeys(("contraception", "hsb82", "verbagg", "mmmec"), 1)  # what rstanarm takes

CONTESTANTS = {
    contestant.name: contestant
    for contestant in (
        Contestant("ours", ours, always, slow={"insteval": 3}),
        Contestant("ours at 0.95", partial(ours, adapt_delta=0.95), always, slow=OURS_SLOW),
        Contestant("ours at iter=4000", partial(ours, iter=4000), always, cases=("insteval",), seeds=3),
        Contestant("ours on CmdStan", ours_on_cmdstan, cmdstan_is_here, slow=OURS_SLOW),
        Contestant(
            "noncentered",
            partial(ours, centering="noncentered"),
            always,
            limits={"insteval": 1800},
            slow={"insteval": 1, "verbagg": 3},
        ),
        Contestant("plain", plain, always, cases=tuple(PROGRAMS), limit=1800, slow={"insteval": 1, "verbagg": 1}),
        Contestant("lme4", partial(in_r, package="lme4"), partial(r_has, "lme4"), cases=FAMILIES_OF_LME4, seeds=1),
        Contestant(
            "statsmodels",
            statsmodels,
            lambda: find_spec("statsmodels") is not None,
            cases=tuple(STATSMODELS),
            limit=600,
            seeds=1,
        ),
        Contestant(
            "rstanarm",
            partial(in_r, package="rstanarm"),
            partial(r_has, "rstanarm"),
            cases=ALL_BUT_INSTEVAL,
            limit=1200,
            slow=MINUTES,
        ),
        Contestant(
            "brms", brms, partial(r_has, "brms"), cases=tuple(BRMS), limit=1800, slow={"insteval": 1, "verbagg": 1}
        ),
        Contestant(
            "bambi", partial(bambi, method="pymc"), lambda: bool(BAMBI_PYTHON), cases=tuple(BAMBI), limit=1200, seeds=1
        ),
        Contestant(
            "bambi nutpie",
            partial(bambi, method="nutpie"),
            lambda: bool(BAMBI_PYTHON),
            cases=tuple(BAMBI),
            limit=1200,
            slow={"insteval": 1, "verbagg": 1},
        ),
    )
}
