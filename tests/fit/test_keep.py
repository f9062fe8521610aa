"""Fits in files: the same fit again, in another process, whatever happens to the file or to the one who writes it."""

import json
import os
import signal
import subprocess
import sys
import typing
import zipfile
from dataclasses import is_dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import stanmlm as sm
from stanmlm.base.errors import FileError, OptionError, StanmlmError, StanmlmWarning
from stanmlm.data.factors import level_names
from stanmlm.families import Family
from stanmlm.fit import call as calling
from stanmlm.fit.files import saved as keep
from stanmlm.fit.files.records import RECORDS
from stanmlm.fit.fit import Fit, draws_of
from stanmlm.formula.rcode import Node
from stanmlm.sampling.engines.cmdstan import CmdStan

QUICK: dict[str, Any] = {"chains": 2, "iter": 300, "seed": 3}


def data(seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    n = 120
    frame = pd.DataFrame(
        {
            "y": rng.normal(size=n),
            "x.1": rng.normal(size=n),
            "f": pd.Categorical(rng.choice(["lo", "mid", "hi"], n), categories=["lo", "mid", "hi"], ordered=True),
            "g": rng.choice(list("abcdef"), n),
            "w": rng.uniform(0.5, 2, n),
            "aside": ["note", None, "other"] * 40,
        },
        index=[f"row{i}" for i in range(n)],
    )
    frame.loc["row7", "y"] = np.nan
    return frame


NEW = {"x.1": [0.3, -2.0], "f": ["hi", "lo"], "g": ["b", "never seen"], "w": [1.0, 1.0]}


@pytest.fixture(scope="module")
def fit() -> Fit:
    return sm.lmer(
        "y ~ poly(x.1, 2) + scale(w) + f + (1 + x.1 | g)",
        data(),
        weights="w",
        subset="w < 1.9",
        na_action="exclude",
        priors=["rstanarm", sm.set_prior("exponential(2)", class_="sd", group="g", coef="x.1")],
        **QUICK,
    )


@pytest.fixture(scope="module")
def kept(fit: Fit, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("kept") / "fit.stanmlm"
    sm.save(fit, path)
    return path


def python(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=120, check=False
    )


def answers(fit: Fit) -> dict[str, Any]:
    """What a user may ask, as bytes or text."""
    new = pd.DataFrame(NEW)
    return {
        "print": repr(fit),
        "summary": repr(sm.summary(fit)),
        "priors": repr(sm.prior_summary(fit)),
        "new": np.asarray(sm.posterior_epred(fit, new)).tobytes().hex(),
        "old": np.asarray(sm.posterior_predict(fit)).tobytes().hex(),
        "log_lik": np.asarray(sm.log_lik(fit)).tobytes().hex(),
        "data": fit.model.frame.data.to_csv(),
    }


ELSEWHERE = """
import json, sys
sys.path[:0] = sys.argv[3].split(":")
import stanmlm as sm
from test_keep import answers
updated = sm.update(sm.load(sys.argv[2]), ". ~ . - income", iter=200)
print(json.dumps([answers(sm.load(sys.argv[1])), list(sm.fixef(updated).index)]))
"""


@pytest.fixture(scope="module")
def with_dummies() -> Fit:
    """A fit to vectors and to a matrix of this function's, which no other process has."""
    rng = np.random.default_rng(1)
    vote, income = rng.integers(0, 2, 60), rng.normal(size=60)
    stateFE = sm.makeFEdummies(pd.Series(list("abc") * 20, name="state"))
    assert len(vote) == len(income) == len(stateFE)
    return sm.glm("vote ~ income + stateFE - 1", family=sm.binomial, **QUICK)


@pytest.fixture(scope="module")
def elsewhere(kept: Path, with_dummies: Fit) -> Any:
    """What another process finds in two files."""
    dummies = kept.with_name("dummies")
    sm.save(with_dummies, dummies)
    done = python(ELSEWHERE, str(kept), str(dummies), f"{Path(__file__).parents[1]}:{Path(__file__).parent}")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_a_fit_answers_to_the_last_bit_in_a_new_process(fit: Fit, elsewhere: Any) -> None:
    assert elsewhere[0] == answers(fit)


def test_vectors_and_matrices_from_the_scope_are_in_the_file(with_dummies: Fit, elsewhere: Any) -> None:
    assert elsewhere[1] == [name for name in sm.fixef(with_dummies).index if name != "income"]
    assert len(elsewhere[1]) == 3


def test_a_loaded_fit_holds_what_the_fit_held(fit: Fit, kept: Path) -> None:
    again = sm.load(kept)
    pd.testing.assert_frame_equal(again.model.frame.data, data(), check_exact=True)
    assert again.call == fit.call
    assert again.model.priors == fit.model.priors
    assert again.model.formula == fit.model.formula
    assert again.program == fit.program
    assert (again.engine, again.version, again.seconds, again.sampling) == (
        fit.engine,
        fit.version,
        fit.seconds,
        fit.sampling,
    )
    assert keep.fingerprint(again.model, again.call.arguments) == keep.fingerprint(fit.model, fit.call.arguments)
    assert again.posterior.attrs == fit.posterior.attrs
    for name, array in fit.posterior["posterior"].data_vars.items():
        assert array.identical(again.posterior["posterior"][name])


def test_the_file_is_json_and_arrays_and_nothing_else(kept: Path) -> None:
    with zipfile.ZipFile(kept) as archive:
        names = archive.namelist()
        assert names[0] == "manifest.json"
        for name in names[1:]:
            assert name == "document.json" or name.endswith(".npy"), name
            if name.endswith(".npy"):
                with archive.open(name) as source:
                    np.lib.format.read_array(source, allow_pickle=False)


def test_a_saved_copy_of_a_loaded_fit_is_the_same_file(kept: Path, tmp_path: Path) -> None:
    sm.save(sm.load(kept), tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == kept.read_bytes()


KILLED = """
import os, signal, sys
import numpy as np
import stanmlm as sm
from stanmlm.base.files import archive
fit = sm.load(sys.argv[1])
def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)
def save_until(moment, path):
    if moment == "rename":
        archive.Path.replace = die
    else:
        write, left = np.lib.format.write_array, [int(moment)]
        def some(sink, array, **how):
            left[0] -= 1
            if left[0] < 0:
                sink.write(b"half of it")
                die()
            write(sink, array, **how)
        np.lib.format.write_array = some
    sm.save(fit, path)
for path in sys.argv[2:]:
    child = os.fork()
    if child == 0:
        save_until(path.rpartition("-")[2], path)
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL")
def test_killing_save_leaves_the_old_file(kept: Path, tmp_path: Path) -> None:
    old = [tmp_path / f"fit-{moment}" for moment in ("0", "9", "rename")]
    for path in old:
        path.write_bytes(kept.read_bytes())
    done = python(KILLED, str(kept), *map(str, old))
    assert done.stdout.split() == [str(-signal.SIGKILL)] * 3, done.stderr
    for path in old:
        assert path.read_bytes() == kept.read_bytes()
        sm.load(path)
    assert len(list(tmp_path.iterdir())) == 6  # each had begun a file of its own beside the old one


def test_a_failed_save_leaves_the_old_file_and_no_other(fit: Fit, tmp_path: Path, monkeypatch: Any) -> None:
    path = tmp_path / "fit.stanmlm"
    path.write_text("old")

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np.lib.format, "write_array", full)
    with pytest.raises(FileError, match="No space left"):
        sm.save(fit, path)
    assert [p.name for p in tmp_path.iterdir()] == ["fit.stanmlm"]
    assert path.read_text() == "old"


def test_a_link_stays_a_link(fit: Fit, tmp_path: Path) -> None:
    (tmp_path / "real").write_text("")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    sm.save(fit, tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    sm.load(tmp_path / "real")


def test_damage_is_a_clear_error(kept: Path, tmp_path: Path) -> None:
    whole = kept.read_bytes()
    path = tmp_path / "damaged"
    rng = np.random.default_rng(1)
    for cut in (0, 1, 100, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:cut])
        with pytest.raises(FileError, match="damaged"):
            sm.load(path)
    refused = 0
    for _ in range(60):
        spoiled = bytearray(whole)
        at = rng.integers(0, len(whole), 4)
        for place in at:
            spoiled[place] ^= int(rng.integers(1, 256))
        path.write_bytes(bytes(spoiled))
        try:
            assert isinstance(sm.load(path), Fit)
        except FileError:
            refused += 1
    assert refused >= 55  # what is left are bytes that nothing reads, such as a date in the zip's directory


def test_a_flipped_bit_in_any_array_is_noticed(kept: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(kept) as archive:
        entries = [entry for entry in archive.infolist() if entry.filename.endswith(".npy")]
    whole = kept.read_bytes()
    for entry in entries:
        spoiled = bytearray(whole)
        data_start = entry.header_offset + 30 + len(entry.filename) + 20
        spoiled[data_start + entry.compress_size // 2] ^= 1
        (tmp_path / "spoiled").write_bytes(bytes(spoiled))
        with pytest.raises(FileError, match="damaged"):
            sm.load(tmp_path / "spoiled")


def rewritten(kept: Path, path: Path, **changes: object) -> Path:
    with zipfile.ZipFile(kept) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "manifest.json":
                content = json.dumps({**json.loads(content), **changes}).encode()
            new.writestr(name, content)
    return path


def test_foreign_and_newer_files_are_named_as_such(kept: Path, tmp_path: Path) -> None:
    newer = rewritten(kept, tmp_path / "newer", format=keep.FORMAT + 1, versions={"stanmlm": "9.1"})
    with pytest.raises(FileError, match=r"written by stanmlm 9\.1, a later version"):
        sm.load(newer)
    with pytest.raises(FileError, match="not a fit"):
        sm.load(rewritten(kept, tmp_path / "other", kind="something else"))
    np.savez(tmp_path / "arrays.npz", x=np.zeros(3))
    (tmp_path / "text").write_text("formula: y ~ x\n")
    for name, why in (("arrays.npz", "it lacks its part manifest.json"), ("text", "it is not what stanmlm wrote")):
        with pytest.raises(FileError, match=f"{name} holds no fit, or is damaged: {why}$"):
            sm.load(tmp_path / name)
    with pytest.raises(FileError, match="there is no file"):
        sm.load(tmp_path / "absent")
    with pytest.raises(FileError):
        sm.load(tmp_path)


def test_a_place_that_cannot_be_written_is_an_error_of_ours(fit: Fit, tmp_path: Path) -> None:
    with pytest.raises(FileError, match="cannot be written"):
        sm.save(fit, tmp_path / "no such folder" / "fit")
    with pytest.raises(FileError, match="cannot be written"):
        sm.save(fit, tmp_path)


def test_a_tilde_leads_home(fit: Fit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    sm.save(fit, "~/fit.stanmlm")
    assert (tmp_path / "fit.stanmlm").exists()
    assert sm.nobs(sm.load("~/fit.stanmlm")) == sm.nobs(fit)


def test_an_empty_path_is_no_folder(fit: Fit) -> None:
    for call in (lambda: sm.save(fit, ""), lambda: sm.load("")):
        with pytest.raises(FileError, match="the path is empty"):
            call()


def test_engines_keep_what_they_were_given(tmp_path: Path) -> None:
    fit = sm.lm("y ~ w", data(), **QUICK)
    for engine in (CmdStan(timeout=60), CmdStan()):
        sm.save(replace(fit, call=replace(fit.call, arguments={"engine": engine})), tmp_path / "fit")
        assert sm.load(tmp_path / "fit").call.arguments["engine"] == engine


def test_what_a_file_cannot_hold_is_named(tmp_path: Path) -> None:
    fit = sm.lm("y ~ w", data(), engine=Unkept(), **QUICK)
    with pytest.warns(StanmlmWarning, match="`engine`"):
        sm.save(fit, tmp_path / "fit")
    assert "engine" not in sm.load(tmp_path / "fit").call.arguments


class Unkept:
    """An engine of the user's own."""

    name, version = "unkept", "1"

    def sample(self, *arguments: Any) -> Any:
        return sm.choose_engine("stanli").sample(*arguments)


def test_engines_are_kept_by_name(tmp_path: Path) -> None:
    fit = sm.lm("y ~ w", data(), engine=sm.choose_engine("stanli"), **QUICK)
    sm.save(fit, tmp_path / "fit")
    assert sm.load(tmp_path / "fit").call.arguments["engine"] == sm.choose_engine("stanli")


@pytest.fixture
def fitted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The formulas that were really fitted."""
    real, seen = calling.fit_model, list[str]()

    def counted(call: Any, model: Any, run: Any) -> Fit:
        seen.append(model.formula.text)
        return real(call, model, run)

    monkeypatch.setattr(calling, "fit_model", counted)
    return seen


def test_file_refit_on_change_fits_again_when_the_posterior_or_the_sampling_is_another(
    tmp_path: Path, fitted: list[str]
) -> None:
    file = tmp_path / "fit"

    def fit(formula: str = "y ~ w", rows: pd.DataFrame | None = None, **changes: Any) -> Fit:
        frame = data() if rows is None else rows
        return sm.lm(formula, frame, file=file, file_refit="on_change", **{**QUICK, **changes})

    first = fit()
    assert draws_of(fit(), "b").tobytes() == draws_of(first, "b").tobytes()
    fit(cores=1, centering="noncentered", collapse=False, progress=False)
    assert fitted == ["y ~ w"]
    other = data()
    other.loc["row3", "y"] += 1
    for count, changes in enumerate(
        (
            {"iter": 320},
            {"seed": 4},
            {"prior": sm.normal(0, 1)},
            {"rows": other},
            {"formula": "y ~ w + f"},
            {"prior_only": True},
            {"weights": "w"},
            {},
        ),
        start=2,
    ):
        fit(**changes)  # type: ignore[arg-type]
        assert len(fitted) == count, changes


def test_file_refit_never_takes_what_is_there_and_says_where_it_is_another(tmp_path: Path, fitted: list[str]) -> None:
    file = tmp_path / "fit"
    sm.lm("y ~ w", data(), file=file, **QUICK)
    sm.lm("y ~ w", data(), file=file, **QUICK)
    with pytest.warns(StanmlmWarning, match="holds another fit"):
        again = sm.lm("y ~ f", data(), file=file, **QUICK)
    assert again.model.formula.text == "y ~ w"
    assert fitted == ["y ~ w"]
    sm.lm("y ~ f", data(), file=file, file_refit="always", **QUICK)
    assert fitted == ["y ~ w", "y ~ f"]


def test_file_options_are_checked(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="did you mean `on_change`"):
        sm.lm("y ~ w", data(), file=tmp_path / "fit", file_refit="onchange", **QUICK)
    with pytest.raises(OptionError, match="keeps no file"):
        sm.lmList("y ~ w | g", data(), file=tmp_path / "fit", **QUICK)
    (tmp_path / "mine").write_text("precious")
    with pytest.raises(StanmlmError):
        sm.lm("y ~ w", data(), file=tmp_path / "mine", **QUICK)
    assert (tmp_path / "mine").read_text() == "precious"


def records_within(kind: type, seen: set[type]) -> set[type]:
    """Every dataclass that the annotations of a record reach."""
    if kind in seen:
        return seen
    seen.add(kind)
    pending = list(typing.get_type_hints(kind, localns={"DataTree": object}).values())
    while pending:
        hint = pending.pop()
        pending += typing.get_args(hint)
        if isinstance(hint, type) and is_dataclass(hint):
            records_within(hint, seen)
    return seen


def test_every_record_of_a_fit_has_a_place_in_the_table() -> None:
    otherwise = {Family, Node}  # kept by name, and in postfix order
    assert records_within(Fit, set(otherwise)) - otherwise <= set(RECORDS.values())


def test_a_fit_is_what_is_saved(tmp_path: Path) -> None:
    fits = sm.lmList("y ~ w | g", data(), **QUICK)
    with pytest.raises(OptionError, match="fit is a FitList"):
        sm.save(fits, tmp_path / "fits")  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())


def test_levels_of_crossed_factors_that_earlier_files_have_as_texts_get_their_parts() -> None:
    data = pd.DataFrame({"a": np.repeat(["x:y", "x", "q"], 8), "b": np.repeat(["z", "y:z", "r"], 8)})
    data = data.assign(y=np.random.default_rng(1).normal(size=24))
    fit = sm.lmer("y ~ 1 + (1 | a:b) + (1 | a)", data, chains=1, iter=60, seed=1, progress=False)
    terms = fit.model.design.terms
    texts = tuple(replace(term, levels=level_names(term.levels)) for term in terms)
    older = replace(fit, model=replace(fit.model, design=replace(fit.model.design, terms=texts)))
    again = keep._with_crossed_levels(older).model.design.terms
    assert [term.levels for term in again] == [term.levels for term in terms]
    assert {"a:b", "a"} == {term.group for term in again}
