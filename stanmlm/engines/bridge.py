"""Densities from a thread that stanli was not loaded in, by the BridgeStan interface that its library exports."""

import ctypes
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import numpy as np

from stanmlm.arrays import Floats
from stanmlm.engines.columns import shapes_of, split
from stanmlm.engines.protocol import Point

_Error = ctypes.POINTER(ctypes.c_char_p)
_Numbers = ctypes.POINTER(ctypes.c_double)

# BridgeStan's C header: what each function takes after the model, before the message of an error.
_TAKES: dict[str, Sequence[Any]] = {
    "bs_log_density_gradient": (ctypes.c_bool, ctypes.c_bool, _Numbers, _Numbers, _Numbers),
    "bs_param_constrain": (ctypes.c_bool, ctypes.c_bool, _Numbers, _Numbers, ctypes.c_void_p),
}


def density(library: ModuleType, text: str, data: str, point: Floats) -> tuple[float, Floats]:
    """Log density with the Jacobian, and its gradient, at an unconstrained point."""
    with _model(library, text, data) as model:
        return _density(library, model, point)


def mode(library: ModuleType, text: str, data: str, size: int, seed: int) -> Point:
    """The mode of the density on the unconstrained scale (of `size` numbers), by L-BFGS."""
    from scipy.optimize import minimize  # here, for it is slow to import

    with _model(library, text, data) as model:

        def falling(point: Floats) -> tuple[float, Floats]:
            value, gradient = _density(library, model, point)
            return -value, -gradient

        start = np.random.default_rng(seed).uniform(-2, 2, size)
        found = minimize(
            falling, start, jac=True, method="L-BFGS-B", options={"maxiter": 2000, "ftol": 0, "gtol": 1e-7}
        )
        return _constrained(library, model, found.x)


@contextmanager
def _model(library: ModuleType, text: str, data: str) -> Iterator[int]:
    manifest = {"build_id": library.build_id(), "mir": library.stan_to_mir(text), "name": "stanmlm"}
    whole, message = json.dumps({**json.loads(data), "__stanli": manifest}), ctypes.c_char_p()
    construct = _function(library, "bs_model_construct", (ctypes.c_char_p, ctypes.c_uint, _Error), ctypes.c_void_p)
    model = construct(whole.encode(), 1, ctypes.byref(message))
    if not model:
        raise RuntimeError(_said(message))
    try:
        yield model
    finally:
        _function(library, "bs_model_destruct", (ctypes.c_void_p,), None)(model)


def _density(library: ModuleType, model: int, point: Floats) -> tuple[float, Floats]:
    value, gradient = np.empty(1), np.empty(point.size)
    _call(library, "bs_log_density_gradient", model, True, True, _at(point), _at(value), _at(gradient))
    return float(value[0]), gradient


def _constrained(library: ModuleType, model: int, point: Floats) -> Point:
    named = _function(library, "bs_param_names", (ctypes.c_void_p, ctypes.c_bool, ctypes.c_bool), ctypes.c_char_p)
    text = named(model, True, False)
    names = text.decode().split(",") if text else []
    values = np.empty(len(names))
    _call(library, "bs_param_constrain", model, True, False, _at(np.ascontiguousarray(point)), _at(values), None)
    return split(values, shapes_of(names))


def _call(library: ModuleType, name: str, model: int, *given: object) -> None:
    message = ctypes.c_char_p()
    function = _function(library, name, (ctypes.c_void_p, *_TAKES[name], _Error), ctypes.c_int)
    if function(model, *given, ctypes.byref(message)):
        raise RuntimeError(_said(message))


def _function(library: ModuleType, name: str, takes: Sequence[Any], returns: Any) -> Callable[..., Any]:
    """A function of the library of our own, so that nobody else's declarations of it are changed."""
    kind = ctypes.CFUNCTYPE(returns, *takes)
    function: Callable[..., Any] = kind((name, library._lib))
    return function


def _at(array: Floats) -> Any:
    return array.ctypes.data_as(_Numbers)


def _said(message: ctypes.c_char_p) -> str:
    return message.value.decode() if message.value else "it gave no reason"
