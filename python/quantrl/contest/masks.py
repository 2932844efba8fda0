"""The same world under other names and dates, or with every word of praise and blame turned round."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np

from quantrl.contest.analysts.lexicon import flip
from quantrl.contest.documents.clean import document_id
from quantrl.contest.documents.store import DocumentStore
from quantrl.contest.entities import Entities, Pseudonyms
from quantrl.contest.types import Document
from quantrl.data.instrument import Instrument
from quantrl.data.layout import PRICES
from quantrl.typing import FloatArray
from quantrl.units import NS_PER_DAY

if TYPE_CHECKING:
    from quantrl.data import Panel

WEEKS = 1_461
"""28 years, after which the calendar of weekdays and dates repeats."""
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_ISO = re.compile(r"(?<!\d)(\d{4})-(\d{2})-(\d{2})(?!\d)")
_SPOKEN = re.compile(rf"\b({'|'.join(_MONTHS)}) (\d{{1,2}}), (\d{{4}})\b")


@dataclass(frozen=True)
class Mask:
    """A world as agents are to see it.

    Attributes
    ----------
    panel : Panel
    docs : DocumentStore
    days : int
        By which every date is later.
    symbol : dict of str to str
        What each instrument is called.
    """

    panel: Panel
    docs: DocumentStore
    days: int
    symbol: dict[str, str]


def hidden(panel: Panel, docs: DocumentStore, people: Iterable[str] = ()) -> Mask:
    """Names, tickers and people under pseudonyms, dates later by whole weeks, first prices 100.

    Dates in a text are moved where they are written ``2008-10-10`` or ``October 10, 2008``; years alone stay.
    """
    known = docs.entities
    entities = Entities(panel.instruments, known.aliases) if known else Entities.known(panel.instruments)
    names = Pseudonyms(entities, people)
    days = 7 * WEEKS

    def told(text: str) -> str:
        return names.hide(_moved(text, days))

    renamed = {symbol: names.symbol(symbol) for symbol in panel.instruments}
    aliases = {names.symbol(symbol): (names.names[symbol],) for symbol in panel.instruments}
    return Mask(
        _rebased(panel, renamed, days * NS_PER_DAY),
        _store(docs, told, Entities(aliases, aliases), days * NS_PER_DAY, renamed),
        days,
        renamed,
    )


def flipped(panel: Panel, docs: DocumentStore) -> Mask:
    """Every word of praise or blame replaced by one of the other side."""
    same = {symbol: symbol for symbol in panel.instruments}
    return Mask(panel, _store(docs, flip, docs.entities, 0, None), 0, same)


def _store(
    docs: DocumentStore,
    told: Callable[[str], str],
    entities: Entities | None,
    later: int,
    names: dict[str, str] | None,
) -> DocumentStore:
    made: dict[str, Document] = {}
    for one in docs.everything:
        title, text = told(one.title), told(one.text)
        published = one.published_at + later
        other = document_id(one.source, one.id, title, published)
        symbols = one.symbols if names is None else tuple(names[s] for s in one.symbols if s in names)
        made[other] = replace(
            one,
            id=other,
            title=title,
            text=text,
            url="",
            published_at=published,
            available_at=one.available_at + later,
            symbols=symbols,
        )
    return DocumentStore(made.values(), entities=entities, undated=docs.undated)


def _rebased(panel: Panel, names: dict[str, str], later: int) -> Panel:
    first = _first_close(panel)
    columns = {name: v * (100.0 / first) if name in PRICES else v for name, v in panel.columns.items()}
    table = [_instrument(one, names, later) for one in panel.table]
    available = {key: panel.available_at(key) + later for key in panel.late}
    return type(panel)(
        columns,
        panel.time + later,
        table,
        periods_per_year=panel.periods_per_year,
        available_at=available,
        masks=panel.masks,
        adjust=panel.adjust,
        name=panel.name,
        source=panel.source,
        flags=panel.flags,
    )


def _first_close(panel: Panel) -> FloatArray:
    """(N,) first close of each instrument; 100 where there is none."""
    close = panel["close"]
    known = np.isfinite(close)
    row = known.argmax(axis=0)
    return np.where(known.any(axis=0), close[row, np.arange(close.shape[1])], 100.0)


def _instrument(one: Instrument, names: dict[str, str], later: int) -> Instrument:
    listed, delisted = (None if at is None else at + later for at in (one.listed, one.delisted))
    return replace(one, symbol=names[one.symbol], listed=listed, delisted=delisted)


def _moved(text: str, days: int) -> str:
    text = _ISO.sub(lambda m: _later(m.group(), int(m[1]), int(m[2]), int(m[3]), days, spoken=False), text)
    return _SPOKEN.sub(
        lambda m: _later(m.group(), int(m[3]), _MONTHS.index(m[1]) + 1, int(m[2]), days, spoken=True), text
    )


def _later(found: str, year: int, month: int, day: int, days: int, *, spoken: bool) -> str:
    """The date moved; what is no date stays."""
    try:
        then = date(year, month, day) + timedelta(days=days)
    except (ValueError, OverflowError):
        return found
    return f"{_MONTHS[then.month - 1]} {then.day}, {then.year}" if spoken else then.isoformat()
