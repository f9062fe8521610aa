"""One fit of the checkout on PYTHONPATH, by public names alone: `python one_fit.py CASE SEED OPTIONS` prints JSON."""

import json
import sys
import time
import warnings

from cases import CASES, frame_of
from measure import smallest_sizes

import stanmlm as sm


def main(name: str, seed: int, options: dict[str, object]) -> None:
    """Sizes of all parameters but effects; seconds of the whole call, the program made ready before."""
    case, warnings_off = CASES[name], {"progress": False, "engine": "stanli"}
    frame = frame_of(case)
    warnings.simplefilter("ignore")
    sm.glmer(case.formula, frame, case.family, seed=seed, **{**options, "iter": 20}, **warnings_off)
    begin = time.perf_counter()
    fit = sm.glmer(case.formula, frame, case.family, seed=seed, **options, **warnings_off)
    seconds = time.perf_counter() - begin
    draws = {str(key): array.to_numpy() for key, array in fit.posterior["posterior"].data_vars.items()}
    stats = fit.posterior["sample_stats"]
    found = {
        "seconds": seconds,
        "gradients": int(stats["n_steps"].sum()),
        "divergences": int(stats["diverging"].sum()),
        "where": sm.__file__,
    }
    kept = {key: values for key, values in draws.items() if not key.startswith("r_")}
    print(json.dumps({**found, **smallest_sizes(kept)}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), json.loads(sys.argv[3]))
