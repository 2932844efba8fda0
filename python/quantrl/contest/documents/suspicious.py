"""Phrases in documents that speak to a machine instead of a reader. They are flagged and counted, and hide nothing."""

from __future__ import annotations

import re

_SPACE = r"[^.\n]{0,40}"
# Kind, words of which one occurs in every such phrase, and the phrase; in small letters.
_KINDS = (
    ("break-out", ("]", "```"), r"[\"']\s*\}\s*\]|```\s*(?:json|system)"),
    (
        "order",
        ("rate", "score", "judge", "must"),
        rf"\b(?:rate|score|judge)\b{_SPACE}(?:\+\s?2\b|\b100\b|\bhighest\b|\bmaximum\b)|\bmust (?:buy|sell|rate|output)\b",
    ),
    (
        "override",
        ("ignore", "disregard", "forget", "override", "bypass"),
        r"\b(?:ignore|disregard|forget|override|bypass)\b"
        rf"{_SPACE}\b(?:instructions?|prompts?|rules|guidelines|above)\b",
    ),
    (
        "prompt",
        ("prompt", "message", "instruction"),
        r"\b(?:system prompt|developer message|hidden instructions?|new instructions?)\b",
    ),
    (
        "role",
        ("you are now", "act as", "pretend to be", "as an ai"),
        r"\b(?:you are now|act as (?:an?|the) (?:ai|assistant|system|analyst)|pretend to be|as an ai\b)",
    ),
    ("secret", ("api", "password", "environment"), r"\b(?:api[ _-]?key|password|environment variables?)\b"),
    (
        "tool",
        ("tool", "function"),
        r"\b(?:call|use|invoke|run) the \w+ (?:tool|function)\b|\b(?:tool|function)_?call\b",
    ),
    (
        "turn",
        ("system", "assistant", "developer", "<|", "inst]", "sys>>"),
        r"(?:^|\n)\s*(?:system|assistant|developer)\s*:|<\|[^|\n]{1,40}\|>|\[/?inst\]|<</?sys>>|</?system>",
    ),
)
_PATTERNS = [(kind, triggers, re.compile(phrase)) for kind, triggers, phrase in _KINDS]


def suspicious(text: str) -> tuple[str, ...]:
    """Names of the kinds of phrase that occur, sorted; most texts have none.

    A flag is no proof, and a text without one is not safe: what keeps a document from acting are the schemas, the
    allow-list and the caps, which do not ask for flags.
    """
    small = text.lower()
    return tuple(
        kind
        for kind, triggers, pattern in _PATTERNS
        if any(trigger in small for trigger in triggers) and pattern.search(small)
    )
