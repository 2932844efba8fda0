"""A stopped book read from its tables says what the daemon said."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from live import paper_book, paper_books
from quantrl.live.journal import Journal
from quantrl.live.setup import setup_of
from quantrl.live.summary import Summary, of_journal

PANEL = paper_book.panel(70)


def read(folder: Path) -> Summary:
    setup = setup_of(folder, panel=PANEL)
    with Journal.open(folder, read_only=True) as journal:
        return of_journal(journal, setup)


@pytest.mark.parametrize("clean", [True, False])
def test_the_tables_say_what_the_daemon_said(tmp_path: Path, clean: bool) -> None:
    folder, funded = tmp_path / "book", 0
    daemon = paper_books.make(folder, paper_book.config(), PANEL)
    for bar in (None, 0, 40, 69):
        if bar is not None:
            daemon.run(until=int(PANEL.time[bar]))
        if bar == 40:
            daemon.command("no_entry", reason="lunch")
        said = daemon.state()
        funded += len(said.funded)
        if clean:
            daemon.close()
        else:
            daemon.abandon()
        found = read(folder)
        assert replace(found, seq=said.seq) == said
        assert found.seq >= said.seq
        daemon = paper_books.reopen(folder, PANEL)
    daemon.close()
    assert funded > 0
