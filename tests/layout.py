"""The house drawn and measured: `make layout` prints the arrows between rooms, and what has grown too large.

python tests/layout.py            this checkout
python tests/layout.py FOLDER     another one's package, rooms or not
"""

import ast
import sys
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1] / "stanmlm"

# From left to right: a module imports from its own room and from rooms before it.
ROOMS = (
    *("base", "formula", "data", "families", "priors", "model", "sampling", "fit", "after", "plots", "lecture"),
    *("moved", "__init__", "cli", "__main__"),
)

LONG_MODULE, LONG_FUNCTION, LAYERS = 300, 40, 3


def module_of(path: Path, package: Path = PACKAGE) -> str:
    """`model.pilot` of stanmlm/model/pilot.py; a folder by its own name."""
    parts = path.relative_to(package).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)


def modules_of(package: Path = PACKAGE) -> dict[str, Path]:
    return {module_of(path, package): path for path in sorted(package.rglob("*.py"))}


def room_of(module: str) -> str:
    return module.partition(".")[0]


def imports_of(path: Path) -> Iterator[str]:
    """Modules that are imported anywhere in a file, within functions too, and for types alone."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def own_imports(module: str, modules: Mapping[str, Path]) -> set[str]:
    """The package's modules that one imports, as `model.pilot`."""
    names = {name.removeprefix("stanmlm.") for name in imports_of(modules[module]) if name.startswith("stanmlm.")}
    return {name for name in names if name in modules} - {module}


def functions_of(path: Path) -> Iterator[ast.FunctionDef]:
    return (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef))


def lines_of(function: ast.FunctionDef) -> int:
    """Lines of code, the docstring left out."""
    code = function.body[bool(ast.get_docstring(function)) :]
    return (function.end_lineno or 0) - code[0].lineno + 1 if code else 0


def defined_twice(modules: Mapping[str, Path]) -> dict[str, list[str]]:
    """Names of functions and classes at the top of more than one module, the overloads of one counted once."""
    places = defaultdict(dict)
    for module, path in modules.items():
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                places[node.name][module] = None
    return {name: list(found) for name, found in places.items() if len(found) > 1}


def is_private(name: str) -> bool:
    """Of its module alone, so that other modules may call something else so: every family has its `_draw`."""
    return name.startswith("_")


def passed_along(modules: Mapping[str, Path]) -> dict[str, list[str]]:
    """The longest way of each argument that functions hand on as it is under one name, where it is long.

    A call is looked up in its own module: what that defines, or imports, under the name. By the name alone, a way led
    from one module's `_parts` into another's. A record of ours (a Fit, a Design, a Target) does not count: that one
    thing travels in place of many is what records are for; numbers, texts and arrays by themselves are those many.
    """
    trees = {module: ast.parse(path.read_text()) for module, path in modules.items()}
    functions = {
        (module, node.name): node for module, tree in trees.items() for node in tree.body if _is_function(node)
    }
    records = {node.name for tree in trees.values() for node in tree.body if isinstance(node, ast.ClassDef)}
    known = {module: _names_in(module, tree, functions) for module, tree in trees.items()}
    steps = {
        (at, argument): [(to, name) for to, name in handed if name == argument]
        for at, node in functions.items()
        for handed in [list(_handed_on(node, known[at[0]], functions))]
        for argument in [a.arg for a in (*node.args.args, *node.args.kwonlyargs) if not _is_record(a, records)]
    }

    def longest(at: Step, seen: frozenset[Step]) -> list[str]:
        ways = [longest(to, seen | {at}) for to in steps.get(at, []) if to not in seen]
        return [at[0][1], *max(ways, key=len, default=[])]

    found: dict[str, list[str]] = {}
    for at in steps:
        way = longest(at, frozenset())
        if len(way) > LAYERS + 1 and len(way) > len(found.get(at[1], [])):
            found[at[1]] = way
    return found


Place = tuple[str, str]  # a module, and a function in it
Step = tuple[Place, str]  # with an argument


def _is_function(node: ast.AST) -> bool:
    return isinstance(node, ast.FunctionDef)


def _is_record(argument: ast.arg, records: Collection[str]) -> bool:
    """Whether an argument is one of our own records, or none where it may be absent."""
    annotation = argument.annotation
    words = ast.unparse(annotation).strip("\"'").split(" | ") if annotation else []
    return bool(words) and set(words) <= {*records, "None"} and words != ["None"]


def _names_in(module: str, tree: ast.Module, functions: Mapping[Place, ast.AST]) -> dict[str, Place]:
    """What the names of functions mean in a module."""
    names = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("stanmlm."):
            home = str(node.module).removeprefix("stanmlm.")
            names.update({a.asname or a.name: (home, a.name) for a in node.names if (home, a.name) in functions})
    return names | {name: (home, name) for home, name in functions if home == module}


def _handed_on(
    node: ast.FunctionDef, known: Mapping[str, Place], functions: Mapping[Place, ast.FunctionDef]
) -> Iterator[Step]:
    """Functions, with the argument, that calls within a function hand a variable to under its own name."""
    for call in ast.walk(node):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in known:
            to = known[call.func.id]
            names = [a.arg for a in functions[to].args.args]
            given = [*zip(names, call.args, strict=False), *((k.arg, k.value) for k in call.keywords)]
            for argument, value in given:
                if argument and isinstance(value, ast.Name) and value.id == argument:
                    yield to, argument


def measured(modules: Mapping[str, Path]) -> dict[str, int]:
    lines = [path.read_text().count("\n") for path in modules.values()]
    twice = defined_twice(modules)
    functions = [lines_of(node) for path in modules.values() for node in functions_of(path)]
    return {
        "modules": len(modules),
        "lines": sum(lines),
        f"modules above {LONG_MODULE} lines": sum(n > LONG_MODULE for n in lines),
        f"functions above {LONG_FUNCTION} lines": sum(n > LONG_FUNCTION for n in functions),
        "names defined twice": sum(not is_private(name) for name in twice),
        "private names in two modules": sum(map(is_private, twice)),
        f"arguments through more than {LAYERS} layers": len(passed_along(modules)),
    }


def main(package: Path) -> None:
    modules = modules_of(package)
    arrows = Counter((room_of(module), room_of(name)) for module in modules for name in own_imports(module, modules))
    for room in ROOMS:
        if there := [f"{to} {arrows[room, to]}" for to in ROOMS if arrows[room, to]]:
            print(f"{room:>9} -> {', '.join(there)}")
    for what, number in measured(modules).items():
        print(f"{number:7,}  {what}")
    for argument, way in sorted(passed_along(modules).items()):
        print(f"         {argument}: {' > '.join(way)}")
    for module, path in modules.items():
        if (n := path.read_text().count("\n")) > LONG_MODULE:
            print(f"{n:7}  {module}")
    for name, places in sorted(defined_twice(modules).items()):
        print(f"         {name}: {', '.join(places)}")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve() / "stanmlm" if len(sys.argv) > 1 else PACKAGE)
