"""Bytes made wrong from a seed: flipped, cut, doubled, moved, overwritten with what breaks parsers."""

from __future__ import annotations

import random
from collections.abc import Iterator

_NASTY = (
    b"\x00",
    b"\xff" * 8,
    b"\x7f\xff\xff\xff",
    b'"',
    b"[[[[",
    b"1e999",
    b"-0",
    b"\xed\xa0\x80",
    b"\n",
    b"nan",
)


def mutated(data: bytes, rng: random.Random) -> bytes:
    """One to four changes; never the same bytes."""
    found = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(found) + 1)
        what = rng.randrange(6)
        if what == 0 and at < len(found):
            found[at] ^= 1 << rng.randrange(8)
        elif what == 1:
            del found[at:]
        elif what == 2:
            del found[at : at + rng.randint(1, 16)]
        elif what == 3:
            found[at:at] = found[at : at + rng.randint(1, 32)]
        elif what == 4:
            nasty = rng.choice(_NASTY)
            found[at : at + len(nasty)] = nasty
        else:
            found[at:at] = rng.choice(_NASTY)
    if bytes(found) == data:
        found += b"\x00"
    return bytes(found)


def many(data: bytes, count: int, seed: str) -> Iterator[bytes]:
    """So many of them."""
    rng = random.Random(seed)
    for _ in range(count):
        yield mutated(data, rng)
