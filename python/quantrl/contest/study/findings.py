"""What a run does not show: every comparison it could have won and did not, in words."""

from __future__ import annotations

from collections.abc import Iterator

from quantrl.contest.evaluate.stepm import MIN_DAYS
from quantrl.contest.study.material import Material
from quantrl.report.numbers import show_number
from quantrl.typing import JsonObject

_SURE = 2.0
_RIVALS = {"best_past": "the best past agent alone", "buy_hold": "the universe, bought and held"}


def findings(run: Material) -> list[str]:
    """Sentences, the book first."""
    return [
        *_book(run.report),
        *_random(run),
        *_contests(run.report),
        *_calibration(run.report["calibration"]),
        *_agents(run.report),
        *_parts(run.ablations),
        *_probes(run.probes),
        *_idle(run),
    ]


def interval(found: JsonObject, unit: str) -> str:
    """``0.12 (−0.30 to 0.54)``."""
    value, low, high = (show_number(found[end], unit) for end in ("value", "low", "high"))
    return f"{value} ({low} to {high})" if found.get("low") is not None else value


def above(found: JsonObject) -> bool:
    """Whether an interval lies above 0."""
    return found.get("low") is not None and found["low"] > 0


def _book(report: JsonObject) -> Iterator[str]:
    books = {book["name"]: book for book in report["books"]}
    book = books.get("book")
    if book is None:
        return
    total = book["measures"]["total"]
    if total["value"] is not None and total["value"] <= 0:
        yield f"The contest book lost money: {interval(total, 'percent')} net over {report['days']} days."
    versus = book["versus_equal"]
    if versus is None or not above(versus):
        yield _not_above("equal weight of the same agents", versus, report)
    for name, said in _RIVALS.items():
        if name in books:
            lead = {
                end: _turned(books[name]["sharpe_minus_contest"], end) for end in ("value", "low", "high")
            }
            if not above(lead):
                yield _not_above(said, lead, report)
    if report["days"] < MIN_DAYS:
        yield f"{report['days']} days: no claim of skill is made of any account below {MIN_DAYS} days."


def _not_above(other: str, gap: JsonObject | None, report: JsonObject) -> str:
    if gap is None or gap["value"] is None:
        return f"The Sharpe ratio of the book less that of {other} cannot be worked out."
    behind = gap["high"] is not None and gap["high"] < 0
    said = "It is behind" if behind else "It is not distinguishable from"
    seen = gap.get("visible")
    rest = f"; only a difference of {show_number(seen, 'ratio')} would be seen" if seen is not None else ""
    return f"{said} {other}: Sharpe difference {interval(gap, 'ratio')}{rest}."


def _turned(gap: JsonObject, end: str) -> float | None:
    other = {"value": "value", "low": "high", "high": "low"}[end]
    return None if gap[other] is None else -gap[other]


def _random(run: Material) -> Iterator[str]:
    found = run.report["random"]
    if found["gap"]["value"] is not None and not above(found["gap"]):
        yield (
            f"Agents funded at random do as well: Sharpe of the book less the mean of {found['seeds']} random choices "
            f"{interval(found['gap'], 'ratio')}."
        )
    lead = run.reading["lead_bps"]
    if lead["value"] is not None and not above(lead):
        yield f"Sources read at random do as well: {interval(lead, 'ratio')} bp a day between read and drawn by lot."


def _contests(report: JsonObject) -> Iterator[str]:
    for one in report["contests"]:
        whole = one["rank_ic"][0]
        name = f"The {one['contest']} contest"
        if whole["mean"] is None or whole["t"] is None:
            yield f"{name} made too few predictions to judge: {whole['reason']}."
        elif whole["t"] < _SURE:
            yield (
                f"{name} does not predict: RankIC {show_number(whole['mean'], 'ratio3')}, "
                f"t {show_number(whole['t'], 'ratio')} over {whole['dates']} dates."
            )


def _calibration(found: JsonObject) -> Iterator[str]:
    for part in found["spans"][:1] if found["rows"] else []:
        if part["skill"] is not None and part["skill"] <= 0:
            yield (
                f"Stated probabilities are worse than the base rate: Brier skill {show_number(part['skill'], 'ratio3')}; "
                f"{show_number(part['stated'], 'percent')} stated, {show_number(part['came_true'], 'percent')} came true."
            )


def _agents(report: JsonObject) -> Iterator[str]:
    rows = report["leaderboard"]
    if not any(row["apart"] and (row["claim"] or "").startswith("beats") for row in rows):
        yield f"None of the {len(rows)} agents alone beats equal weight, after correction for all that were compared."


def _parts(found: JsonObject | None) -> Iterator[str]:
    if found is None:
        return
    useless = [one for one in found["variants"] if not above(one["lead"])]
    if useless:
        said = ", ".join(f"{one['name']} {interval(one['lead'], 'ratio')}" for one in useless)
        yield f"Left out, these parts are not missed (Sharpe of the whole less the variant): {said}."


def _probes(found: list[JsonObject]) -> Iterator[str]:
    for one in found:
        if one["kind"] == "turn" and one["words"] != "the news are used":
            yield f"With praise and blame exchanged {_stayed(one)} of actions stay: {one['words']}."
        if one["kind"] == "hide" and one["words"] == "names and dates matter":
            yield f"With names and dates hidden {_stayed(one)} of actions stay: names or dates matter."


def _stayed(one: JsonObject) -> str:
    return interval(one["unchanged"], "percent")


def _idle(run: Material) -> Iterator[str]:
    for one in run.report["engines"]:
        if one["funded"] == 0:
            yield f"{one['label']} funded nobody on any day: its record is cash."
    for one in run.entrants:
        if one["days"] < 0.5 * one["of"]:
            yield f"{one['agent']} held something on {one['days']} of {one['of']} days only."
