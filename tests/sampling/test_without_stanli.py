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


NO_WHEEL = """
import platform
platform.machine = lambda: "riscv64"
"""


def test_where_stanli_has_no_wheel_doctor_and_fits_point_at_cmdstan() -> None:
    told = said(NO_WHEEL + "print(sm.doctor())")
    assert "missing: stanli has no wheel for " in told
    assert " on riscv64  ->  python -m cmdstanpy.install_cmdstan (CmdStan samples in its place)" in told
    assert "pip install stanli" not in told
    fit = 'try: sm.lm("score ~ hours", exams)\nexcept sm.EngineError as error: print(error)'
    assert "CmdStan samples there; CmdStan is not installed" in said(NO_WHEEL + fit)


def test_the_platforms_with_a_wheel_are_those_of_the_requirement() -> None:
    import tomllib
    from pathlib import Path

    from packaging.requirements import Requirement

    from stanmlm.sampling.engines.stanli import WHEELS

    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (marker,) = [one.marker for one in map(Requirement, project["dependencies"]) if one.name == "stanli"]
    machines = {machine for _, machine in WHEELS} | {"riscv64", "ppc64le", "x86"}
    every = [(system, machine) for system in ("linux", "darwin", "win32", "freebsd14") for machine in machines]
    asked = {(s, m) for s, m in every if marker.evaluate({"sys_platform": s, "platform_machine": m})}
    assert asked == set(WHEELS)


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
