"""Daemons that break a rule, each of which a gate must notice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from itertools import takewhile
from typing import Any
from unittest.mock import patch

from quantrl.live import asking, opened
from quantrl.live.events import Answer
from quantrl.live.hosts import Ask, LocalHosts
from quantrl.live.journal import Journal
from quantrl.live.recover import MARKET, Folded, fold
from quantrl.live.setup import Setup
from quantrl.live.state import State


@contextmanager
def forgetful() -> Iterator[None]:
    """Recovery leaves out the last committed bar and all that followed from it."""

    def recover(journal: Journal, setup: Setup, *_: Any, **__: Any) -> Folded:
        last = max((e.seq for e in journal.events() if e.kind == MARKET), default=0)
        folded = Folded(State(setup))
        fold(folded, takewhile(lambda e: not last or e.seq < last, journal.events()))
        return folded

    with patch.object(opened, "recover", recover):
        yield


@contextmanager
def apart() -> Iterator[None]:
    """An input is committed before what follows from it."""
    append = Journal.append

    def torn(journal: Journal, events: Any) -> Any:
        first, *rest = events
        placed = append(journal, [first])
        if rest:
            journal.commit()
            placed += append(journal, rest)
        return placed

    with patch.object(Journal, "append", torn):
        yield


class _Counting(LocalHosts):
    """Answers that depend on how often this process was asked, which no journal knows."""

    asked = 0

    def ask(self, asks: Any) -> list[Answer]:
        found = super().ask(asks)
        self.asked += 1
        n = self._n
        return [
            one._replace(targets=tuple(10**8 * ((k + self.asked) % 2) for k in range(n)), status="ok")
            for one in found
        ]


class Ahead(LocalHosts):
    """Agents that see one bar more than there is."""

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup)
        self._times = setup.panel.time

    def ask(self, asks: Any) -> list[Answer]:
        later = self._times[self._times > asks[0].now][:1]
        return super().ask([Ask(one.agent, one.request, int((*later, one.now)[0]), one.held) for one in asks])


def _hosts(kind: Callable[[Setup], LocalHosts]) -> Callable[[], AbstractContextManager[Any]]:
    return lambda: patch.object(asking, "make_hosts", lambda setup, idle: kind(setup))


CHEATS: dict[str, Callable[[], AbstractContextManager[Any]]] = {
    "": nullcontext,
    "early": nullcontext,
    "forgetful": forgetful,
    "apart": apart,
    "counting": _hosts(_Counting),
    "ahead": _hosts(Ahead),
}
