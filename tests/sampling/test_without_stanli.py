"""Where stanli is not installed, all but sampling with it works."""

import subprocess
import sys

BEGIN = """
import os, sys, tempfile, warnings
from pathlib import Path
warnings.simplefilter("ignore")
for name in ("CMDSTAN", "STANMLM_ENGINE"):
    os.environ.pop(name, None)
os.environ["HOME"] = tempfile.mkdtemp()
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "stanli":
            raise ModuleNotFoundError("No module named 'stanli'", name="stanli")
sys.meta_path.insert(0, Blocked())
import stanmlm as sm
exams = sm.simulate_exams(seed=1)
"""


def said(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", BEGIN + code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.strip()


def test_formulas_and_matrices_work() -> None:
    assert said('print(sm.model_matrix("score ~ hours", exams).shape[1], "stanli" in sm.doctor())') == "2 True"


def test_a_fit_says_what_to_install() -> None:
    told = said('try: sm.lm("score ~ hours", exams)\nexcept sm.EngineError as error: print(error)')
    assert "python -m cmdstanpy.install_cmdstan" in told
    assert "`pip install stanli` installs it" in told


def test_saved_fits_are_read_and_asked(tmp_path) -> None:
    import stanmlm as sm

    fit = sm.lm("score ~ hours", sm.simulate_exams(seed=1), seed=1, chains=1, iter=40, engine="stanli", progress=False)
    sm.save(fit, tmp_path / "fit")
    told = said(f"fit = sm.load({str(tmp_path / 'fit')!r}); print(*sm.fixef(fit).index, sm.predict(fit).shape[0])")
    assert told.startswith("(Intercept) hours ")


def test_cmdstan_samples() -> None:
    code = """
sys.path.insert(0, {tests!r})
import engine_toys as toys
from stanmlm.sampling.engines.cmdstan import CmdStan
engine = CmdStan(lambda program, say: toys.prophet_folder() / "prophet_model.bin")
print(engine.sample(toys.prophet(), toys.prophet_data(), toys.short(iter=20)).values["k"].shape)
"""
    from pathlib import Path

    assert said(code.format(tests=str(Path(__file__).parents[1]))).splitlines()[-1] == "(2, 10)"
