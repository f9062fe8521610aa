"""A textbook program of plain/*.stan on one case, in the embedded engine: `python plain.py CASE SEED` prints JSON.

Non-centred, every row on its own (voters as cells), our default priors' scales, Stan's own starts and adaptation.
"""

import sys
from pathlib import Path

import numpy as np
from cases import CASES, Case, cells_of, frame_of
from engine import sampled

import stanmlm as sm
from stanmlm.data.whole_rows import whole
from stanmlm.fit.pipeline import ModelOptions, build_model
from stanmlm.sampling.engines.stanjson import to_json

PROGRAMS = {
    "flagship": "correlated_binomial",
    "naes2000": "correlated_binomial",
    "naes2004": "correlated_binomial",
    "sleepstudy": "correlated_gaussian",
    "cbpp": "intercept_binomial",
    "contraception": "intercept_bernoulli",
    "radon": "correlated_gaussian",
    "hsb82": "correlated_gaussian",
    "verbagg": "two_intercepts_bernoulli",
    "mmmec": "two_intercepts_poisson",
    "insteval": "three_intercepts_gaussian",
}
MEASURED = ("intercept", "b", "tau", "rho", "sigma")


def data_of(case: Case) -> dict[str, object]:
    """All that any of the programs reads, by its name there."""
    frame = frame_of(case)
    formula, rows = (case.cells, cells_of(frame)) if case.cells else (case.formula, frame)
    model = build_model(formula, rows, getattr(sm, case.family)(), {}, ModelOptions())
    design = whole(model.design)
    X, terms = design.X[:, 1:], design.terms
    y, trials = model.response.y, model.response.trials
    scales = [row.arguments[1] for row in model.priors.rows if row.class_ == "b"]
    data = {
        **{"N": len(X), "K": X.shape[1], "X": X - X.mean(axis=0), "x_mean": X.mean(axis=0), "b_scale": scales},
        **{"y": y if case.family == "gaussian" else y.astype(np.int64), "y_mean": y.mean(), "y_sd": y.std(ddof=1)},
        **{"trials": trials.astype(np.int64), "offsets": model.frame.offset, "x": terms[0].Z[:, -1]},
    }
    for label, term in zip(("", "_2", "_3"), terms, strict=False):
        data |= {f"J{label}": len(term.levels), f"g{label}": term.index + 1}
    return data


def main(name: str, seed: int) -> None:
    text = (Path(__file__).parent / "plain" / f"{PROGRAMS[name]}.stan").read_text()
    sampled(text, to_json(data_of(CASES[name])), seed, MEASURED, "plain Stan")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
