"""Filed figures of a run: named by its config, seen by its tools when filed, and part of what it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from contest.small_contest import config, run, unsynced, world
from quantrl.contest import ContestRun
from quantrl.contest.ablate import ablate
from quantrl.contest.analysts import rules
from quantrl.contest.clock import Clock
from quantrl.contest.fundamentals import Figure, Fundamentals
from quantrl.contest.journal import Journal, days
from quantrl.contest.llm.protocol import Request
from quantrl.contest.llm.scripted import Scripted
from quantrl.contest.probe import probe
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


@pytest.mark.parametrize("probed", ["turn", "hide", "ablate"])
def test_probes_and_ablations_read_the_figures_the_run_read(probed: str, tmp_path: Path) -> None:
    symbol = world()[0].instruments[0]
    at = [Clock.of_panel(world()[0]).d(day) for day in (5, 13, 14)]
    figures = Fundamentals([Figure(symbol, at[i], "eps", 1.5 + i, f"2029Q{i + 1}") for i in range(3)])
    llm = {"provider": "scripted", "model": "double"}

    def say(req: Request) -> Any:
        if req.task == "act" and not req.payload["steps"]:
            allowed = req.schema["properties"]["call"]["anyOf"]
            names = next(one["properties"]["symbol"] for one in allowed if "symbol" in one["properties"])[
                "enum"
            ]
            return {"thought": "figures", "call": {"tool": "fundamentals", "symbol": names[0]}}
        return rules.answer(req.task, req.payload)

    with unsynced():
        done = run(
            tmp_path / "run",
            config(2, llm=llm, agents=["contest/researcher:catalyst"]),
            llms={"scripted": Scripted(say)},
            fundamentals=figures,
        )
        if probed == "ablate":
            ablate(done, ["no-judge"])
        else:
            probe(done, probed)
    folder = done.folder / ("ablate/no-judge" if probed == "ablate" else f"probe/{probed}")
    seen, again = (
        [_output(day)["rows"] for _, day in days(where, Journal.read(where))]
        for where in (done.folder, folder)
    )
    assert [rows[0]["value"] for rows in seen] == [2.5, 3.5]
    assert [[row["value"], row["before"]] for (row,) in again] == [
        [row["value"], row["before"]] for (row,) in seen
    ]
    moved = {"period": "2033Q3", "filed": again[1][0]["filed"]} if probed == "hide" else seen[1][0]
    assert again[1][0] == seen[1][0] | moved
    assert again[1][0]["filed"][:4] == ("2034" if probed == "hide" else "2030")


def _output(day: dict[str, Any]) -> Any:
    calls = [step for step in day["SIGNALS"]["works"][0]["steps"] if step.get("tool") == "fundamentals"]
    return calls[0]["output"]
