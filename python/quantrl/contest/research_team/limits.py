"""How much a researcher may read, look up and write."""

from __future__ import annotations

from dataclasses import dataclass, fields

from quantrl.contest.tools import DEFAULT
from quantrl.errors import ConfigError

_CEILINGS = {
    "plan_steps": 5, "rounds": 10, "signals": 5, "evidence": 20, "limitations": 5, "table_rows": 500,
    "context_tokens": 1_000_000,
}  # fmt: skip


@dataclass(frozen=True)
class ResearchLimits:
    """Bounds of one researcher's day.

    Parameters
    ----------
    plan_steps, rounds : int
        Steps of a plan; calls of tools. The code released with arXiv 2508.00554 allows 10 rounds.
    result_tokens : int
        Of one tool's output.
    context_tokens : int
        Of the factor lines that are read; the rest is left out.
    table_rows : int
        Symbols in the universe table.
    signals, evidence, limitations : int
        How many at most.
    note, claim, limitation : int
        Characters of a thought or reason, of what a reference is cited for, and of one limitation.
    plan_tokens, act_tokens, signal_tokens : int
        Of a reply.
    tools : tuple of str

    Raises
    ------
    ConfigError
        A number below 1 or above what the schemas allow.
    """

    plan_steps: int = 5
    rounds: int = 6
    result_tokens: int = 500
    context_tokens: int = 16_000
    table_rows: int = 60
    signals: int = 5
    evidence: int = 20
    limitations: int = 5
    note: int = 160
    claim: int = 300
    limitation: int = 200
    plan_tokens: int = 800
    act_tokens: int = 400
    signal_tokens: int = 4_000
    tools: tuple[str, ...] = DEFAULT

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name == "tools":
                continue
            most = _CEILINGS.get(field.name, 32_768)
            if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
                raise ConfigError(f"research.{field.name}: expected 1 to {most}, got {value!r}")

    @staticmethod
    def small() -> ResearchLimits:
        """For a model with a context of some 2,000 tokens that writes at most 260."""
        return ResearchLimits(
            plan_steps=2, rounds=1, result_tokens=120, context_tokens=300, table_rows=6, signals=1, evidence=2,
            limitations=1, note=60, claim=60, limitation=60, plan_tokens=260, act_tokens=260, signal_tokens=260,
            tools=("screen", "price_stats", "final"),
        )  # fmt: skip
