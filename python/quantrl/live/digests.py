"""One number for a whole state: equal exactly where the states are."""

from __future__ import annotations

import hashlib
from typing import TypeAlias

from quantrl.live.plain import dump

Plain: TypeAlias = "int | str | bytes | tuple[Plain, ...]"


def digest(value: Plain) -> bytes:
    """SHA-256 of a plain value as `plain.dump` writes it.

    Raises
    ------
    DataError
        A value that `dump` refuses.
    """
    return hashlib.sha256(dump(value)).digest()
