"""Stan data and parameter values as JSON, and a key for them."""

import hashlib
import json

import numpy as np

from stanmlm.sampling.engines.protocol import Point, StanData


def to_json(values: StanData | Point) -> str:
    """The values in the JSON that every Stan interface reads, each number to the last digit."""
    return json.dumps({name: _plain(value) for name, value in values.items()})


def data_key(data: StanData) -> str:
    """A digest that differs when any value, shape or integer type does."""
    digest = hashlib.blake2b(digest_size=16)
    for name in sorted(data):
        array = np.ascontiguousarray(data[name])
        digest.update(f"{name} {array.dtype.str} {array.shape};".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def _plain(value: object) -> object:
    array = np.asarray(value)
    return (array.astype(np.int64) if array.dtype == np.bool_ else array).tolist()
