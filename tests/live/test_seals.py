"""Seals: once a day the head is told, in journal, outbox and log, and no content changes."""

from __future__ import annotations

import json
from pathlib import Path

from live import paper_book, paper_books
from quantrl.live import events, outbox, verify
from quantrl.live.seals import TOPIC, Seals
from quantrl.live.vocabulary import DAY


def test_a_day_is_sealed_once_and_content_stays(tmp_path: Path) -> None:
    now, lines, data = [20_000 * DAY + 5], [], paper_book.panel()
    with paper_books.make(tmp_path / "b", paper_book.config(), data) as daemon:
        seals = Seals(lines.append, lambda: now[0])
        daemon.run(until=int(data.time[20]))
        digest = daemon.content_digest()
        assert not seals.due(daemon)
        now[0] += DAY
        sealed = daemon.journal.committed
        assert seals.due(daemon)
        assert not seals.due(daemon)
        now[0] -= DAY  # a clock that was set back seals nothing twice
        assert not seals.due(daemon)
        assert daemon.content_digest() == digest
        (seal,) = daemon.journal.rows(
            "SELECT seq, payload FROM event WHERE kind = ?", (events.KIND_OF[events.Seal],)
        )
        assert seal[0] == sealed.seq + 1
        assert events.decode(events.KIND_OF[events.Seal], seal[1]).head == sealed.hash
        (message,) = outbox.waiting(daemon, {})["messages"]
        told = json.loads(message[1])
        assert (told["topic"], told["wall"]) == (TOPIC, 20_001 * DAY + 5)
        assert told["text"] == f"event {sealed.seq} has hash {sealed.hash.hex()}"
        assert lines == [f"seal: {told['text']}"]
        daemon.run(until=int(data.time[30]))
    assert verify(tmp_path / "b", rederive=True, panel=data).ok
