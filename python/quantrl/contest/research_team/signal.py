"""What a researcher may write at the end, and which of its signals count."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from quantrl.contest.entities import Entities
from quantrl.contest.llm.schema import array, choice, record, text, whole
from quantrl.contest.research_team.limits import ResearchLimits
from quantrl.contest.research_team.refs import Reference
from quantrl.contest.types import Evidence, Signal
from quantrl.typing import JsonObject

Rejected = tuple[JsonObject, str]
ABSTENTION = 200
REASONS: Mapping[str, str] = {
    "not_allowed": "the symbol is not on the allow-list",
    "not_tradable": "the symbol cannot be traded at this moment",
    "no_evidence": "nothing is cited",
    "unknown_ref": "something cited was never shown to the researcher",
    "not_available": "something cited appears later than the decision",
    "not_grounded": "nothing cited is about the symbol",
    "no_limitation": "it says nothing against itself",
    "repeated": "an earlier signal of the same answer has the symbol",
    "contradiction": "the same answer buys and sells the symbol",
}
"""Why a signal does not count."""


def signal_schema(symbols: Sequence[str], refs: Sequence[str], limits: ResearchLimits) -> JsonObject:
    """Schema of the last answer: at most five signals over these symbols, citing these local ids.

    Raises
    ------
    ConfigError
        No symbols or nothing to cite.
    """
    evidence = record(ref=choice(refs), claim=text(limits.claim))
    one = record(
        symbol=choice(symbols),
        action=choice(("buy", "sell", "hold")),
        probability=whole(0, 100),
        evidence=array(evidence, limits.evidence, least=1),
        limitations=array(text(limits.limitation), limits.limitations, least=1),
    )
    reason = {"anyOf": [text(ABSTENTION), {"type": "null"}]}
    return record(signals=array(one, limits.signals), abstain_reason=reason)


def unknown_names(answer: Mapping[str, Any], symbols: Iterable[str], refs: Iterable[str]) -> str | None:
    """What a schema with more names than an enum holds cannot check: the first symbol or reference that is none."""
    allowed, known = frozenset(symbols), frozenset(refs)
    for i, signal in enumerate(answer["signals"]):
        if signal["symbol"] not in allowed:
            return f"$.signals[{i}].symbol: expected an allowed symbol, got {signal['symbol']!r}"
        for j, cited in enumerate(signal["evidence"]):
            if cited["ref"] not in known:
                return f"$.signals[{i}].evidence[{j}].ref: expected an id of the data, got {cited['ref']!r}"
    return None


def accept(
    signals: Sequence[JsonObject],
    references: Mapping[str, Reference],
    universe: Entities,
    tradable: AbstractSet[str],
    now: int,
) -> tuple[tuple[Signal, ...], tuple[Rejected, ...]]:
    """Signals that count, and the others with the key of their reason in `REASONS`, both in the order given.

    Parameters
    ----------
    signals : sequence of JSON objects
        As `signal_schema` has them.
    references : mapping of local id to Reference
        All that was shown to the researcher.
    universe : Entities
        Allow-list.
    tradable : set of str
        Symbols that can be traded now.
    now : int
        d(t), ns UTC.
    """
    problems = [_problem(signal, references, universe, tradable, now) for signal in signals]
    sides: dict[str, set[str]] = {}
    for signal, problem in zip(signals, problems, strict=True):
        if problem is None:
            sides.setdefault(signal["symbol"], set()).add(signal["action"])
    accepted: dict[str, Signal] = {}
    rejected: list[Rejected] = []
    for signal, problem in zip(signals, problems, strict=True):
        symbol = signal["symbol"]
        if problem is None and {"buy", "sell"} <= sides[symbol]:
            problem = "contradiction"
        if problem is None and symbol in accepted:
            problem = "repeated"
        if problem is None:
            accepted[symbol] = _signal(signal, references)
        else:
            rejected.append((dict(signal), problem))
    return tuple(accepted.values()), tuple(rejected)


def _problem(
    signal: JsonObject,
    references: Mapping[str, Reference],
    universe: Entities,
    tradable: AbstractSet[str],
    now: int,
) -> str | None:
    symbol = signal["symbol"]
    if symbol not in universe:
        return "not_allowed"
    if symbol not in tradable:
        return "not_tradable"
    if not signal["evidence"]:
        return "no_evidence"
    if any(cited["ref"] not in references for cited in signal["evidence"]):
        return "unknown_ref"
    cited = [references[each["ref"]] for each in signal["evidence"]]
    if any(reference.available_at > now for reference in cited):
        return "not_available"
    if not any(symbol in reference.symbols for reference in cited):
        return "not_grounded"
    if not any(limitation.strip() for limitation in signal["limitations"]):
        return "no_limitation"
    return None


def _signal(signal: JsonObject, references: Mapping[str, Reference]) -> Signal:
    evidence = tuple(Evidence(references[e["ref"]].ref, e["claim"]) for e in signal["evidence"])
    limitations = tuple(each for each in signal["limitations"] if each.strip())
    return Signal(signal["symbol"], signal["action"], signal["probability"], evidence, limitations)
