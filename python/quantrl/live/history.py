"""What a book was worth at every bar, from its journal and its feed alone."""

from __future__ import annotations

from collections.abc import Iterator

from quantrl.live import events
from quantrl.live.bar_books import KINDS, Bar, BarBooks
from quantrl.live.reading import ClosedBook


def history(book: ClosedBook) -> Iterator[Bar]:
    """Every bar the book took, in order; on an event feed every row of its grid.

    Raises
    ------
    InvariantError
        A posting that does not balance.
    """
    setup = book.setup
    walk = BarBooks(setup.tv, setup.n_agents, setup.feed.row)
    for event, values in book.content(*KINDS, events.Timer):
        row = setup.feed.row_of(event, values)
        if row is not None:
            if walk.row is not None:
                yield walk.bar()
            walk.arrive(row)
        elif not isinstance(values, (events.Market, events.Timer)):
            walk.take(values)
    if walk.row is not None:
        yield walk.bar()
