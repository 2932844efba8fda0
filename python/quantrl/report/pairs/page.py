"""What the page of a pair says: what was earned an hour and how sure that is, what was paid, what the books cannot know."""

from __future__ import annotations

from quantrl.report.document import Document
from quantrl.report.markup import Html, join, tag
from quantrl.report.pairs.figures import equity_figure, every
from quantrl.report.pairs.folder import PairFolder
from quantrl.report.sections import section
from quantrl.report.sections.footnotes import versions
from quantrl.report.table import Column, table
from quantrl.typing import JsonObject

_RECORDED = (
    "Own orders meet five recorded levels on arrival, less what the account took from them in the last second. History does "
    "not react to them. What is held when a session ends is closed at the touch, whatever rested there, with all fees. One "
    "path of one pair: intervals from blocks of it speak of that path alone."
)
_FLOW = (
    "Both books are simulated order flow: the spread reverts because it was made to, and nothing here was earned on a "
    "market. "
)
_WORKED = (
    "Own orders are worked between decisions and meet the recorded events: levels less what the account took from them in "
    "the last second, queues by an assumed place. History does not react to them. What is held when a session ends is "
    "closed at the touch, whatever rested there, with all fees. One path of one pair: intervals from blocks of it speak of "
    "that path alone."
)
LIMITS = {
    "replay": _RECORDED,
    "flow": _RECORDED,
    "books": "Both books are simulated: the spread reverts because it was made to. Nothing here was earned on a market.",
    "ou": (
        "The spread is simulated and filled at its mid, costs in money: it reverts because it was made to. Nothing here was "
        "earned on a market."
    ),
}
_MEASURES = [
    ("net", "Net, U an hour", "{:+.3f}"),
    ("gross", "Before costs, U an hour", "{:+.3f}"),
    ("cost", "Costs, U an hour", "{:.3f}"),
    ("cost_share", "Costs as a share of gross", "{:.1%}"),
    ("sharpe", "Sharpe ratio of hours", "{:+.2f}"),
    ("max_drawdown", "Worst fall from a peak", "{:.2%}"),
    ("turnover", "Whole positions traded an hour", "{:.1f}"),
    ("traded", "Decisions that changed a leg", "{:.2%}"),
    ("legged_share", "Time the legs were apart", "{:.3%}"),
    ("illegal", "Illegal actions", "{:.0f}"),
]
_BOUNDS = {"net": ("low", "high"), "sharpe": ("sharpe_low", "sharpe_high")}


def pair_page(folder: PairFolder) -> Document:
    """Lay out the report."""
    raw = folder.raw
    page = Document(f"{raw['name']}: backtest of a pair")
    page.add(_header(raw))
    page.add(_results(raw), "Results", "results")
    page.add(_chart(folder, page), "Account", "account")
    page.add(section("limits", "What it cannot know", tag("p", _limits(raw))), "Limits", "limits")
    page.add(_facts(raw), "Run", "run")
    page.add(versions(raw["versions"]))
    return page


def pair_lines(raw: JsonObject) -> list[str]:
    """The same numbers as text."""
    rows = [f"{label}: {value}{f' ({bounds})' if bounds else ''}" for label, value, bounds in _rows(raw)]
    said = [f"{raw['name']} (pair {raw['run']})", _verdict(raw), ""]
    return [*said, *rows, "", _limits(raw), f"Run it again: {raw['command']}"]


def _limits(raw: JsonObject) -> str:
    worked = raw["pair"].get("styles", 1) > 1 or raw["pair"].get("leg_ms") is not None
    said = _WORKED if worked else LIMITS[raw["venue"]]
    return _FLOW + said.replace("recorded ", "") if raw["venue"] == "flow" else said


def _header(raw: JsonObject) -> Html:
    return tag(
        "header",
        tag("p", "Pair ", tag("code", raw["run"]), class_="eyebrow"),
        tag("h1", raw["name"]),
        tag("p", _verdict(raw), class_="verdict"),
    )


def _verdict(raw: JsonObject) -> str:
    one, two = raw["instruments"]
    measures = raw["measures"]
    low, high = measures["low"], measures["high"]
    kind = "does not include" if low > 0 or high < 0 else "includes"
    return _minus(
        f"{raw['policy']['algo']} on {one['symbol']} against {two['symbol']} ({raw['venue']}): {raw['fills']:,} fills in "
        f"{measures['hours']:,.2f} hours, equity {raw['capital']:,.2f} to {raw['equity']:,.2f} after all costs. Net "
        f"{measures['net']:+.3f} U an hour, 95% interval {low:+.3f} to {high:+.3f}, which {kind} zero."
    )


def _rows(raw: JsonObject) -> list[tuple[str, str, str]]:
    measures, rows = raw["measures"], []
    for key, label, form in _MEASURES:
        value = "—" if measures[key] is None else form.format(measures[key])
        ends = [measures[name] for name in _BOUNDS.get(key, ())]
        bounds = " to ".join(form.format(end) for end in ends) if ends and None not in ends else ""
        rows.append((label, _minus(value), _minus(bounds)))
    return rows


def _results(raw: JsonObject) -> Html:
    pair = raw["pair"]
    body = table(
        [Column("Measure", "text"), Column("Value"), Column("95% interval")],
        [list(row) for row in _rows(raw)],
        caption="Results",
        class_="narrow",
    )
    lead = (
        f"U is the notional times s, {pair['notional'] * pair['s']:,.2f}. Intervals are by blocks of "
        f"{raw['measures']['block']:,} decisions."
    )
    return section("results", "Results", body, lead=lead)


def _chart(folder: PairFolder, page: Document) -> Html:
    drawn = every(folder.raw["decisions"])
    note = "At the mids, after all costs." + (f" One decision in {drawn} is drawn." if drawn > 1 else "")
    chart = page.chart(
        "equity", equity_figure(folder), "Equity and position over time.", f"{note} Drag to zoom."
    )
    return section("account", "The account", chart)


def _facts(raw: JsonObject) -> Html:
    pair, policy = raw["pair"], raw["policy"]
    legs = ", ".join(f"{leg['symbol']} (lot {leg['lot']:g})" for leg in raw["instruments"])
    trials = raw["trials"]
    items: list[tuple[str, object]] = [
        ("Legs", legs),
        ("Venue", raw["venue"]),
        ("From", raw["start"]),
        ("To", raw["end"]),
        ("Decisions", f"{raw['decisions']:,}, one every {pair['dt']:g} s"),
        ("Notional", f"{pair['notional']:,.0f}"),
        ("Capital", f"{raw['capital']:,.2f}"),
        ("Costs", _costs(raw)),
        ("Mean latency", f"{pair['theta_low'][2]:g} ms"),
        ("Policy", f"{policy['algo']}, {policy['members']} networks, trained on {policy['venue']}"),
        ("Policy hash", tag("code", policy["sha256"][:16], title=policy["sha256"])),
        ("Seed", f"{raw['seed']}"),
        ("Trials on these data", "unknown" if trials is None else f"{trials['on_data']}"),
        ("Flags", ", ".join(flag.replace("_", " ") for flag in raw["flags"]) or "none"),
        *(("Events hash", tag("code", sha[:16], title=sha)) for sha in pair["events_sha"]),
    ]
    cells = (tag("div", tag("dt", key), tag("dd", value)) for key, value in items)
    commands = tag(
        "div",
        tag("p", "Run it again", tag("code", raw["command"])),
        tag("p", "Rebuild this page", tag("code", f"quantrl report {raw['run']}")),
        class_="commands",
    )
    return tag("section", tag("h2", "The run"), tag("dl", join(cells), class_="facts"), commands, id="run")


def _costs(raw: JsonObject) -> str:
    pair = raw["pair"]
    if raw["venue"] in ("flow", "replay"):
        return f"{pair['fee_bps'][0]:g} and {pair['fee_bps'][1]:g} bp a side, and the recorded spreads"
    return f"{pair['cost']:g} s for a unit of position"


def _minus(text: str) -> str:
    return text.replace("-", "−") if text[:1] in "+-" else text.replace(" -", " −")
