"""One fit of simulated survey rows by the checkout on PYTHONPATH: `python survey_fit.py CASE SEED` prints JSON."""

import json
import sys
import time
import warnings

import numpy as np
import pandas as pd
from measure import smallest_sizes

import stanmlm as sm

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


if __name__ == "__main__":
    one_fit(sys.argv[1], int(sys.argv[2]))
