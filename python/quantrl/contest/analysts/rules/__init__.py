"""Deterministic rules and a word list that answer the tasks a model would: no language model is used.

One file a task, ``<task>.py``, with ``answer(payload)``: the same payload gives the same answer, which fits the schema of
its request.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping
from typing import Any

from quantrl.contest.llm.protocol import TASKS, Completion, Kind, Request, Usage
from quantrl.errors import ConfigError

BANNER = "Deterministic rules and a word list. No language model was used."


def answer(task: str, payload: Mapping[str, Any]) -> Any:
    """What the rules say.

    Raises
    ------
    ConfigError
        A task they do not know.
    """
    if task not in TASKS:
        raise ConfigError(f"rules: expected one of {', '.join(TASKS)}, got {task!r}")
    return importlib.import_module(f"{__name__}.{task}").answer(payload)


class Rules:
    """The rules as one who answers requests, for nothing and without tokens."""

    name = "rules"
    kind: Kind = "rules"

    async def complete(self, req: Request) -> Completion:
        """The answer of the rules to this task."""
        parsed = answer(req.task, req.payload)
        text = json.dumps(parsed, ensure_ascii=False)
        return Completion(text, parsed, Usage(0, 0), 0.0, "stop", self.kind, "rules")
