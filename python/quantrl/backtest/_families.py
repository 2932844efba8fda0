"""Members of a family: what parameters it has, which combinations make sense, and where its signals come from."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quantrl import _core
from quantrl.errors import ConfigError
from quantrl.typing import BoolArray, FloatArray

SIGNALS: dict[str, tuple[str, ...]] = {name: tuple(params) for name, params in _core.sweep_families()}
"""Families of signals on one instrument, computed in Rust, with their parameters."""

_ORDERED = {"sma_cross": ("fast", "slow"), "ema_cross": ("fast", "slow"), "zscore": ("exit", "enter")}
"""Pairs of parameters of which the first must be the lesser: a grid leaves other combinations out."""

MOST = 10_000_000
"""Combinations above which a grid is refused."""


@dataclass(frozen=True, eq=False)
class Members:
    """Parameters by name, (K,) each, and how many combinations of a grid were left out as meaningless."""

    columns: dict[str, NDArray[Any]]
    left_out: int = 0

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    def row(self, k: int) -> dict[str, Any]:
        """Parameters of one member as plain values."""
        return {
            name: column[k].item() if hasattr(column[k], "item") else column[k]
            for name, column in self.columns.items()
        }

    def table(self) -> FloatArray:
        """(K, P) float64.

        Raises
        ------
        ConfigError
            A value that is no number.
        """
        for name, column in self.columns.items():
            if column.dtype.kind not in "iuf":
                raise ConfigError(f"{name}: expected numbers, got {column[0]!r}")
        return np.column_stack([column.astype(np.float64) for column in self.columns.values()])


def members_of(
    params: Mapping[str, Iterable[Any]] | Sequence[Mapping[str, Any]],
    names: tuple[str, ...] | None,
    family: str,
) -> Members:
    """Every combination of a grid, or the members of a list.

    Parameters
    ----------
    params : mapping of str to values, or sequence of mappings
        A grid, of which combinations that make no sense for `family` are left out; or one mapping a member, all kept.
    names : tuple of str, optional
        Parameters there must be, in this order; any by default.
    family : str

    Raises
    ------
    ConfigError
        A parameter that is missing or unknown, no combination at all, or more than 10 million.
    """
    if isinstance(params, Mapping):
        columns = _grid({name: _values(name, values) for name, values in params.items()})
    else:
        columns = _listed(list(params))
    wanted = tuple(columns) if names is None else names
    if set(columns) != set(wanted):
        raise ConfigError(f"params: {family} expects {', '.join(wanted)}, got {', '.join(columns) or 'none'}")
    columns = {name: columns[name] for name in wanted}
    if isinstance(params, Mapping) and family in _ORDERED:
        less, more = (columns[name] for name in _ORDERED[family])
        kept = np.flatnonzero(less < more)
        members = Members({name: column[kept] for name, column in columns.items()}, len(less) - len(kept))
    else:
        members = Members(columns)
    if not len(members):
        raise ConfigError(f"params: no combination is left of the grid; {members.left_out} make no sense")
    return members


def member_signals(
    family: str, table: FloatArray, columns: Mapping[str, FloatArray], tie_rtol: float
) -> tuple[BoolArray, BoolArray]:
    """Entries and exits (T,) of one member, `table` (1, P)."""
    return _core.sweep_signals(
        family, columns["close"], table, high=columns.get("high"), low=columns.get("low"), tie_rtol=tie_rtol
    )


def _values(name: str, values: Iterable[Any]) -> list[Any]:
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise ConfigError(f"{name}: expected a sequence of values to try, got {values!r}")
    found = list(values)
    if not found:
        raise ConfigError(f"{name}: expected at least one value to try, got none")
    return found


def _grid(values: dict[str, list[Any]]) -> dict[str, NDArray[Any]]:
    if not values:
        raise ConfigError("params: expected at least one parameter with values to try")
    count = int(np.prod([len(found) for found in values.values()], dtype=np.float64))
    if count > MOST:
        raise ConfigError(f"params: a grid of {count:,} combinations is more than {MOST:,}")
    arrays = [_column(found) for found in values.values()]
    places = np.indices([len(array) for array in arrays]).reshape(len(arrays), -1)
    return {name: array[at] for name, array, at in zip(values, arrays, places, strict=True)}


def _listed(rows: list[Mapping[str, Any]]) -> dict[str, NDArray[Any]]:
    if not rows:
        raise ConfigError("params: expected at least one member, got none")
    for k, row in enumerate(rows):
        if not isinstance(row, Mapping) or set(row) != set(rows[0]) or not row:
            raise ConfigError(f"params[{k}]: expected a mapping with the keys of the first, got {row!r}")
    return {name: _column([row[name] for row in rows]) for name in rows[0]}


def _column(values: list[Any]) -> NDArray[Any]:
    """Numbers as numbers, anything else as objects."""
    kinds = {type(value) for value in itertools.chain(values)}
    if kinds <= {int} or kinds <= {int, float} or all(issubclass(kind, np.number) for kind in kinds):
        return np.array(values)
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column
