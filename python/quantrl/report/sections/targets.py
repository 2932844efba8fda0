"""The targets the book would trade towards now."""

from __future__ import annotations

import math

from quantrl.report.folder import ReportFolder
from quantrl.report.markup import Html, join, tag
from quantrl.report.sections import section
from quantrl.report.sections.leaderboard import badge
from quantrl.report.table import Column, table
from quantrl.report.values import Values, derived
from quantrl.units import iso_date

_LEADS = {
    "contest": "Weights of all funded agents times their capital and scale, netted into one book. ",
    "paper": "What the book holds once its open orders are filled, at the last close. ",
}


def targets(folder: ReportFolder, values: Values) -> Html:
    """The last decision: what the book wants to hold, the cash left, and the capital behind it."""
    frame = folder.decisions
    if frame is None or frame.height == 0 or "decided" not in frame.columns:
        return Html("")
    last = frame.row(frame.height - 1, named=True)
    weights = {name[2:]: value for name, value in last.items() if name.startswith("w:") and value is not None}
    held = sorted(
        ((w, name) for name, w in weights.items() if _held(w)), key=lambda pair: (-pair[0], pair[1])
    )
    book = tag("div", _weights(held), _untouched(weights))
    return section(
        "targets",
        "What to hold now",
        tag("div", book, _capital(folder, values), class_="two"),
        lead=_when(last, int(folder.time[-1]), _LEADS.get(folder.report.kind, _LEADS["contest"])),
    )


def _weights(held: list[tuple[float, str]]) -> Html:
    cash = 1.0 - sum(weight for weight, _ in held)
    longest = max([cash, *(weight for weight, _ in held), 1e-12])
    named = [*((name, weight, f"targets/{name}") for weight, name in held), ("Cash", cash, "cash")]
    rows = [[name, derived(key, weight, "points"), _bar(weight / longest)] for name, weight, key in named]
    columns = [
        Column("Instrument", "text"),
        Column("Target", unit="% of equity"),
        Column(Html("&nbsp;"), "draw"),
    ]
    classes = [None] * len(held) + ["cash"]
    return table(columns, rows, caption="Netted targets", row_classes=classes, class_="targets")


def _capital(folder: ReportFolder, values: Values) -> Html:
    """The funded agents, largest capital first."""
    board = folder.report.leaderboard
    funded = sorted(
        (i for i, row in enumerate(board) if (row.capital or 0) > 0), key=lambda i: -(board[i].capital or 0)
    )
    if not funded:
        return Html("")
    columns = [
        Column("Decided by", "text"),
        Column("State", "text"),
        Column("Capital", unit="%"),
    ]
    scaled = any(board[i].scale is not None for i in funded)
    columns += [Column("Scale", unit="to one volatility")] if scaled else []
    rows = [
        [
            board[i].agent,
            badge(board[i].state),
            values.show(f"/leaderboard/{i}/capital", "whole"),
            *(
                [values.show(f"/leaderboard/{i}/scale", "ratio") if board[i].scale is not None else ""]
                if scaled
                else []
            ),
        ]
        for i in funded
    ]
    return table(columns, rows, caption="Capital behind the targets")


def _bar(share: float) -> Html:
    return tag("i", class_="bar", style=f"--share:{min(max(share, 0.0), 1.0):.4f}")


def _held(weight: float) -> bool:
    return math.isfinite(weight) and abs(weight) > 1e-12


def _when(last: dict[str, object], end_ns: int, lead: str) -> Html:
    decided, effective = last["decided"], last.get("effective")
    parts: list[object] = [lead]
    if isinstance(decided, int):
        parts += ["Decided with data to ", iso_date(decided), ". "]
    if not isinstance(effective, int) or not 0 < effective <= end_ns:
        parts.append("Not filled yet: the run ends before the next fill point.")
    return join(parts)


def _untouched(weights: dict[str, float]) -> Html:
    zero = sorted(name for name, weight in weights.items() if not _held(weight))
    if not zero:
        return Html("")
    return tag("p", "Nothing in: ", ", ".join(zero), ".", class_="note")
