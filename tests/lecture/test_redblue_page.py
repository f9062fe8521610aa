"""The page to play with: one file, all inside; and in Chromium, where states and years are clicked."""

import json
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from stanmlm.base.errors import OptionError
from stanmlm.lecture.redblue import redblue
from stanmlm.lecture.redblue.frames import highlights, state_grid
from stanmlm.lecture.redblue.page import page_of
from stanmlm.lecture.surveys import Survey
from stanmlm.lecture.voters import simulated_survey
from stanmlm.plots.frames import interval_frame

pytest.importorskip("altair", reason="the extra `html` is not installed")
MODELS = ("varying-intercept", "fully-conditional")


@pytest.fixture(scope="module")
def survey() -> Survey:
    return simulated_survey(seed=1)


@pytest.fixture(scope="module")
def page(survey: Survey) -> str:
    """Curves of no fit: what is drawn is what is given."""
    rng = np.random.default_rng(1)
    frames = []
    for year, voters in survey.frame.groupby("year"):
        grid = state_grid(voters)
        draws = 1 / (1 + np.exp(-0.3 * grid["income"].to_numpy() - rng.normal(0, 0.2, (40, 1))))
        frames += [interval_frame(grid, draws).assign(year=year, model=model) for model in MODELS]
    curves = pd.concat(frames, ignore_index=True)
    return page_of(survey, curves, highlights(survey.frame), ["1 < 2 & </script>"])


def figure_in(page: str) -> dict[str, Any]:
    found = re.search(r'vegaEmbed\("#vis", (\{.*\}), \{renderer', page)
    assert found is not None
    figure: dict[str, Any] = json.loads(found[1])
    return figure


def test_a_page_asks_for_nothing_from_elsewhere(page: str) -> None:
    apart = re.sub(r"<script>.*?</script>", "<script></script>", page, flags=re.DOTALL)
    assert apart.count("<script>") == 2
    assert not re.findall(r"src=|href=|url\(", apart)
    assert "1 &lt; 2 &amp; &lt;/script&gt;" in page
    assert apart.count("</html>") == 1


def test_a_page_has_every_state_of_every_year_and_its_counts(survey: Survey, page: str) -> None:
    tables = figure_in(page)["datasets"].values()
    (counts,) = (pd.DataFrame(rows) for rows in tables if set(rows[0]) >= {"n", "dollars"})
    expected = survey.frame.groupby(["state", "year"]).size()
    pd.testing.assert_series_equal(
        counts.set_index(["state", "year"])["n"].sort_index(), expected.sort_index(), check_names=False
    )
    (curves,) = (pd.DataFrame(rows) for rows in tables if "lower95" in rows[0])
    assert set(curves["state"]) == set(survey.frame["state"])
    assert set(curves["model"]) == set(MODELS)
    in_groups = curves[(curves["role"] == "group") & (curves["model"] == MODELS[0])]
    assert in_groups["n"].sum() == len(survey.frame)


def test_what_the_page_needs_is_asked_for_before_the_models_are_fitted(
    monkeypatch: pytest.MonkeyPatch, survey: Survey, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "altair", None)
    with pytest.raises(OptionError, match=r'pip install "stanmlm\[html\]"'):
        redblue(survey.frame, out=tmp_path, html=True)
    assert not list(tmp_path.iterdir())


@pytest.fixture(scope="module")
def browser(page: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="`make docs-check` installs it")
    file = tmp_path_factory.mktemp("page") / "redblue.html"
    file.write_text(page, encoding="utf-8")
    with playwright.sync_playwright() as drivers:
        chromium = drivers.chromium.launch(executable_path=shutil.which("chromium"))
        tab = chromium.new_page(viewport={"width": 1100, "height": 1200})
        tab.said = []
        tab.on("console", lambda message: tab.said.append(message.text))
        tab.on("request", lambda request: request.url.startswith("http") and tab.said.append(request.url))
        tab.goto(file.as_uri())
        tab.wait_for_selector("#vis svg")
        yield tab
        chromium.close()


def bars(tab: Any) -> list[str]:
    """The states whose respondents are counted, a bar a year."""
    labels = [bar.get_attribute("aria-label") or "" for bar in tab.locator(".mark-rect path").all()]
    return sorted(name for label in labels for name in re.findall(r"State: ([^;]+)", label))


@pytest.mark.slow
def test_a_reader_picks_states_years_and_models_in_a_browser(browser: Any) -> None:
    first = ["Connecticut", "Mississippi", "Ohio"]
    assert bars(browser) == sorted(2 * first)
    browser.locator("#vis svg text", has_text=re.compile("^TX$")).first.click(force=True)
    browser.wait_for_timeout(300)
    assert bars(browser) == sorted(2 * [*first, "Texas"])
    browser.locator('input[type=radio][value="2004"]').click()
    browser.wait_for_timeout(300)
    assert bars(browser) == sorted([*first, "Texas"])
    browser.locator("#vis svg text", has_text=re.compile("^OH$")).first.click(force=True)
    browser.wait_for_timeout(300)
    assert bars(browser) == sorted({*first, "Texas"} - {"Ohio"})
    browser.locator('input[type=radio][value="varying-intercept"]').click()
    browser.wait_for_timeout(300)
    assert browser.locator("#vis svg text", has_text=re.compile("^MS$")).count() > 0
    assert browser.said == []
