"""The market written down: movers, breadth and groups of each day that has ended, from the View of that moment alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from quantrl.contest.documents.clean import Record
from quantrl.contest.documents.store import DocumentStore
from quantrl.contest.entities import Entities
from quantrl.contest.sources import Source, SourceConfig
from quantrl.data.view import View
from quantrl.errors import ConfigError
from quantrl.typing import FloatArray
from quantrl.units import iso_date

if TYPE_CHECKING:
    from quantrl.data import Panel

MOVERS, GROUP, LOOKBACK = 3, 4, 20


def load(config: SourceConfig, panel: Panel | None = None) -> DocumentStore:
    """Up to three documents a day, published as the bar ends.

    Raises
    ------
    ConfigError
        No panel, or one without closes.
    """
    if panel is None or "close" not in panel:
        raise ConfigError("documents: source 'market' is written from a panel with the column 'close'")
    reveal = panel.reveal()
    records = (record for t in panel.time.tolist() for record in write_day(reveal.at(t)))
    return DocumentStore.from_records(
        records, config.name or "market", delay_ns=config.delay_ns, entities=Entities.known(panel.instruments)
    )


def write_day(view: View) -> Iterator[Record]:
    """What the newest bar of a view has to say; nothing on the first bar, or where no name has two closes."""
    if view.n < 2:
        return
    day, names = iso_date(int(view.time[-1])), view.instruments
    moves = view.returns(1)[0]
    order = _ranked(moves)
    if not order:
        return
    up = [i for i in order[:MOVERS] if moves[i] > 0]
    down = [i for i in order[::-1][:MOVERS] if moves[i] < 0]
    yield _record(view, 0, f"Movers of {day}", _movers(up, down, moves, names), [names[i] for i in up + down])
    known = moves[~np.isnan(moves)]
    rose, fell = int((known > 0).sum()), int((known < 0).sum())
    text = (
        f"{day}: {rose} of {len(known)} names closed higher and {fell} lower. The mean move was "
        f"{100 * known.mean():+.2f} % and the median {100 * np.median(known):+.2f} %."
    )
    yield _record(view, 1, f"Breadth of {day}", text, [])
    if view.n > LOOKBACK and len(names) >= 2 * GROUP:
        past = view.window("close", LOOKBACK + 1)
        change = past[-1] / past[0] - 1.0
        ranked = _ranked(change)
        if len(ranked) >= 2 * GROUP:
            strong, weak = ranked[:GROUP], ranked[::-1][:GROUP]
            text = (
                f"{day}: over {LOOKBACK} days the group in front is {_listed(strong, change, names)}; "
                f"the group behind is {_listed(weak, change, names)}."
            )
            yield _record(view, 2, f"Groups of {day}", text, [names[i] for i in strong + weak])


def _movers(up: list[int], down: list[int], moves: FloatArray, names: tuple[str, ...]) -> str:
    parts = [
        f"{label}: {_listed(group, moves, names)}."
        for label, group in (("Higher", up), ("Lower", down))
        if group
    ]
    return " ".join(parts) or "No name moved."


def _ranked(values: FloatArray) -> list[int]:
    """Columns with a value, highest first, ties in the order of the panel."""
    known = np.flatnonzero(~np.isnan(values)).tolist()
    return sorted(known, key=lambda i: -values[i])


def _listed(columns: list[int], values: FloatArray, names: tuple[str, ...]) -> str:
    return ", ".join(f"{names[i]} {100 * values[i]:+.2f} %" for i in columns)


def _record(view: View, part: int, title: str, text: str, symbols: list[str]) -> Record:
    row = 3 * (view.n - 1) + part
    return Record(row, int(view.time[-1]), title, text, symbols=tuple(dict.fromkeys(symbols)), lang="en")


SOURCE = Source("market", "movers, breadth and groups written from the panel", load, needs="panel")
