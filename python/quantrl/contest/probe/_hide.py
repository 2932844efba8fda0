"""The same market under names nobody knows: tickers, companies and people replaced, dates moved, prices from 100."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from quantrl.contest.documents.clean import MAX_TEXT, MAX_TITLE
from quantrl.contest.documents.store import DocumentStore
from quantrl.contest.entities import Entities, Pseudonyms
from quantrl.contest.fundamentals import Figure, Fundamentals
from quantrl.contest.probe.dates import move_dates, move_years
from quantrl.contest.types import Document
from quantrl.errors import ConfigError, DataError
from quantrl.typing import FloatArray
from quantrl.units import NS_PER_DAY

if TYPE_CHECKING:
    from quantrl.data import Panel

START = 100.0
PRICES = frozenset(
    {"open", "high", "low", "close", "adj_open", "adj_high", "adj_low", "adj_close", "vwap", "typical"}
)
SIZES = frozenset({"volume", "shares"})


@dataclass(frozen=True, eq=False)
class Hidden:
    """A disguised market.

    Attributes
    ----------
    panel : Panel
        Returns are those of the market it stands for, to the last digits.
    docs : DocumentStore
    pseudonyms : Pseudonyms
        `reveal` gives the symbol back.
    shift_ns : int
        Added to every time.
    """

    panel: Panel
    docs: DocumentStore
    pseudonyms: Pseudonyms
    shift_ns: int


def hide(
    panel: Panel, docs: DocumentStore, *, weeks: int, people: Iterable[str] = (), salt: str = ""
) -> Hidden:
    """Disguise a market and its news.

    Parameters
    ----------
    panel : Panel
    docs : DocumentStore
    weeks : int
        Whole weeks every date is moved by, not 0: weekdays stay, holidays of one year fall on working days of another.
    people : iterable of str
        Full names to hide.
    salt : str
        Another one gives other pseudonyms.

    Raises
    ------
    ConfigError
        `weeks` is 0, or moves a time before 1970.
    DataError
        A column that is neither a price, a size nor free of both, so that it could give a name away.
    """
    shift = weeks * 7 * NS_PER_DAY
    first = min([int(panel.time[0]), *([docs.span[0]] if docs.span else [])])
    if not weeks or first + shift < 0:
        raise ConfigError(
            f"weeks: expected a number other than 0 that leaves every date after 1970, got {weeks}"
        )
    known = docs.entities or Entities.known(panel.instruments)
    entities = Entities(panel.instruments, known.aliases)
    names = Pseudonyms(entities, people, salt)
    other = Entities(
        (names.symbol(symbol) for symbol in panel.instruments),
        {names.symbol(symbol): (names.names[symbol],) for symbol in panel.instruments},
    )
    hidden = docs.mapped(lambda document: _document(document, names, weeks, shift), entities=other)
    return Hidden(_panel(panel, names, shift), hidden, names, shift)


def hide_figures(figures: Fundamentals, names: Pseudonyms, weeks: int) -> Fundamentals:
    """Figures filed under the same pseudonyms and moved by as much; those of other companies are left out.

    The numbers stay, as they are what is known: whoever knows a company by its earnings is not deceived.
    """

    def other(figure: Figure) -> Figure | None:
        if figure.symbol not in names.tickers:
            return None
        return figure._replace(
            symbol=names.symbol(figure.symbol),
            filed_at=figure.filed_at + weeks * 7 * NS_PER_DAY,
            period=move_years(figure.period, weeks),
        )

    return figures.mapped(other)


def _document(document: Document, names: Pseudonyms, weeks: int, shift: int) -> Document:
    """Its id stays: a digest tells no name, and documents of one moment are read in the order of their ids."""

    def change(text: str) -> str:
        return move_dates(names.hide(text), weeks)

    symbols = tuple(names.tickers[symbol] for symbol in document.symbols if symbol in names.tickers)
    return replace(
        document,
        title=change(document.title)[:MAX_TITLE],
        text=change(document.text)[:MAX_TEXT],
        published_at=document.published_at + shift,
        available_at=document.available_at + shift,
        symbols=symbols,
        url="",
    )


def _panel(panel: Panel, names: Pseudonyms, shift: int) -> Panel:
    unknown = sorted(set(panel.columns) - PRICES - SIZES)
    if unknown:
        raise DataError(
            f"panel: columns {', '.join(unknown)}: neither prices nor sizes, so it is not known how to hide what they "
            "are of; leave them out"
        )
    factor = START / _first(panel["close"] if "close" in panel else panel[next(iter(panel.columns))])
    columns = {
        key: values * factor if key in PRICES else values / factor for key, values in panel.columns.items()
    }
    table = [
        replace(
            one,
            symbol=names.symbol(one.symbol),
            tick=0.0,
            lot=0.0,
            listed=None if one.listed is None else one.listed + shift,
            delisted=None if one.delisted is None else one.delisted + shift,
        )
        for one in panel.table
    ]
    return type(panel)(
        columns,
        panel.time + shift,
        table,
        periods_per_year=panel.periods_per_year,
        available_at={key: np.asarray(at) + shift for key, at in panel.late.items()},
        masks=dict(panel.masks),
        adjust=panel.adjust,
        name="hidden",
        source="hidden",
        flags=[*panel.flags, "names hidden, dates moved, prices from 100"],
    )


def _first(close: FloatArray) -> FloatArray:
    """(N,) first price of each instrument; 1 where it has none."""
    known = np.isfinite(close)
    row = known.argmax(axis=0)
    return np.where(known.any(axis=0), close[row, np.arange(close.shape[1])], 1.0)
