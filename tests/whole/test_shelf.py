"""What stands around the package: its README, its metadata, its citation, its workflows."""

import builtins
import contextlib
import io
import re
import sys
import tomllib
from pathlib import Path

import pytest

import stanmlm as sm

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
REPOSITORY = PROJECT["tool"]["hatch"]["metadata"]["hooks"]["custom"]["repository"]
NUMBER = re.compile(r"-?\d+(\.\d+)*")


def test_the_readme_fits_on_two_screens_and_its_links_lead_somewhere() -> None:
    assert README.count("\n") <= 120
    links = re.findall(r"\]\(([^)\s]+)\)", README)
    assert links
    assert not [link for link in links if "://" not in link and not (ROOT / link).exists()]


def test_verbs_that_the_readme_names_are_there() -> None:
    here = [row.split(" | ")[-1] for row in README.splitlines() if row.startswith("| ") and " | " in row]
    called = {name for cell in here for name in re.findall(r"`([A-Za-z_0-9]+)\(", cell)}
    assert called >= {"lmer", "poststratify", "load_dataset"}
    assert not called - {*dir(sm), *dir(builtins)}


def _shape(text: str) -> list[str]:
    """Words and rules; digits are left to the machine, spaces to the width of the numbers."""
    return [re.sub(r"[ -]+", " ", NUMBER.sub("#", line)).strip() for line in text.strip().splitlines()]


@pytest.mark.slow
def test_the_readme_shows_what_its_script_prints(request: pytest.FixtureRequest) -> None:
    """Words and layout are exact, estimates agree to a fifth of their sd; times and versions are free."""
    _, script, _, printed, _ = re.split(r"```(?:python)?\n", README, maxsplit=4)
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
        exec(script, {})
    if request.config.getoption("--accept-goldens"):
        (ROOT / "README.md").write_text(README.replace(printed, out.getvalue()), encoding="utf-8")
        printed = out.getvalue()
    assert _shape(out.getvalue()) == _shape(printed)
    for shown, told in zip(_fixed(printed), _fixed(out.getvalue()), strict=True):
        assert shown[0] == pytest.approx(told[0], abs=told[1] / 5)
        assert shown[1] == pytest.approx(told[1], rel=0.2)


def _fixed(printed: str) -> list[tuple[float, float]]:
    """Estimates and their sds."""
    rows = printed.partition("Fixed Effects:")[2].splitlines()[2:]
    return [tuple(map(float, row.split()[1:3])) for row in rows if row[:1] not in ("", "P")]


def test_versions_and_addresses_agree() -> None:
    version = PROJECT["project"]["version"]
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    recipe = (ROOT / "release/conda/recipe.yaml").read_text(encoding="utf-8")
    assert sm.__version__ == version
    assert f"\nversion: {version}\n" in citation
    assert f'\n  version: "{version}"\n' in recipe
    assert re.findall(r"^repository-code: (\S+)$", citation, re.MULTILINE) == ([REPOSITORY] if REPOSITORY else [])


def test_the_recipe_asks_for_what_the_wheel_asks_for() -> None:
    recipe = (ROOT / "release/conda/recipe.yaml").read_text(encoding="utf-8")
    run = recipe.partition("  run:\n")[2].partition("\ntests:")[0]
    there = {tuple(line[6:].split(" ")) for line in run.splitlines() if line}
    asked = {re.sub(r"\[.*?\]", "", name.partition(";")[0]) for name in PROJECT["project"]["dependencies"]}
    split = {tuple(re.match(r"([a-z0-9-]+)(\S*)", name).groups()) for name in asked}
    assert {pair for pair in split if pair[0] != "stanli"} <= there


def test_links_are_absolute_where_the_address_is_known_and_words_where_it_is_not(monkeypatch) -> None:
    pytest.importorskip("hatchling")
    monkeypatch.syspath_prepend(str(ROOT / "release"))
    from metadata import urls, with_links

    text = "![a figure](docs/a.png) and [the docs](docs/a.md), [elsewhere](https://a.org/b), [here](#here)"
    told = with_links(text, "https://a.org/me/it/")
    assert "![a figure](https://a.org/me/it/raw/HEAD/docs/a.png)" in told
    assert "[the docs](https://a.org/me/it/blob/HEAD/docs/a.md), [elsewhere](https://a.org/b), [here](#here)" in told
    assert with_links(text, "") == " and the docs, [elsewhere](https://a.org/b), [here](#here)"
    assert urls("") == {}
    assert urls("https://a.org/me/it/")["Issues"] == "https://a.org/me/it/issues"
    sys.modules.pop("metadata")


def test_workflows_run_what_the_makefile_runs() -> None:
    workflow = (ROOT / ".github/workflows/tests.yml").read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    alongside = re.search(r"ALONGSIDE := (.*)", makefile)[1]
    assert f'-m pytest -m "not slow and not shared" {alongside}\n' in workflow
    assert "run: make lint\n" in workflow
    assert "run: make dist\n" in workflow
    promised = re.findall(r"Python :: (3\.\d+)", "\n".join(PROJECT["project"]["classifiers"]))
    quoted = ", ".join(f'"{one}"' for one in promised)
    assert f"python: [{quoted}]" in workflow
