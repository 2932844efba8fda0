"""What a replay's page says: the result by queue model, the book, the fills on it, what the mode cannot know."""

from __future__ import annotations

from quantrl.report.document import Document
from quantrl.report.markup import Html, join, tag
from quantrl.report.sections import section
from quantrl.report.sections.footnotes import versions
from quantrl.report.table import Column, table
from quantrl.report.ticks.figures import depth_figure, equity_figure, every, fills_figure
from quantrl.report.ticks.folder import ReplayFolder
from quantrl.typing import JsonObject

LIMITS = {
    "ghost": (
        "Own orders stand in the queues of the file, behind who was there and ahead of who came later. History does "
        "not react: nobody cancels, follows or undercuts because of them, and hidden orders are seen only once they "
        "trade. Orders older than the file stand as one nameless order a level."
    ),
    "l2_queue": (
        "The file shows level sums, not queues. Where in the queue lots were cancelled is the model's opinion; "
        "risk_averse lets all of them leave from behind and fills least. History does not react to own orders."
    ),
}
_NUMBERS = [
    ("orders", "Orders", 0),
    ("refused", "Refused", 0),
    ("fills", "Fills", 0),
    ("lots", "Lots", 0),
    ("maker_share", "Maker share", 3),
    ("position", "Position", 0),
    ("most_position", "Most held", 0),
    ("cash", "Cash", 2),
    ("fee", "Fees", 2),
    ("equity", "Equity", 2),
    ("max_drawdown", "Worst fall", 2),
]


def replay_page(folder: ReplayFolder) -> Document:
    """Lay out the report of a replay."""
    raw, first = folder.raw, folder.raw["results"][0]
    page = Document(f"{raw['name']}: replay")
    page.add(_header(raw))
    page.add(_results(raw), "Results", "results")
    page.add(_charts(folder, page), "Book", "book")
    page.add(section("limits", "What it cannot know", tag("p", LIMITS[first["mode"]])), "Limits", "limits")
    page.add(_facts(raw), "Run", "run")
    page.add(versions(raw["versions"]))
    return page


def lines(raw: JsonObject) -> list[str]:
    """The same numbers as text."""
    said = [f"{raw['name']} (replay {raw['run']})", _verdict(raw), ""]
    for row in raw["results"]:
        numbers = ", ".join(f"{label.lower()} {_shown(row[key], digits)}" for key, label, digits in _NUMBERS)
        said.append(f"{_model(row)}: {numbers}")
    return [*said, "", LIMITS[raw["results"][0]["mode"]], f"Run it again: {raw['command']}"]


def _header(raw: JsonObject) -> Html:
    return tag(
        "header",
        tag("p", "Replay ", tag("code", raw["run"]), class_="eyebrow"),
        tag("h1", raw["name"]),
        tag("p", _verdict(raw), class_="verdict"),
    )


def _verdict(raw: JsonObject) -> str:
    first, *others = raw["results"]
    said = f"{raw['policy']} on {raw['file']['instrument']}, {_model(first)}: {_outcome(first)}."
    return said + "".join(f" Under {other['queue']}: {_outcome(other)}." for other in others)


def _outcome(row: JsonObject) -> str:
    return f"{row['fills']:,} fills, equity {_shown(row['equity'], 2)} after fees of {_shown(row['fee'], 2)}"


def _model(row: JsonObject) -> str:
    return f"queue model {row['queue']}" if row["queue"] else "true queues"


def _shown(value: float | None, digits: int) -> str:
    return "—" if value is None else f"{value:,.{digits}f}".replace("-", "−")


def _results(raw: JsonObject) -> Html:
    heads = [Column("Queue model", "text"), *(Column(label) for _, label, _ in _NUMBERS)]
    rows = [
        [
            row["queue"] or f"{row['mode']}, true queues",
            *(_shown(row[key], digits) for key, _, digits in _NUMBERS),
        ]
        for row in raw["results"]
    ]
    lead = (
        "Money is in quote currency, quantities in lots. Equity is cash and position at the mid, after fees."
    )
    return section("results", "Results", table(heads, rows, caption="Results by queue model"), lead=lead)


def _charts(folder: ReplayFolder, page: Document) -> Html:
    fills = folder.frame("fills").height
    drawn = every(fills)
    note = "Drag to zoom, double-click to go back."
    if drawn > 1:
        note += f" Of {fills:,} fills each {drawn}th is drawn."
    depth = page.chart(
        "depth",
        depth_figure(folder),
        "Heat map of displayed lots by time and price.",
        "Displayed lots (colour, log scale) of the 60 best levels a side; the lines are the best bid and ask.",
    )
    marks = page.chart(
        "fills",
        fills_figure(folder),
        "Own fills over the best bid and ask.",
        f"Own fills at exchange time. {note}",
    )
    worth = page.chart(
        "equity",
        equity_figure(folder),
        "Equity and position over time.",
        "As the strategy knew it, at the local mid.",
    )
    return section("book", "The book and the fills on it", depth, marks, worth)


def _facts(raw: JsonObject) -> Html:
    file = raw["file"]
    params = ", ".join(f"{key} {value}" for key, value in raw["params"].items())
    items: list[tuple[str, object]] = [
        ("File", file["name"]),
        ("Events", f"{file['events']:,} of level {file['level']}"),
        ("From", file["start"]),
        ("To", file["end"]),
        ("Instrument", f"{file['instrument']}, tick {file['tick_size']}, lot {file['lot_size']}"),
        ("Policy", f"{raw['policy']} {params}".strip()),
        *((key.replace("_", " "), _setting(value)) for key, value in raw["config"].items()),
        ("Unit of whole times", "ns"),
        ("Hash", tag("code", raw["results"][0]["hash"])),
        ("File hash", tag("code", file["sha256"][:16], title=file["sha256"])),
    ]
    cells = (tag("div", tag("dt", key), tag("dd", value)) for key, value in items)
    commands = tag(
        "div",
        tag("p", "Run it again", tag("code", raw["command"])),
        tag("p", "Rebuild this page", tag("code", f"quantrl report {raw['run']}")),
        class_="commands",
    )
    return tag("section", tag("h2", "The run"), tag("dl", join(cells), class_="facts"), commands, id="run")


def _setting(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {part}" for key, part in value.items() if part) or "none"
    return str(value)
