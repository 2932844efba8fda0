"""Explanations of a day in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from quantrl.report.markup import printable
from quantrl.report.numbers import UNDEFINED, show_number
from quantrl.typing import JsonObject

_SHOWN = 12


def spoken_day(found: JsonObject) -> str:
    """A day as a whole."""
    return _joined(_day(found))


def spoken_agent(found: JsonObject) -> str:
    """One agent on one day."""
    return _joined(_agent(found))


def _joined(lines: Iterator[str]) -> str:
    return printable("\n".join(lines)) + "\n"


def _day(found: JsonObject) -> Iterator[str]:
    yield f"{found['date']}, day {found['day']} of {found['run'] or 'this run'}, capital by the engine {found['engine']}"
    yield ""
    wide = max((len(one["agent"]) for one in found["agents"]), default=5)
    yield f"{'agent':<{wide}}  capital       u  judges  signals"
    for one in found["agents"]:
        cold = "" if one["warm"] or one["warm"] is None else "  cold: too few matured scores"
        yield (
            f"{one['agent']:<{wide}}  {show_number(one['share'], 'percent'):>7}  {show_number(one['u'], 'ratio3'):>6}  "
            f"{show_number(one['judges'], 'tenths'):>6}  {one['signals']:>7}{cold}"
        )
    yield f"{'cash':<{wide}}  {show_number(found['cash'], 'percent'):>7}"
    if found["factors"]:
        read = [one for one in found["factors"] if one["chosen"]]
        yield ""
        yield f"Factors read ({len(read)} of {len(found['factors'])}, {sum(one['tokens'] for one in read):,} tokens):"
        for one in found["factors"]:
            mark = "read  " if one["chosen"] else "unread"
            size = f"{one['tokens']:,} tokens, {one['lines']} lines"
            yield f"  {mark} {one['agent']}: u {show_number(one['u'], 'ratio3')}, {size}"
    if found["targets"]:
        held = sorted(found["targets"].items(), key=lambda pair: (-pair[1], pair[0]))
        yield ""
        yield "Netted targets: " + ", ".join(
            f"{name} {show_number(weight, 'percent')}" for name, weight in held
        )
    if found["net"] is not None:
        yield f"The day earned {show_number(found['net'], 'percent2')} net."


def _agent(found: JsonObject) -> Iterator[str]:
    yield f"{found['agent']} on {found['date']}, day {found['day']} of {found['run'] or 'this run'}"
    yield ""
    shares = ", ".join(f"{name} {show_number(share, 'percent')}" for name, share in found["shares"].items())
    if shares:
        yield f"Capital by engine: {shares}."
    yield f"u {show_number(found['u'], 'ratio3')}" + (
        "" if found["warm"] else ", cold: too few matured scores"
    )
    yield from _scores(found["known_scores"])
    yield from _judges(found["judges"])
    yield from _signals(found["signals"])
    if found["weights"]:
        yield "Weights: " + ", ".join(
            f"{name} {show_number(w, 'percent')}" for name, w in found["weights"].items()
        )
    if found["factor"]:
        yield from _factor(found["factor"])
        yield from _read(found["lines"])
    cost = found["cost"]
    if cost["replies"]:
        yield f"Cost: {cost['replies']} replies, {cost['tokens']:,} tokens, {show_number(cost['usd'], 'usd')} USD."


def _scores(known: JsonObject) -> Iterator[str]:
    if not known["count"]:
        yield "No score had matured."
        return
    newest = ", ".join(show_number(score, "score") for score in known["newest"])
    yield f"{known['count']} matured scores, of the last days: {newest}"
    if known["features"]:
        yield "Features: " + ", ".join(
            f"{name} {show_number(v, 'score')}" for name, v in known["features"].items()
        )


def _judges(judged: JsonObject) -> Iterator[str]:
    if judged["mean"] is None:
        yield "Judges: none."
        return
    rubrics = ", ".join(
        f"{name.replace('_', ' ')} {value:.0f}" for name, value in judged["by_rubric"].items()
    )
    judges = ", ".join(f"{name} {value:.0f}" for name, value in judged["by_judge"].items())
    yield f"Judges: mean {judged['mean']:.1f} of 100 ({rubrics}; {judges})"


def _signals(signals: list[JsonObject]) -> Iterator[str]:
    if not signals:
        yield "No signal."
    for one in signals[:_SHOWN]:
        fate = "accepted" if one["accepted"] else f"rejected: {one['reason']}"
        came = "" if one["realised"] is None else f", earned {show_number(one['realised'], 'percent2')}"
        yield f"Signal: {one['action']} {one['symbol']} with probability {one['probability']}%, {fate}{came}"
        yield from (f"    because {_evidence(item)}" for item in one["evidence"])
        yield from (f"    but {item}" for item in one["limitations"])
    if len(signals) > _SHOWN:
        yield f"... and {len(signals) - _SHOWN} more signals"


def _evidence(item: Any) -> str:
    if not isinstance(item, dict):
        return str(item)
    title = f" ({item['title']})" if item.get("title") else ""
    return f"{item.get('claim') or UNDEFINED} [{item.get('ref', '?')}]{title}"


def _read(lines: list[JsonObject]) -> Iterator[str]:
    for i, line in enumerate(lines, 1):
        rated = ", ".join(f"{symbol} {rating:+d}" for symbol, rating in line["ratings"].items())
        yield f"    {i}. {line['text']} [{', '.join(line['refs'])}] {rated or 'not rated'}"


def _factor(factor: JsonObject) -> Iterator[str]:
    fate = "read" if factor["chosen"] else "not read"
    yield (
        f"Factor: {factor['lines']} lines, {factor['tokens']:,} tokens, {factor['pairs']} ratings, {fate}; "
        f"score {show_number(factor['score'], 'ratio')}, implied {show_number(factor['implied'], 'percent2')}"
    )
