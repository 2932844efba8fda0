"""Whether each contest's predictions hold: RankIC, choosing against not choosing, all phases of the rebuild."""

from __future__ import annotations

from quantrl.contest.report.figures.rank_ic import rank_ic_figure
from quantrl.contest.report.sections import empty, subtitle
from quantrl.report.document import Document
from quantrl.report.markup import Html, tag
from quantrl.report.sections import section
from quantrl.report.table import Cell, Column, table
from quantrl.report.values import Values
from quantrl.typing import JsonObject


def contests(report: JsonObject, values: Values, page: Document) -> Html:
    """Both contests side by side, then what the data contest's choice was worth."""
    found = report["contests"]
    title = "Do the contests predict?"
    if not found:
        return section("contests", title, empty("No predictions are stored: both contests were off."))
    chart = page.chart(
        "rank-ic",
        rank_ic_figure(found),
        "Running sum of daily rank correlations of each contest.",
        "A line that climbs steadily predicts; one that climbs once was lucky once.",
    )
    lead = (
        "Each day the predicted utilities of at least four agents are ranked against the mean score of the days that "
        "followed. Targets overlap, so the naive t overstates; the other one allows for it."
    )
    choosing = [part for i, one in enumerate(found) for part in _chosen(i, one, values)]
    return section(
        "contests",
        title,
        _table(found, values),
        chart,
        *_agents(found, values),
        *choosing,
        *_phases(report, values),
        lead=lead,
    )


def _table(found: list[JsonObject], values: Values) -> Html:
    columns = [
        Column("Contest", "text"),
        Column("Days", "text"),
        Column("Agents"),
        Column("Days ahead"),
        Column("Dates"),
        Column("RankIC"),
        Column("ICIR"),
        Column("t", unit="Newey-West"),
        Column("t", unit="naive"),
        Column("Lag"),
    ]
    rows = []
    for i, one in enumerate(found):
        for j, part in enumerate(one["rank_ic"]):
            path = f"/contests/{i}/rank_ic/{j}"
            rows.append(
                [
                    one["contest"].capitalize(),
                    f"{part['span']} ({one['cutoff']})" if j == 0 else part["span"],
                    values.show(f"/contests/{i}/agents", "count"),
                    values.show(f"/contests/{i}/horizon", "count"),
                    values.show(f"{path}/dates", "count"),
                    _reasoned(values.show(f"{path}/mean", "ratio3"), part),
                    *(values.show(f"{path}/{name}", "ratio") for name in ("icir", "t", "naive_t")),
                    values.show(f"{path}/lag", "count"),
                ]
            )
    return table(columns, rows, caption="Rank correlation of predictions")


def _reasoned(shown: Html, part: JsonObject) -> Html:
    return shown if part["mean"] is not None else tag("abbr", shown, title=part["reason"])


def _agents(found: list[JsonObject], values: Values) -> list[Html]:
    columns = [
        Column("Agent", "text"),
        Column("Contest", "text"),
        Column("Matured", unit="days"),
        Column("Abstained", unit="days"),
        Column("Mean score"),
        Column("t", unit="Newey-West"),
        Column("Mean u"),
    ]
    rows, paths = [], []
    for i, one in enumerate(found):
        for j, agent in enumerate(one["by_agent"]):
            paths.append((f"/contests/{i}/by_agent/{j}", one["contest"], agent))
    for path, contest, agent in paths:
        rows.append(
            [
                Cell(agent["agent"], agent["agent"]),
                Cell(contest.capitalize(), contest),
                *(
                    Cell(values.show(f"{path}/{name}", "count"), agent[name])
                    for name in ("matured", "abstained")
                ),
                Cell(values.show(f"{path}/mean_score", "score"), agent["mean_score"]),
                Cell(values.show(f"{path}/t", "ratio"), agent["t"]),
                Cell(values.show(f"{path}/mean_u", "ratio3"), agent["mean_u"]),
            ]
        )
    body = table(columns, rows, caption="Agents of both contests", sortable=True)
    return [tag("details", tag("summary", "Every agent of both contests"), body)]


def _chosen(i: int, one: JsonObject, values: Values) -> list[Html]:
    chosen = one["chosen"]
    if not chosen or chosen["lead_bps"] is None:
        return []
    path = f"/contests/{i}/chosen"
    words: list[object] = [
        "Factors that were read implied ",
        values.show(f"{path}/read_bps", "bps1"),
        " a day, all factors together ",
        values.show(f"{path}/all_bps", "bps1"),
        ": choosing was worth ",
        values.show(f"{path}/lead_bps", "bps1"),
        " (t ",
        values.show(f"{path}/t", "ratio"),
        "). ",
        values.show(f"{path}/share_read", "share"),
        " of all factors were read.",
    ]
    return [subtitle("What choosing factors was worth"), tag("p", *words)]


def _phases(report: JsonObject, values: Values) -> list[Html]:
    found = report["phases"]
    head = subtitle("All phases of the rebuild")
    if not found["phases"]:
        return (
            []
            if not any(one["contest"] == "data" for one in report["contests"])
            else [head, empty(found["reason"].capitalize() + ".")]
        )
    columns = [
        Column("Rebuilt on days t with t mod n =", "text"),
        Column("Read a day"),
        Column("Implied", unit="bp a day"),
        Column("t", unit="Newey-West"),
    ]
    rows: list[list[object]] = []
    for i, phase in enumerate(found["phases"]):
        label = f"{phase['phase']}" + (" (the run's own)" if phase["own"] else "")
        rows.append([label, *_worth(f"/phases/phases/{i}", values)])
    rows.append(["As recorded", *_worth("/phases/recorded", values)])
    classes = ["own" if phase["own"] else None for phase in found["phases"]] + [None]
    note = tag(
        "p",
        "The day a rebuild falls on is an accident; where phases differ much, so is the result.",
        class_="note",
    )
    return [head, table(columns, rows, caption="Phases", row_classes=classes, class_="medium"), note]


def _worth(path: str, values: Values) -> list[Html]:
    return [
        values.show(f"{path}/read_a_day", "tenths"),
        values.show(f"{path}/implied_bps", "ratio"),
        values.show(f"{path}/t", "ratio"),
    ]
