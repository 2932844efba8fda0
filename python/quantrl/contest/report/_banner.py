"""The first line of everything a contest prints: who answered for the analysts."""

from __future__ import annotations

from quantrl.contest.analysts.rules import BANNER as RULES
from quantrl.contest.evaluate.summary import Summary
from quantrl.contest.llm.local import BANNER as LOCAL
from quantrl.contest.llm.protocol import Kind
from quantrl.contest.llm.scripted import Scripted

NOBODY = "No analyst was asked. No language model was used."
_ORDER: tuple[Kind, ...] = ("llm", "local", "replay", "scripted", "rules")


def banner(summary: Summary) -> str:
    """One line; where agents differ in who answers for them, it lists them."""
    groups: dict[tuple[Kind, str], list[str]] = {}
    for agent, kind in sorted(summary.kinds.items()):
        groups.setdefault((kind, summary.models.get(agent, "")), []).append(agent)
    if not groups:
        return NOBODY
    said = sorted(groups, key=lambda group: (_ORDER.index(group[0]), group[1]))
    if len(said) == 1:
        return words(*said[0], summary.recorded)
    parts = (f"{words(*one, summary.recorded).rstrip('.')}: {', '.join(groups[one])}" for one in said)
    return f"Mixed run. {'; '.join(parts)}."


def words(kind: Kind, model: str = "", recorded: str = "") -> str:
    """What is said of one kind of analyst."""
    if kind == "rules":
        return RULES
    if kind == "local":
        return LOCAL
    if kind == "scripted":
        return f"{Scripted.name}: scripted replies stand in for a language model."
    named = model or "of an unknown name"
    if kind == "replay":
        return f"Replay of the language model {named}, recorded {recorded or 'on an unknown date'}."
    return f"Language model: {named}."
