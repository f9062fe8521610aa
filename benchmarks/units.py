"""What the units of the data cost: effective size a gradient with incomes in dollars, or y in 1e-9, over standardised.

    python benchmarks/units.py            all models, five seeds each; results go to benchmarks/results/units.json

Effective size a gradient is the smallest bulk size of parameters but effects over the leapfrog steps of the draws kept:
whatever else the machine does leaves it alone. It fails where the median of a model is below half of its twin's.
"""

import json
import sys
import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd
from measure import smallest_sizes
from run import RESULTS, machine

import stanmlm as sm

SEEDS = (1, 2, 3, 4, 5)
LEAST = 0.5

Change = Callable[[pd.DataFrame], pd.DataFrame]


def times(unit: float, *columns: str) -> Change:
    return lambda data: data.assign(**{name: unit * data[name] for name in columns})


DOLLARS: dict[str, Change] = {"dollars": lambda data: data.assign(x=40_000 + 30_000 * data["x"])}
SIZES = {f"y times {unit:g}": times(unit, "y") for unit in (1e-9, 1e9)}
BOTH = {f"x and y times {unit:g}": times(unit, "x", "y") for unit in (1e-9, 1e9)}

# (verb, formula) and what is done to the data.
MODELS: dict[tuple[str, str], dict[str, Change]] = {
    ("lm", "y ~ x"): DOLLARS | SIZES | BOTH,
    ("lmer", "y ~ x + (1 | g)"): DOLLARS | SIZES | BOTH,
    ("lmer", "y ~ x + (1 + x | g)"): DOLLARS | SIZES | BOTH,
    ("lmer", "y ~ x + (1 + x || g)"): DOLLARS,
    ("lmer", "y ~ x + (1 + x | g) + (1 | h)"): DOLLARS | SIZES,
    ("glmer", "vote ~ x + (1 | g)"): DOLLARS,
    ("glmer", "vote ~ x + (1 + x | g)"): DOLLARS,
    ("glmer", "vote ~ x + (1 + x || g)"): DOLLARS,
}


def rows() -> pd.DataFrame:
    """30 groups of 40 rows, crossed with 8 of another factor; sds of intercepts .5 and of slopes .3."""
    rng = np.random.default_rng(5)
    g, h = np.repeat(np.arange(30), 40), np.tile(np.arange(8), 150)
    x, u = rng.normal(size=1200), rng.normal(size=(30, 2)) @ np.array([[0.5, -0.12], [0.0, 0.275]])
    eta = 0.3 + 0.5 * x + u[g, 0] + u[g, 1] * x + 0.4 * rng.normal(size=8)[h]
    y, vote = eta + rng.normal(size=1200), rng.binomial(1, 1 / (1 + np.exp(-eta)))
    return pd.DataFrame({"y": y, "vote": vote, "x": x, "g": [f"g{i:02d}" for i in g], "h": [f"h{i}" for i in h]})


def size_a_gradient(verb: str, formula: str, data: pd.DataFrame) -> dict[str, list[float]]:
    family = {"family": sm.binomial} if verb == "glmer" else {}
    found: dict[str, list[float]] = {"size a gradient": [], "steps": [], "rhat": []}
    for seed in SEEDS:
        fit = getattr(sm, verb)(formula, data, seed=seed, engine="stanli", progress=False, **family)
        draws = {str(name): array.to_numpy() for name, array in fit.posterior["posterior"].data_vars.items()}
        sizes = smallest_sizes({name: values for name, values in draws.items() if not name.startswith("r_")})
        steps = fit.posterior["sample_stats"]["n_steps"]
        found["size a gradient"].append(sizes["bulk"] / float(steps.sum()))
        found["steps"].append(float(steps.mean()))
        found["rhat"].append(sizes["rhat"])
    return found


def main() -> int:
    warnings.simplefilter("ignore")
    results: dict[str, object] = {"machine": machine(), "seeds": len(SEEDS)}
    short = []
    for (verb, formula), changes in MODELS.items():
        twin = size_a_gradient(verb, formula, rows())
        results[f"{verb}({formula})"] = {"standardised": twin}
        for name, change in changes.items():
            found = size_a_gradient(verb, formula, change(rows()))
            ratio = float(np.median(found["size a gradient"]) / np.median(twin["size a gradient"]))
            results[f"{verb}({formula})"] |= {name: found | {"ratio": ratio}}  # type: ignore[operator]
            short += [f"{verb}({formula}), {name}"] if ratio < LEAST else []
            print(f"{verb}({formula}), {name}: {ratio:.2f}, {np.median(found['steps']):.0f} steps", flush=True)
        (RESULTS / "units.json").write_text(json.dumps(results, indent=1) + "\n")
    print(f"below half: {'; '.join(short)}" if short else "none is below half of its standardised twin")
    return bool(short)


if __name__ == "__main__":
    sys.exit(main())
