"""The moment inputs become durable: a supervisor hears of the engine while a slow disk takes a snapshot or a checkpoint."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from live import paper_book
from quantrl.live import cycle, heart
from quantrl.live.engine import Daemon
from quantrl.live.heart import Heart
from quantrl.live.journal import Journal
from quantrl.live.snapshots import Snapshots

PANEL = paper_book.panel(8)


@pytest.mark.parametrize(("of", "name"), [(Snapshots, "write"), (Journal, "checkpoint")])
def test_a_slow_disk_is_no_silence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, of: type, name: str
) -> None:
    monkeypatch.setattr(heart, "EVERY_S", 0.05)
    supervisor, engine = socket.socketpair()
    supervisor.setblocking(False)
    quick: Callable[..., Any] = getattr(of, name)
    beats: list[int] = []

    def heard() -> int:
        lines = 0
        try:
            while data := supervisor.recv(1 << 16):
                lines += data.count(b"\n")
        except BlockingIOError:
            pass
        return lines

    def slow(*words: Any) -> Any:
        heard()
        time.sleep(0.4)
        beats.append(heard())
        return quick(*words)

    with (
        supervisor,
        engine,
        Daemon.create(tmp_path / "book", paper_book.config(), panel=PANEL, heart=Heart(engine)) as daemon,
    ):
        daemon.run()
        with monkeypatch.context() as patched:
            patched.setattr(of, name, slow)
            patched.setattr(cycle, "CHECKPOINT_PAGES", 0)
            daemon.snapshot()
    assert beats
    assert min(beats) >= 2
