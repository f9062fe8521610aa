"""`modeltable`: what stands in its cells, and the files that maketables makes of it."""

import re
import zipfile
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from public_calls import REPLAY, exams, exams_fit, lists

import stanmlm as sm
from stanmlm.fit.model_rows import model_rows


@cache
def pooled() -> sm.Fit:
    return sm.lm("score ~ hours", exams(), engine=REPLAY, progress=False)


@cache
def slopes() -> sm.Fit:
    return sm.lmer("score ~ hours + (hours | student)", exams(), engine=REPLAY, progress=False)


def test_rows_have_modelsummarys_names_and_order() -> None:
    one, other = pooled(), slopes()
    frame = sm.modeltable([one, other]).to_frame()
    assert frame.columns.tolist() == [("score", "one"), ("score", "other")]
    assert frame.index.tolist() == [
        *("(Intercept)", "hours", "SD (Intercept student)", "SD (hours student)", "Cor (Intercept~hours student)"),
        *("SD (Observations)", "Observations", "Groups: student"),
    ]
    assert frame.loc["SD (hours student)", ("score", "one")] == ""
    assert frame.loc["Groups: student"].tolist() == ["", "6"]


def test_cells_are_means_and_intervals_of_the_draws() -> None:
    draws = sm.as_draws_df(slopes())["b[hours]"]
    low, high = np.quantile(draws, [0.1, 0.9])
    cell = sm.modeltable(slopes(), conf_level=0.8, digits=5).to_frame().loc["hours"].iloc[0]
    assert cell == f"{draws.mean():.5f}\n[{low:.5f}, {high:.5f}]"
    ratio = sm.modeltable(slopes(), statistic="std.error", exponentiate=True, digits=5)
    mean = np.exp(draws.mean())
    assert ratio.to_frame().loc["hours"].iloc[0] == f"{mean:.5f}\n({mean * draws.std():.5f})"
    assert ratio.note == "Posterior means, those of coefficients exponentiated, with posterior sds."
    sds = [
        table.estimates.set_index("term")["estimate"]["SD (Observations)"] for table in (ratio, sm.modeltable(slopes()))
    ]
    assert sds[0] == sds[1]  # only coefficients are exponentiated


def test_names_are_the_callers_or_the_formulas() -> None:
    names = lambda table: [name for _, name in table.to_frame().columns]  # noqa: E731
    assert names(sm.modeltable([pooled(), slopes()])) == ["score ~ hours", "score ~ hours + (hours | student)"]
    assert names(sm.modeltable({"a": pooled(), "b": slopes()})) == ["a", "b"]
    assert names(sm.modeltable([pooled(), pooled()])) == ["score ~ hours (1)", "score ~ hours (2)"]
    assert names(sm.modeltable(lists())) == list(lists())


def test_rows_are_picked_renamed_and_left_out() -> None:
    rows = lambda **how: sm.modeltable(slopes(), gof_map=(), **how).to_frame().index.tolist()  # noqa: E731
    assert rows(coef_map={"hours": "Hours", "(Intercept)": "Constant"}) == ["Hours", "Constant"]
    assert rows(coef_map=["hours"]) == ["hours"]
    assert rows(coef_rename={"hours": "Hours"}, effects="fixed") == ["(Intercept)", "Hours"]
    assert rows(coef_omit=r"^(SD|Cor)") == ["(Intercept)", "hours"]
    with pytest.raises(sm.OptionError, match="no model has a row `hour`; did you mean `hours`"):
        rows(coef_map=["hour"])
    with pytest.raises(sm.OptionError, match="`x` is the name of two rows of the model"):
        rows(coef_rename={"hours": "x", "(Intercept)": "x"})
    with pytest.raises(sm.OptionError, match="gof_map has `AIC`"):
        sm.modeltable(slopes(), gof_map="AIC")
    with pytest.raises(sm.DataError, match="needs fits"):
        sm.modeltable([])


def test_small_numbers_keep_two_figures_of_their_error() -> None:
    data = exams().assign(dollars=lambda d: d["hours"] * 2e4, coins=lambda d: d["hours"] * 1e9)
    models = [sm.lm(f"score ~ {name}", data, engine=REPLAY, progress=False) for name in ("dollars", "coins")]
    frame = sm.modeltable(models, effects="fixed", statistic=None, gof_map=()).to_frame()
    for name, fit in zip(("dollars", "coins"), models, strict=True):
        row, text = model_rows(fit).loc[name], next(filter(None, frame.loc[name]))
        assert abs(float(text) - row["estimate"]) < 0.05 * row["std.error"]
        assert len(text) < 10


def test_stars_mark_intervals_without_nothing_and_are_off() -> None:
    rows = model_rows(slopes(), 0.3, exponentiate=True)
    frame = sm.modeltable(slopes(), conf_level=0.3, stars=True, exponentiate=True).to_frame()
    away = ~((rows["conf.low"] <= 1) & (rows["conf.high"] >= 1)) & (rows["section"] == "fixed")
    assert away.any()
    assert {name for name in rows.index if "*" in frame.loc[name].iloc[0]} == set(rows.index[away])
    assert "*" not in repr(sm.modeltable(slopes()))


def test_quality_is_what_the_verbs_say() -> None:
    frame = sm.modeltable([pooled(), slopes()], gof_map=["loo", "r2", "bayes_R2", "icc"]).to_frame()
    below = frame.iloc[-5:]
    assert below.index.tolist() == ["ELPD (loo)", "R² (conditional)", "R² (marginal)", "R² (Bayesian)", "ICC"]
    elpd = sm.loo(slopes()).estimates.loc["elpd_loo"]
    assert below.iloc[0, 1] == f"{elpd['Estimate']:.1f} ({elpd['SE']:.1f})"
    assert below.loc["R² (marginal)"].tolist() == ["", f"{sm.r2(slopes()).frame['estimate'][1]:.3f}"]


def test_it_prints_a_line_a_line_of_a_cell() -> None:
    lines = repr(sm.modeltable(pooled(), gof_map="nobs", title="Exams")).splitlines()
    assert lines[:2] == ["Exams", "Response: score"]
    assert [line.split("  ")[0] for line in lines[4:]] == [
        *("(Intercept)", "", "hours", "", lines[3], "SD (Observations)", "", lines[3], "Observations", lines[3]),
        "Posterior means with 95% intervals.",
    ]


def test_distributional_models_and_ordinal_ones_have_all_their_rows() -> None:
    formula = sm.bf("score ~ hours + (1 | student)", "sigma ~ hours")
    stacked = sm.brm(formula, exams(), engine=REPLAY, progress=False)
    assert "sigma_hours" in sm.modeltable(stacked).to_frame().index
    heavy = sm.brm("score ~ hours", exams(), family="student", engine=REPLAY, progress=False)
    assert sm.modeltable(heavy).to_frame().index.tolist() == ["(Intercept)", "hours", "sigma", "nu", "Observations"]
    nothing = sm.lm("score ~ 0", exams(), engine=REPLAY, progress=False)
    assert sm.modeltable({"none": nothing}).to_frame().index.tolist() == ["SD (Observations)", "Observations"]


def test_it_is_saved_as_html_latex_word_and_typst(tmp_path: Path) -> None:
    table = sm.modeltable({"a_b": slopes()}, title="50% & é", gof_map=("nobs", "r2"))
    for ending in ("html", "tex", "docx", "typ"):
        table.save(tmp_path / f"table.{ending}")
    page = (tmp_path / "table.html").read_text(encoding="utf-8")
    assert page.startswith("<!DOCTYPE html>")
    assert "50% &amp; é" in page
    assert "hours<" in page
    tex = (tmp_path / "table.tex").read_text(encoding="utf-8")
    assert r"\caption{50\% \& é}" in tex
    assert r"a\_b" in tex
    assert "$R^2$ (marginal)" in tex
    assert r"\\[-" not in tex  # LaTeX takes a bracket after a line break for its length
    assert not re.search(r"(?<!\\)%", tex)
    with zipfile.ZipFile(tmp_path / "table.docx") as document:
        assert "Cor (Intercept~hours student)" in document.read("word/document.xml").decode()
    assert "#table" in (tmp_path / "table.typ").read_text(encoding="utf-8")
    assert type(table.make("gt")).__name__ == "GT"


def test_what_cannot_be_made_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = sm.modeltable(pooled())
    with pytest.raises(sm.OptionError, match=r"table\.pdf should end with \.html"):
        table.save(tmp_path / "table.pdf")
    with pytest.raises(sm.OptionError, match="no form `latex`"):
        table.make("latex")
    with pytest.raises(sm.FileError):
        table.save(tmp_path / "absent" / "table.tex")
    monkeypatch.setattr("stanmlm.after.tables.rendered.find_spec", lambda name: None)
    with pytest.raises(sm.OptionError, match=r'pip install "stanmlm\[tables\]"'):
        table.make("tex")
    assert "Posterior means" in repr(table)  # as text it needs nothing


def test_maketables_takes_a_fit_itself() -> None:
    from maketables import ETable

    found = ETable([pooled(), exams_fit()], coef_fmt="b:.2f [ci95l:.2f, ci95u:.2f]").df
    assert found.columns.tolist() == [("score", "(1)"), ("score", "(2)")]
    assert found.loc[("stats", "Groups: student")].tolist() == ["-", "6"]
    row = model_rows(pooled()).loc["hours"]
    shown = "{estimate:.2f} [{conf.low:.2f}, {conf.high:.2f}]".replace("conf.", "conf_")
    text = shown.format(estimate=row["estimate"], conf_low=row["conf.low"], conf_high=row["conf.high"])
    assert found.loc[("coef", "hours")].iloc[0] == text
    assert "***" not in ETable([pooled()]).df.to_string()
