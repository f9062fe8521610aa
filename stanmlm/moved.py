"""Modules by the names that they had in 0.1, when all of them stood in one folder."""

import importlib.util
import sys
import warnings
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

# Room by room, as 0.1 called them; `old:new` where the name has changed too. Names that rooms have now are not here.
ROOMS = {
    "base": "arrays errors arguments dialects callers layout tables:dataframes arviz_compat",
    "base.files": "codec codec_pandas archive",
    "formula": "rcode rparse formulaic_compat terms bars",
    "data": "rvalues contrasts evaluate remember:learned frame coding grouping:factors rank distinct design"
    " design_rows:whole_rows lformula rfunctions",
    "families": "links responses",
    "priors": "distributions prior_spec prior_presets prior_slots",
    "model": "compress rows:stan_rows rotation nesting pilot marginal centering",
    "sampling": "program standata unroll:user_scale inits engines doctor",
    "fit": "pipeline rstyle:verbs update lmlist diagnostics extract printing prior_summary",
    "fit.files": "keep:saved",
    "after.predict": "predict fitted re_formula poststratify groups:row_groups estimates",
    "after.criticism": "log_lik log_prior elpd elpd_text:elpd criticism kfold refit r_squared ppcheck sensitivity"
    " prior_posterior compare exogeneity",
    "after.effects": "datagrid changes:variations quantities:estimands effects contrast conditional"
    " by_group:group_curves hypothesis variance",
    "after.equation": "equation anatomy:coefficients levels:variable_levels latex",
    "after.tables": "summary named:picked to_arviz",
    "lecture": "teaching datasets voters redblue",
}
MOVED = {
    pair.partition(":")[0]: f"stanmlm.{room}.{pair.partition(':')[2] or pair}"
    for room, pairs in ROOMS.items()
    for pair in pairs.split()
}


class _Moved(MetaPathFinder, Loader):
    """Finds `stanmlm.errors` in `stanmlm.base.errors`, and says so."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        package, _, rest = name.partition(".")
        old, _, within = rest.partition(".")
        if package != "stanmlm" or old not in MOVED:
            return None
        new = ".".join(filter(None, [MOVED[old], within]))
        return ModuleSpec(name, self, loader_state=new) if _is_there(new) else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        new = str(spec.loader_state)
        warnings.warn(f"`{spec.name}` is `{new}` now", DeprecationWarning, stacklevel=6)
        module = importlib.import_module(new)
        spec.loader_state = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Nothing to run; the module gets back the spec that it was found by."""
        assert module.__spec__ is not None
        module.__spec__ = module.__spec__.loader_state


def _is_there(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False


class _Package(ModuleType):
    """A package whose verbs stay verbs: `import stanmlm.predict` would put the module in the place of `sm.predict`."""

    def __setattr__(self, name: str, value: object) -> None:
        if not (isinstance(value, ModuleType) and callable(self.__dict__.get(name))):
            super().__setattr__(name, value)


def keep_old_names() -> None:
    """Let `import stanmlm.errors` go on working."""
    sys.modules["stanmlm"].__class__ = _Package
    if not any(isinstance(finder, _Moved) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Moved())  # before the finder that would load a second copy
