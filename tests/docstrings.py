"""What a docstring owes its reader, read as the site reads it: by griffe, from what `help()` shows."""

import builtins
import dataclasses
import doctest
import inspect
import logging
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import get_args

import griffe

import stanmlm as sm
from stanmlm.base.dialects import verbs_elsewhere

SECTIONS = (
    *("Parameters", "Other Parameters", "Attributes", "Returns", "Raises", "Warns", "Notes", "References"),
    "Examples",
)
HEADING = re.compile(r"^(\S.*)\n-{3,}$", re.MULTILINE)
# Words by which the meaning of a default that is None is told.
TELLS_NONE = re.compile(r"\bNone\b|default|[Ww]ithout|\bnot given\b")
ELSEWHERE = re.compile(r"As (?:in|that of|of)? ?`(\w+)`")
VARIABLE = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)


def public_functions() -> dict[str, Callable[..., object]]:
    return {name: value for name in sm.__all__ if inspect.isfunction(value := getattr(sm, name))}


def public_classes() -> dict[str, type]:
    """Those that the package exports, and what its functions return beside."""
    exported = {name: value for name in sm.__all__ if inspect.isclass(value := getattr(sm, name))}
    given = {one.__name__: one for verb in public_functions().values() for one in _classes_in(_returned(verb))}
    return {**exported, **{name: one for name, one in given.items() if one.__module__.startswith("stanmlm.")}}


def public_methods() -> dict[str, object]:
    """`FitList.items` and its kind: what the public classes define under a name without an underscore."""
    return {
        f"{name}.{method}": value
        for name, one in public_classes().items()
        for method, value in vars(one).items()
        if not method.startswith("_")
        and (isinstance(value, property) or inspect.isfunction(value))
        and not _is_field(one, method)
    }


def habits() -> dict[str, Callable[..., object]]:
    """Verbs of R that say what to call in their place."""
    return {name: getattr(sm, name) for name in verbs_elsewhere()}


def _returned(verb: Callable[..., object]) -> object:
    return inspect.signature(verb).return_annotation


def _classes_in(annotation: object) -> Iterator[type]:
    if inspect.isclass(annotation):
        yield annotation
    for part in get_args(annotation):
        yield from _classes_in(part)


@dataclass(frozen=True)
class Page:
    """A docstring in its sections, as the site shows them."""

    text: str
    sections: Mapping[str, list[griffe.DocstringElement]]  # by kind, as griffe names it: "returns"
    complaints: tuple[str, ...]  # griffe's own

    def names(self, *kinds: str) -> list[str]:
        return [item.name for kind in kinds for item in self.sections.get(kind, [])]


@cache
def page_of(documented: object) -> Page:
    """The docstring of a function, of a method or of a class, in sections."""
    text = inspect.getdoc(documented) or ""
    heard = _Heard()
    logger = logging.getLogger("griffe")
    logger.addHandler(heard)
    try:
        found = griffe.Docstring(text, lineno=1, parent=_as_griffe(documented)).parse("numpy")
    finally:
        logger.removeHandler(heard)
    sections = {str(one.kind.value): one.value for one in found}
    return Page(text, sections, tuple(heard.messages))


class _Heard(logging.Handler):
    """What griffe complains of: names that a signature lacks, sections that it cannot read."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


def _as_griffe(documented: object) -> griffe.Object | None:
    """Its signature, for which griffe looks there."""
    if not inspect.isfunction(documented):
        return None
    parameters = [
        griffe.Parameter(name, annotation=str(one.annotation), kind=griffe.ParameterKind[_KINDS[one.kind]])
        for name, one in {**_signature(inspect.unwrap(documented)), **_signature(documented)}.items()
    ]
    return griffe.Function(documented.__name__, parameters=griffe.Parameters(*parameters))


_KINDS = {
    inspect.Parameter.POSITIONAL_ONLY: "positional_only",
    inspect.Parameter.POSITIONAL_OR_KEYWORD: "positional_or_keyword",
    inspect.Parameter.VAR_POSITIONAL: "var_positional",
    inspect.Parameter.KEYWORD_ONLY: "keyword_only",
    inspect.Parameter.VAR_KEYWORD: "var_keyword",
}


def _signature(verb: Callable[..., object]) -> dict[str, inspect.Parameter]:
    """Parameters by name, the object of a method left out."""
    return {name: one for name, one in inspect.signature(verb).parameters.items() if name != "self"}


def faults_of_function(verb: Callable[..., object]) -> list[str]:
    """All that its help lacks or says wrongly."""
    page = page_of(verb)
    takes = bool(_signature(verb))
    return [
        *_faults_of_text(page),
        *_faults_of_parameters(page, verb),
        *_faults_of_returns(page, verb),
        *(["has no Raises"] if takes and not page.sections.get("raises") else []),
        *_faults_of_raises(page),
        *([] if shows(page.text) else ["has no example that shows what it gives"]),
    ]


def faults_of_method(method: object) -> list[str]:
    """What takes nothing says in a line what it gives; examples are those of the class."""
    page = page_of(method)
    if not inspect.isfunction(method) or not _signature(method):
        return [*_faults_of_text(page), *_faults_of_raises(page)]
    return [
        *_faults_of_text(page),
        *_faults_of_parameters(page, method),
        *_faults_of_returns(page, method),
        *_faults_of_raises(page),
    ]


def faults_of_class(one: type) -> list[str]:
    """A record explains every field, and shows how one comes by it."""
    page = page_of(one)
    told = page.names("attributes", "parameters")
    known = {*_fields_of(one), *vars(one), *vars(one).get("__annotations__", {})}
    return [
        *_faults_of_text(page),
        *(f"does not explain its field `{name}`" for name in _fields_of(one) if name not in told),
        *(f"explains `{name}`, which it does not have" for name in told if name not in known),
        *([] if shows(page.text) else ["has no example that shows what it gives"]),
    ]


def _fields_of(one: type) -> list[str]:
    return [field.name for field in dataclasses.fields(one)] if dataclasses.is_dataclass(one) else []


def _is_field(one: type, name: str) -> bool:
    """Whether it is one, and not a function, though its default is."""
    return name in _fields_of(one)


def _faults_of_text(page: Page) -> Iterator[str]:
    first, _, rest = page.text.partition("\n")
    if not first.endswith("."):
        yield "does not say in one line what you get"
    if rest and not rest.startswith("\n"):
        yield "has no empty line below its first"
    yield from page.complaints
    titles = HEADING.findall(page.text)
    yield from (f"has a section `{title}` that nobody looks for" for title in titles if title not in SECTIONS)
    if (known := [SECTIONS.index(title) for title in titles if title in SECTIONS]) != sorted(set(known)):
        yield f"has its sections in another order than {', '.join(SECTIONS)}"


def _faults_of_parameters(page: Page, verb: Callable[..., object]) -> Iterator[str]:
    told = [item for kind in ("parameters", "other parameters") for item in page.sections.get(kind, [])]
    names = [item.name.lstrip("*") for item in told]
    taken = _signature(verb)
    gathered = [name for name, one in _signature(inspect.unwrap(verb)).items() if one.kind in VARIABLE]
    yield from (f"does not explain `{name}`" for name in taken if name not in names)
    yield from (f"explains `{name}`, which it does not take" for name in names if name not in (*taken, *gathered))
    yield from (f"explains `{name}` twice" for name in sorted(set(names)) if names.count(name) > 1)
    for item in told:
        if not item.description.strip():
            yield f"says nothing of `{item.name}`"
        elif (other := ELSEWHERE.match(item.description)) and other[1] in sm.__all__:
            yield f"says of `{item.name}` that it is told elsewhere"
        elif _defaults_to_none(taken, item.name) and not TELLS_NONE.search(f"{item.annotation} {item.description}"):
            yield f"does not say what `{item.name}=None` means"


def _defaults_to_none(taken: Mapping[str, inspect.Parameter], name: str) -> bool:
    return name in taken and taken[name].default is None


def _faults_of_returns(page: Page, verb: Callable[..., object]) -> Iterator[str]:
    annotation = _returned(verb)
    wanted = annotation.__name__ if inspect.isclass(annotation) else str(annotation)
    wanted = re.sub(r"^NDArray\b", "numpy.ndarray", wanted)  # as newer Pythons write the alias
    found = page.sections.get("returns", [])
    if annotation is not None and not found:
        yield "has no Returns"
    for item in found:
        for kind in re.split(r" or |, ", str(item.annotation).strip("()")):
            name = re.sub(r"\[.*", "", kind).rpartition(".")[2]
            if not re.fullmatch(r"\w+", name) or name not in wanted:
                yield f"returns `{kind}` by its help and {wanted} by its signature"
        if not item.description.strip():
            yield "does not say what its result holds"


def _faults_of_raises(page: Page) -> Iterator[str]:
    for item in page.sections.get("raises", []):
        for name in str(item.annotation).strip("()").split(", "):  # griffe makes several a tuple
            one = getattr(sm, name, getattr(builtins, name, None))
            if not (inspect.isclass(one) and issubclass(one, BaseException)):
                yield f"raises `{name}`, which is no error"
        if not item.description.strip():
            yield f"does not say when it raises {item.annotation}"


def shows(text: str) -> bool:
    """Whether an example prints something that could be wrong."""
    return any(example.want for example in doctest.DocTestParser().get_examples(text))


def failures_of(name: str, documented: object) -> str:
    """What its examples print in place of what they should, run as a reader pastes them: with nothing imported."""
    test = doctest.DocTestParser().get_doctest(inspect.getdoc(documented) or "", {}, name, None, None)
    said: list[str] = []
    doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, out=said.append)
    return "".join(said)
