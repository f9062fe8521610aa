"""VarCorr as a table, as matrices and as a frame."""

import numpy as np
import pandas as pd
import pytest
from small_fits import SIZES, draws, exams_fit, trials_fit

import stanmlm as sm


def test_a_factor_has_its_covariance_matrix_with_names_and_intervals() -> None:
    found = sm.VarCorr(exams_fit())["student"]
    assert found.index.tolist() == found.columns.tolist() == ["(Intercept)", "hours"]
    sd, cor = found.attrs["stddev"], found.attrs["correlation"]
    np.testing.assert_allclose(sd, draws(exams_fit(), "sd_student").mean(axis=0))
    np.testing.assert_allclose(cor[0, 1], draws(exams_fit(), "cor_student").mean())
    np.testing.assert_allclose(found, np.diag(sd) @ cor @ np.diag(sd))
    sds, pair = draws(exams_fit(), "sd_student"), draws(exams_fit(), "cor_student")[:, 0]
    bounds = np.quantile(sds[:, 0] * sds[:, 1] * pair, [0.025, 0.975])
    assert [found.attrs["lower"][1, 0], found.attrs["upper"][0, 1]] == pytest.approx(bounds.tolist())
    assert found.attrs["lower"].shape == (2, 2)


def test_the_level_of_the_intervals_can_be_asked_for() -> None:
    wide, narrow = (sm.VarCorr(exams_fit(), level=level).to_frame() for level in (0.95, 0.5))
    assert (narrow["conf.low"] > wide["conf.low"]).all()
    assert (narrow["conf.high"] < wide["conf.high"]).all()
    with pytest.raises(sm.OptionError, match="level"):
        sm.VarCorr(exams_fit(), level=95)


def test_its_frame_is_lme4s_with_the_intervals_of_confint() -> None:
    table = sm.VarCorr(exams_fit())
    frame = table.to_frame()
    pd.testing.assert_frame_equal(frame.drop(columns=["conf.low", "conf.high"]), sm.as_data_frame(table))
    intervals = sm.confint(exams_fit()).iloc[:4]
    np.testing.assert_allclose(frame[["conf.low", "conf.high"]], intervals)


def test_a_model_without_a_residual_has_no_row_of_it() -> None:
    table = sm.VarCorr(trials_fit())
    assert list(table) == ["g", "h"]
    assert table.to_frame()["grp"].tolist() == ["g", "g", "g", "h"]
    with pytest.raises(sm.DataError, match="`k` is not a grouping factor of the model; there is `g`, `h`"):
        table["k"]
    assert sm.VarCorr(sm.lm("score ~ hours", sm.simulate_exams(seed=1), **SIZES)).to_frame()["grp"].tolist() == [
        "Residual"
    ]


def test_bars_of_one_factor_and_a_factor_called_like_one_have_names_of_their_own() -> None:
    rng = np.random.default_rng(1)
    data = pd.DataFrame(
        {"x": rng.normal(size=80), "g": np.repeat(list("abcdefgh"), 10), "g.1": np.tile(list("uv"), 40)}
    )
    data = data.assign(Residual=data["g"], y=rng.normal(size=80))
    fit = sm.lmer("y ~ x + (x || g) + (1 | g.1) + (1 | Residual)", data, **{**SIZES, "iter": 100})
    assert len(set(sm.VarCorr(fit))) == 4
    assert sm.VarCorr(fit)["Residual"].index.tolist() == ["(Intercept)"]
    shares = sm.variance_decomposition(fit).frame
    assert not shares.duplicated(["group", "quantity"]).any()
    assert shares.loc[shares["quantity"] == "variance share", "estimate"].sum() == pytest.approx(1, abs=0.1)
