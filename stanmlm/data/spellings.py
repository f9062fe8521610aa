"""What Python's own spellings in a formula, `np.log(x)` or `x.mean()`, are in R."""

from collections.abc import Collection, Mapping
from types import ModuleType

from stanmlm.data.rfunctions import FUNCTIONS
from stanmlm.formula.rcode import Node, call
from stanmlm.formula.rtext import deparse

# Modules that are known by these names where the caller's scope does not say what they are.
_MODULES = ("np", "numpy", "pd", "pandas", "math", "scipy", "special", "stats", "statistics", "builtins")

# Functions of Python, NumPy, SciPy and pandas whose names in R are others.
_NAMES: Mapping[str, str] = {
    name: ours
    for ours, names in {
        "abs": "absolute fabs",
        "as.character": "str",
        "as.integer": "int",
        "as.numeric": "float",
        "ave": "groupby transform",
        "c": "array asarray list concatenate",
        "cbind": "column_stack",
        "ceiling": "ceil",
        "cut": "digitize qcut",
        "factor": "Categorical get_dummies category",
        "ifelse": "where",
        "is.na": "isnan isna isnull",
        "is.finite": "isfinite",
        "length": "len size",
        "mean": "nanmean average",
        "median": "nanmedian",
        "order": "argsort",
        "rank": "rankdata",
        "findInterval": "searchsorted",
        "pmax": "maximum",
        "pmin": "minimum",
        "plogis": "expit",
        "pnorm": "ndtr",
        "prod": "product",
        "qlogis": "logit",
        "qnorm": "ndtri",
        "quantile": "percentile",
        "round": "around",
        "scale": "zscore",
        "sd": "std nanstd",
        "seq": "arange linspace",
        "tolower": "lower",
        "toupper": "upper",
        "trunc": "fix",
        "acos": "arccos",
        "acosh": "arccosh",
        "asin": "arcsin",
        "asinh": "arcsinh",
        "atan": "arctan",
        "atanh": "arctanh",
        "lgamma": "gammaln",
        "digamma": "psi",
    }.items()
    for name in names.split()
}
_POWERS = {"square": "2", "power": "", "pow": ""}
_CONSTANTS = {"nan": "NA", "inf": "Inf", "pi": "pi", "e": "exp(1)"}


def call_in_r(node: Node, columns: Collection[str], caller: Mapping[str, object]) -> str:
    """What to say of a call of a function that is neither R's nor the caller's, or nothing."""
    owner, _, name = node.text.rpartition(".")
    if not owner:
        ours = _NAMES.get(name)
        return f"`{name}()` is Python's; R's is `{ours}()`" if ours else ""
    first = owner.partition(".")[0]
    module = first in _MODULES or isinstance(caller.get(first), ModuleType)
    if not (module or first in columns or first in caller):
        return ""
    if written := _rewritten(node, name, () if module else (("", Node("name", first)),)):
        return f"`{deparse(node)}` is Python's: write `{written}`"
    what = f"define `{name} = {node.text}` and write `{name}(...)`" if module else "make it a column of the data"
    return f"`{node.text}()` cannot be called in a formula, which has R's functions and those of the scope; {what}"


def _rewritten(node: Node, name: str, before: tuple[tuple[str, Node], ...]) -> str:
    """The call in R, whose first argument is what a method stands behind."""
    arguments = (*before, *node.args)
    if name in _POWERS:
        exponent = [("", Node("number", _POWERS[name]))] if _POWERS[name] else []
        return deparse(call("I", Node("call", "^", (*arguments, *exponent))))
    ours = _NAMES.get(name, name if name in FUNCTIONS else "")
    return deparse(Node("call", ours, arguments)) if ours else ""


def dotted(column: str) -> str:
    """A column's name as R's `read.csv` gives it: `school type` is `school.type` there (`make.names`)."""
    plain = "".join(sign if sign.isalnum() or sign in "._" else "." for sign in column)
    return plain if plain[:1].isalpha() or (plain[:1] == "." and not plain[1:2].isdigit()) else f"X{plain}"


def name_in_r(name: str, columns: Collection[str], caller: Mapping[str, object]) -> str:
    """What to say, after `; `, of a dotted name that nothing answers to, `np.pi`, `data.income` or `x.values`."""
    if spelled := [column for column in columns if dotted(column) == name]:
        return f"; the column is `{spelled[0]}`, which a formula takes between backticks"
    owner, _, last = name.rpartition(".")
    if owner in _MODULES or isinstance(caller.get(owner), ModuleType):
        return f"; write `{_CONSTANTS[last]}`" if last in _CONSTANTS else ""
    if owner in columns:
        return f"; write `{owner}`"
    return f"; write `{last}`" if owner in caller and last in columns else ""
