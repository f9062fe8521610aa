"""Makes `brms_stacked.json`, for tests/whole/test_stacked_reference.py: `python brms_stacked.py`, with R and brms.

Summaries of 10,000 draws of the programs that brms writes for `bf(y ~ x + (1 | g), sigma ~ x + (1 | g))` with its own
default priors, in the embedded engine; "linked" is with `(1 | p | g)` in both.
"""

import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from arviz_stats.base import array_stats

HERE = Path(__file__).parent
# Family, bar, and the correlation of effects on mean and log sd in the data.
CASES = {"gaussian": ("gaussian", "(1 | g)", 0.0), "student": ("student", "(1 | g)", 0.0)}
CASES |= {"linked": ("gaussian", "(1 | p | g)", 0.7)}
GROUPS, EACH = 40, 15
# Groups whose effects are compared: from each end of the list and between.
COMPARED = range(0, GROUPS, 7)


def simulated(correlation: float = 0.0) -> pd.DataFrame:
    """600 rows in 40 groups, whose means and log sds both vary; tails of 4 degrees of freedom."""
    rng = np.random.default_rng(11)
    g = np.repeat(np.arange(GROUPS), EACH)
    x = rng.normal(size=len(g))
    u, v = rng.normal(0, 0.7, GROUPS), rng.normal(0, 0.4, GROUPS)
    v = correlation * u / 0.7 * 0.4 + np.sqrt(1 - correlation**2) * v
    y = 2 + 0.5 * x + u[g] + np.exp(-0.3 + 0.4 * x + v[g]) * rng.standard_t(4, size=len(g))
    return pd.DataFrame({"y": y, "x": x, "g": [f"g{i:02d}" for i in g]})


def summary(draws: np.ndarray) -> dict[str, float]:
    """Of draws (chains, draws): mean and sd, each with its Monte Carlo error."""
    errors = {name: array_stats.mcse(draws, method=name, chain_axis=0, draw_axis=1) for name in ("mean", "sd")}
    found = {"mean": draws.mean(), "mcse_mean": errors["mean"], "sd": draws.std(), "mcse_sd": errors["sd"]}
    return {name: float(f"{value:.7g}") for name, value in found.items()}


def sampled(case: str, folder: Path) -> tuple[str, dict[str, np.ndarray]]:
    """brms's version and the draws of its program, by brms's names."""
    import stanli

    (family, bar, correlation), rows, out = CASES[case], folder / "rows.csv", folder / case
    simulated(correlation).to_csv(rows, index=False)
    command = ["Rscript", str(HERE / "brms_stacked.R"), str(rows), family, str(out), bar]
    version = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    data = {key: value for key, value in json.loads(Path(f"{out}.json").read_text()).items() if value not in ([], {})}
    program = stanli.Model(stan_code=Path(f"{out}.stan").read_text(), data=json.dumps(data))
    fit = program.sample(chains=4, seed=1, warmup=1000, samples=2500, parallel_chains=2, refresh=0)
    draws = {
        "b_Intercept": fit.draws("b_Intercept"),
        "b_x": fit.draws("b")[..., 0],
        "b_sigma_Intercept": fit.draws("b_sigma_Intercept"),
        "b_sigma_x": fit.draws("b_sigma")[..., 0],
        "sd_g__Intercept": fit.draws("sd_1")[..., 0],
        "sd_g__sigma_Intercept": fit.draws("sd_1")[..., 1] if case == "linked" else fit.draws("sd_2")[..., 0],
    }
    if family == "student":
        draws["nu"] = fit.draws("nu")
    if case == "linked":
        draws["cor_g__Intercept__sigma_Intercept"] = fit.draws("cor_1")[..., 0]
    levels, effects = sorted(set(simulated()["g"])), "r_1_sigma_2" if case == "linked" else "r_2_sigma_1"
    for j in COMPARED:
        draws[f"r_g[{levels[j]},Intercept]"] = fit.draws("r_1_1")[..., j]
        draws[f"r_g__sigma[{levels[j]},Intercept]"] = fit.draws(effects)[..., j]
    return version, {name: np.asarray(values) for name, values in draws.items()}


def main() -> None:
    import stanli

    found: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as folder:
        for case in CASES:
            version, draws = sampled(case, Path(folder))
            found[case] = {name: summary(values) for name, values in draws.items()}
    versions = {"brms": version, "stanli": stanli.__version__}
    (HERE / "brms_stacked.json").write_text(json.dumps({"versions": versions, **found}, indent=1) + "\n")


if __name__ == "__main__":
    main()
