"""Group effects as caterpillars."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from stanmlm.base.arguments import check_arguments
from stanmlm.base.arrays import Floats
from stanmlm.base.errors import OptionError, did_you_mean
from stanmlm.fit.draws import effects_of
from stanmlm.fit.fit import Fit
from stanmlm.plots.frames import interval_frame
from stanmlm.plots.parts import NO_WORDS, Words, captioned, labels_of, plain
from stanmlm.plots.rows import BAYESPLOT, Bars, interval_bars, names_down, size_for, zero_line
from stanmlm.plots.theme import MID_EDGE, theme_rows
from stanmlm.priors.parameters import Grouping, groupings

if TYPE_CHECKING:
    from plotnine import ggplot


@dataclass(frozen=True)
class Look:
    """How one package shows group effects."""

    sort: bool  # levels by the first coefficient's estimate; else as the data have them, from the top
    mean: bool  # the point is a posterior mean, as `ranef` gives it; else a median
    probs: tuple[float, float]  # of the inner and the outer interval
    bars: Bars
    says: str


LOOKS: Mapping[str, Look] = MappingProxyType({
    "lme4": Look(
        True, True, (0.5, 0.95), Bars(0.5, 0.5, 2.2, MID_EDGE, MID_EDGE, MID_EDGE), "Posterior means and 95% intervals"
    ),
    "brms": Look(False, False, (0.5, 0.9), BAYESPLOT, "Posterior medians, 50% and 90% intervals"),
})  # fmt: skip


def plot_ranef(
    fit: Fit,
    group: str | None = None,
    look: str = "lme4",
    *,
    terms: Sequence[str] | None = None,
    names: Mapping[str, str] | None = None,
    words: Words = NO_WORDS,
) -> "ggplot":
    """The effects of each level of a grouping factor with their intervals, a panel a coefficient.

    Parameters
    ----------
    fit : Fit
        A fit with group terms.
    group : str, optional
        The grouping factor; the only one where None.
    look : str
        "lme4": its `dotplot(ranef(fit))`, levels ordered by the first coefficient, means with 95% intervals.
        "brms": bayesplot's intervals, levels as the data have them, medians with 50% and 90% intervals.
    terms : sequence of str, optional
        Coefficients to show, the first of which sets the order; all where None.
    names : mapping, optional
        What to call a level; the level itself by default.
    words : Words
        Title, subtitle, axes and caption.

    Returns
    -------
    plotnine.ggplot
        Its `data` has a row a level and coefficient: `level`, `term`, `place` (from the bottom), `estimate`,
        `lower95`, `upper95` and the inner interval. Intervals are quantiles of the draws.

    Raises
    ------
    OptionError
        For a grouping factor, coefficient or look that there is not.

    Examples
    --------
    >>> from stanmlm import lmer, plot_ranef, simulate_exams
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> plot_ranef(fit).data["estimate"].is_monotonic_increasing
    True
    """
    check_arguments(plot_ranef, locals())
    from plotnine import facet_wrap, scale_x_continuous

    from stanmlm.plots.sheet import Sheet

    if look not in LOOKS:
        raise OptionError(f"look is `{look}`" + did_you_mean(look, LOOKS))
    chosen, grouping = LOOKS[look], grouping_of(fit, group)
    frame = ranef_frame(fit, grouping, _terms(grouping, terms), chosen)
    levels = frame.drop_duplicates("place").sort_values("place")["level"].astype(str)
    panels = int(frame["term"].nunique())
    size = size_for(len(levels), width=2.2 + 2.3 * panels)
    words = captioned(words, chosen.says)
    scales = [
        scale_x_continuous(labels=plain),
        names_down([(names or {}).get(level, level) for level in levels]),
        labels_of(words, "", grouping.group),
        theme_rows(),
    ]
    layers = [zero_line(), *interval_bars(frame, chosen.probs, chosen.bars)]
    return Sheet(frame) + layers + facet_wrap("term", nrow=1, scales="free_x") + scales + size


def grouping_of(fit: Fit, group: str | None) -> Grouping:
    """The grouping factor of that label, the only one where None."""
    known = {grouping.group: grouping for grouping in groupings(fit.model.design)}
    if not known:
        raise OptionError("the model has no group terms, so there are no group effects to draw")
    if group is None and len(known) > 1:
        raise OptionError(f"the model has {len(known)} grouping factors; say which one with group=" + _listed(known))
    if group is not None and group not in known:
        raise OptionError(f"`{group}` is not a grouping factor of the model" + did_you_mean(group, known))
    return known[group or next(iter(known))]


def _listed(known: Mapping[str, Grouping]) -> str:
    return ": " + ", ".join(f"`{name}`" for name in known)


def _terms(grouping: Grouping, terms: Sequence[str] | None) -> list[int]:
    wanted = grouping.terms if terms is None else terms
    if not len(wanted):
        raise OptionError("terms is empty, so there are no group effects to draw")
    for term in wanted:
        if term not in grouping.terms:
            known = did_you_mean(term, grouping.terms)
            raise OptionError(f"`{term}` is not a coefficient of `{grouping.group}`{known}")
    return [grouping.terms.index(term) for term in wanted]


def ranef_frame(fit: Fit, grouping: Grouping, terms: Sequence[int], look: Look) -> pd.DataFrame:
    """A row a level and coefficient: `level`, `term`, `place`, `estimate` and the intervals."""
    draws = np.concatenate([effects_of(fit, bar) for bar in grouping.bars], axis=-1)[..., terms]
    place = _places(draws[..., 0], look)
    parts = []
    for k, term in enumerate(terms):
        rows = pd.DataFrame({"level": grouping.levels, "term": grouping.terms[term], "place": place})
        frame = interval_frame(rows, draws[..., k], look.probs)
        parts.append(frame.assign(estimate=draws[..., k].mean(axis=0)) if look.mean else frame)
    joined = pd.concat(parts, ignore_index=True).sort_values("place", kind="stable", ignore_index=True)
    return joined.assign(term=pd.Categorical(joined["term"], [grouping.terms[term] for term in terms]))


def _places(draws: Floats, look: Look) -> Floats:
    """Rows from the bottom, of draws (draws, J)."""
    J = draws.shape[1]
    order = np.argsort(draws.mean(axis=0), kind="stable") if look.sort else np.arange(J)[::-1]
    place = np.empty(J)
    place[order] = np.arange(1, J + 1)
    return place
