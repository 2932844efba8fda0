"""Events as they are committed, to browsers: each once and in order, however often the connection is made again."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from typing import Any

from fastapi.sse import ServerSentEvent

from quantrl.live.api import book_tables, trade_tables
from quantrl.live.api.mirror import Mirror
from quantrl.live.api.refusals import Refusal

FAR = 5_000
"""Events behind the newest from which a client is told to load again instead."""
SLICE, PAUSE_S, TILE_S = 200, 0.05, 0.25
RETRY_MS = 500


class Streams:
    """What the clients of one stream are sent.

    Parameters
    ----------
    mirror : Mirror
    """

    def __init__(self, mirror: Mirror) -> None:
        self._mirror, self._guard = mirror, threading.Lock()
        self._tile: tuple[float, dict[str, Any] | None] = (0.0, None)

    async def follow(self, seen: int | None) -> AsyncIterator[ServerSentEvent]:
        """What one client is sent: ``event`` with its seq as id, ``tile`` at most four times a second, ``gap``."""
        mirror, told = self._mirror, 0.0
        at = mirror.head if seen is None else seen
        yield ServerSentEvent(event="hello", data={"seq": str(at)}, id=str(at), retry=RETRY_MS)
        while True:
            if mirror.ready and (mirror.head - at > FAR or (mirror.connected and at > mirror.committed)):
                at = mirror.head
                yield ServerSentEvent(event="gap", data={"seq": str(at)}, id=str(at))
            elif mirror.head > at:
                found = await asyncio.to_thread(trade_tables.events, mirror, None, SLICE, None, at)
                for row in found["rows"]:
                    at = int(row["seq"])
                    yield ServerSentEvent(event="event", data=row, id=row["seq"])
            if time.monotonic() - told >= TILE_S:
                told = time.monotonic()
                yield ServerSentEvent(event="tile", data=await asyncio.to_thread(self._newest))
            await asyncio.sleep(PAUSE_S)

    def _newest(self) -> dict[str, Any]:
        """The first screen's numbers, made once for all clients."""
        with self._guard:
            made, tile = self._tile
            if tile is None or time.monotonic() - made > 0.8 * TILE_S:
                if self._mirror.ready:
                    tile = book_tables.state(self._mirror)
                else:
                    tile = {"engine": book_tables.engine(self._mirror)}
                self._tile = (time.monotonic(), tile)
            return tile


def start_of(last_event_id: str | None) -> int | None:
    """The seq a client has seen; None: it begins with the newest.

    Raises
    ------
    Refusal
        An id that is no seq.
    """
    if not last_event_id:
        return None
    if not (last_event_id.isascii() and last_event_id.isdecimal() and len(last_event_id) < 19):
        raise Refusal(400, "value", "expected a seq", "Last-Event-ID")
    return int(last_event_id)
