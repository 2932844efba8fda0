"""Input made wrong at random: it is refused by an error of ours, or means what it says, and changes nothing else."""

from __future__ import annotations

import json
import random
import socket
import struct
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from counts import full_or
from live.gates.kept import keep
from live.gates.mutations import many
from live.tick_books import RESTS, START, config, flow, make, shared
from quantrl import toml
from quantrl.agent import Decision
from quantrl.data.events import EventFile
from quantrl.errors import ConfigError, QuantrlError
from quantrl.live import answers, wire
from quantrl.live.config import PaperConfig
from quantrl.live.control import Control
from quantrl.live.engine import Daemon
from quantrl.live.events import KINDS, decode, encode
from quantrl.live.kept_state import plain_of
from quantrl.live.segments import Segments
from quantrl.live.storage import Storage

SEED = "malformed:1"
Counted = tuple[int, int]
"""Refused, and taken for what they say."""


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """A book that has traded."""
    with make(tmp_path_factory.mktemp("book") / "b", config(shared(), venue=RESTS)) as daemon:
        daemon.run(until=START + 80 * 10**9)
        yield daemon


def _tally(tries: Iterator[Callable[[], bool]]) -> Counted:
    """Each tries something wrong; True: it was taken."""
    refused = taken = 0
    for attempt in tries:
        try:
            taken += attempt()
        except (QuantrlError, wire.FrameError):
            refused += 1
    return refused, taken


def _payloads(daemon: Daemon, count: int) -> Counted:
    rng = random.Random(SEED)
    written = {event.kind: event.payload for event in daemon.journal.events(1)}

    def tries() -> Iterator[Callable[[], bool]]:
        for kind, payload in written.items():
            for wrong in many(payload, count // len(written) + 1, f"{SEED}:{kind}"):
                # Whatever is taken has exactly these bytes: there are no two ways to say one thing.
                yield (
                    lambda kind=kind, wrong=wrong: encode(kind, decode(kind, wrong)) == wrong or _wrong(wrong)
                )
        for _ in range(count // 10):
            yield lambda: bool(decode(rng.randrange(256), rng.randbytes(rng.randrange(64))))

    return _tally(tries())


def _frames(daemon: Daemon, count: int) -> Counted:
    control = Control(daemon.folder, log=lambda line: None)
    asks = (
        {"ask": "status"},
        {"ask": "command", "verb": "resume", "args": {"confirm": "another"}, "nonce": "n"},
        {"ask": "command", "verb": "lock them all", "args": {"agent": "nobody", "until": "1"}, "nonce": ""},
        {"ask": "outbox"},
        {"ask": "delivered", "ids": [1, -9_223_372_036_854_775_808, 9_223_372_036_854_775_807]},
        {"ask": "events", "from": 9_223_372_036_854_775_807, "limit": 500},
        {"ask": "events", "from": 1, "limit": 3},
        {"ask": "rows", "first": 0, "last": 4_611_686_018_427_387_904},
        {"ask": "pulse"},
    )

    def attempt(wrong: bytes) -> bool:
        ours, theirs = socket.socketpair()
        with ours, theirs:
            ours.sendall(wrong)
            ours.shutdown(socket.SHUT_WR)
            body = wire.receive(theirs, 1.0, 1.0)
        return body is not None and isinstance(control._done(daemon, body.get("ask"), body), dict)

    def tries() -> Iterator[Callable[[], bool]]:
        for number, ask in enumerate(asks):
            body = json.dumps(ask).encode()
            for wrong in many(body, count // 2 // len(asks) + 1, f"{SEED}:body:{number}"):
                yield lambda wrong=wrong: attempt(struct.pack(">I", len(wrong)) + wrong)
            for wrong in many(wire.frame(ask), count // 2 // len(asks) + 1, f"{SEED}:frame:{number}"):
                yield lambda wrong=wrong: attempt(wrong)

    try:
        return _tally(tries())
    finally:
        control.close()


def _configs(daemon: Daemon, count: int) -> Counted:
    raw = daemon.setup.config.model_dump(mode="json", exclude_none=True)
    text = toml.dump(raw).encode()

    def attempt(wrong: bytes) -> bool:
        try:
            found = tomllib.loads(wrong.decode("utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
            raise ConfigError(f"no TOML: {error}") from error
        return isinstance(PaperConfig.of(found), PaperConfig)

    return _tally(lambda wrong=wrong: attempt(wrong) for wrong in many(text, count, f"{SEED}:toml"))


def _answers(daemon: Daemon, count: int) -> Counted:
    rng = np.random.default_rng(7)
    n = len(daemon.setup.instruments)
    odd: list[Any] = [np.nan, np.inf, -1e-9, 1e308, 10**30, "0.1", None, [0.1], 1.0 + 2e-6, 0.0, 0.2]
    refused = 0
    for _ in range(count):
        size = n if rng.random() < 0.8 else int(rng.integers(0, 9))
        weights: Any = [odd[k] for k in rng.integers(0, len(odd), size)]
        if rng.random() < 0.1:
            weights = odd[int(rng.integers(0, len(odd)))]
        extras = {"probability": odd[int(rng.integers(0, 8))], "usd": odd[int(rng.integers(0, 8))]}
        made = answers.answer(1, Decision(weights, **(extras if rng.random() < 0.5 else {})), n)
        kind = next(number for number, one in KINDS.items() if one.name == "Answer")
        assert decode(kind, encode(kind, made)) == made
        refused += made.status == answers.REFUSED
        if made.status == answers.REFUSED:
            assert made.targets == answers.holding(n)
    return refused, count - refused


def _segments(folder: Path, count: int) -> Counted:
    rows = [bytes([k]) * (5 * k + 1) for k in range(12)]
    segments = Segments(Storage(folder))
    segments.append(rows)
    segments.close()
    (path,) = folder.glob("*.seg")
    whole = path.read_bytes()

    def attempt(wrong: bytes) -> bool:
        path.write_bytes(wrong)
        opened = Segments(Storage(folder), referenced=6)
        found = [record.payload for record in opened.read(1, opened.last)]
        opened.close()
        # The rest may be torn off; what is there is what was written.
        return found == rows[: len(found)] or _wrong(wrong)

    return _tally(lambda wrong=wrong: attempt(wrong) for wrong in many(whole, count, f"{SEED}:segment"))


def _rows(folder: Path, count: int) -> Counted:
    good = flow(folder / "rows.qev", ("AA",), messages=60)
    data, path = good.read_bytes(), folder / "wrong.qev"

    def attempt(wrong: bytes) -> bool:
        path.write_bytes(wrong)
        return len(EventFile(path)) >= 0

    return _tally(lambda wrong=wrong: attempt(wrong) for wrong in many(data, count, f"{SEED}:rows"))


def _wrong(data: bytes) -> bool:
    raise AssertionError(f"taken for something else: {data!r:.200}")


def test_nothing_malformed_changes_a_book(book: Daemon, quick: Path) -> None:
    before = (book.content_digest(), plain_of(book.book)["ord"], book.journal.head.ord)
    folders = [quick / name for name in ("segments", "rows")]
    for folder in folders:
        folder.mkdir()
    found = {
        "payloads": _payloads(book, full_or(500_000, 3_000)),
        "frames": _frames(book, full_or(150_000, 600)),
        "configs": _configs(book, full_or(50_000, 150)),
        "answers": _answers(book, full_or(200_000, 1_000)),
        "segments": _segments(folders[0], full_or(60_000, 300)),
        "rows": _rows(folders[1], full_or(60_000, 300)),
    }
    counts = {
        f"{name}: {what}": number
        for name, pair in found.items()
        for what, number in zip(("refused", "taken"), pair, strict=True)
    }
    whole = sum(sum(pair) for pair in found.values())
    keep("malformed", "Malformed input", {"mutations": whole, "crashes": 0, **counts}, seeds=SEED)
    assert all(refused > 0 for refused, _ in found.values())
    # A file of events with a changed byte is never taken.
    assert found["rows"][1] == 0
    assert (book.content_digest(), plain_of(book.book)["ord"], book.journal.head.ord) == before
    book.run()
    book.book.check()
