"""The resolved configuration, and how to run it again."""

from __future__ import annotations

from quantrl.report.markup import Html, tag
from quantrl.report.sections import section
from quantrl.report.table import Column, table
from quantrl.typing import JsonObject


def settings(report: JsonObject) -> Html:
    """Every switch with its value."""
    preset = report["preset"]
    digest = (
        tag("p", "Digest of the run ", tag("code", report["digest"]), class_="note")
        if report["digest"]
        else ""
    )
    again = tag("div", tag("p", "Run it again", tag("code", report["command"])), class_="commands")
    if not preset["rows"]:
        return section("settings", "Settings", again, digest)
    rows = [[row["field"], row["value"]] for row in preset["rows"]]
    body = table(
        [Column("Switch", "text"), Column("Value", "text")], rows, caption="Settings", class_="medium words"
    )
    lead = f"Preset {preset['name']}, with what the configuration says of its own."
    return section("settings", "Settings", again, body, digest, lead=lead)
