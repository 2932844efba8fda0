"""The report as Markdown: the same numbers as ``report.json``, for a repository or a mail."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from quantrl.contest.evaluate.earned import PARTS
from quantrl.report.markup import printable
from quantrl.report.numbers import show_number
from quantrl.typing import JsonObject


def markdown(report: JsonObject) -> str:
    """The banner on the first line, then verdict, flags and tables."""
    return "\n".join(_lines(report)).rstrip("\n") + "\n"


def _lines(report: JsonObject) -> Iterator[str]:
    yield _safe(report["banner"])
    yield f"\n# {_safe(report['name'])}\n"
    yield _safe(" ".join(report["verdict"])) + "\n"
    yield from (f"- **{_safe(flag)}**" for flag in report["flags"])
    yield from table("Results after costs", _BOOKS, [_book(book) for book in report["books"]])
    yield from table(
        "Against equal weight", _VERSUS, [_versus(b) for b in report["books"] if b["versus_equal"]]
    )
    yield from table("From gross to net", _STEPS, [_step(step) for step in report["waterfall"]["steps"]])
    yield from table("Contests", _CONTESTS, [row for one in report["contests"] for row in _contest(one)])
    yield from table("Phases of the rebuild", _PHASES, [_phase(one) for one in report["phases"]["phases"]])
    yield from table("Leaderboard", _BOARD, [_agent(row) for row in report["leaderboard"]])
    yield from table("Engines side by side", _ENGINES, [_engine(one) for one in report["engines"]])
    yield from table("Who earned what of the book", _EARNED, [_part(one) for one in report["earned"]])
    yield from table("Who earned what under each engine, % of equity", *_earned(report["engines"]))
    yield from table("Stated probabilities", _SCORES, _scores(report["calibration"]))
    yield from _judges(report["judges"])
    yield from table("What answers cost", _COST, [_cost(row) for row in report["cost"]["rows"]])
    yield from table("Signals", _FATES, [_fate(one) for one in report["rejections"]["by_agent"]])
    for name in ("reasons", "abstentions"):
        rows = [[one["reason"], str(one["count"])] for one in report["rejections"][name]]
        yield from table("Refused because" if name == "reasons" else "Abstained because", _REASONS, rows)
    yield from table(
        "Settings", _SETTINGS, [[row["field"], row["value"]] for row in report["preset"]["rows"]]
    )
    yield "\n## Run it again\n"
    yield f"    {_safe(report['command'])}"
    if report["digest"]:
        yield f"\nDigest `{report['digest']}`"
    if report.get("audit"):
        yield f"\n{audit_line(report['audit'])}"


def audit_line(audit: JsonObject) -> str:
    """What the accounting check found, in a sentence."""
    residual = show_number(audit["max_residual"], "tiny")
    return (
        f"Audit of the book: {audit['breaches']} breaches in {audit['decisions']} decisions, "
        f"largest relative residual {residual}."
    )


_BOOKS = (
    "Account",
    "Net return %",
    "Sharpe",
    "Worst drawdown %",
    "PSR",
    "DSR",
    "Cost bp a year",
    "Turnover a year",
)
_VERSUS = ("Account", "Sharpe above equal weight", "p", "Visible at 80% power", "In words")
_STEPS = ("Step", "Change, % of equity", "Left", "Sharpe")
_CONTESTS = ("Contest", "Days", "Dates", "RankIC", "ICIR", "t (Newey-West)", "t (naive)")
_PHASES = ("Phase", "Read a day", "Implied bp a day", "t")
_BOARD = ("#", "Agent", "Capital %", "u", "Sharpe alone", "In words")
_ENGINES = ("Engine", "Agents funded a day", "Cash %", "Earned, % of equity")
_EARNED = ("Part", "Earned, % of equity")
_SCORES = ("Signals of", "Rows", "Stated %", "Came true %", "Brier", "Skill", "Log score")
_COST = ("Agent", "Task", "Model", "Calls", "Tokens in", "Tokens out", "USD")
_FATES = ("Agent", "Signals", "Buy", "Sell", "Hold", "Rejected")
_REASONS = ("Reason", "Times")
_SETTINGS = ("Switch", "Value")
_WORDS = frozenset(
    {
        "Account",
        "In words",
        "Step",
        "Contest",
        "Days",
        "Agent",
        "Engine",
        "Part",
        "Probe",
        "Signals of",
        "Source",
        "Task",
        "Model",
        "Reason",
        "Switch",
        "Value",
        "Variant",
    }
)


def table(
    title: str, heads: Sequence[str], rows: Sequence[Sequence[str]], *, level: int = 2
) -> Iterator[str]:
    """Lines of a table under its title; nothing where there are no rows."""
    if not rows:
        return
    yield f"\n{'#' * level} {title}\n"
    yield f"| {' | '.join(heads)} |"
    yield f"| {' | '.join('---' if head in _WORDS else '---:' for head in heads)} |"
    yield from (f"| {' | '.join(_safe(cell) for cell in row)} |" for row in rows)


def _book(book: JsonObject) -> list[str]:
    m = book["measures"]
    return [
        book["label"],
        _measure(m["total"], "points"),
        _measure(m["sharpe"], "ratio"),
        _measure(m["max_drawdown"], "points"),
        show_number(book["psr"], "ratio"),
        show_number(book["dsr"], "ratio"),
        _measure(m["cost_bps_year"], "count"),
        show_number(m["turnover"]["value"] if "turnover" in m else None, "tenths"),
    ]


def _versus(book: JsonObject) -> list[str]:
    gap = book["versus_equal"]
    return [
        book["label"],
        _measure(gap, "ratio"),
        show_number(gap["p"], "p"),
        show_number(gap["visible"], "ratio"),
        book["verdict"],
    ]


def _step(step: JsonObject) -> list[str]:
    numbers = (show_number(step[name], "points2") for name in ("change", "level"))
    return [step["name"], *numbers, show_number(step["sharpe"], "ratio")]


def _contest(one: JsonObject) -> Iterator[list[str]]:
    for part in one["rank_ic"]:
        numbers = (show_number(part[name], "ratio") for name in ("icir", "t", "naive_t"))
        yield [
            one["contest"],
            f"{part['span']} ({one['cutoff']})",
            str(part["dates"]),
            show_number(part["mean"], "ratio3"),
            *numbers,
        ]


def _phase(one: JsonObject) -> list[str]:
    label = f"{one['phase']}" + (" (own)" if one["own"] else "")
    return [
        label,
        show_number(one["read_a_day"], "tenths"),
        show_number(one["implied_bps"], "ratio"),
        show_number(one["t"], "ratio"),
    ]


def _agent(row: JsonObject) -> list[str]:
    return [
        str(row["pos"]),
        row["agent"],
        show_number(row["capital"], "whole"),
        show_number(row["key"], "ratio3"),
        _measure(row["sharpe"], "ratio"),
        row["claim"] or "",
    ]


def _engine(one: JsonObject) -> list[str]:
    return [
        one["label"],
        show_number(one["funded"], "tenths"),
        show_number(one["cash"], "points"),
        show_number(one["earned"], "points2"),
    ]


def _earned(engines: Sequence[JsonObject]) -> tuple[list[str], list[list[str]]]:
    """Heads and rows: agents against engines."""
    agents = [one["agent"] for one in engines[0]["agents"]] if engines else []
    rows = [
        [agent, *(show_number(one["agents"][i]["earned"], "points2") for one in engines)]
        for i, agent in enumerate(agents)
    ]
    return ["Agent", *(one["label"] for one in engines)], rows


def _part(one: JsonObject) -> list[str]:
    return [PARTS.get(one["part"], str(one["agent"])), show_number(one["earned"], "points2")]


def _scores(found: JsonObject) -> list[list[str]]:
    if not found["rows"]:
        return []
    named = [(part["span"], part) for part in found["spans"]] + [
        (part["agent"], part) for part in found["by_agent"]
    ]
    return [
        [
            name,
            str(part["rows"]),
            *(show_number(part[key], "points") for key in ("stated", "came_true")),
            *(show_number(part[key], "ratio3") for key in ("brier", "skill", "log_score")),
        ]
        for name, part in named
    ]


def _judges(found: JsonObject | None) -> Iterator[str]:
    if found is None:
        return
    rows = [["all rubrics", "", _measure(found["alpha"], "ratio")]]
    rows += [
        [one["rubric"], show_number(one["mean"], "tenths"), _measure(one, "ratio")]
        for one in found["by_rubric"]
    ]
    yield from table("Judges", ("Rubric", "Mean", "Krippendorff alpha"), rows)


def _cost(row: JsonObject) -> list[str]:
    counts = (show_number(row[name], "count") for name in ("calls", "input_tokens", "output_tokens"))
    return [row["agent"], row["task"], row["model"], *counts, show_number(row["usd"], "usd")]


def _fate(one: JsonObject) -> list[str]:
    return [one["agent"], *(str(one[name]) for name in ("signals", "buy", "sell", "hold", "rejected"))]


def _measure(entry: JsonObject, unit: str) -> str:
    shown = show_number(entry["value"], unit)
    if entry.get("low") is None or entry.get("high") is None:
        return shown
    return f"{shown} ({show_number(entry['low'], unit)} to {show_number(entry['high'], unit)})"


def _safe(text: str) -> str:
    """On one line, and nothing in it that Markdown or HTML would read as its own."""
    flat = printable(" ".join(str(text).split()))
    return "".join("\\" + ch if ch in "\\|`*[]<>#" else ch for ch in flat)
