"""Client ids: the alphabet, what they depend on, and no two alike."""

from __future__ import annotations

import re

import numpy as np

from counts import FULL
from live.gates.kept import keep
from quantrl.live.client_ids import client_id

COUNT = 10_000_000 if FULL else 200_000
BOOK = bytes(range(32))


def test_one_pinned_id() -> None:
    name = client_id(BOOK, 1, 2, 3)
    assert re.fullmatch(r"q[A-Z2-7]{26}", name)
    assert name == "q5RRPUJAP6USNIFZIEZAJL6BQAQ"


def test_everything_it_stands_for_changes_it() -> None:
    names = {
        client_id(book, decision, leg, epoch)
        for book in (BOOK, b"other")
        for decision in (0, 1, 2**63)
        for leg in (0, 1)
        for epoch in (0, 1)
    }
    assert len(names) == 24


def test_no_two_are_alike() -> None:
    raw = bytearray()
    for n in range(COUNT):
        raw += client_id(BOOK, n // 8, n % 4, n // 4 % 2).encode()
    names = np.frombuffer(raw, dtype="S27")
    names.sort()
    assert not (names[1:] == names[:-1]).any()
    keep("client_ids", "Client ids", {"ids": COUNT, "alike": 0})
