"""Where a run folder goes, found out before the work and not after it."""

from __future__ import annotations

import json
from pathlib import Path

from quantrl.runs import MANIFEST, new_run


class _LeaveError(Exception):
    """Ends the trial without leaving anything."""


def check(target: Path) -> None:
    """Refuse a target that cannot become a run folder.

    Raises
    ------
    RunError
        It exists and is no run folder, or cannot be written.
    """
    try:
        with new_run(target):
            raise _LeaveError
    except _LeaveError:
        pass


def final(target: Path, status: str) -> Path:
    """`target`, or a name beside it where an interrupted run would replace a finished one."""
    if status == "interrupted" and _is_done(target):
        return target.with_name(f"{target.name}-interrupted")
    return target


def _is_done(target: Path) -> bool:
    try:
        return bool(json.loads((target / MANIFEST).read_text(encoding="utf-8"))["status"] == "done")
    except (OSError, ValueError, KeyError, TypeError):
        return False
