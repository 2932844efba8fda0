"""A replay looks everything up again: what comes back must be what was recorded."""

from __future__ import annotations

from collections.abc import Sequence

from quantrl.errors import ReplayMismatch
from quantrl.typing import JsonObject


def check_steps(agent: str, day: str, recorded: Sequence[JsonObject], computed: Sequence[JsonObject]) -> None:
    """Compare the look-ups of one researcher on one day by their sha256.

    Parameters
    ----------
    agent, day : str
        For the message.
    recorded, computed : sequence of JSON objects
        `SignalWork.steps` of the run and of its replay.

    Raises
    ------
    ReplayMismatch
        A tool gave another result, or another call was made; names the first.
    """
    then, now = _calls(recorded), _calls(computed)
    for i, (old, new) in enumerate(zip(then, now, strict=False)):
        if old != new:
            raise ReplayMismatch(
                f"replay: look-up {i + 1} of agent {agent!r} on {day}: expected {_told(old)}, got {_told(new)}"
            )
    if len(then) != len(now):
        raise ReplayMismatch(
            f"replay: agent {agent!r} on {day}: expected {len(then)} look-ups, got {len(now)}"
        )


def _calls(steps: Sequence[JsonObject]) -> list[tuple[str, str, str]]:
    return [
        (step["id"], step["tool"], step["sha256"])
        for step in steps
        if step["step"] == "call" and "sha256" in step
    ]


def _told(call: tuple[str, str, str]) -> str:
    return f"{call[1]} as {call[0]} with sha256 {call[2][:16]}"
