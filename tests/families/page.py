"""The table of families in docs/families.md, made from the records; `python tests/families/page.py` writes it."""

from collections.abc import Iterator
from pathlib import Path

from stanmlm.families import FAMILIES, Family
from stanmlm.families.distributional import Default, Distributional

PAGE = Path(__file__).resolve().parents[2] / "docs" / "families.md"
START, STOP = "<!-- from the records -->", "<!-- to here -->"
HEAD = (
    "| family | parameter | links, default first | its prior here | as in brms | cells | after the fit |",
    "|---|---|---|---|---|---|---|",
)


def lines() -> Iterator[str]:
    """A row a parameter of each family."""
    yield from HEAD
    for family in FAMILIES.values():
        for one in family.parameters:
            first = one is family.location
            cells = (
                f"`{family.name}`" if first else "",
                f"`{one.name}`, {one.support.replace('_', ' ')}",
                ", ".join(one.links),
                "" if first else _prior(one, "rstanarm"),
                "" if first else _prior(one, "brms"),
                _cells(family) if first else "",
                _after(family) if first else "",
            )
            yield "| " + " | ".join(cells) + " |"


def _prior(one: Distributional, preset: str) -> str:
    if one.upper is not None:
        return "uniform(0, least y)"
    number, predicted = one.prior.get(preset), one.prior_link.get(preset)
    return f"{_written(number)}; intercept {_written(predicted)}"


def _written(default: Default | None) -> str:
    if default is None:
        return "flat"
    return (
        f"{default.distribution}({', '.join(f'{a:g}' for a in default.arguments)}){' scaled' if default.scaled else ''}"
    )


def _cells(family: Family) -> str:
    return "sums" if family.reductions else "distinct responses"


def _after(family: Family) -> str:
    single = family.kind in ("real", "count")
    lacks = {
        "`bayes_R2`": not family.variance,
        "residuals": not single,
        "Pearson residuals": single and not family.variance,
        "deviance residuals": single and not family.saturates,
    }
    missing = [words for words, lacking in lacks.items() if lacking]
    return f"all but {', '.join(missing)}" if missing else "all"


def written() -> str:
    """The page's own table."""
    return PAGE.read_text().split(START)[1].split(STOP)[0].strip()


if __name__ == "__main__":
    before, rest = PAGE.read_text().split(START)
    PAGE.write_text(f"{before}{START}\n" + "\n".join(lines()) + f"\n{STOP}{rest.split(STOP)[1]}")
