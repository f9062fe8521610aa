"""Figures from frames: places of labels, layers, checks, files."""

import itertools
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stanmlm.base.errors import DataError
from stanmlm.plots import Words, caption, interval_frame, plot_codes, plot_curves, plot_slopes, save_figure
from stanmlm.plots.curves import end_labels
from stanmlm.plots.frames import repel, spread_apart
from stanmlm.plots.slopes import name_places


def curves(groups: tuple[str, ...] = ("MS", "OH", "CT"), years: tuple[int, ...] = (2000, 2004)) -> pd.DataFrame:
    x = np.linspace(-2, 2, 5)
    parts = [
        pd.DataFrame({"income": x, "state": group, "year": year, "estimate": 0.5 + 0.05 * x * k})
        for (k, group), year in itertools.product(enumerate(groups), years)
    ]
    frame = pd.concat(parts, ignore_index=True)
    for name, off in {"lower95": -0.1, "lower50": -0.03, "upper50": 0.03, "upper95": 0.1}.items():
        frame[name] = frame["estimate"] + off
    return frame


def drawn(figure: object) -> list[object]:
    return [type(layer.geom).__name__ for layer in figure.layers]


def test_intervals_are_quantiles_of_the_draws_over_their_first_axis() -> None:
    draws = np.random.default_rng(1).normal(size=(1000, 3)) + np.array([0, 10, 20])
    frame = interval_frame(pd.DataFrame({"x": [1, 2, 3]}, index=[5, 6, 7]), draws)
    np.testing.assert_allclose(frame["estimate"], np.median(draws, axis=0))
    np.testing.assert_allclose(frame["lower95"], np.quantile(draws, 0.025, axis=0))
    np.testing.assert_allclose(frame["upper50"], np.quantile(draws, 0.75, axis=0))
    assert frame.index.tolist() == [0, 1, 2]


def test_spread_keeps_order_gap_and_centre_and_moves_nothing_without_need() -> None:
    rng = np.random.default_rng(2)
    for _ in range(20):
        places = rng.uniform(0, 1, 6)
        moved = spread_apart(places, 0.1)
        assert (np.argsort(moved) == np.argsort(places)).all()
        assert (np.diff(np.sort(moved)) >= 0.1 - 1e-12).all()
        assert moved.mean() == pytest.approx(places.mean())
    assert spread_apart(np.array([0.0, 5.0, 1.0]), 0.5).tolist() == [0.0, 5.0, 1.0]
    assert spread_apart(np.empty(0), 0.5).tolist() == []


def test_repelled_boxes_do_not_overlap_even_where_they_started_in_one_place() -> None:
    rng = np.random.default_rng(3)
    places = np.vstack([rng.uniform(0, 1, (40, 2)), [[0.5, 0.5], [0.5, 0.5]]])
    moved = repel(places, (0.08, 0.05))
    apart = np.abs(moved[:, None] - moved[None]) / (0.08, 0.05)
    assert (apart.max(axis=2)[~np.eye(len(moved), dtype=bool)] > 0.99).all()
    assert np.abs(moved - places).max() < 0.25
    far = np.array([[0.0, 0.0], [1.0, 1.0]])
    assert repel(far, (0.1, 0.1)).tolist() == far.tolist()


def test_names_at_the_ends_of_curves_stand_apart_in_every_panel() -> None:
    frame = curves().assign(estimate=lambda d: 0.5 + 0.001 * d["estimate"])
    labels = end_labels(frame, "income", "state", ["year"], {"MS": "Mississippi"})
    assert set(labels["income"]) == {2.0}
    assert set(labels["name"]) == {"Mississippi", "OH", "CT"}
    for _, panel in labels.groupby("year"):
        assert np.diff(np.sort(panel["place"])).min() > 0.01


def test_names_above_slopes_get_rows_of_their_own_where_near() -> None:
    slopes = pd.DataFrame({"x": [0.0, 1.0, 5.0, 10.0], "name": "Mississippi", "lower95": 0.0, "upper95": 1.0})
    placed = name_places(slopes, slopes, "x")
    assert (placed["top"] > 1).all()
    assert placed["top"].iloc[0] < placed["top"].iloc[1]
    assert placed["top"].iloc[0] == placed["top"].iloc[2] == placed["top"].iloc[3]
    assert placed["side"].tolist() == ["left", "center", "center", "right"]


def test_curves_have_bands_only_for_highlights_and_their_data_as_a_frame() -> None:
    frame = curves()
    sizes = frame.assign(share=0.2)
    dots = frame[frame["income"] == 0]
    figure = plot_curves(
        frame,
        "income",
        "state",
        ["MS"],
        columns="year",
        sizes=sizes,
        dots=dots,
        percent=True,
        words=Words(title="A title"),
    )
    assert figure.data is frame
    assert drawn(figure) == [
        "geom_line",
        "geom_ribbon",
        "geom_ribbon",
        "geom_line",
        "geom_point",
        "geom_point",
        "geom_text",
    ]
    assert all(set(layer._data["state"]) == {"MS"} for layer in figure.layers[1:])


def test_curves_of_any_factor_draw_without_facets_and_highlights(tmp_path: Path) -> None:
    frame = curves(groups=("a", "b"), years=(1,)).rename(columns={"income": "dose", "state": "clinic"})
    figure = plot_curves(frame, "dose", "clinic")
    files = save_figure(figure, tmp_path / "plain", 3, 2, dpi=60)
    assert [file.name for file in files] == ["plain.png", "plain.pdf"]
    assert all(file.stat().st_size > 2000 for file in files)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"x": "incom"}, r"no column `incom`; did you mean `income`\?"),
        ({"columns": "yaer"}, r"no column `yaer`; did you mean `year`\?"),
        ({"highlight": ["XX"]}, "`XX` of `state` is not in the frame"),
        ({"highlight": ["MS"] * 7}, "tells 6 groups apart; 7 were"),
    ],
)
def test_frames_that_cannot_be_drawn_are_refused(change: dict[str, object], says: str) -> None:
    arguments = {"x": "income", "group": "state", "highlight": ["MS"], "columns": "year"} | change
    with pytest.raises(DataError, match=says):
        plot_curves(curves(), **arguments)
    with pytest.raises(DataError, match=says):
        plot_slopes(curves(), **arguments)


def test_slopes_and_codes_draw_into_files(tmp_path: Path) -> None:
    slopes = curves()[lambda d: d["income"] == 2].assign(dollars=[22, 22, 29, 29, 42, 42])
    line = slopes.drop(columns="state")
    figure = plot_slopes(slopes, "dollars", "state", ["MS", "CT"], line=line, columns="year", log_x=True)
    assert figure.data is slopes
    codes = plot_codes(
        slopes.assign(won="R"),
        "dollars",
        "estimate",
        "state",
        "won",
        {"R": "red"},
        columns="year",
        level=0.5,
        log_x=True,
    )
    assert {"code_x", "code_y"} <= set(codes.data.columns)
    for name, plot in {"slopes": figure, "codes": codes}.items():
        assert all(file.stat().st_size > 2000 for file in save_figure(plot, tmp_path / name, 4, 2, dpi=60))


def test_captions_are_whole_sentences() -> None:
    assert caption(("One", "", "Two.")) == "One. Two."
