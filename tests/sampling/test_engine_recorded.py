import json
import os
from dataclasses import replace

import engine_toys as toys
import numpy as np
import pandas as pd
import pytest

from stanmlm.base.errors import EngineError, FileError, OptionError
from stanmlm.families import as_family
from stanmlm.fit.pipeline import ModelOptions, build_model
from stanmlm.fit.verbs import lmer
from stanmlm.sampling.engines.recorded import Recorded, record
from stanmlm.sampling.engines.stanli import Stanli
from stanmlm.sampling.program import program, structure
from stanmlm.sampling.standata import standata


@pytest.fixture(scope="module")
def raw():
    return Stanli().sample(toys.toy(), toys.toy_data(), toys.short())


@pytest.fixture
def file(raw, tmp_path):
    path = tmp_path / "toy.npz"
    record(raw, toys.toy(), toys.toy_data(), path)
    return path


def test_what_comes_back_is_what_was_recorded(raw, file):
    again = Recorded(file).sample(toys.toy(), toys.toy_data(), toys.short(chains=4))
    for kept, given in ((again.values, raw.values), (again.stats, raw.stats)):
        assert list(kept) == list(given)
        assert all(np.array_equal(kept[name], given[name]) for name in given)
        assert all(kept[name].dtype == given[name].dtype for name in given)
    for field in ("engine", "version", "seconds", "sampling"):
        assert getattr(again, field) == getattr(raw, field)


def test_nothing_is_pickled(file):
    with np.load(file, allow_pickle=False) as stored:
        assert all(stored[name].dtype.kind in "fibU" for name in stored.files)


def test_draws_of_another_program_are_refused(file):
    other = toys.program_of(toys.TOY.replace("exponential(1)", "exponential(2)"))
    with pytest.raises(EngineError, match=r"toy\.npz: made by another program"):
        Recorded(file).sample(other, toys.toy_data(), toys.short())


@pytest.mark.parametrize(
    "change",
    [
        {"y": np.asarray(toys.toy_data()["y"]) * 1.001},
        {"y": np.asarray(toys.toy_data()["y"])[::-1]},
        {"y": np.asarray(toys.toy_data()["y"])[:, None]},
        {"K": 1},
        {"extra": 1},
    ],
)
def test_draws_from_other_data_are_refused(file, change):
    with pytest.raises(EngineError, match=rf"made from other data \({next(iter(change))}\)"):
        Recorded(file).sample(toys.toy(), {**toys.toy_data(), **change}, toys.short())


def test_the_last_digits_of_another_machine_do_not_matter(file):
    data = {name: np.asarray(value) * (1 + 1e-12) for name, value in toys.toy_data().items() if name in ("y", "X")}
    assert Recorded(file).sample(toys.toy(), {**toys.toy_data(), **data}, toys.short()).engine == "stanli"


def test_a_folder_is_searched_for_the_one_that_fits(raw, file):
    shifted = {**toys.toy_data(), "y": np.asarray(toys.toy_data()["y"]) + 1}
    record(Stanli().sample(toys.toy(), shifted, toys.short(iter=20)), toys.toy(), shifted, file.parent / "a.npz")
    engine = Recorded(file.parent)
    assert engine.sample(toys.toy(), toys.toy_data(), toys.short()).values["b"].shape == raw.values["b"].shape
    assert engine.sample(toys.toy(), shifted, toys.short()).values["b"].shape == (2, 10, 2)


@pytest.mark.parametrize("content", [None, b"", b"not an archive", b"PK\x03\x04 half an archive"])
def test_a_file_that_is_no_recording_is_an_error(tmp_path, content):
    path = tmp_path / "broken.npz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(EngineError, match=r"holds no recorded draws: (.*there is no file|it is not what stanmlm)"):
        Recorded(path).sample(toys.toy(), toys.toy_data(), toys.short())


def test_an_empty_folder_is_an_error(tmp_path):
    with pytest.raises(EngineError, match="nothing there"):
        Recorded(tmp_path).sample(toys.toy(), toys.toy_data(), toys.short())


def test_a_recording_with_divergences_is_replayed_once_and_not_for_ever(tmp_path):
    """The pipeline raises adapt_delta while transitions diverge; a recording diverges whatever is asked for."""
    scores = pd.DataFrame({"score": np.arange(12.0) % 5, "school": list("abc") * 4})
    formula = "score ~ 1 + (1 | school)"
    model = build_model(formula, scores, as_family("gaussian"), {}, ModelOptions())
    text, data = program(structure(model)), standata(model)
    raw = Stanli().sample(text, data, toys.short(iter=40))
    diverging = np.ones_like(raw.stats["diverging"])
    record(replace(raw, stats={**raw.stats, "diverging": diverging}), text, data, tmp_path / "scores.npz")
    fit = lmer(formula, scores, engine=Recorded(tmp_path), progress=False)
    assert fit.sampling == raw.sampling


def test_recorded_draws_neither_compute_nor_optimize(file):
    with pytest.raises(EngineError, match="log density"):
        Recorded(file).log_density(toys.toy(), toys.toy_data(), toys.toy_point())
    with pytest.raises(EngineError, match="mode"):
        Recorded(file).optimize(toys.toy(), toys.toy_data(), 1)


def test_what_is_incomplete_or_of_another_kind_is_no_recording(tmp_path):
    path = tmp_path / "odd.npz"
    whole = {"program": toys.toy().sha256, "data": {}, "engine": "a", "version": "1", "seconds": [1, 2], "sampling": {}}
    for about in ([], 5, {}, *({**whole, name: None} for name in whole), {**whole, "program": 1}):
        np.savez(path, about=np.array(json.dumps(about)))
        with pytest.raises(EngineError, match="holds no recorded draws"):
            Recorded(path).sample(toys.toy(), toys.toy_data(), toys.short())
    for about in ({**whole, "seconds": ["x", 1]}, {**whole, "seconds": [1]}, {**whole, "sampling": {"iter": "many"}}):
        np.savez(path, about=np.array(json.dumps(about)))
        with pytest.raises(EngineError, match="damaged"):
            Recorded(path).sample(toys.toy(), {}, toys.short())


def test_recordings_are_of_draws_and_in_files(raw, tmp_path):
    with pytest.raises(OptionError, match="raw is 1; it must be a RawDraws"):
        record(1, toys.toy(), toys.toy_data(), tmp_path / "a.npz")
    with pytest.raises(OptionError, match="path is 5; it must be"):
        Recorded(5)
    with pytest.raises(FileError, match="cannot be written: there is no folder"):
        record(raw, toys.toy(), toys.toy_data(), tmp_path / "absent" / "a.npz")
    record(raw, toys.toy(), toys.toy_data(), str(tmp_path / "a.npz"))
    assert Recorded(str(tmp_path)).sample(toys.toy(), toys.toy_data(), toys.short()).engine == "stanli"


def test_a_recording_takes_the_place_of_a_file_and_of_nothing_else(raw, tmp_path, file):
    before = file.read_bytes()
    with pytest.raises(FileError, match="/dev/null cannot be written: it is a device"):
        record(raw, toys.toy(), toys.toy_data(), "/dev/null")
    with pytest.raises(TypeError):
        record(replace(raw, stats={"bad": Unwritable()}), toys.toy(), toys.toy_data(), file)
    assert file.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == [file.name]


def test_what_is_no_file_holds_no_recording(tmp_path):
    os.mkfifo(tmp_path / "pipe.npz")
    with pytest.raises(EngineError, match=r"holds no recorded draws: .* it is a pipe"):
        Recorded(tmp_path / "pipe.npz").sample(toys.toy(), toys.toy_data(), toys.short())


def test_a_flipped_byte_is_an_error_of_ours_or_changes_no_draw(raw, file):
    whole = file.read_bytes()
    for place in range(40, len(whole), 97):
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        try:
            found = Recorded(file).sample(toys.toy(), toys.toy_data(), toys.short())
        except EngineError:
            continue
        assert all(np.array_equal(found.values[name], raw.values[name]) for name in raw.values)  # no byte of the draws


def test_an_array_that_the_directory_has_lost_is_missed(file):
    with np.load(file) as stored:
        arrays = {name: stored[name] for name in stored.files if name != "values/doubled"}
    np.savez_compressed(file, **arrays)
    with pytest.raises(EngineError, match="damaged: some of its arrays are lost"):
        Recorded(file).sample(toys.toy(), toys.toy_data(), toys.short())


class Unwritable:
    def __array__(self, dtype=None, copy=None):
        raise TypeError("no numbers here")
