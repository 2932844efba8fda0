"""A journal changed by someone who knows the format: everything fits again, but for what only a re-run can tell."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw

from quantrl.live.chain import content_link, content_start, genesis, link
from quantrl.live.events import KIND_OF, Event, decode, encode
from quantrl.live.inspection import rebuild
from quantrl.live.journal import NAME


def rechain(folder: Path, kind: type[Any], change: Callable[[Any], Any | None], *, skip: int = 0) -> int:
    """Change the first event of a kind after `skip` for which `change` gives other values; its seq.

    Hashes, content digest, tables and page sums are made again.
    """
    found = 0
    db = apsw.Connection(str(folder / NAME))
    book_id = bytes.fromhex(next(iter(db.execute("SELECT v FROM meta WHERE k = 'book_id'")))[0])
    before, content = genesis(book_id).hash, content_start(book_id)
    rows = list(
        db.execute(
            "SELECT kind, ts, agent, cause, payload, seq, ifnull(ord, 0), boot FROM event ORDER BY seq"
        )
    )
    with db:
        for row in rows:
            event = Event(*row)
            if event.kind == KIND_OF[kind] and not found:
                changed = change(decode(event.kind, event.payload))
                if changed is not None:
                    skip -= 1
                if changed is not None and skip < 0:
                    event = Event(*row[:4], encode(event.kind, changed), *row[5:])
                    found = event.seq
            before = link(before, event.seq, event.ord, event.boot, event)
            if event.ord:
                content = content_link(content, event.ord, event)
            db.execute(
                "UPDATE event SET payload = ?, hash = ? WHERE seq = ?", (event.payload, before, event.seq)
            )
        last = max(row[6] for row in rows)
        db.execute("UPDATE meta SET v = ? WHERE k = 'content'", (f"{last}:{content.hex()}",))
    db.close()
    assert found, f"no {kind.__name__} to change"
    rebuild(folder)
    return found
