"""Phrases in documents that speak to a machine instead of a reader. They are flagged and counted, and hide nothing."""

from __future__ import annotations

import re

_PHRASES = {
    "override": (
        r"\b(?:ignore|disregard|forget|override|bypass)\b[^.\n]{0,40}"
        r"\b(?:instructions?|prompts?|rules|guidelines|above)\b"
    ),
    "role": r"\b(?:you are now|act as (?:an?|the) (?:ai|assistant|system|analyst)|pretend to be|as an ai\b)",
    "turn": r"(?:^|\n)\s*(?:system|assistant|developer)\s*:|<\|[^|\n]{1,40}\|>|\[/?inst\]|<</?sys>>|</?system>",
    "prompt": r"\b(?:system prompt|developer message|hidden instructions?|new instructions?)\b",
    "break-out": r"[\"']\s*\}\s*\]|```\s*(?:json|system)",
    "order": (
        r"\b(?:rate|score|judge)\b[^.\n]{0,40}(?:\+\s?2\b|\b100\b|\bhighest\b|\bmaximum\b)"
        r"|\bmust (?:buy|sell|rate|output)\b"
    ),
    "tool": r"\b(?:call|use|invoke|run) the \w+ (?:tool|function)\b|\b(?:tool|function)_?call\b",
    "secret": r"\b(?:api[ _-]?key|password|environment variables?)\b",
}
_PATTERNS = {name: re.compile(pattern, re.IGNORECASE) for name, pattern in _PHRASES.items()}
_ANY = re.compile("|".join(f"(?:{pattern})" for pattern in _PHRASES.values()), re.IGNORECASE)


def suspicious(text: str) -> tuple[str, ...]:
    """Names of the kinds of phrase that occur, sorted; most texts have none.

    A flag is no proof, and a text without one is not safe: what keeps a document from acting are the schemas, the
    allow-list and the caps, which do not ask for flags.
    """
    if _ANY.search(text) is None:
        return ()
    return tuple(sorted(name for name, pattern in _PATTERNS.items() if pattern.search(text)))
