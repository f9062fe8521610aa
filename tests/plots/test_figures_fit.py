"""Every figure, of groups with long names, at its own size and at others: words stay inside, and ticks apart."""

import ast
import re
from collections.abc import Callable, Container, Iterable, Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
import plotnine
import pytest
from matplotlib import pyplot
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text
from matplotlib.transforms import Bbox

import stanmlm as sm
from stanmlm.after.predict.outcome import expected_text, linear_text, outcome, shown_text
from stanmlm.plots import Words, plot_codes
from stanmlm.plots.rows import BAYESPLOT, interval_bars
from stanmlm.plots.sheet import Sheet
from stanmlm.plots.slopes import name_places
from stanmlm.plots.theme import theme_paper
from stanmlm.plots.words import broken, shortened, told_apart

SIZES = {"chains": 2, "iter": 60, "seed": 3, "cores": 1, "progress": False}
PIXEL = 1.0
LEADING = 0.25  # of the height of a text, that its box has beyond its letters
NARROW = plotnine.theme(figure_size=(4.5, 4.0))
PLACES = (
    "Landkreis Mecklenburgische Seenplatte und Gebiete im Norden",
    "Municipio de São Gonçalo do Amarante, Rio Grande do Norte",
    "Община Свети Никола и околните райони на Стара планина",
    "Prince of Wales-Hyder Census Area ($5 to $10 fares), Alaska",
    "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch",
)


@cache
def schools(groups: int) -> pd.DataFrame:
    rng = np.random.default_rng(groups)
    school = np.repeat(np.arange(groups), 4)
    x, z = rng.normal(size=len(school)), rng.normal(size=groups)[school]
    eta = 0.3 + 0.5 * x + 0.4 * z + rng.normal(0, 0.6, groups)[school]
    size = rng.integers(3, 9, len(school))
    sick = rng.binomial(size, 1 / (1 + np.exp(-eta)))
    names = [f"{PLACES[g % len(PLACES)]} {g:03d}" for g in school]
    return pd.DataFrame({
        "a_rather_long_name_of_a_predictor": x, "z": z, "school": names, "sick": sick, "well": size - sick,
        "score": eta + rng.normal(size=len(x)), "vote": sick > size / 2, "events": rng.poisson(np.exp(eta)),
        "kind": rng.choice([f"a school of the {n} kind, as the inspectors say" for n in ("1st", "2nd", "3rd")], len(x)),
    })  # fmt: skip


X = "a_rather_long_name_of_a_predictor"


@cache
def normal(groups: int) -> sm.Fit:
    return sm.lmer(f"score ~ {X} * kind + z + (1 + {X} | school)", schools(groups), **SIZES)


@cache
def votes(groups: int) -> sm.Fit:
    return sm.glmer(f"vote ~ {X} + z + (1 | school)", schools(groups), family="binomial", **SIZES)


@cache
def shares(groups: int) -> sm.Fit:
    return sm.glmer(f"cbind(sick, well) ~ {X} + z + (1 | school)", schools(groups), family="binomial", **SIZES)


@cache
def counts(groups: int) -> sm.Fit:
    return sm.glmer(f"events ~ {X} + (1 | school)", schools(groups), family="poisson", **SIZES)


def some(groups: int, number: int) -> list[str]:
    return list(dict.fromkeys(schools(groups)["school"]))[:number]


def codes(groups: int) -> Any:
    frame = schools(groups).groupby("school", as_index=False)[["z", "score"]].mean()
    frame = frame.assign(code=[f"{i}" for i in range(len(frame))], side=np.where(frame["z"] > 0, "up", "down"))
    return plot_codes(frame, "z", "score", "code", "side", {"up": "#C0392B", "down": "#2166AC"}, columns="side")


LONG = Words(
    title="A title that says at length what there is to be seen in the figure, and then says so again",
    subtitle="Words of a subtitle " * 12,
    x="An axis whose title is a sentence of its own, with all that one may want to know about it, and more",
    y="An axis whose title is a sentence of its own, with all that one may want to know about it, and more",
    caption="Words of a caption. " * 30,
)
FIGURES: dict[str, Callable[[int], Any]] = {
    "intervals": lambda n: sm.plot_intervals(normal(n), words=LONG),
    "intervals of effects": lambda n: sm.plot_intervals(votes(n), "varying"),
    "areas": lambda n: sm.plot_areas(votes(n)),
    "trace": lambda n: sm.plot_trace(normal(n)),
    "rank": lambda n: sm.plot_rank(normal(n), [X, "sigma"]),
    "pairs": lambda n: sm.plot_pairs(normal(n)),
    "pairs of effects": lambda n: sm.plot_pairs(
        votes(n), [X, f"b[(Intercept) school:{some(n, 5)[4].replace(' ', '_')}]"]
    ),
    "prior": lambda n: sm.plot_prior_posterior(normal(n)),
    "ranef": lambda n: sm.plot_ranef(normal(n), words=LONG),
    "ranef as brms": lambda n: sm.plot_ranef(counts(n), look="brms"),
    "curves": lambda n: sm.plot_curves(normal(n), X, "school", some(n, 6), columns="kind", words=LONG),
    "curves of votes": lambda n: sm.plot_curves(votes(n), X, "school", some(n, 3)),
    "slopes": lambda n: sm.plot_slopes(normal(n), "z", "school", some(n, 6), of=X, words=LONG),
    "codes": codes,
    "effect": lambda n: sm.plot_conditional_effects(sm.conditional_effects(normal(n), X))[X],
    "effect of levels": lambda n: sm.plot_conditional_effects(sm.conditional_effects(normal(n), "kind"))["kind"],
    "effect of two": lambda n: sm.plot_conditional_effects(sm.conditional_effects(normal(n), f"{X}:kind"))[f"{X}:kind"],
    "check": lambda n: sm.pp_check(normal(n)),
    "check of votes": lambda n: sm.pp_check(votes(n)),
    "check of counts": lambda n: sm.pp_check(counts(n)),
    "check hist": lambda n: sm.pp_check(shares(n), "hist"),
    "check stat": lambda n: sm.pp_check(shares(n), "stat"),
    "check stat_grouped": lambda n: sm.pp_check(shares(n), "stat_grouped"),
    "check intervals": lambda n: sm.pp_check(normal(n), "intervals"),
    "check error": lambda n: sm.pp_check(shares(n), "error"),
    "check error_binned": lambda n: sm.pp_check(votes(n), "error_binned"),
    "check loo_pit": lambda n: sm.pp_check(counts(n), "loo_pit"),
}
# One for each thing that is fitted: the quick suite draws these, `make test-all` all.
QUICK = ("intervals", "pairs of effects", "rank", "slopes", "effect of levels", "effect of two", "check stat_grouped")
# Those in which the number of groups is seen.
OF_GROUPS = ("ranef as brms", "curves of votes", "slopes", "check stat_grouped", "intervals of effects")
# A panel each, of which many have no room on a small page.
PANELLED = ("trace", "rank", "prior", "check stat_grouped", "pairs", "check hist")
NARROWED = tuple(name for name in FIGURES if name not in PANELLED and "effects" not in name)


def drawn(plot: Any) -> Any:
    with matplotlib.rc_context({"figure.dpi": 72}):
        figure = plot.draw()
    pyplot.close(figure)
    FigureCanvasAgg(figure)
    figure.draw_without_rendering()
    return figure


def shown_texts(figure: Any) -> Iterator[Text]:
    ticks = {id(label) for ax in figure.axes for axis in (ax.xaxis, ax.yaxis) for label in every_label(axis)}
    kept = {id(label) for ax in figure.axes for axis in (ax.xaxis, ax.yaxis) for label in labels(axis)}
    for text in figure.findobj(Text):
        if text.get_visible() and text.get_text().strip() and (id(text) not in ticks or id(text) in kept):
            yield text


def every_label(axis: Any) -> list[Text]:
    return [label for tick in (*axis.majorTicks, *axis.minorTicks) for label in (tick.label1, tick.label2)]


def labels(axis: Any) -> list[Text]:
    """Those that matplotlib draws: of ticks within the view."""
    low, high = sorted(axis.get_view_interval())
    ticks = zip(axis.get_majorticklocs(), axis.get_major_ticks(), strict=False)
    return [
        tick.label1
        for place, tick in ticks
        if tick.label1.get_visible() and tick.label1.get_text() and low - 1e-9 <= place <= high + 1e-9
    ]


def box(text: Text) -> Bbox:
    return text.get_window_extent(text.get_figure().canvas.get_renderer())


def outside(figure: Any) -> list[str]:
    page = figure.bbox
    return [
        text.get_text()
        for text in shown_texts(figure)
        for at in [box(text)]
        if at.x0 < -PIXEL or at.y0 < -PIXEL or at.x1 > page.x1 + PIXEL or at.y1 > page.y1 + PIXEL
    ]


def touching(figure: Any) -> list[tuple[str, str]]:
    """Labels of neighbouring ticks whose letters overlap, on one axis or on two panels side by side."""
    found = []
    for side, axes in ((0, [ax.xaxis for ax in figure.axes]), (1, [ax.yaxis for ax in figure.axes])):
        rows: dict[int, list[Text]] = {}
        for axis in axes:
            panel = axis.axes.get_window_extent()
            for label in labels(axis):
                rows.setdefault(round((panel.y0, panel.x0)[side]), []).append(label)
        for row in rows.values():
            placed = sorted(((box(label), label.get_text()) for label in row), key=lambda it: it[0].bounds[side])
            for (one, says), (two, also) in pairwise(placed):
                room = LEADING * min(one.height, two.height) if side else 0.0
                gap = (two.x0 - one.x1, two.y0 - one.y1)[side] + room
                found += [(says, also)] if gap < -PIXEL / 2 else []
    return found


def strips_wider_than_panels(figure: Any) -> list[str]:
    strips = [text for text in shown_texts(figure) if type(text).__name__ == "StripText"]
    top = [text for text in strips if text.draw_info.position == "top"]
    return [text.get_text() for text in top if box(text).width > text.draw_info.ax.get_window_extent().width + PIXEL]


def check(plot: Any) -> None:
    figure = drawn(plot)
    assert outside(figure) == []
    assert touching(figure) == []
    assert strips_wider_than_panels(figure) == []


def quick(names: Iterable[str], of: Container[str]) -> list[Any]:
    """The names, those outside `of` marked as slow."""
    return [name if name in of else pytest.param(name, marks=pytest.mark.slow) for name in names]


@pytest.mark.parametrize("name", quick(FIGURES, QUICK))
def test_words_of_a_figure_stay_inside_it_and_ticks_apart(name: str) -> None:
    check(FIGURES[name](18))


@pytest.mark.slow
@pytest.mark.parametrize("groups", [85, 500])
@pytest.mark.parametrize("name", OF_GROUPS)
def test_so_they_do_with_many_groups(name: str, groups: int) -> None:
    check(FIGURES[name](groups))


@pytest.mark.parametrize("name", quick(NARROWED, ["curves", "ranef as brms"]))
def test_so_they_do_on_a_small_page(name: str) -> None:
    check(FIGURES[name](18) + NARROW)


@pytest.mark.parametrize("name", quick(["effect of two", "check of votes", "ranef as brms"], ["check of votes"]))
def test_so_they_do_in_another_theme(name: str) -> None:
    figure = FIGURES[name](18) + plotnine.theme_gray(base_size=14) + plotnine.labs(title="A long title " * 12)
    check(figure + plotnine.theme(figure_size=(5, 5)))


def test_so_they_do_in_a_file_of_another_size(tmp_path: Path) -> None:
    figure = sm.plot_curves(votes(18), X, "school", some(18, 3), words=LONG)
    figure.save(tmp_path / "small.png", width=4, height=5, dpi=100, verbose=False)
    ink = matplotlib.image.imread(tmp_path / "small.png")[..., :3].min(axis=2)
    assert ink.shape == (500, 400)
    for edge in (ink[:, :2], ink[:, -2:], ink[:2], ink[-2:]):
        assert edge.min() > 0.9


def test_a_test_of_words_that_do_not_fit_can_fail() -> None:
    frame = pd.DataFrame({"x": [f"level number {i}" for i in range(30)], "y": 1.0})
    plain = plotnine.ggplot(frame, plotnine.aes("x", "y")) + plotnine.geom_point() + plotnine.labs(title="wide " * 60)
    figure = drawn(plain + NARROW)
    assert outside(figure)
    assert touching(figure)


def test_two_figures_side_by_side_fit_their_own_half() -> None:
    one = sm.pp_check(votes(18)) + plotnine.labs(title="A long title " * 8)
    figure = drawn(one | one)
    assert outside(figure) == []
    left, right = (text for text in figure.texts if text.get_text().startswith("A long title"))
    assert box(left).x1 < box(right).x0


def test_lines_are_no_wider_than_their_room_and_keep_every_letter() -> None:
    rng = np.random.default_rng(5)
    for _ in range(200):
        words = ["".join(rng.choice(list("ab_[(,:.-"), rng.integers(1, 25))) for _ in range(rng.integers(1, 8))]
        room = int(rng.integers(1, 20))
        lines = broken(" ".join(words), room, len).split("\n")
        assert max(map(len, lines)) <= room
        assert "".join(lines).replace(" ", "") == "".join(words)
        few = broken(" ".join(words), room, len, lines=2).split("\n")
        assert len(few) <= 2
        assert len(shortened(" ".join(words), room, len)) <= max(room, 2)


def test_a_response_is_called_what_it_counts() -> None:
    data = schools(18).assign(
        side=lambda d: pd.Categorical(np.where(d["vote"], "R", "D")), trials=lambda d: d["sick"] + d["well"]
    )
    said = {}
    for left in ("sick | trials(trials)", "cbind(sick, well)", "vote", "side", "I(score > 0)"):
        fit = sm.glm(f"{left} ~ z", data, family="binomial", **{**SIZES, "iter": 20})
        said[left] = (outcome(fit), shown_text(fit), expected_text(fit))
    assert said == {
        "sick | trials(trials)": ("sick", "share of sick", "probability of sick"),
        "cbind(sick, well)": ("sick", "share of sick", "probability of sick"),
        "vote": ("vote", "vote", "probability of vote"),
        "side": ("side is R", "side is R", "probability that side is R"),
        "I(score > 0)": ("I(score > 0)", "I(score > 0)", "probability of I(score > 0)"),
    }
    assert (expected_text(counts(18)), expected_text(normal(18))) == ("expected events", "expected score")
    assert linear_text(counts(18)) == "expected events (log scale)"


@pytest.mark.parametrize("fit", [normal, votes, shares, counts])
def test_no_axis_is_called_by_the_code_that_made_it(fit: Callable[[int], sm.Fit]) -> None:
    plots = [sm.plot_curves(fit(18), X, "school")]
    plots += [sm.pp_check(fit(18), kind) for kind in ("stat", "intervals", "error_binned", "error")]
    plots += list(sm.plot_conditional_effects(sm.conditional_effects(fit(18))).values())
    for plot in plots:
        for title in (plot.labels.get("x", ""), plot.labels.get("y", "")):
            assert not re.search(r"cbind|^estimate$|^value$|^middle$", title)


def test_colours_are_named_in_one_place() -> None:
    for path in Path(sm.__file__).parent.rglob("*.py"):
        texts = [node.value for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Constant)]
        found = [text for text in texts if isinstance(text, str) and re.fullmatch(r"#[0-9A-Fa-f]{6}", text)]
        assert not found or path.name == "theme.py", (path, found)


def test_zeros_and_ones_and_small_counts_are_checked_by_bars() -> None:
    assert [type(layer.geom).__name__ for layer in sm.pp_check(votes(18)).layers] == ["geom_col", "geom_pointrange"]
    assert "middle" in sm.pp_check(counts(18)).data
    assert "middle" in sm.pp_check(shares(18)).data
    assert "density" in sm.pp_check(normal(18)).data


def test_more_panels_than_a_page_has_room_for() -> None:
    with pytest.raises(sm.OptionError, match="up to 40 parameters have room for a panel each, these are 85; name some"):
        sm.plot_trace(votes(85), "varying")
    with pytest.raises(sm.OptionError, match=r"up to 15 parameters .* these are 18"):
        sm.plot_rank(votes(18), "varying")


def test_shortened_names_stay_apart() -> None:
    kinds = [f"a_rather_long_name_of_a_predictor:kind {n} of the schools, as inspectors say" for n in ("one", "two")]
    one, two = told_apart(kinds, 32, len)
    assert one != two
    assert max(len(one), len(two)) <= 32
    assert one.startswith("a_rather")
    assert "one of" in one
    assert told_apart(["same" * 20, "same" * 20], 9, len) == ["sames…ame", "sames…ame"]


def test_every_level_has_its_name_below_a_panel() -> None:
    frame = pd.DataFrame({"x": [f"grade {i} of twelve" for i in range(1, 13)], "y": 1.0})
    figure = drawn(Sheet(frame, plotnine.aes("x", "y")) + plotnine.geom_point() + theme_paper())
    named = [label.get_text().replace("\n", " ") for ax in figure.axes for label in labels(ax.xaxis)]
    assert sorted(named) == sorted(frame["x"])


def test_a_title_beside_the_panels_breaks_only_where_it_must() -> None:
    frame = pd.DataFrame({"x": [1.0, 2.0], "y": [1.0, 2.0]})
    words = "Coefficient of income (log odds a group)"
    plot = Sheet(frame, plotnine.aes("x", "y")) + plotnine.geom_point() + theme_paper() + plotnine.labs(y=words)
    figure = drawn(plot + plotnine.theme(figure_size=(5, 4)))
    assert words in [text.get_text() for text in shown_texts(figure)]


def test_names_of_groups_at_one_place_stand_in_rows() -> None:
    slopes = pd.DataFrame({"x": [1.0, 1.0, 10.0, 100.0], "name": ["one", "other", "middle", "last"]})
    placed = name_places(slopes.assign(lower95=0.0, upper95=1.0), slopes.assign(lower95=0.0, upper95=1.0), "x", 1, True)
    assert placed["top"].nunique() == 2
    assert placed["side"].tolist() == ["left", "left", "center", "right"]


def test_grouped_checks_of_long_names_are_rows_and_of_short_ones_panels() -> None:
    assert len(sm.pp_check(shares(18), "stat_grouped").layers) == 4
    short = sm.glmer("vote ~ z + (1 | code)", schools(18).assign(code=lambda d: d["school"].str[-3:]),
                     family="binomial", **SIZES)  # fmt: skip
    assert len(sm.pp_check(short, "stat_grouped").layers) == 2


def test_bars_of_close_rows_are_thinner() -> None:
    frames = [
        pd.DataFrame({"place": np.arange(1.0, n + 1), "estimate": 0.0}).assign(
            lower50=-1.0, upper50=1.0, lower95=-2.0, upper95=2.0
        )
        for n in (18, 500)
    ]
    few, many = (
        [layer.aes_params["size"] for layer in interval_bars(frame, (0.5, 0.95), BAYESPLOT)] for frame in frames
    )
    assert all(thin < thick / 4 for thin, thick in zip(many, few, strict=True))
