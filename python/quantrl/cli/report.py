"""``quantrl report``: rebuild a run's page from its folder alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from quantrl.cli import options
from quantrl.cli.console import Output

if TYPE_CHECKING:
    from quantrl.runs import Run

REPORT = "report.json"
Html = Annotated[bool, typer.Option("--html", help="Write report.html into the folder (the default).")]
Text = Annotated[bool, typer.Option("--text", help="Print the report instead; needs no extra.")]


def command(
    run: options.RunName,
    html: Html = False,
    text: Text = False,
    as_json: options.Json = False,
    root: options.RunsRoot = Path("runs"),
) -> None:
    """Rebuild the page of a run from its folder, as report.html, as text or as one JSON object."""
    from quantrl.cli.contest.opened import is_trade
    from quantrl.errors import RunError
    from quantrl.runs import open_run

    output = Output(as_json)
    folder = open_run(run, root=root)
    html = html or not (text or as_json)
    if folder.manifest.get("kind") == "sweep" and not (folder.path / REPORT).is_file():
        raise RunError(
            f"{folder.path}: was stopped before there was a report; go on with: quantrl sweep --resume {folder.path}"
        )
    if is_trade(folder):
        _trade(folder, output, html=html, text=text)
        return
    from quantrl import report

    own: dict[str, Any] = {"name": folder.manifest.get("name"), "status": folder.manifest.get("status")}
    if as_json:
        own["contents"] = folder.json(REPORT)
    if text:
        output.say(report.text(folder.path))
    page = report.write_report(folder.path) if html else None
    if page is not None:
        output.say(f"report: {page}")
    existing = folder.path / "report.html"
    output.finish(own, run=folder.path, report=existing if existing.is_file() else None)


def _trade(folder: Run, output: Output, *, html: bool, text: bool) -> None:
    """The report of a contest with documents, made again from its tables."""
    from quantrl.contest.report import write

    made = write(folder.path, html=html)
    contents = folder.json(REPORT)
    if text:
        output.say((folder.path / "report.md").read_text(encoding="utf-8"))
    existing = folder.path / "report.html"
    page = existing if existing.is_file() else None
    if existing in made:
        output.say(f"report: {existing}")
    output.finish(
        {"name": contents["name"], "status": contents["status"], "contents": contents},
        run=folder.path,
        report=page,
    )
