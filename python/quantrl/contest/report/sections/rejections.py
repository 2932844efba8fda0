"""Signals refused and why, and who stood aside."""

from __future__ import annotations

from quantrl.contest.report.sections import empty
from quantrl.report.markup import Html, tag
from quantrl.report.sections import section
from quantrl.report.table import Column, table
from quantrl.report.values import Values
from quantrl.typing import JsonObject

_FATES = [
    ("signals", "Signals"),
    ("buy", "Buy"),
    ("sell", "Sell"),
    ("hold", "Hold"),
    ("rejected", "Rejected"),
]


def rejections(report: JsonObject, values: Values) -> Html:
    """Counts by agent and by reason; abstentions beside, because no signal has more than one cause."""
    found = report["rejections"]
    title = "Signals, accepted and refused"
    if not found["signals"] and not found["abstentions"]:
        return section("rejections", title, empty("No signal was written and nobody abstained."))
    columns = [Column("Agent", "text"), *(Column(head) for _, head in _FATES)]
    rows = [
        [one["agent"], *(values.show(f"/rejections/by_agent/{i}/{name}", "count") for name, _ in _FATES)]
        for i, one in enumerate(found["by_agent"])
    ]
    by_agent = table(columns, rows, caption="Signals by agent", class_="medium") if rows else ""
    reasons = _reasons("reasons", "Refused because", found["reasons"], values)
    aside = _reasons("abstentions", "Abstained because", found["abstentions"], values)
    fallback = tag(
        "p",
        values.show("/rejections/fallback", "count"),
        " answers came from rules in place of a model.",
        class_="note",
    )
    return section(
        "rejections",
        title,
        by_agent,
        tag("div", reasons, aside, class_="two"),
        fallback if found["fallback"] else "",
    )


def _reasons(name: str, head: str, found: list[JsonObject], values: Values) -> Html:
    if not found:
        return tag("p", f"{head.split()[0]}: none.", class_="note")
    rows = [
        [one["reason"], values.show(f"/rejections/{name}/{i}/count", "count")] for i, one in enumerate(found)
    ]
    return table([Column(head, "text"), Column("Times")], rows, caption=head, class_="words")
