"""Calls of every public function in which all arguments are right but one, over fits that take no time to make."""

import inspect
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

import stanmlm as sm
from stanmlm.base.arrays import Floats
from stanmlm.base.errors import EngineError
from stanmlm.sampling.engines.protocol import Point, RawDraws, Sampling, StanData
from stanmlm.sampling.engines.stanli import Stanli
from stanmlm.sampling.program import Program

FEW = Sampling(chains=2, iter=120, warmup=60, seed=1, cores=1)


@dataclass(frozen=True)
class Replay:
    """Few draws of each model, whatever is asked for, made once a session."""

    name: str = "replay"
    version: str = "1"
    made: dict[tuple[str, str], RawDraws] = field(default_factory=dict, compare=False, repr=False)

    def sample(
        self,
        program: Program,
        data: StanData,
        sampling: Sampling,
        inits: Sequence[Point] | None = None,
        progress: bool = False,
        inv_metric: Floats | None = None,
    ) -> RawDraws:
        key = program.sha256, json.dumps({name: np.asarray(value).tolist() for name, value in data.items()})
        if key not in self.made:
            self.made[key] = Stanli().sample(program, data, FEW)
        return self.made[key]

    def log_density(self, program: Program, data: StanData, point: Point) -> tuple[float, Floats]:
        raise EngineError("nothing but draws here")

    def optimize(self, program: Program, data: StanData, seed: int) -> Point:
        raise EngineError("nothing but draws here")


REPLAY = Replay()


@cache
def exams() -> pd.DataFrame:
    return sm.simulate_exams(seed=2, students=6, exams=3)


@cache
def exams_fit() -> sm.Fit:
    return sm.lmer("score ~ hours + (1 | student)", exams(), engine=REPLAY, progress=False)


@cache
def loo_of_exams() -> sm.Elpd:
    return sm.loo(exams_fit())


@cache
def residuals() -> sm.ScaledResiduals:
    return sm.simulate_residuals(exams_fit(), n=20)


@cache
def prior_fit() -> sm.Fit:
    priors = {"prior": sm.normal(0, 1), "prior_aux": sm.exponential(1)}
    return sm.lmer("score ~ hours + (1 | student)", exams(), prior_only=True, engine=REPLAY, progress=False, **priors)


@cache
def calibration() -> sm.Calibration:
    return sm.sbc(prior_fit(), n=3, draws=9)


@cache
def lists() -> sm.FitList:
    return sm.lmList("score ~ hours | student", exams(), engine=REPLAY, progress=False)


@cache
def raw() -> RawDraws:
    return next(iter(REPLAY.made.values()))


# What a function needs beside a fit and data, and the argument in question.
FORMULA = {"formula": "score ~ hours + (1 | student)"}
VERBS = ("lm", "glm", "lmer", "glmer", "brm", "fits", "lmList", "update")
NEEDED: Mapping[str, Callable[[], Mapping[str, object]]] = {
    "as_data_frame": lambda: {"table": sm.VarCorr(exams_fit())},
    "beta": lambda: {"alpha": 1, "beta": 1},
    "bf": lambda: {"formula": "score ~ hours"},
    "brm": lambda: FORMULA,
    "coefficients": lambda: {"fits": lists()},
    "contrast": lambda: {"a": {"hours": 1}, "b": {"hours": 0}},
    "emmeans": lambda: {"specs": "hours"},
    "emtrends": lambda: {"specs": "~ 1", "var": "hours"},
    "gamma": lambda: {"shape": 1, "rate": 1},
    "custom_family": lambda: {"name": "own", "stan": "real own_lpdf(real y, real mu) { return 0; }"},
    "getME": lambda: {"name": "X"},
    "glm": lambda: {"formula": "score ~ hours"},
    "glmer": lambda: FORMULA,
    "group_mean": lambda: {"x": [1.0], "by": [1]},
    "hypothesis": lambda: {"hypothesis": "hours > 0"},
    "lFormula": lambda: FORMULA,
    "inv_gamma": lambda: {"shape": 1, "scale": 1},
    "ladder": lambda: {"fits": {"exams": exams_fit()}},
    "lm": lambda: {"formula": "score ~ hours"},
    "lmList": lambda: {"formula": "score ~ hours | student"},
    "lmer": lambda: FORMULA,
    "load": lambda: {"path": "absent"},
    "load_dataset": lambda: {"name": "cbpp", "package": "lme4"},
    "load_naes": lambda: {"path": "absent.csv"},
    "makeFEdummies": lambda: {"x": ["a", "b"]},
    "fits": lambda: {"formula": "score ~ hours", "by": "student"},
    "model_frame": lambda: FORMULA,
    "model_matrix": lambda: FORMULA,
    "modeltable": lambda: {"fits": exams_fit()},
    "pairs": lambda: {"means": sm.emmeans(exams_fit(), "hours", at={"hours": [0, 1]})},
    "posterior_average": lambda: {"weights": [1, 1]},
    "pp_average": lambda: {"weights": [1, 1]},
    "plot_conditional_effects": lambda: {"effects": sm.conditional_effects(exams_fit())},
    "plot_curves": lambda: {"x": "hours", "group": "student"},
    "plot_slopes": lambda: {"x": "hours", "group": "student"},
    "poststratify": lambda: {"frame": exams().assign(N=1)},
    "powerSim": lambda: {"coef": "hours", "nsim": 2},
    "pp_check": lambda: {"type": "stat_grouped", "group": "student"},
    "record": lambda: {"raw": raw(), "program": exams_fit().program, "data": {}, "path": Path("never/written.npz")},
    "redblue": lambda: {"engine": "absent", "out": "redblue-out"},
    "regrid": lambda: {"means": sm.emmeans(exams_fit(), "hours")},
    "sbc": lambda: {"fit": prior_fit(), "n": 2, "draws": 9},
    "save": lambda: {"path": "never/written"},
    "scaled_residuals": lambda: {"simulations": [[1.0, 2.0]], "observed": [1.5]},
    "set_prior": lambda: {"prior": "normal(0, 1)"},
    "simulate_counties": lambda: {"seed": 1},
    "simulate_exams": lambda: {"seed": 1},
    "simulate_redblue": lambda: {"seed": 1, "n": 100},
    "uniform": lambda: {"lower": 0, "upper": 1},
}
FITS = ("fit", "curves", "slopes")
CALIBRATION = "calibration"  # what sbc gives
RESIDUALS = "residuals"  # what simulate_residuals gives
PUBLIC = [name for name in sm.__all__ if inspect.isfunction(getattr(sm, name))]


def asked() -> Iterator[tuple[str, str]]:
    """Every argument of every public function, options among them."""
    for name in PUBLIC:
        yield from ((name, argument) for argument in inspect.signature(getattr(sm, name)).parameters)


def call(name: str, argument: str, value: object) -> object:
    """What the function answers to this value of this argument."""
    verb = getattr(sm, name)
    parameters = inspect.signature(verb).parameters
    if argument in parameters and parameters[argument].kind == inspect.Parameter.VAR_POSITIONAL:
        return verb(value, value)
    given = dict(NEEDED[name]()) if name in NEEDED else {}
    given |= {fit: loo_of_exams() if name == "pareto_k" else exams_fit() for fit in FITS if fit in parameters}
    given |= {RESIDUALS: residuals()} if RESIDUALS in parameters else {}
    given |= {"data": exams()} if "data" in parameters and name not in ("redblue", "update", "record") else {}
    given |= {"engine": REPLAY, "progress": False} if name in VERBS else {}
    given |= {CALIBRATION: calibration()} if CALIBRATION in parameters else {}
    given |= {argument: value}
    models = (loo_of_exams(),) * 2 if "models" in parameters else ()
    if name == "datagrid":  # whose arguments are variables
        return verb(value) if argument == "fit" else verb(given["fit"], hours=value)
    return verb(*models, **given)
