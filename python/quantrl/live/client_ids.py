"""Names of orders: a function of why the order exists, so that a resend is the same order."""

from __future__ import annotations

import base64
import hashlib
import struct

_PLACE = struct.Struct("<QII")


def client_id(book_id: bytes, decision_ord: int, leg: int, epoch: int) -> str:
    """``q`` and 26 characters of [A-Z2-7].

    Parameters
    ----------
    book_id : bytes
        Identity of the book.
    decision_ord : int
        `ord` of the decision, u64.
    leg : int
        Place of the order in the decision, u32.
    epoch : int
        u32; 0 for the first order of this leg.
    """
    name = hashlib.blake2b(book_id + _PLACE.pack(decision_ord, leg, epoch), digest_size=16).digest()
    return "q" + base64.b32encode(name).decode().rstrip("=")
