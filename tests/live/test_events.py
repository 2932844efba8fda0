from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from live.pinned_events import PINNED
from quantrl.errors import DataError, InvariantError
from quantrl.live import events as ev
from quantrl.live.codec import PAYLOAD_LIMIT, Field, Layout
from quantrl.live.events import HOLD, KINDS, decode, encode, event
from quantrl.live.record import placed


def test_numbers_are_those_of_the_specification() -> None:
    assert [kind for kind in KINDS if kind < ev.FIRST_OUTPUT] == list(range(1, 8))
    assert [kind for kind in KINDS if kind >= ev.FIRST_OUTPUT and ev.is_content(kind)] == list(range(16, 33))
    assert [kind for kind in KINDS if not ev.is_content(kind)] == list(range(64, 73))
    assert (ev.KIND_OF[ev.Market], ev.KIND_OF[ev.Fill], ev.KIND_OF[ev.Outbox]) == (1, 23, 30)


def test_every_kind_and_version_has_a_pinned_vector() -> None:
    assert {kind for kind, _, _ in PINNED} == set(KINDS)


@pytest.mark.parametrize(("kind", "values", "payload"), PINNED, ids=lambda value: str(value)[:12])
def test_pinned(kind: int, values: tuple[Any, ...], payload: str) -> None:
    assert encode(kind, values).hex() == payload
    assert decode(kind, bytes.fromhex(payload)) == values
    assert type(decode(kind, bytes.fromhex(payload))).__name__ == KINDS[kind].name


def test_an_event_holds_its_kind_and_bytes() -> None:
    made = event(ev.Timer("close", 5), ts=7, agent=2, cause=3)
    assert (made.kind, made.ts, made.agent, made.cause, made.seq, made.ord) == (4, 7, 2, 3, 0, 0)
    assert decode(made.kind, made.payload) == ev.Timer("close", 5)
    fields = (4, 7, 2, 3, made.payload, 9, 8, 1)
    assert placed(*fields, b"h") == ev.Event(*fields)
    assert placed(*fields, b"h").hash == b"h"


def test_lists_and_numpy_integers_are_written_as_what_they_are() -> None:
    targets = [np.int64(5), HOLD]
    assert decode(17, encode(17, ("ok", targets, np.int64(0)))) == ev.Decision("ok", (5, HOLD), 0)


@pytest.mark.parametrize(
    ("kind", "values", "said"),
    [
        (4, ("close",), "Timer v1: expected 2 fields, got 1"),
        (4, (7, 5), "Timer v1: name: expected str, got 7"),
        (4, ("close", 5.0), "Timer v1: due: expected i64, got 5.0"),
        (17, ("ok", (1.5,), 0), "Decision v1: targets: expected i64, got 1.5"),
        (24, (((1, 2),), "x"), r"Posting v1: lines: expected records of 3, got \(1, 2\)"),
        (6, ("p", "v", (("k",),), "n"), "Command v1: args: expected records of 2"),
        (67, ("text",), "Seal v1: head: expected bytes, got 'text'"),
        (70, ("\ud800",), "Note v1: text: .*surrogates"),
        (70, ("x" * PAYLOAD_LIMIT,), "Note v1: expected at most 262144 bytes, got 262148, most in text"),
        (40, (), "kind: expected one of .*, got 40"),
    ],
)
def test_values_that_do_not_fit_are_refused(kind: int, values: tuple[Any, ...], said: str) -> None:
    with pytest.raises(DataError, match=said):
        encode(kind, values)


@pytest.mark.parametrize("due", [2**63, -(2**63) - 1])
def test_beyond_64_bits(due: int) -> None:
    with pytest.raises(InvariantError, match="Timer v1: due: expected i64, got"):
        encode(4, ("close", due))
    with pytest.raises(InvariantError, match="Decision v1: targets: expected i64, got"):
        encode(17, ("ok", (0, due), 0))


@pytest.mark.parametrize(
    ("kind", "payload", "said"),
    [
        (4, "", "Timer: version: expected 1, got nothing"),
        (4, "02", "Timer: version: expected 1, got 02"),
        (4, "0103000000", "Timer v1: name: 3 bytes announced, 0 left"),
        (4, "0101000000ff0500000000000000", "Timer v1: name: .*utf-8"),
        (4, "010000000005000000000000", "Timer v1: due"),
        (4, "0100000000050000000000000000", "Timer v1: due: 1 bytes too many"),
        (17, "0100000000ffffffff", "Decision v1: targets: 4294967295 records announced"),
    ],
)
def test_bytes_nobody_wrote_are_refused(kind: int, payload: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        decode(kind, bytes.fromhex(payload))


def test_flags_and_wide_integers() -> None:
    layout = Layout("X v1", [Field("on", "bool"), Field("wide", "i128"), Field("rows", ("str", "u64"))])
    payload = layout.encode((True, -(2**127), (("a", 2**64 - 1),)))
    assert layout.decode(payload) == (True, -(2**127), (("a", 2**64 - 1),))
    with pytest.raises(DataError, match="X v1: on: expected 0 or 1, got 2"):
        layout.decode(b"\x02" + payload[1:])
    with pytest.raises(DataError, match="X v1: on: expected bool, got 1"):
        layout.encode((1, 0, ()))
    with pytest.raises(InvariantError, match="X v1: wide: expected i128"):
        layout.encode((True, 2**127, ()))


@given(st.sampled_from(sorted(KINDS)), st.binary(max_size=120))
def test_whatever_is_read_is_written_the_same(kind: int, noise: bytes) -> None:
    payload = b"\x01" + noise
    try:
        values = decode(kind, payload)
    except DataError:
        return
    assert encode(kind, values) == payload
