"""Whether a book is ready: nothing to say of a healthy one, and every fault by its name."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from quantrl.live.api.health import DISK_BYTES, ready


def mirror(**changed: Any) -> Any:
    """A mirror of a healthy book but for what is changed."""
    pulse = {
        "summary": {"state": "ACTIVE", "reason": ""},
        "feed": {"missing": 0, "running": True},
        "vitals": {"disk_free_bytes": DISK_BYTES},
    }
    told = {name: part | changed.pop(name, {}) for name, part in pulse.items()}
    return SimpleNamespace(**{"pulse": told, "ready": True, "connected": True, "silence_s": 0.1} | changed)


def test_a_healthy_book_is_ready() -> None:
    assert ready(mirror()) == []


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"pulse": None}, "recovered: the engine has not answered yet"),
        ({"ready": False}, "recovered: the engine has not answered yet"),
        ({"connected": False}, "engine: silent for 0.1 s"),
        ({"silence_s": 6.0}, "engine: silent for 6.0 s"),
        ({"summary": {"state": "HALTED", "reason": "drill"}}, "state: HALTED (drill)"),
        ({"feed": {"missing": 2}}, "feed: 2 instruments without a price"),
        ({"feed": {"running": False}}, "feed: takes no bars"),
        ({"vitals": {"disk_free_bytes": 5}}, f"disk: 5 bytes free, expected {DISK_BYTES}"),
    ],
)
def test_each_fault_is_named(changed: dict[str, Any], said: str) -> None:
    assert ready(mirror(**changed)) == [said]


def test_faults_are_all_told() -> None:
    found = ready(mirror(connected=False, feed={"missing": 1, "running": False}))
    assert [line.partition(":")[0] for line in found] == ["engine", "feed", "feed"]
