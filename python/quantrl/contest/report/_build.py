"""``report.json``: every number a page, a text or a terminal shows of a contest is in this one object."""

from __future__ import annotations

from quantrl.contest.evaluate.books import Books, label_of
from quantrl.contest.evaluate.contests import contests
from quantrl.contest.evaluate.cutoff import cutoff_of
from quantrl.contest.evaluate.earned import earned
from quantrl.contest.evaluate.engines import engines
from quantrl.contest.evaluate.judging import judging
from quantrl.contest.evaluate.phases import phases
from quantrl.contest.evaluate.probabilities import probabilities
from quantrl.contest.evaluate.rejections import rejections
from quantrl.contest.evaluate.resample import BLOCK, DRAWS, LEVEL
from quantrl.contest.evaluate.stepm import ALPHA, MIN_DAYS
from quantrl.contest.evaluate.summary import Summary
from quantrl.contest.evaluate.tables import Tables
from quantrl.contest.evaluate.waterfall import waterfall
from quantrl.contest.llm.cost import usd_of
from quantrl.contest.report._banner import banner
from quantrl.contest.report._cost import cost
from quantrl.contest.report.entries import board_entries, book_entries
from quantrl.contest.report.verdict import reasons, sentences, spoken
from quantrl.typing import JsonObject
from quantrl.units import iso_date


def build(tables: Tables) -> JsonObject:
    """The report of a run: finite numbers or None, the banner first."""
    return build_with(Books(tables))


def build_with(books: Books) -> JsonObject:
    """As `build`, of accounts that are made already."""
    tables = books.tables
    summary = tables.summary
    report: JsonObject = {
        "banner": banner(summary),
        "schema": 1,
        "kind": "contest",
        "system": "ContestTrade",
        "name": summary.name,
        "run": summary.run,
        "command": summary.command or f"quantrl contest run {summary.run}/config.toml",
        "status": summary.status,
        "flags": flags(summary, tables),
        "verdict": [],
        "data": _data(tables),
        "settings": {**summary.settings.model_dump(), "selection": {}},
        "versions": summary.versions,
        "trials": {name: summary.trials.get(name) for name in ("this_run", "on_data")},
        "bootstrap": {"draws": DRAWS, "block": BLOCK, "level": LEVEL, "seed": summary.settings.seed},
        "days": tables.n_days,
        "books": book_entries(books),
        "random": books.random_place() | {"gap": books.random_gap().json()},
        "claim_rule": {
            "days_needed": MIN_DAYS,
            "alpha": ALPHA,
            "trials": books.trials,
            "names": [label_of(name)[0] for name in books.claimed],
        },
        "leaderboard": board_entries(books),
        "waterfall": waterfall(tables),
        "contests": contests(tables),
        "phases": phases(tables),
        "engines": engines(tables),
        "earned": earned(tables),
        "calibration": probabilities(tables),
        "judges": judging(tables),
        "cost": _cost(tables),
        "rejections": rejections(tables),
        "preset": {"name": summary.preset_name, "rows": [row.model_dump() for row in summary.preset]},
        "digest": summary.digest,
        "audit": summary.audit and summary.audit.model_dump(),
        "claims": [],
        "warnings": [],
    }
    report["verdict"] = spoken([*sentences(report), *reasons(report)], report)
    report["claims"] = _claims(report)
    report["warnings"] = [*summary.partial]
    return report


def _cost(tables: Tables) -> JsonObject:
    """Answers by agent, task and model, and what was spent of each cap."""
    spend = [
        {"name": name, "used": spent.used, "cap": spent.cap}
        for name, spent in sorted(tables.summary.spend.items())
    ]
    return {**cost(tables.calls).json, "spend": spend}


def flags(summary: Summary, tables: Tables) -> list[str]:
    """What a reader must know before any number."""
    found = list(summary.flags)
    if summary.status == "partial":
        found.append("partial: " + ("; ".join(summary.partial) or "a call was left out"))
    if summary.status == "interrupted":
        found.append("interrupted: the days after the last one shown are missing")
    if summary.fallback:
        found.append(f"fallback: {summary.fallback} answers came from rules in place of a model")
    cutoff = cutoff_of(tables)
    if cutoff.day is not None or cutoff.words == "cutoff unknown":
        found.append(f"{cutoff.words}: on days before it a model may remember what happened")
    if any(usd_of(line) is None for line in tables.calls):
        found.append("price unknown: the cost of some answers is not in any number below")
    return found


def _data(tables: Tables) -> JsonObject:
    facts = tables.summary.data
    first, last = (
        (iso_date(int(tables.matured[0])), iso_date(int(tables.matured[-1]))) if tables.n_days else ("", "")
    )
    return {**facts.model_dump(), "start": first or facts.start, "end": last or facts.end}


def _claims(report: JsonObject) -> list[str]:
    """The book's verdict, and that of every agent whose interval leaves 0 out."""
    said = [f"{book['label']}: {book['verdict']}." for book in report["books"][:1] if book["verdict"]]
    apart = [row for row in report["leaderboard"] if row["apart"]]
    return [*said, *(f"{row['agent']}: {row['claim']}." for row in apart)]
