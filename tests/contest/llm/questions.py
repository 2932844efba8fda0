"""Requests, and ways to ask them without waiting."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from quantrl.contest.llm._call import Answer
from quantrl.contest.llm.protocol import Message, Request
from quantrl.contest.llm.schema import array, record, text, whole

SCHEMA = record(
    rating=whole(-2, 2), why=text(40), refs=array({"type": "string", "enum": ["d001", "d002"]}, 2)
)


def question(agent: str = "a", index: int = 0, day: str = "2030-01-02", **changes: Any) -> Request:
    """A request whose messages depend on who asks, and when."""
    fields: dict[str, Any] = {
        "task": "signal",
        "messages": (Message("system", "Rate it."), Message("user", f"{agent} {index} {day}")),
        "schema": SCHEMA,
        "provider": "p",
        "model": "m",
        "seed": 7,
        "max_tokens": 60,
        "tags": {"agent": agent, "index": index, "day": day},
    }
    return Request(**(fields | changes))


def told(answers: Sequence[Answer]) -> bytes:
    """Everything that answers say."""
    return json.dumps([asdict(answer) for answer in answers], sort_keys=True).encode()


async def no_wait(seconds: float) -> None:
    """A pause that takes no time."""
