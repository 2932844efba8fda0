"""Judges cards by deduction: each rubric starts at 100 and loses points for defects of structure.

Praise earns nothing, because no word counts for itself. Counted are references, their kinds, limitations and stated
probabilities; a text is only compared with the other texts of its signal, where words in common cost points, and with the
source it cites, where only the source's own words help.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

_WANTED_REFS, _WANTED_LIMITS = 3, 2
_KINDS = ("document", "factor", "tool")
_SURE, _PAYS = 70, 60
_SUPPORTED = 0.25
_WEIGHTY, _SHARED = 5, 3
_WORD = re.compile(r"\w+")


def answer(payload: Mapping[str, Any]) -> Any:
    """Scores of one card, or of each of several by id."""
    if "card" in payload:
        return _scores(payload["card"])
    return {"cards": [{"card": card["id"], **_scores(card)} for card in payload["cards"]]}


def _scores(card: Mapping[str, Any]) -> dict[str, int]:
    signals = card["signals"]
    return {rubric: _graded(signals, deduct) for rubric, deduct in _RUBRICS.items()}


def _graded(signals: Sequence[Any], deduct: Callable[[Mapping[str, Any]], float]) -> int:
    """100 less the mean deduction of the signals; a card without signals has nothing to lose it on."""
    if not signals:
        return 0
    lost = sum(min(deduct(signal), 100.0) for signal in signals) / len(signals)
    return round(100.0 - lost)


def _logic(signal: Mapping[str, Any]) -> float:
    """An action its own author thinks unlikely; a statement made twice; a claim that stands among the limitations."""
    unlikely: int = max(50 - signal["probability"], 0) if signal["action"] != "hold" else 0
    claims = [item["claim"] for item in signal["evidence"]]
    turned = sum(any(_alike(claim, text) for text in signal["limitations"]) for claim in claims)
    return 1.5 * unlikely + 10.0 * _repeats(claims) + 15.0 * turned


def _evidence(signal: Mapping[str, Any]) -> float:
    """Few independent references; several claims on one; claims their source does not bear out."""
    refs = [item["ref"] for item in signal["evidence"]]
    distinct = len(set(refs))
    unsupported = sum(not _borne_out(item) for item in signal["evidence"])
    missing = max(_WANTED_REFS - distinct, 0)
    return 15.0 * missing + 5.0 * (len(refs) - distinct) + 40.0 * unsupported / max(len(refs), 1)


def _risk(signal: Mapping[str, Any]) -> float:
    """Few distinct limitations; more certainty than a day of a share allows."""
    limitations = list(signal["limitations"])
    distinct = len(limitations) - _repeats(limitations)
    oversure: int = max(signal["probability"] - _SURE, 0)
    return 25.0 * max(_WANTED_LIMITS - distinct, 0) + 2.0 * oversure


def _data_use(signal: Mapping[str, Any]) -> float:
    """Kinds of source not used; references that lead nowhere."""
    kinds = {item.get("kind") for item in signal["evidence"]}
    nowhere = sum("kind" not in item for item in signal["evidence"])
    return 20.0 * sum(kind not in kinds for kind in _KINDS) + 30.0 * nowhere / max(len(signal["evidence"]), 1)


def _opportunity(signal: Mapping[str, Any]) -> float:
    """No position taken; a stated chance too small to pay for a round trip."""
    if signal["action"] == "hold":
        return 60.0
    short: int = max(_PAYS - signal["probability"], 0)
    return 2.0 * short


_RUBRICS: dict[str, Callable[[Mapping[str, Any]], float]] = {
    "logic": _logic,
    "evidence": _evidence,
    "risk": _risk,
    "data_use": _data_use,
    "opportunity": _opportunity,
}


@lru_cache(maxsize=1 << 13)
def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.casefold()))


@lru_cache(maxsize=1 << 14)
def _alike(a: str, b: str) -> bool:
    """Whether two statements share three words of weight: padding either of them does not undo it."""
    return sum(len(word) >= _WEIGHTY for word in _words(a) & _words(b)) >= _SHARED


def _repeats(texts: Sequence[str]) -> int:
    """Statements that say what an earlier one says."""
    return sum(any(_alike(text, earlier) for earlier in texts[:i]) for i, text in enumerate(texts))


def _borne_out(item: Mapping[str, Any]) -> bool:
    """Whether a share of the claim's words stands in what it cites; a source without text cannot be compared."""
    source = _words(item.get("source", ""))
    claim = _words(item["claim"])
    return not source or len(claim & source) >= _SUPPORTED * len(claim)
