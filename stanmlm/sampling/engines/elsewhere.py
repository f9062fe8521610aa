"""Gradients and modes from a process of their own, where this one has no thread in which stanli computes them."""

import json
import subprocess
import sys
from typing import Any

import numpy as np

from stanmlm.base.arrays import Floats
from stanmlm.sampling.engines.columns import split
from stanmlm.sampling.engines.protocol import Point

_CODE = """
import json, sys
asked = json.load(sys.stdin)
sys.path[:] = asked["path"]
import numpy as np
import stanli
try:
    model = stanli.Model(stan_code=asked["text"], data=asked["data"])
    if asked["point"] is None:
        mode = model.optimize(seed=asked["seed"])
        told = {"values": list(mode.values()), "variables": mode.variables}
    else:
        value, gradient = model.log_prob_grad(np.array(asked["point"]))
        told = {"value": value, "gradient": gradient.tolist()}
except (RuntimeError, ValueError, OverflowError) as error:
    told = {"error": str(error)}
json.dump(told, sys.stdout)
"""


def density(text: str, data: str, point: Floats) -> tuple[float, Floats]:
    """Log density with the Jacobian, and its gradient, at an unconstrained point."""
    told = _ask(text, data, point=point.tolist())
    return float(told["value"]), np.array(told["gradient"])


def mode(text: str, data: str, seed: int) -> Point:
    """The mode of the density on the unconstrained scale, by Stan's L-BFGS."""
    told = _ask(text, data, point=None, seed=seed)
    return split(np.array(told["values"]), {name: tuple(shape) for name, shape in told["variables"].items()})


def _ask(text: str, data: str, **what: object) -> Any:
    asked = json.dumps({"text": text, "data": data, "path": sys.path, **what})
    done = subprocess.run([sys.executable, "-c", _CODE], input=asked, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr.strip() or f"its process ended with {done.returncode}")
    told = json.loads(done.stdout)
    if "error" in told:
        raise RuntimeError(told["error"])
    return told
