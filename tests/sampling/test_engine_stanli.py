import io
import os
import signal
import sys
import threading
import time

import engine_toys as toys
import numpy as np
import pytest
from scipy import stats

from stanmlm.base.errors import EngineError, OptionError, StartError
from stanmlm.sampling.engines import progress
from stanmlm.sampling.engines.advice import failure
from stanmlm.sampling.engines.progress import bars, printed_lines
from stanmlm.sampling.engines.stanli import Stanli


@pytest.fixture(scope="module")
def engine():
    return Stanli()


@pytest.fixture(scope="module")
def raw(engine):
    return engine.sample(toys.toy(), toys.toy_data(), toys.short())


def test_draws_have_their_declared_shapes(raw):
    shapes = {name: array.shape[2:] for name, array in raw.values.items()}
    assert shapes == {
        "alpha": (),
        "b": (2,),
        "m": (2, 3),
        "rows": (2, 3),
        "sigma": (),
        "L": (3, 3),
        "doubled": (2,),
    }
    assert {array.shape[:2] for array in raw.values.values()} == {(2, 200)}


@pytest.mark.parametrize("name", ["m", "rows"])
def test_elements_are_where_the_program_puts_them(raw, name):
    expected = np.array([[11, 12, 13], [21, 22, 23]])
    assert np.abs(raw.values[name].mean(axis=(0, 1)) - expected).max() < 0.01


def test_draws_are_views_of_one_block(raw):
    assert all(array.base is not None for array in raw.values.values())


def test_sampler_statistics_have_arviz_names(raw):
    kinds = {name: array.dtype.kind for name, array in raw.stats.items()}
    assert kinds == {
        "lp": "f",
        "acceptance_rate": "f",
        "step_size": "f",
        "tree_depth": "i",
        "n_steps": "i",
        "diverging": "b",
        "energy": "f",
    }
    assert (raw.stats["n_steps"] >= 1).all()


def test_draws_tell_who_made_them(raw, engine):
    assert (raw.engine, raw.version) == ("stanli", engine.version)
    assert raw.sampling == toys.short()
    assert all(seconds > 0 for seconds in raw.seconds)


def test_a_seed_gives_the_same_draws_whatever_the_cores(engine, raw):
    again = engine.sample(toys.toy(), toys.toy_data(), toys.short(cores=1))
    assert all(np.array_equal(again.values[name], raw.values[name]) for name in raw.values)


@pytest.mark.parametrize(("iter", "warmup", "thin", "kept"), [(60, 0, 7, 9), (100, 50, 50, 1)])
def test_thinning_keeps_the_first_draw_and_every_thin_th(engine, iter, warmup, thin, kept):
    sampling = toys.short(iter=iter, warmup=warmup, thin=thin)
    raw = engine.sample(toys.toy(), toys.toy_data(), sampling, [toys.toy_point()])
    assert raw.values["b"].shape == (2, kept, 2)


def test_log_density_is_the_one_that_was_sampled(engine, raw):
    point = {name: array[1, 7] for name, array in raw.values.items()}
    value, gradient = engine.log_density(toys.toy(), toys.toy_data(), point)
    assert value == pytest.approx(raw.stats["lp"][1, 7], rel=1e-12)
    assert gradient.shape == (1 + 2 + 6 + 6 + 1 + 3,)


def test_log_density_moves_as_scipy_says(engine):
    """Stan drops constants: differences between points, with the log Jacobian of sigma."""

    def by_hand(point):
        data, sigma = toys.toy_data(), float(point["sigma"])
        mean = point["alpha"] + data["X"] @ point["b"]
        prior = stats.norm.logpdf(point["alpha"]) - sigma + np.log(sigma)
        return prior + stats.norm.logpdf(data["y"], mean, sigma).sum()

    here, there = toys.toy_point(), {**toys.toy_point(), "alpha": np.array(1.5), "sigma": np.array(1.9)}
    values = [engine.log_density(toys.toy(), toys.toy_data(), point)[0] for point in (here, there)]
    assert values[1] - values[0] == pytest.approx(by_hand(there) - by_hand(here), rel=1e-10)


def test_the_mode_has_no_slope_and_can_start_chains(engine):
    mode = engine.optimize(toys.toy(), toys.toy_data(), 1)
    assert mode["m"].shape == (2, 3)
    _, gradient = engine.log_density(toys.toy(), toys.toy_data(), mode)
    assert np.abs(gradient).max() < 1
    raw = engine.sample(toys.toy(), toys.toy_data(), toys.short(iter=20), [mode])
    assert np.isfinite(raw.stats["lp"]).all()


def test_chains_start_where_they_are_told(engine):
    tiny = toys.short(iter=1, warmup=0, max_treedepth=1)
    program = toys.program_of("parameters { real x; } model { x ~ normal(0, 1e6); }")
    starts = [{"x": np.array(5e3)}, {"x": np.array(-5e3)}]
    raw = engine.sample(program, {}, tiny, starts)
    assert raw.values["x"][0, 0] > 0 > raw.values["x"][1, 0]


def test_the_metric_is_the_one_that_is_given(engine):
    program = toys.program_of("parameters { real x; real z; } model { x ~ normal(0, 1); z ~ normal(0, 1e3); }")
    few = toys.short(iter=120, warmup=60)  # too few for Stan to adapt the metric
    start = [{"x": np.array(0.5), "z": np.array(500.0)}]
    given, unit = (engine.sample(program, {}, few, start, False, m) for m in (np.array([1.0, 1e6]), None))
    assert given.stats["n_steps"].mean() < 8 < unit.stats["n_steps"].mean()
    with pytest.raises(EngineError, match="inv_metric"):
        engine.sample(program, {}, few, start, False, np.ones(3))


def test_changed_data_are_not_mistaken_for_the_last_ones(engine):
    data = toys.toy_data()
    before = engine.log_density(toys.toy(), data, toys.toy_point())[0]
    data["y"] = data["y"] + 1
    assert engine.log_density(toys.toy(), data, toys.toy_point())[0] != before


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"y": np.zeros(3)}, "variable name=y.*another size"),
        ({"y": np.full(40, np.nan)}, "initialization failed.*missing or infinite values"),
        ({"N": 40.5}, "non-int"),
    ],
)
def test_bad_data_are_an_error_with_the_engines_words(engine, change, message):
    with pytest.raises(EngineError, match=f"(?s)stanli could not .*{message}"):
        engine.sample(toys.toy(), {**toys.toy_data(), **change}, toys.short(iter=20))


def test_a_program_that_cannot_be_read_is_an_error(engine):
    with pytest.raises(EngineError, match="Syntax error"):
        engine.sample(toys.program_of("parameters { real x }"), {}, toys.short())


@pytest.mark.parametrize(("drop", "change"), [("b", {}), ("", {"sigma": np.array(-1.0)})])
def test_an_impossible_point_is_an_error(engine, drop, change):
    point = {name: value for name, value in {**toys.toy_point(), **change}.items() if name != drop}
    with pytest.raises(EngineError, match="stanli could not compute the log density"):
        engine.log_density(toys.toy(), toys.toy_data(), point)


def test_one_start_or_one_a_chain(engine):
    with pytest.raises(OptionError, match="3 points for 2 chains"):
        engine.sample(toys.toy(), toys.toy_data(), toys.short(), [toys.toy_point()] * 3)


@pytest.mark.usefixtures("interruptible")
def test_an_interrupt_stops_all_chains(engine):
    threads, begin = threading.active_count(), time.monotonic()
    timer = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        engine.sample(toys.toy(), toys.toy_data(), toys.short(iter=2_000_000))
    timer.join()
    assert time.monotonic() - begin < 10
    assert threading.active_count() == threads
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_nothing_is_printed_without_progress(engine, capfd):
    engine.sample(toys.toy(), toys.toy_data(), toys.short(iter=20))
    assert capfd.readouterr() == ("", "")


class _Terminal(io.StringIO):
    def isatty(self):
        return True


def test_one_bar_a_chain_in_a_terminal(engine, monkeypatch, capsys):
    terminal = _Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    engine.sample(toys.toy(), toys.toy_data(), toys.short(), progress=True)
    shown = terminal.getvalue()
    assert all(f"chain {chain}: 100%" in shown for chain in (1, 2))
    assert "400/400" in shown
    assert capsys.readouterr().out == ""


def test_bars_are_text_where_notebooks_have_no_widgets(monkeypatch):
    """`tqdm.auto`, which would warn of them, is not even imported."""
    terminal = _Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(progress, "find_spec", lambda name: None)
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    with bars(1, 10, show=True) as on_line:
        on_line(0, "Iteration:  7 / 10 [ 70%]  (Sampling)")
    assert "chain 1:  70%" in terminal.getvalue()


def test_bars_read_cmdstans_lines_with_and_without_a_chain(monkeypatch):
    terminal = _Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with bars(2, 10, show=True) as on_line:
        on_line(1, "Iteration:  7 / 10 [ 70%]  (Sampling)")
        on_line(0, "Chain [1] Iteration:  4 / 10 [ 40%]  (Warmup)")
        on_line(0, "Chain [3] said something else")
    shown = terminal.getvalue()
    assert "chain 2:  70%" in shown
    assert "chain 1:  40%" in shown


def test_other_threads_go_on_printing(capsys):
    lines = []
    with printed_lines(lines.append):
        print("ours")
        thread = threading.Thread(target=print, args=("theirs",))
        thread.start()
        thread.join()
    assert lines == ["ours"]
    assert capsys.readouterr().out == "theirs\n"


def test_a_start_without_density_is_told_from_other_failures() -> None:
    with pytest.raises(StartError):
        raise failure("stanli could not sample: ", "Initialization failed.")
    with pytest.raises(StartError):
        raise failure("stanli could not use the starting values: ", "mu is 3, but must lie between 0 and 1")
    assert not isinstance(failure("CmdStan could not sample: ", "std::bad_alloc"), StartError)
