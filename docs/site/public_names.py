"""The reference: which public name stands on which page, by the room that its module is in."""

import inspect
from collections.abc import Mapping

# The longest that a module's name begins with counts.
SECTIONS: Mapping[str, str] = {
    "stanmlm.fit.verbs": "Fit",
    "stanmlm.fit.update": "Fit",
    "stanmlm.fit.lmlist": "Fit",
    "stanmlm.fit.fitlist": "Fit",
    "stanmlm.fit.fits": "Fit",
    "stanmlm.fit.joined": "Fit",
    "stanmlm.formula": "Formulas and data",
    "stanmlm.data": "Formulas and data",
    "stanmlm.lecture.dummies": "Formulas and data",
    "stanmlm.families": "Families",
    "stanmlm.priors": "Priors",
    "stanmlm.fit.prior_summary": "Priors",
    "stanmlm.fit": "Read a fit",
    "stanmlm.after": "Read a fit",
    "stanmlm.after.predict": "Predict",
    "stanmlm.after.effects": "Effects",
    "stanmlm.after.margins": "Effects",
    "stanmlm.after.criticism": "Criticise and compare",
    "stanmlm.plots": "Plot",
    "stanmlm.fit.files": "Keep",
    "stanmlm.sampling": "Engines",
    "stanmlm.lecture": "Lecture",
    "stanmlm.base.errors": "Errors",
}


def sections() -> Mapping[str, list[str]]:
    """Public names by section: functions, then classes, each in the order of the alphabet."""
    import stanmlm

    found: dict[str, list[str]] = {section: [] for section in SECTIONS.values()}
    for name in sorted(stanmlm.__all__, key=lambda name: (inspect.isclass(getattr(stanmlm, name)), name.lower())):
        value = inspect.unwrap(getattr(stanmlm, name))
        if callable(value):
            found[section_of(_module(value))].append(name)
    return found


def _module(value: object) -> str:
    """Where a function or class is written: errors say `stanmlm`, where they are imported from."""
    module = str(value.__module__)
    return "stanmlm.base.errors" if inspect.isclass(value) and module == "stanmlm" else module


def section_of(module: str) -> str:
    """The section of what `module` has."""
    begins = [start for start in SECTIONS if f"{module}.".startswith(f"{start}.")]
    return SECTIONS[max(begins, key=len)]


def file_of(section: str) -> str:
    """The name of a section's page."""
    return section.lower().replace(" ", "-") + ".md"


def page(section: str, names: list[str]) -> str:
    """A page for mkdocstrings."""
    return "\n\n".join([f"# {section}", *(f"::: stanmlm.{name}" for name in names)]) + "\n"


def contents(sections: Mapping[str, list[str]]) -> str:
    """A page with every name in a line."""
    import stanmlm

    parts = ["# Reference", "Every public function and class: `import stanmlm as sm`, then `sm.lmer`."]
    for section, names in sections.items():
        rows = ["| | |", "|---|---|"]
        for name in names:
            said = (inspect.getdoc(getattr(stanmlm, name)) or "").split("\n", 1)[0].replace("|", r"\|")
            rows.append(f"| [`{name}`]({file_of(section)}#stanmlm.{name}) | {said} |")
        parts += [f"## [{section}]({file_of(section)})", "\n".join(rows)]
    return "\n\n".join(parts) + "\n"
