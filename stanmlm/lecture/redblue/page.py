"""The main job as one page to play with: states and years to pick, no network (Vega-Lite through Altair)."""

import json
from collections.abc import Sequence
from html import escape
from importlib import import_module
from itertools import cycle, islice
from typing import Any

import pandas as pd

from stanmlm.base.errors import OptionError
from stanmlm.lecture.redblue.figures import SHOWN, credits_of, facts_by_year
from stanmlm.lecture.redblue.frames import CURVE
from stanmlm.lecture.surveys import YEARS, Survey, state_facts, state_names
from stanmlm.plots.theme import BEHIND, DEMOCRAT, FAINT, GRID, HIGHLIGHTS, INK, QUIET, REPUBLICAN

PIP = 'pip install "stanmlm[html]"'
BOTH = "both"
WIDTH, HEIGHT = 320, 260  # pixels of a panel
INCOME = "Per-capita personal income of the state ($1,000, log scale; mean of the years shown)"
VOTE = "Republican share (mean of the years shown)"
OF_YEAR = f"shown_year == '{BOTH}' || datum.year == shown_year"
FONT = "Helvetica, Arial, sans-serif"
STYLE = f"""
body {{ font: 15px/1.5 {FONT}; color: {INK}; max-width: 780px; margin: 2em auto; padding: 0 1em; }}
h1 {{ font-size: 1.5em; line-height: 1.2; }}
#vis {{ overflow-x: auto; }}
#controls {{ margin: 1em 0; }}
.vega-bind-name {{ display: inline-block; width: 4em; font-weight: bold; }}
.vega-bind-radio label {{ margin-right: 1.2em; cursor: pointer; }}
.from {{ color: {QUIET}; font-size: 0.85em; margin: 0.3em 0; }}
"""
PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Rich state, poor state, red state, blue state</title>
<style>{style}</style>
<script>{libraries}</script>
</head>
<body>
<h1>Income and Republican support, within states and between them</h1>
<p>{how}</p>
<div id="controls"></div>
<div id="vis"></div>
{below}
<script>vegaEmbed("#vis", {figure}, {{renderer: "svg", actions: false}}).catch(console.error);</script>
</body>
</html>
"""
HOW = (
    "Click a state's code to draw its curve, click it again to put it away. "
    "Bands are 50% and 95% posterior intervals; a circle's area is the share of the state's respondents in an income "
    "group. Point at anything to read its numbers."
)


def page_of(survey: Survey, curves: pd.DataFrame, highlight: Sequence[str], notes: Sequence[str] = ()) -> str:
    """One HTML page with all that it needs inside: scatter of the states, curves of those picked, and their counts.

    Parameters
    ----------
    survey : Survey
        For axes, counts and credits.
    curves : pandas.DataFrame
        Rows of `curves_of` with `year` and `model`.
    highlight : sequence of str
        Postal codes of the states that are picked to begin with.
    notes : sequence of str
        Sentences below the figure.

    Returns
    -------
    str

    Raises
    ------
    OptionError
        Where Altair or vl-convert is not installed.
    """
    alt, vl_convert = page_libraries()
    with alt.data_transformers.enable("default", max_rows=None):
        figure = _figure(alt, survey, curves, highlight).to_dict()
    version = ".".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])
    return PAGE.format(
        style=STYLE,
        libraries=vl_convert.javascript_bundle(vl_version=version),
        how=HOW,
        below="\n".join(f'<p class="from">{escape(one)}</p>' for one in (*credits_of(survey), *notes) if one),
        figure=json.dumps(figure).replace("</", "<\\/"),
    )


def page_libraries() -> tuple[Any, Any]:
    """Altair, and what puts Vega inside a page."""
    try:
        return import_module("altair"), import_module("vl_convert")
    except ImportError as error:
        raise OptionError(f"`html=True` needs the packages altair and vl-convert-python: {PIP}") from error


def _figure(alt: Any, survey: Survey, curves: pd.DataFrame, highlight: Sequence[str]) -> Any:
    picked = alt.selection_point(
        name="picked", fields=["state"], value=[{"state": state} for state in highlight],
        toggle="true", empty=False, clear=False,
    )  # fmt: skip
    years = alt.binding_radio(options=[BOTH, *YEARS], labels=[BOTH, *map(str, YEARS)], name="Year", element="#controls")
    models = alt.binding_radio(options=list(SHOWN), labels=list(SHOWN.values()), name="Model", element="#controls")
    colour = alt.Color("state:N", scale=_colours(alt, highlight), legend=None)
    rows = [
        _states(alt, picked, colour),
        _curves(alt, survey, curves, picked, colour),
        _counts(alt, survey, picked, colour),
    ]
    return (
        alt.vconcat(*rows, spacing=28)
        .add_params(alt.param(name="shown_year", value=BOTH, bind=years))
        .add_params(alt.param(name="shown_model", value=list(SHOWN)[-1], bind=models))
        .configure(font=FONT)
        .configure_axis(gridColor=GRID, labelColor=INK, titleColor=INK, titleFontWeight="normal")
        .configure_view(stroke=FAINT)
        .configure_header(labelFontWeight="bold", labelFontSize=13, title=None)
        .configure_title(anchor="start", fontSize=15, offset=10)
    )


def _states(alt: Any, picked: Any, colour: Any) -> Any:
    """A code a state, by its income and its vote: what is clicked."""
    facts = facts_by_year().drop(columns="majority")
    facts = facts.assign(name=facts["state"].map(state_names()))
    sides = alt.Scale(domain=["Republican", "Democratic"], range=[REPUBLICAN, DEMOCRAT])
    codes = alt.Chart().encode(
        x=alt.X("dollars:Q", scale=alt.Scale(type="log", nice=False, padding=14), title=INCOME),
        y=alt.Y("share:Q", scale=alt.Scale(zero=False), axis=alt.Axis(format="%"), title=VOTE),
        text="state:N",
        tooltip=[
            alt.Tooltip("name:N", title="State"),
            alt.Tooltip("dollars:Q", title="Income a head, $1,000", format=".1f"),
            alt.Tooltip("share:Q", title="Republican", format=".1%"),
        ],
    )
    every = codes.mark_text(cursor="pointer", size=9).encode(
        color=alt.Color("side:N", scale=sides, legend=None),
        opacity=alt.condition(picked, alt.value(0), alt.value(1)),
    )
    large = codes.transform_filter(picked).mark_text(cursor="pointer", size=15, fontWeight="bold")
    large = large.encode(color=colour)
    panel = alt.layer(every.add_params(picked), large, data=facts).resolve_scale(color="independent")
    # one panel: what is picked in one facet could not be put away in the other
    return (
        panel.transform_filter(OF_YEAR)
        .transform_aggregate(share="mean(share)", dollars="mean(dollars)", groupby=["state", "name"])
        .transform_calculate(side="datum.share > 0.5 ? 'Republican' : 'Democratic'")
        .properties(width=2 * WIDTH, height=HEIGHT, title="Rich states vote Democratic: pick states here")
    )


def _curves(alt: Any, survey: Survey, curves: pd.DataFrame, picked: Any, colour: Any) -> Any:
    """One curve a state, those picked in colour with their bands, circles and dots."""
    shown = curves[curves["model"].isin(SHOWN)]
    counts = survey.frame.groupby(["year", "state", "income"], as_index=False).agg(n=("vote", "size"))
    shown = shown.merge(counts.astype({"income": float}), on=["year", "state", "income"], how="left")
    shown = shown.assign(name=shown["state"].map(state_names())).drop(columns="avg.income")
    axis = alt.Axis(values=[-2, -1, 0, 1, 2], title="Individual income (five groups, poorest to richest)")
    x = alt.X("income:Q", axis=axis, scale=alt.Scale(domain=[-2.15, 2.4]))
    y = alt.Y("estimate:Q", scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format="%"), title=survey.response)
    words = [
        alt.Tooltip("name:N", title="State"),
        alt.Tooltip("income:Q", title="Income group"),
        alt.Tooltip("estimate:Q", title=survey.response, format=".1%"),
        alt.Tooltip("lower95:Q", title="95% from", format=".1%"),
        alt.Tooltip("upper95:Q", title="to", format=".1%"),
    ]

    def layer(role: str) -> Any:
        return alt.Chart().transform_filter(f"datum.role == '{role}'").encode(x=x, tooltip=words)

    def band(low: str, high: str, opacity: float) -> Any:
        area = layer("curve").transform_filter(picked).mark_area(opacity=opacity)
        return area.encode(y=alt.Y(low).title(survey.response), y2=high, color=colour)

    lines = layer("curve").mark_line().encode(y=y, detail="state:N")
    circles = layer("group").transform_filter(picked).mark_point(filled=False, opacity=0.9)
    ends = layer("curve").transform_filter(f"datum.income == {CURVE[-1]}").transform_filter(picked)
    ends = ends.mark_text(align="left", dx=8, fontWeight="bold")
    layers = [
        lines.mark_line(strokeWidth=0.6, color=BEHIND, opacity=0.5),
        band("lower95:Q", "upper95:Q", 0.15),
        band("lower50:Q", "upper50:Q", 0.25),
        lines.transform_filter(picked).mark_line(strokeWidth=2.5).encode(color=colour),
        circles.encode(
            y=y,
            color=colour,
            size=alt.Size("share:Q", scale=alt.Scale(range=[10, 500]), legend=None),
            tooltip=[*words, alt.Tooltip("n:Q", title="Respondents")],
        ),
        ends.encode(y=y, color=colour, text="state:N"),
        layer("mean").transform_filter(picked).mark_circle(size=50, opacity=1).encode(y=y, color=colour),
    ]
    panel = alt.layer(*layers, data=shown).properties(width=WIDTH, height=HEIGHT)
    panels = _by_year(panel, "Within each state: income and the Republican vote")
    return panels.transform_filter("datum.model == shown_model")


def _counts(alt: Any, survey: Survey, picked: Any, colour: Any) -> Any:
    """How many respondents stand behind each curve."""
    counts = survey.frame.groupby(["year", "state"], as_index=False).agg(n=("vote", "size"))
    names, income = state_names(), state_facts().set_index("state")["income_2000"]
    counts = counts.assign(name=counts["state"].map(names), dollars=counts["state"].map(income))
    bars = (
        alt.Chart(counts)
        .mark_bar()
        .encode(
            x=alt.X("n:Q", title="Respondents"),
            y=alt.Y("name:N", sort=alt.SortField("dollars"), title=None),
            color=colour,
            tooltip=[alt.Tooltip("name:N", title="State"), alt.Tooltip("n:Q", title="Respondents", format=",")],
        )
        .transform_filter(picked)
        .properties(width=WIDTH, height=alt.Step(18))
    )
    return _by_year(bars, "Respondents of the states picked, poorest first")


def _by_year(panel: Any, title: str) -> Any:
    """A panel a year, of the years shown."""
    panels = panel.facet(column="year:O").transform_filter(OF_YEAR).properties(title=title)
    first = panels.spec.layer[0] if hasattr(panels.spec, "layer") else panels.spec
    first.name = title.split()[0].lower()  # Altair 6 counts on a name where facets are stacked, and gives none
    return panels


def _colours(alt: Any, highlight: Sequence[str]) -> Any:
    """The figures' colours for the states that they highlight, then round again, so that any three differ."""
    income = state_facts().set_index("state")["income_2000"].sort_values()
    states = [*highlight, *(state for state in income.index if state not in highlight)]
    return alt.Scale(domain=states, range=list(islice(cycle(HIGHLIGHTS), len(states))))
