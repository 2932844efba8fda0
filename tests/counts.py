"""How often a test repeats: few times in every run, in full under ``QUANTRL_GATES=1``."""

from __future__ import annotations

import os

FULL = os.environ.get("QUANTRL_GATES") == "1"


def full_or(full: int, small: int) -> int:
    """The first in a full run, else the second."""
    return full if FULL else small
