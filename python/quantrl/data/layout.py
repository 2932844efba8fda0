"""Which column of a file means what."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from quantrl.data.instrument import check_name
from quantrl.data.origin import one_line, shown
from quantrl.errors import DataError

LayoutName = Literal["auto", "long", "wide"]
MAX_COLUMNS = 20_000
MASKS = ("tradable", "can_buy", "can_sell", "member")
PRICES = frozenset({"open", "high", "low", "close", "adj_close", "preclose", "vwap"})
_TIMES = ("time", "date", "datetime", "timestamp")
_SYMBOLS = ("symbol", "instrument", "ticker")


@dataclass(frozen=True)
class Layout:
    """Roles of the columns of a file, by their names in it.

    Parameters
    ----------
    time : str
        Column of times or dates.
    symbol : str or None
        Column of instrument names; None where the file has no such column.
    data : dict of str to str
        Long: name in the panel to name in the file. Wide: instrument to name in the file.
    available_at : str or None
        Column saying when a row became known.
    wide : bool
        One column an instrument, instead of one row an instrument and time.
    """

    time: str
    symbol: str | None
    data: dict[str, str]
    available_at: str | None
    wide: bool


def detect(
    names: Sequence[str], file: str, *, layout: LayoutName = "auto", columns: Iterable[str] | None = None
) -> Layout:
    """Find the roles of columns.

    Parameters
    ----------
    names : sequence of str
        Header of the file.
    file : str
        For error messages.
    layout : {'auto', 'long', 'wide'}
        See Notes.
    columns : iterable of str, optional
        Keep only these, named as in the panel (wide: instruments).

    Raises
    ------
    DataError
        No time column or two of them, equal names, nothing left to read, a name asked for that is not there.

    Notes
    -----
    Case, outer blanks, and a blank instead of an underscore do not matter. The time column is the one called
    time, date, datetime or timestamp. A file with a column called symbol, instrument or ticker is long: a row
    for every instrument and time. One without, but with a column called close, is long with a single
    instrument that bears the name of the file. Every other file is wide: all columns besides the time are
    instruments, their values are closes.
    """
    check_header(names, file)
    plain = {name: name.strip().lower().replace(" ", "_") for name in names}
    time = _only(file, names, plain, _TIMES)
    if time is None:
        raise DataError(f"{file}: expected a column called one of {', '.join(_TIMES)}, got {_listed(names)}")
    symbol = _only(file, names, plain, _SYMBOLS)
    wide = layout == "wide" or (layout == "auto" and symbol is None and "close" not in plain.values())
    rest = [name for name in names if name != time and (wide or name != symbol)]
    arrival = None if wide else next((name for name in rest if plain[name] == "available_at"), None)
    data = {(name.strip() if wide else plain[name]): name for name in rest if name != arrival}
    if len(data) < len(rest) - (arrival is not None):
        raise DataError(
            f"{file}: two columns have the same name apart from case and blanks: {_listed(names)}"
        )
    data = _chosen(data, columns, file)
    if not data:
        raise DataError(f"{file}: nothing to read besides column {shown(time)}")
    return Layout(time, None if wide else symbol, data, arrival, wide)


def check_header(names: Sequence[str], file: str) -> None:
    """Refuse headers that are too wide, or hold names that are empty, too long, unprintable or repeated.

    Raises
    ------
    DataError
        The message names the file and the column.
    """
    if len(names) > MAX_COLUMNS:
        raise DataError(f"{file}: {len(names)} columns, more than {MAX_COLUMNS}")
    seen: set[str] = set()
    for position, name in enumerate(names, 1):
        try:
            check_name(name.strip(), "column")
        except DataError as error:
            raise DataError(f"{file}: column {position}: {error}") from None
        if name in seen:
            raise DataError(f"{file}: column {shown(name)} appears twice")
        seen.add(name)


def _only(file: str, names: Sequence[str], plain: dict[str, str], accepted: Sequence[str]) -> str | None:
    found = [name for name in names if plain[name] in accepted]
    if len(found) > 1:
        raise DataError(f"{file}: columns {shown(found[0])} and {shown(found[1])} mean the same; keep one")
    return found[0] if found else None


def _chosen(data: dict[str, str], columns: Iterable[str] | None, file: str) -> dict[str, str]:
    if columns is None:
        return data
    wanted = list(columns)
    for name in wanted:
        if name not in data:
            raise DataError(f"{file}: no column {shown(name)}; it has {_listed(list(data))}")
    return {name: data[name] for name in wanted}


def _listed(names: Sequence[str]) -> str:
    return one_line(", ".join(shown(name) for name in names[:8]) + (", ..." if len(names) > 8 else ""))
