"""performance's `check_model`: the questions that one asks of every model, on one sheet."""

from typing import TYPE_CHECKING

import pandas as pd

from stanmlm.after.criticism.model_checks import Panel, left_out, model_panels
from stanmlm.base.arguments import check_arguments
from stanmlm.fit.fit import Fit
from stanmlm.plots.model_panels import panel_figure
from stanmlm.plots.ppcheck import subject_of

if TYPE_CHECKING:
    from stanmlm.plots.model_sheet import ModelSheet

WIDTH, HEIGHT = 9.5, 3.1  # inches: of the sheet, and of a row of panels


def check_model(fit: Fit, *, seed: int | None = None) -> "ModelSheet":
    """The checks of a model on one sheet, as performance's `check_model`.

    A posterior predictive check; linearity; homogeneity of variance; influential rows, by Pareto k of leave-one-out;
    collinearity; normality of residuals, and of group effects. Where one makes no sense, DHARMa's scaled residuals ask
    in its place, and the panel's title says so.

    Parameters
    ----------
    fit
        A fit.
    seed
        Of replicates and simulations; the fit's own where None.

    Returns
    -------
    ModelSheet
        A composition of ggplots, which shows itself, `.save("checks.png")`s and `.draw()`s; `.data` and `.to_frame()`
        have what it draws: `panel`, `kind`, and `x`, `y`, `lower`, `upper` and what else panels of that kind have.

    Raises
    ------
    OptionError
        For a fit of the prior, or of fewer than 100 draws.

    Notes
    -----
    Ludecke et al. (2021, Journal of Open Source Software 6:3139). Residuals of gaussian and student models are over
    their sd; those of other families are places among 250 simulations (Hartig's DHARMa), of categories without order
    those of each category by itself. Bands of quantiles hold 95% of all points together. Of more than 5,000 rows as
    many are taken at random, but for Pareto k.

    Examples
    --------
    >>> from stanmlm import check_model, lmer, simulate_exams
    >>> fit = lmer("score ~ hours + exam + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> check_model(fit).to_frame()["panel"].unique().tolist()[2:5]
    ['Homogeneity of variance', 'Influential rows', 'Collinearity']
    """
    check_arguments(check_model, locals())
    from plotnine import labs, theme
    from plotnine.composition import Beside

    from stanmlm.plots.model_sheet import sheet_of

    panels, subject = model_panels(fit, seed), subject_of(fit)
    figures = [panel_figure(panel, subject) for panel in panels]
    rows = [Beside(figures[at : at + 2]) if figures[at + 1 :] else figures[at] for at in range(0, len(figures), 2)]
    sheet = sheet_of(rows, frame_of(panels))
    missing = left_out(fit)
    sized: ModelSheet = sheet + theme(figure_size=(WIDTH, HEIGHT * len(rows)))
    if missing:
        sized = sized + labs(caption=missing)
    return sized


def frame_of(panels: tuple[Panel, ...]) -> pd.DataFrame:
    """The frames of panels below each other."""
    parts = [panel.frame.assign(panel=panel.title, kind=panel.kind) for panel in panels]
    frame = pd.concat(parts, ignore_index=True)
    return frame[["panel", "kind", *(name for name in frame.columns if name not in ("panel", "kind"))]]
