"""What was spent, as a step keeps it: seconds are wall time, and belong in no digest."""

from __future__ import annotations

from quantrl.contest.llm.spend import Spend
from quantrl.typing import JsonObject


def spend_json(spent: Spend) -> JsonObject:
    """Calls, tokens and 1e-12 USD."""
    return {
        "calls": spent.calls,
        "input_tokens": spent.input_tokens,
        "output_tokens": spent.output_tokens,
        "pico": spent.pico,
    }
