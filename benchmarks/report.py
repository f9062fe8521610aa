"""The table of benchmarks/README.md from benchmarks/results/*.json: `python benchmarks/report.py`."""

import json
from pathlib import Path

HERE = Path(__file__).parent
MARK = "<!-- results: written by report.py -->"
GROWTH = '"model" is the first frame-to-model of the session, "all" a second one with sampling and all.'
CONTESTANTS = ("ours", "ours at 0.95", "ours at iter=4000", "noncentered", "lme4", "rstanarm", "bambi", "bambi nutpie")


def cell(found: dict | None) -> str:
    """Seconds; then, for a sampler, smallest bulk ESS, ESS per second and divergences."""
    if not found:
        return ""
    seconds = f"{found['seconds']:.3g} s"
    if "bulk" not in found:
        return seconds
    per_second = (
        f"{found['bulk per second']:,.0f}" if found["bulk per second"] > 100 else f"{found['bulk per second']:.3g}"
    )
    divergences = f", {found['divergences']:.0f} div." if found.get("divergences") else ""
    return f"{seconds}, {found['bulk']:,.0f}, **{per_second}**/s{divergences}"


def comparison() -> list[str]:
    """One row a case."""
    files = {path.stem: json.loads(path.read_text()) for path in sorted(HERE.glob("results/*.json"))}
    cases = {name: found for name, found in files.items() if "formula" in found}
    names = [name for name in CONTESTANTS if any(name in found for found in cases.values())]
    rows = ["| case | rows | " + " | ".join(names) + " |", "|" + "---|" * (len(names) + 2)]
    for case, found in cases.items():
        rows.append(f"| {case} | {found['rows']:,} | " + " | ".join(cell(found.get(name)) for name in names) + " |")
    return rows


def scaling() -> list[str]:
    """One row a size."""
    path = HERE / "results" / "scaling.json"
    if not path.exists():
        return []
    rows = ["| rows | groups | cells | one pass, s | model, s | all, s | min bulk ESS | peak MB |", "|" + "---|" * 8]
    for run in json.loads(path.read_text())["runs"]:
        rows.append(
            f"| {run['rows']:,} | {run['groups']:,} | {run['cells']:,} | {run['pass']:.2g} | {run['model']:.2g} "
            f"| {run['all']:.3g} | {run['bulk']:,.0f} | {run['MB']:,.0f} |"
        )
    return rows


def machines() -> str:
    """Where and when, and the versions."""
    files = [json.loads(path.read_text()) for path in sorted(HERE.glob("results/*.json"))]
    where = files[0]["machine"]
    contestants = [found for file in files for found in file.values() if isinstance(found, dict)]
    versions = "; ".join(sorted({found["version"] for found in contestants if "version" in found}))
    place = f"{where['machine']}, {where['cores']} cores, Python {where['python']}"
    return f"Measured {where['date']} on {place}. {versions}."


def main() -> None:
    page = HERE / "README.md"
    before, _, _ = page.read_text().partition(MARK)
    parts = [MARK, "", machines(), "", *comparison(), "", "## Growth", "", GROWTH, "", *scaling(), ""]
    page.write_text(before + "\n".join(parts))


if __name__ == "__main__":
    main()
