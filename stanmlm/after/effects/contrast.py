"""The difference between any two predictions, with draws."""

from collections.abc import Mapping
from typing import Unpack

import pandas as pd

from stanmlm.after.effects.datagrid import fitted_data, grid_of, known_name, listed_values, typical_of_fit
from stanmlm.after.effects.estimands import EffectOptions, Quantity, estimate, read_asked, with_columns
from stanmlm.after.effects.variations import comparison_of
from stanmlm.after.predict.estimates import Estimates
from stanmlm.after.predict.target import target_of
from stanmlm.base.dataframes import to_pandas
from stanmlm.base.errors import DataError
from stanmlm.fit.fit import Fit

Scenario = Mapping[str, object] | pd.DataFrame


def between_scenarios(
    fit: Fit, a: Scenario, b: Scenario, comparison: str = "difference", **options: Unpack[EffectOptions]
) -> Estimates:
    """The expected response in scenario `a` against that in `b`, as `stanmlm.contrast` says."""
    asked, how = read_asked(options), comparison_of(comparison)
    first, second = _table(fit, a), _table(fit, b)
    length = max(len(first), len(second))
    if {len(first), len(second)} - {1, length}:
        raise DataError(f"the scenarios have {len(first)} and {len(second)} rows; they must have as many, or one")
    texts = [_texts(table, length) for table in (first, second)]
    labels = [how.label.format(hi=f"({hi})", lo=f"({lo})") for hi, lo in zip(*texts, strict=True)]
    rows = with_columns(fit, pd.DataFrame({"contrast": labels}), labels, asked)
    targets = (_filled(fit, first, length), _filled(fit, second, length))
    high, low = (target_of(fit, target, asked.request) for target in targets)
    quantity = Quantity({}, (high, low), lambda parts: how.of(parts[0], parts[1]))
    return estimate(fit, rows, [quantity], asked, "Contrasts", comparison)


def _table(fit: Fit, scenario: Scenario) -> pd.DataFrame:
    """A scenario as rows; of a mapping, single values are repeated."""
    if not isinstance(scenario, Mapping):
        table = to_pandas(scenario)
        assert table is not None
        return table
    data = fitted_data(fit)
    given = {known_name(name, data): value for name, value in scenario.items()}
    values = {name: listed_values(value, data[name]) for name, value in given.items()}
    rows = max(map(len, values.values()), default=1)
    if {len(column) for column in values.values()} - {1, rows}:
        sizes = ", ".join(f"{len(column)} of `{name}`" for name, column in values.items())
        raise DataError(f"a scenario needs as many values of each variable, or one; there are {sizes}")
    repeated = {name: column * rows if len(column) == 1 else column for name, column in values.items()}
    return pd.DataFrame(repeated, index=range(rows))


def _texts(table: pd.DataFrame, length: int) -> list[str]:
    """`income=2, state=MS` of each row."""
    rows = [", ".join(f"{name}={value}" for name, value in row.items()) for row in table.to_dict("records")]
    texts = [text or "typical" for text in rows]
    return texts * length if len(texts) == 1 else texts


def _filled(fit: Fit, table: pd.DataFrame, length: int) -> pd.DataFrame:
    """The rows with typical values where the scenario names none, repeated to `length`."""
    data = fitted_data(fit)
    base = grid_of(data, {name: [one] for name, one in typical_of_fit(fit).items() if name not in table.columns})
    rows = [0] * length if len(table) == 1 else list(range(length))
    repeated = table.iloc[rows].reset_index(drop=True)
    if base.empty:
        return repeated
    return pd.concat([repeated, base.iloc[[0] * length].reset_index(drop=True)], axis=1)
