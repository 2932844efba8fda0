"""``quantrl contest momentum``: whether scores persist, and over which windows."""

from __future__ import annotations

from pathlib import Path

from quantrl.cli import options
from quantrl.cli.console import Output


def command(
    run: options.RunName, root: options.RunsRoot = Path("runs"), as_json: options.Json = False
) -> None:
    """Show the RankIC of past means for future means, m = 1..10 days against n = 1..5, of both contests."""
    from quantrl.cli.contest import opened
    from quantrl.contest.report import momentum

    output = Output(as_json)
    tables = opened.tables(run, root)
    found = momentum(tables)
    if found.json["warning"]:
        output.say(found.json["warning"])
    output.say(*found.tables())
    output.finish(found.json, run=tables.folder)
