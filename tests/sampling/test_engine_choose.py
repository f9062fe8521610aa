import subprocess
import sys

import pytest

import stanmlm as sm
from stanmlm.base.errors import EngineError, OptionError
from stanmlm.sampling.doctor import doctor
from stanmlm.sampling.engines import choose
from stanmlm.sampling.engines import compile as compiling
from stanmlm.sampling.engines.choose import choose_engine
from stanmlm.sampling.engines.cmdstan import CmdStan
from stanmlm.sampling.engines.stanli import Stanli


@pytest.fixture(autouse=True)
def bare(monkeypatch, tmp_path):
    """No CmdStan and no choice by the environment."""
    for variable in ("CMDSTAN", choose.VARIABLE):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))


@pytest.fixture
def cmdstan(monkeypatch, tmp_path):
    """A folder that looks like CmdStan 2.99."""
    folder = tmp_path / "cmdstan-2.99.0"
    (folder / "src" / "cmdstan").mkdir(parents=True)
    (folder / "src" / "cmdstan" / "main.cpp").touch()
    (folder / "makefile").write_text("CMDSTAN_VERSION := 2.99.0\n")
    monkeypatch.setenv("CMDSTAN", str(folder))
    return folder


def test_auto_is_stanli_where_cmdstan_is_not():
    assert choose_engine().name == "stanli"


def test_auto_is_cmdstan_where_stanli_is_not(cmdstan, monkeypatch):
    assert choose_engine("auto") == Stanli()
    monkeypatch.setitem(sys.modules, "stanli", None)
    engine = choose_engine("auto")
    assert (engine.name, engine.version) == ("cmdstan", "2.99.0")
    assert compiling.installed().path == cmdstan


def test_a_name_gives_that_engine(cmdstan):
    assert choose_engine("stanli") == Stanli()


def test_an_engine_is_handed_back():
    engine = CmdStan(timeout=1)
    assert choose_engine(engine) is engine


def test_the_environment_sets_the_default_only(cmdstan, monkeypatch):
    monkeypatch.setenv(choose.VARIABLE, "stanli")
    assert choose_engine().name == "stanli"
    assert choose_engine("cmdstan").name == "cmdstan"


def test_an_unknown_name_is_an_error_that_suggests(monkeypatch):
    with pytest.raises(OptionError, match=r"no engine `cmdstn`; did you mean `cmdstan`\?"):
        choose_engine("cmdstn")
    monkeypatch.setenv(choose.VARIABLE, "pymc")
    with pytest.raises(OptionError, match=r"no engine `pymc` \(from STANMLM_ENGINE\); there is `auto`, `stanli`"):
        choose_engine()


def test_a_missing_engine_is_an_error_with_the_one_command():
    with pytest.raises(EngineError, match=r"not installed; `python -m cmdstanpy\.install_cmdstan` installs it"):
        choose_engine("cmdstan")


def test_a_missing_package_is_an_error_with_the_one_command(monkeypatch):
    monkeypatch.setitem(sys.modules, "stanli", None)
    with pytest.raises(EngineError, match="`pip install stanli` installs it"):
        choose_engine("stanli")
    with pytest.raises(EngineError, match=r"stanli is not installed.*CmdStan is not installed"):
        choose_engine()


def test_the_doctor_lists_what_is_here_and_how_to_get_the_rest():
    lines = doctor().splitlines()
    assert lines[0].startswith("stanmlm ")
    missing = [line for line in lines if line.startswith("engine cmdstan")]
    assert missing[0].endswith("->  python -m cmdstanpy.install_cmdstan")
    assert any(line.startswith("engine stanli") and Stanli().version in line for line in lines)
    assert any(line.startswith("engine by default") and "stanli" in line for line in lines)


def test_the_doctor_shows_cmdstan_and_its_folder(cmdstan):
    assert f"2.99.0 in {cmdstan}" in doctor()


def test_the_doctor_survives_a_wrong_default(monkeypatch):
    monkeypatch.setenv(choose.VARIABLE, "pymc")
    assert "there is no engine `pymc`" in doctor()


def test_choosing_imports_no_foreign_engine():
    code = "import sys, stanmlm.sampling.engines.choose; print({'stanli', 'cmdstanpy'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "set()"


@pytest.mark.parametrize("given", [CmdStan, 5, None, {"name": "stanli"}, sm.normal(0, 1), print], ids=str)
def test_what_is_no_engine_is_refused(given):
    with pytest.raises(OptionError, match=r"it must be text or an engine such as CmdStan\(\)"):
        sm.lm("score ~ hours", sm.simulate_exams(seed=1), engine=given)
