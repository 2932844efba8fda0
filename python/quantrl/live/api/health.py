"""Whether the API is alive, and whether the book is ready; what fails is listed."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from quantrl.live.api.mirror import Mirror

LAG_S = 1.0
ENGINE_S = 5.0
DISK_BYTES = 1 << 30
_TICK_S = 0.1


class Lag:
    """How late the event loop is."""

    def __init__(self) -> None:
        self._beat = time.monotonic()

    async def beat(self) -> None:
        """Until it is cancelled."""
        while True:
            self._beat = time.monotonic()
            await asyncio.sleep(_TICK_S)

    @property
    def seconds(self) -> float:
        """Since the loop should have come round."""
        return max(time.monotonic() - self._beat - _TICK_S, 0.0)


def ready(mirror: Mirror) -> list[str]:
    """What keeps the book from trading; empty: nothing."""
    if mirror.pulse is None or not mirror.ready:
        return ["recovered: the engine has not answered yet"]
    pulse, failing = mirror.pulse, []
    if not mirror.connected or mirror.silence_s > ENGINE_S:
        failing.append(f"engine: silent for {mirror.silence_s:.1f} s")
    if pulse["summary"]["state"] == "HALTED":
        failing.append(f"state: HALTED ({pulse['summary']['reason']})")
    if pulse["feed"]["missing"]:
        failing.append(f"feed: {pulse['feed']['missing']} instruments without a price")
    if not pulse["feed"]["running"]:
        failing.append("feed: takes no bars")
    free = pulse["vitals"]["disk_free_bytes"]
    if free < DISK_BYTES:
        failing.append(f"disk: {free} bytes free, expected {DISK_BYTES}")
    return failing


def healthy(lag: Lag) -> dict[str, Any]:
    """The loop's lag."""
    return {"ok": lag.seconds < LAG_S, "loop_lag_ms": round(lag.seconds * 1_000)}
