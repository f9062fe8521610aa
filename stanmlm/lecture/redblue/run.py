"""The main job, top to bottom: data, fits, table, figures, files."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from stanmlm.base.arguments import answer_of, check_arguments
from stanmlm.base.dataframes import to_pandas
from stanmlm.base.errors import DataError
from stanmlm.base.files.disk import path_of, shown_path
from stanmlm.base.layout import html_table
from stanmlm.fit.call import Options
from stanmlm.fit.diagnostics import warnings_of
from stanmlm.fit.fit import Fit
from stanmlm.fit.fitlist import FitList
from stanmlm.lecture.datasets import load_anes, load_naes
from stanmlm.lecture.redblue.figures import SHOWN, Figure, curves_figure, slopes_figure, states_figure
from stanmlm.lecture.redblue.files import write_files
from stanmlm.lecture.redblue.frames import curves_of, expected_state_slopes, highlights, slopes_of, states_of
from stanmlm.lecture.redblue.ladder import LADDER, Rung
from stanmlm.lecture.redblue.page import page_libraries, page_of
from stanmlm.lecture.redblue.table import COLUMNS, ladder_row
from stanmlm.lecture.redblue.text import ladder_text
from stanmlm.lecture.surveys import Survey, survey_of
from stanmlm.lecture.voters import simulated_survey

ANES = "anes"
SEED = 2007  # the year of the paper
Fits = Mapping[tuple[int, str], Fit | FitList]  # by year and the rung's key


@dataclass(frozen=True)
class RedBlue:
    """What the main job made; prints as the table of the ladder.

    Attributes
    ----------
    survey
        The respondents, with what a caption has to say about them.
    fits
        By year and model.
    table
        A row a year and model.
    states
        A row a year, model, state and coefficient.
    figures
        "curves", "slopes" and "states".
    files
        What was written.
    notes
        What prints below the table.

    Examples
    --------
    >>> from stanmlm import RedBlue
    >>> sorted(RedBlue.__annotations__)
    ['figures', 'files', 'fits', 'notes', 'states', 'survey', 'table']
    """

    survey: Survey
    fits: Fits
    table: pd.DataFrame  # a row a year and model
    states: pd.DataFrame  # a row a year, model, state and coefficient
    figures: Mapping[str, Figure]  # "curves", "slopes", "states"
    files: tuple[Path, ...]
    notes: tuple[str, ...]

    def __repr__(self) -> str:
        return "\n".join([ladder_text(self.table, _heading(self.survey)), "", *self.notes])

    def _repr_html_(self) -> str:
        return html_table(self.table, _heading(self.survey), " ".join(self.notes), index=False)

    def to_frame(self) -> pd.DataFrame:
        """`table`."""
        return self.table


def quiet(line: str) -> None:
    """Report nothing."""


def redblue(
    data: object = ANES,
    *,
    simulate: bool = False,
    out: str | Path = "redblue-out",
    seed: int = SEED,
    chains: int = 4,
    iter: int = 2000,
    warmup: int | None = None,
    adapt_delta: float | None = None,
    cores: int | None = None,
    engine: str = "auto",
    html: bool = False,
    report: Callable[[str], None] = quiet,
) -> RedBlue:
    """Fit the lecture's ladder for each year, and write the table, the draws and three figures.

    Parameters
    ----------
    data : str, Path or frame
        "anes" for the American National Election Studies (needs the extra `data`), a voter file for `load_naes`, or a
        pandas, polars or Arrow frame for `survey_of`.
    simulate : bool
        Simulated voters in place of `data`, from the same `seed`.
    out : str or Path
        The folder to write to; made where it does not exist.
    seed : int
        Of the simulation and of every fit.
    chains : int
        Chains of each fit.
    iter : int
        Draws of each chain, with warm-up.
    warmup : int
        How many of them are warm-up; half where None.
    adapt_delta : float
        Stan's target of acceptance; where None 0.8, which divergent transitions raise.
    cores : int
        Chains at a time; as many as there are cores where None.
    engine : str or engine
        "auto" (stanli where it is, else CmdStan), "stanli", "cmdstan", or an engine.
    html : bool
        Also write redblue.html: one page, that needs no network, on which a reader picks states, years and models.
        Needs the extra `html`.
    report : callable
        Takes a line after each fit.

    Returns
    -------
    RedBlue
        `table` has the coefficients, `fits` the fits, `files` what was written; it prints as the table of the ladder.

    Raises
    ------
    DataError
        For data that are absent, cannot be read or lack columns, and where `out` cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from stanmlm import redblue, simulate_redblue
    >>> voters = simulate_redblue(seed=1, n=400)
    >>> voters = voters[voters["state"].isin(["CA", "TX", "NY"])]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     made = redblue(voters, out=folder, chains=2, iter=200)
    >>> made.table["model"].unique().tolist()[-1]
    'fully-conditional'
    """
    check_arguments(redblue, locals())
    if html:
        page_libraries()  # before hours of work
    folder = _folder(path_of(out))
    survey = simulated_survey(seed) if simulate else _survey(data)
    options = Options(seed=seed, chains=chains, iter=iter, warmup=warmup, cores=cores, engine=engine, progress=False)
    if adapt_delta is not None:
        options["adapt_delta"] = adapt_delta
    fits = fit_ladder(survey.frame, options, report)
    table = ladder_table(fits)
    states = _each(fits, survey.frame, states_of, _of_states(fits))
    answer_of("report", report, "drawing three figures")
    curves = state_curves(survey, fits)
    figures = draw_figures(survey, fits, curves)
    notes = (*survey.notes, *_lost_states(fits), *_failed_diagnostics(fits))
    pages = {"redblue.html": page_of(survey, curves, highlights(survey.frame), notes)} if html else {}
    files = write_files(folder, table, states, fits, figures, pages)
    return RedBlue(survey, fits, table, states, figures, files, notes)


def fit_ladder(voters: pd.DataFrame, options: Options, report: Callable[[str], None]) -> Fits:
    """Every rung for every year."""
    fits: dict[tuple[int, str], Fit | FitList] = {}
    for year in sorted(set(voters["year"].tolist())):
        rows = voters[voters["year"] == year].reset_index(drop=True)
        for rung in LADDER:
            answer_of("report", report, f"{year}: {' '.join(rung.title)}, {rung.formula}")
            fits[year, rung.key] = rung.fit(rung.formula, rows, options)
    return fits


def ladder_table(fits: Fits) -> pd.DataFrame:
    """The ladder, a row a year and model."""
    rungs: dict[str, Rung] = {rung.key: rung for rung in LADDER}
    rows = pd.DataFrame([ladder_row(year, rungs[key], fit) for (year, key), fit in fits.items()])
    return rows.reindex(columns=list(COLUMNS))


def state_curves(survey: Survey, fits: Fits) -> pd.DataFrame:
    """The curves of the states under the models that are drawn, each year's."""
    return _each(fits, survey.frame, curves_of, [at for at in fits if at[1] in SHOWN])


def draw_figures(survey: Survey, fits: Fits, curves: pd.DataFrame) -> Mapping[str, Figure]:
    """The three figures by name."""
    chosen = highlights(survey.frame)
    conditional = [at for at in fits if at[1] == "fully-conditional"]
    slopes = _each(fits, survey.frame, slopes_of, conditional)
    line = _each(fits, survey.frame, expected_state_slopes, conditional)
    return {
        "curves": curves_figure(survey, curves, chosen),
        "slopes": slopes_figure(survey, slopes, line, chosen),
        "states": states_figure(),
    }


def _each(
    fits: Fits, voters: pd.DataFrame, frame_of: Callable[..., pd.DataFrame], places: list[tuple[int, str]]
) -> pd.DataFrame:
    """A frame from each fit and its year's voters, stacked under `year` and `model`."""
    frames = [
        frame_of(fits[year, key], voters[voters["year"] == year]).assign(year=year, model=key) for year, key in places
    ]
    stacked = pd.concat(frames, ignore_index=True)
    return stacked[["year", "model", *stacked.columns.drop(["year", "model"])]]


def _of_states(fits: Fits) -> list[tuple[int, str]]:
    """The fits that know the states by name: separate ones, and those with a group term."""
    return [at for at, fit in fits.items() if isinstance(fit, FitList) or fit.model.design.terms]


def _lost_states(fits: Fits) -> list[str]:
    lost = [(year, fit.inestimable) for (year, _), fit in fits.items() if isinstance(fit, FitList) and fit.inestimable]
    return [f"{year}: states without an estimate of their own: {', '.join(states)}" for year, states in lost]


def _failed_diagnostics(fits: Fits) -> list[str]:
    """What each single fit says of itself; separate fits have their worst in the table."""
    single = {at: fit for at, fit in fits.items() if not isinstance(fit, FitList)}
    return [f"{year}, {key}: {text}" for (year, key), fit in single.items() for text in warnings_of(fit)]


def _survey(data: object) -> Survey:
    if isinstance(data, str) and data == ANES:
        return load_anes()
    if isinstance(data, str | Path):
        return load_naes(data)
    frame = to_pandas(data)
    if frame is None:
        raise DataError('redblue needs data: "anes", a voter file, or a frame of voters')
    return survey_of(frame)


def _folder(out: Path) -> Path:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "no folder has such a name"
        raise DataError(f"`{shown_path(out)}` cannot be used as the output folder: {why}") from error
    if not os.access(out, os.W_OK | os.X_OK):
        raise DataError(f"`{out}` cannot be used as the output folder: files cannot be made in it")
    return out


def _heading(survey: Survey) -> str:
    return f"Red state, blue state: {survey.source}" + (f". {survey.caveat}." if survey.caveat else "")
