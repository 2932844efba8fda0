"""The leaderboard: one row an agent, best place first, intervals drawn, details folded."""

from __future__ import annotations

from quantrl.report.folder import ReportFolder
from quantrl.report.markup import Html, join, tag
from quantrl.report.schema import LeaderEntry
from quantrl.report.sections import section
from quantrl.report.table import Cell, Column, table
from quantrl.report.values import Values
from quantrl.report.whisker import WhiskerScale

STATE_MARKS: dict[str, str] = {"active": "●", "rookie": "◐", "candidate": "○", "probation": "▲", "cut": "✕"}
_MEASURES: list[tuple[str, str, str, str]] = [
    ("p_top_k", "whole", "P(top\u00a0K)", "%"),
    ("psr", "ratio", "PSR", ""),
    ("dsr", "ratio", "DSR", ""),
    ("max_drawdown", "points", "Worst drawdown", "%"),
    ("turnover", "tenths", "Turnover", "× a year"),
    ("cost_bps_year", "count", "Cost", "bp a year"),
    ("funded_share", "whole", "Funded", "% of days"),
]


def leaderboard(folder: ReportFolder, values: Values) -> Html:
    """Every agent with place, state, capital and what is known of it."""
    rows = folder.report.leaderboard
    numbers = [n for row in rows for n in (row.sharpe.low, row.sharpe.value, row.sharpe.high)]
    scale = WhiskerScale.over(numbers)
    columns = [
        Column("Place", unit="90% interval" if any(row.pos_low is not None for row in rows) else ""),
        Column("Agent", "text"),
        Column("State", "text"),
        Column("Capital", unit="%"),
        Column("Sharpe", unit="95% interval"),
        Column(tag("span", "Sharpe, drawn", class_="hidden"), "draw", unit=scale.axis(), sort=False),
    ]
    shown = [one for one in _MEASURES if any(getattr(row, one[0]) is not None for row in rows)]
    columns += [Column(label, unit=unit) for _, _, label, unit in shown]
    order = sorted(range(len(rows)), key=lambda i: rows[i].pos)
    body = [_row(i, rows[i], values, scale, [one[:2] for one in shown]) for i in order]
    classes = ["funded" if (rows[i].capital or 0) > 0 else None for i in order]
    lead = (
        "All agents trade the whole time in accounts of their own, funded or not. Open a name for its rule, "
        "its settings and why it stands where it does. A filled dot marks an interval above zero."
    )
    caption = "Leaderboard"
    drawn = (
        table(columns, body, caption=caption, row_classes=classes, sortable=True, class_="board")
        if rows
        else ""
    )
    return section("leaderboard", caption, drawn, lead=lead)


def _row(
    index: int, row: LeaderEntry, values: Values, scale: WhiskerScale, measures: list[tuple[str, str]]
) -> list[object]:
    path = f"/leaderboard/{index}"
    cells: list[object] = [
        Cell(_place(path, row, values), row.pos),
        Cell(_agent(path, row, values), row.agent),
        Cell(badge(row.state), row.state),
        Cell(_capital(path, row, values), row.capital or 0.0),
        Cell(values.measure(f"{path}/sharpe", "ratio"), row.sharpe.value),
        scale.cell(row.sharpe.value, row.sharpe.low, row.sharpe.high),
    ]
    cells += [Cell(values.show(f"{path}/{name}", unit), getattr(row, name)) for name, unit in measures]
    return cells


def badge(state: str) -> Html:
    """A state in words with a mark, so that colour is not the only sign."""
    known = state if state in STATE_MARKS else "candidate"
    mark = tag("span", STATE_MARKS.get(state, "·"), aria_hidden="true")
    return tag("span", mark, " ", state, class_=f"badge {known}")


def _place(path: str, row: LeaderEntry, values: Values) -> Html:
    place = values.show(f"{path}/pos", "count")
    if row.pos_low is None or row.pos_high is None:
        return place
    ends = (values.show(f"{path}/{end}", "count") for end in ("pos_low", "pos_high"))
    return Html(place + tag("small", join(ends, " to "), class_="ci"))


def _capital(path: str, row: LeaderEntry, values: Values) -> Html:
    share = min(max(row.capital or 0.0, 0.0), 1.0)
    bar = tag("i", class_="bar", style=f"--share:{share:.4f}") if share > 0 else ""
    return join([bar, values.show(f"{path}/capital", "whole")])


def _name(label: str) -> Html:
    """The label with its folder in the background, broken over lines only after its marks."""
    folder, slash, name = label.rpartition("/")
    parts = join(name.split("_"), Html("_" + tag("wbr")))
    return join([Html(tag("span", folder + slash, class_="folder") + tag("wbr")) if slash else "", parts])


def _agent(path: str, row: LeaderEntry, values: Values) -> Html:
    items: list[tuple[str, object]] = [
        ("Rule", row.summary),
        ("Identifier", tag("code", row.id)),
        ("Kind", row.kind),
    ]
    if row.params:
        items.append(("Settings", ", ".join(f"{key} {value}" for key, value in sorted(row.params.items()))))
    items.append(("Why here", "; ".join(row.reasons) or "selected"))
    if row.mean is not None and row.sd is not None:
        mean, sd = values.show(f"{path}/mean", "ratio"), values.show(f"{path}/sd", "ratio")
        items.append(("Score", join([mean, " ± ", sd])))
    for name, unit, label in (
        ("key", "ratio", "Key"),
        ("scale", "ratio", "Volatility scale"),
        ("n_eff", "count", "Effective days"),
    ):
        if getattr(row, name) is not None:
            items.append((label, values.show(f"{path}/{name}", unit)))
    if row.rows is not None:
        items.append(("Matured decisions", values.show(f"{path}/rows", "count")))
    for name, unit, label in (
        ("brier_skill", "ratio", "Skill of its probabilities"),
        ("tokens", "count", "Tokens a funded decision"),
        ("usd", "ratio", "US$ a funded decision"),
    ):
        if getattr(row, name) is not None:
            items.append((label, values.show(f"{path}/{name}", unit)))
    if row.last_change is not None:
        change = row.last_change
        items.append(("Last change", f"{change.date}: {change.before} to {change.after} ({change.why})"))
    if row.claim:
        items.append(("Claim", row.claim))
    body = tag("dl", *(Html(tag("dt", key) + tag("dd", value)) for key, value in items if value))
    return tag("details", tag("summary", _name(row.shown)), body, class_="agent")
