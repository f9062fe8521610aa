"""What the main job leaves in its folder: tables as CSV, draws as NPZ, figures as PNG and PDF, a page as HTML."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from stanmlm.base.arrays import Anything
from stanmlm.base.errors import DataError, FileError
from stanmlm.base.files.disk import whole_files
from stanmlm.fit.fit import Fit, chains_of
from stanmlm.fit.fitlist import FitList
from stanmlm.lecture.redblue.figures import Figure
from stanmlm.lecture.redblue.frames import separate_draws
from stanmlm.plots import save_figure


def write_files(
    folder: Path,
    table: pd.DataFrame,
    states: pd.DataFrame,
    fits: Mapping[tuple[int, str], Fit | FitList],
    figures: Mapping[str, Figure],
    pages: Mapping[str, str],
) -> tuple[Path, ...]:
    """Write everything, or nothing where the disk is full: files of an earlier run then stay; returns the paths."""
    try:
        with whole_files(folder) as new:
            written = (
                *_write_tables(new, {"ladder": table, "states": states}),
                *(save_draws(fit, new / f"draws-{year}-{key}.npz") for (year, key), fit in fits.items()),
                *(
                    path
                    for name, figure in figures.items()
                    for path in save_figure(figure.plot, new / f"redblue-{name}", figure.width, figure.height)
                ),
                *(_write_page(new / name, text) for name, text in pages.items()),
            )
        return tuple(folder / path.name for path in written)
    except FileError as error:
        raise DataError(str(error)) from error
    except OSError as error:
        raise DataError(f"`{folder}` cannot be written to: {error.strerror or error}") from error


def save_draws(fit: Fit | FitList, path: Path) -> Path:
    """Draws by variable, (chains, draws, ...), with the labels of every axis beside them: no pickle.

    `b` has the labels `b.0`, `r_state` the labels `r_state.0` and `r_state.1`; separate fits have a state before the
    term.

    Examples
    --------
    >>> import tempfile
    >>> from stanmlm import lmer, simulate_exams
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> with tempfile.TemporaryDirectory() as folder, np.load(save_draws(fit, Path(folder) / "draws.npz")) as draws:
    ...     draws["b"].shape, draws["b.0"].tolist()
    ((4, 1000, 2), ['(Intercept)', 'hours'])
    """
    np.savez_compressed(path, allow_pickle=False, **(_separate(fit) if isinstance(fit, FitList) else _arrays(fit)))
    return path


def _arrays(fit: Fit) -> dict[str, Anything]:
    arrays: dict[str, Anything] = {}
    for row in fit.model.ledger.variables:
        arrays[row.name] = chains_of(fit, row.name)
        arrays |= {f"{row.name}.{axis}": np.array(labels) for axis, labels in enumerate(row.labels)}
    return arrays


def _separate(fits: FitList) -> dict[str, Anything]:
    names = ("(Intercept)", "income")
    draws = np.stack([separate_draws(fits, name) for name in names], axis=-1)
    chains = next(iter(fits.fits.values())).sampling.chains
    b = draws.reshape(chains, -1, *draws.shape[1:])
    return {"b": b, "b.0": np.array(list(fits.fits)), "b.1": np.array(names)}


def _write_page(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def _write_tables(folder: Path, tables: Mapping[str, pd.DataFrame]) -> list[Path]:
    paths = []
    for name, table in tables.items():
        path = folder / f"{name}.csv"
        table.to_csv(path, index=False, float_format="%.6g")
        paths.append(path)
    return paths
