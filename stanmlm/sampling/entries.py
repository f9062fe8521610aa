"""What group terms add to each predictor that they enter: several, where bars of several parameters are one term."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from stanmlm.base.arrays import Bools, Floats, Ints
from stanmlm.data.design import GroupTerm, dpars_of
from stanmlm.model.stan_rows import intercept_rows


@dataclass(frozen=True)
class Entry:
    """What a group term adds to one of the predictors that it enters."""

    dpar: str  # as programs call it
    several: bool  # more than one of its coefficients
    ones: bool  # its only column there is 1


def across(
    terms: tuple[GroupTerm, ...], Z: tuple[Floats, ...], names: Mapping[str, str]
) -> tuple[tuple[Entry, ...], ...]:
    """What terms add to each of several predictors, () for a term in one; nothing where none enters several.

    `names` are what programs call predictors.
    """
    found = tuple(
        tuple(_entry(names[dpar], z[:, columns_in(term, dpar)]) for dpar in dict.fromkeys(dpars_of(term)))
        if len({*dpars_of(term)}) > 1
        else ()
        for term, z in zip(terms, Z, strict=True)
    )
    return found if any(found) else ()


def _entry(dpar: str, Z: Floats) -> Entry:
    return Entry(dpar, Z.shape[1] > 1, bool(intercept_rows((Z,))))


def columns_in(term: GroupTerm, dpar: str) -> Bools:
    """Which of a term's coefficients enter a predictor, (K,)."""
    return np.array([name == dpar for name in dpars_of(term)])


def in_program(entries: Iterable[Entry], name: str) -> list[dict[str, object]]:
    """One record an entry of the term of a name; `from` are those of its effects that enter."""
    return [
        {
            "dpar": one.dpar,
            "several": one.several,
            "ones": one.ones,
            "z": f"Z_{name}_{one.dpar}",
            "from": f"U_{name}_{one.dpar}",
            "size": f"K_{name}_{one.dpar}",
        }
        for one in entries
    ]


def alone_in_program(entry: Entry, name: str) -> list[dict[str, object]]:
    """The one record of a term all of whose effects enter one predictor."""
    rest = {"several": entry.several, "ones": entry.ones}
    return [{"dpar": entry.dpar, **rest, "z": f"Z_{name}", "from": "", "size": f"K_{name}"}]


def columns_across(
    term: GroupTerm, entries: Iterable[Entry], Z: Floats, basis: Floats, name: str
) -> dict[str, int | Floats | Ints]:
    """A term's columns by the predictor that they enter, and what takes effects in the basis to their coefficients."""
    data: dict[str, int | Floats | Ints] = {}
    for entry, dpar in zip(entries, dict.fromkeys(dpars_of(term)), strict=True):
        own, suffix = columns_in(term, dpar), f"{name}_{entry.dpar}"
        U, columns = basis[own].T, Z[:, own]
        data |= {f"K_{suffix}": len(U.T)} if entry.several else {}
        data[f"U_{suffix}"] = U if entry.several else U[:, 0]
        data |= {} if entry.ones else {f"Z_{suffix}": columns if entry.several else columns[:, 0]}
    return data
