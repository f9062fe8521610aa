"""Bambi on one case, in an environment of its own: `python peer_bambi.py DATA.csv FORMULA FAMILY FACTORS SEED METHOD`.

Bambi 0.21 fits the effects of `(1 + x | g)` as independent: one parameter fewer than the others.
"""

import json
import sys
import time

import bambi as bmb
import pandas as pd
from measure import smallest_sizes

path, formula, family, factors, seed, method = sys.argv[1:]
data = pd.read_csv(path).rename(columns=lambda name: name.replace(".", "_"))
for name in filter(None, factors.split(",")):
    data[name] = data[name].astype("string").astype("category")
begin = time.perf_counter()
model = bmb.Model(formula, data, family=family)
fit = model.fit(
    draws=1000, tune=1000, chains=4, cores=2, random_seed=int(seed), inference_method=method, progressbar=False
)
seconds = time.perf_counter() - begin
posterior = fit.posterior
names = [name for name in posterior.data_vars if "|" not in name or name.endswith("_sigma")]
names = [name for name in names if name not in ("mu", "p")]
sizes = smallest_sizes({name: posterior[name].values for name in names})
divergences = int(fit.sample_stats["diverging"].sum())
version = f"bambi {bmb.__version__} ({method})"
print(json.dumps({"seconds": seconds, "divergences": divergences, "version": version, **sizes}))
