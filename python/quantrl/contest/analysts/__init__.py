"""Who can answer without a key, and what a model is told for each task."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def instructions(task: str) -> str:
    """The system prompt of a task, ``prompts/<task>.md``."""
    return (files(__name__) / "prompts" / f"{task}.md").read_text(encoding="utf-8")
