"""The program that brms wrote in NAME.stan, in the embedded engine: `python peer_brms.py NAME SEED VERSION`."""

import sys
from pathlib import Path

from engine import sampled

name, seed, version = sys.argv[1:]
data = Path(f"{name}.json").read_text()
groups = range(1, 10)
measured = ("b_Intercept", "b", *(f"sd_{k}" for k in groups), *(f"cor_{k}" for k in groups), "sigma", "shape", "nu")
sampled(Path(f"{name}.stan").read_text(), data, int(seed), measured, f"brms {version}")
