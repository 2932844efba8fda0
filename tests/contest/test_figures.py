"""Filed figures of a run: named by its config, seen by its tools when filed, and part of what it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from contest.small_contest import config, run, unsynced, world
from quantrl.contest import ContestRun
from quantrl.contest.analysts import rules
from quantrl.contest.journal import days
from quantrl.contest.llm.protocol import Request
from quantrl.contest.llm.scripted import Scripted
from quantrl.errors import ConfigError

HEAD = "symbol,filed_at,name,value,period\n"


def test_tools_see_what_was_filed_by_then(tmp_path: Path) -> None:
    symbol = world()[0].instruments[0]
    file = tmp_path / "figures.csv"
    file.write_text(
        f"{HEAD}{symbol},2030-01-10T12:00:00Z,eps,1.5,2029Q4\n{symbol},2030-01-21T12:00:00Z,eps,9.5,2030Q1\n"
    )
    llm = {"provider": "scripted", "model": "double"}
    made = config(2, llm=llm, fundamentals={"path": str(file)}, agents=["contest/researcher:catalyst"])

    def say(req: Request) -> Any:
        if req.task == "act" and not req.payload["steps"]:
            return {"thought": "figures", "call": {"tool": "fundamentals", "symbol": symbol}}
        return rules.answer(req.task, req.payload)

    with unsynced():
        done = run(tmp_path / "run", made, llms={"scripted": Scripted(say)})
        seen = [_output(day) for _, day in days(done.folder, done.lines)]
        assert [[row["value"] for row in output["rows"]] for output in seen] == [[1.5], [9.5]]
        assert seen[1]["rows"][0]["before"] == 1.5
        again = ContestRun.open(done.folder, *world())
        assert again.fundamentals is not None
        assert again.replay().digest() == done.digest()
        file.write_text(f"{HEAD}{symbol},2030-01-10T12:00:00Z,eps,2.5,2029Q4\n")
        with pytest.raises(ConfigError, match="another fundamentals"):
            run(tmp_path / "run", made, llms={"scripted": Scripted(say)})


def _output(day: dict[str, Any]) -> Any:
    calls = [step for step in day["SIGNALS"]["works"][0]["steps"] if step.get("tool") == "fundamentals"]
    return calls[0]["output"]
