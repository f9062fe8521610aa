"""Somebody else's program in the embedded engine, with Stan's own starts, adaptation and defaults."""

import json
import time
from collections.abc import Sequence

import stanli
from measure import smallest_sizes

from stanmlm.sampling.engines.columns import split, stats_of


def sampled(text: str, data: str, seed: int, measured: Sequence[str], label: str) -> None:
    """Prints a JSON line: seconds from the program's text to draws, and the sizes of the `measured` variables.

    `data` is JSON; a measured name that the program lacks, or that is empty, is passed over.
    """
    begin = time.perf_counter()
    model = stanli.Model(stan_code=text, data=data)
    ready = time.perf_counter()
    fit = model.sample(chains=4, seed=seed, parallel_chains=2, refresh=0)
    end = time.perf_counter()
    values, stats = split(fit.draws(), fit.variables), stats_of(stanli.SAMPLER_COLUMNS, fit.sampler_stats)
    found = {
        "seconds": end - begin,
        "sampling": end - ready,
        "divergences": int(stats["diverging"].sum()),
        "steps": float(stats["n_steps"].mean()),
        "adapt_delta": 0.8,
        "version": f"{label}, stanli {stanli.__version__}",
    }
    print(json.dumps({**found, **smallest_sizes({name: values[name] for name in measured if name in values})}))
