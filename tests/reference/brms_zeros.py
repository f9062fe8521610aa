"""Makes `brms_zeros.json`, for tests/whole/test_families_reference.py: `python brms_zeros.py`, with R and brms.

Summaries of 10,000 draws of the programs that brms writes, with its own default priors, for the models of
`../shared/reference/families_ml.json` whose posteriors are far from normal: maximum likelihood is not where they are.
"""

import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from arviz_stats.base import array_stats

HERE = Path(__file__).parent
DATA = HERE.parents[2] / "shared" / "reference" / "data"
CASES = {
    "sal-zinb": ("Salamanders.csv", ("minedno", "DOP"), ("minedno",)),
    "owls-zinb-x": ("Owls.csv", ("FoodTreatmentSatiated", "SexParentMale"), ("FoodTreatmentSatiated",)),
    "bio-zip": ("bioChemists.csv", ("femWomen", "marMarried", "kid5", "ment"), ("femWomen", "ment")),
    "roaches-zinb": ("roaches.csv", ("sqrt(roach1)", "treatment", "senior"), ("sqrt(roach1)",)),
}


def summary(draws: np.ndarray) -> dict[str, float]:
    """Of draws (chains, draws): mean and sd, each with its Monte Carlo error."""
    errors = {name: array_stats.mcse(draws, method=name, chain_axis=0, draw_axis=1) for name in ("mean", "sd")}
    found = {"mean": draws.mean(), "mcse_mean": errors["mean"], "sd": draws.std(), "mcse_sd": errors["sd"]}
    return {name: float(f"{value:.7g}") for name, value in found.items()}


def sampled(case: str, folder: Path) -> tuple[str, dict[str, np.ndarray]]:
    """brms's version and the draws of its program, by our names of coefficients."""
    import stanli

    rows, columns, columns_zi = CASES[case]
    out = folder / case
    command = ["Rscript", str(HERE / "brms_zeros.R"), str(DATA / rows), case, str(out)]
    version = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    data = {key: value for key, value in json.loads(Path(f"{out}.json").read_text()).items() if value not in ([], {})}
    program = stanli.Model(stan_code=Path(f"{out}.stan").read_text(), data=json.dumps(data))
    fit = program.sample(chains=4, seed=1, warmup=1000, samples=2500, parallel_chains=2, refresh=0)
    draws = {"(Intercept)": fit.draws("b_Intercept"), "zi_(Intercept)": fit.draws("b_zi_Intercept")}
    draws |= {name: fit.draws("b")[..., k] for k, name in enumerate(columns)}
    draws |= {f"zi_{name}": fit.draws("b_zi")[..., k] for k, name in enumerate(columns_zi)}
    return version, {name: np.asarray(values) for name, values in draws.items()}


def main() -> None:
    import stanli

    found: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as folder:
        for case in CASES:
            version, draws = sampled(case, Path(folder))
            found[case] = {name: summary(values) for name, values in draws.items()}
    versions = {"brms": version, "stanli": stanli.__version__}
    (HERE / "brms_zeros.json").write_text(json.dumps({"versions": versions, **found}, indent=1) + "\n")


if __name__ == "__main__":
    main()
