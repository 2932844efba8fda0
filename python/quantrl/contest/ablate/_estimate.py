"""What ablations may cost before any is run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from quantrl.contest.ablate.variant import Variant
from quantrl.contest.llm.cost import usd_of
from quantrl.typing import JsonObject


@dataclass(frozen=True)
class Estimate:
    """An upper estimate, at what the same tasks cost in the whole contest.

    Attributes
    ----------
    calls : int
        To models; rules are asked for nothing.
    usd : float or None
        None where a price is not known.
    by_variant : dict of str to (int, float or None)
        Calls and USD of each name.
    """

    calls: int
    usd: float | None
    by_variant: dict[str, tuple[int, float | None]]

    @property
    def free(self) -> bool:
        """Whether nobody need be asked for leave."""
        return self.calls == 0 or self.usd == 0.0


def estimate(calls: Iterable[JsonObject], chosen: Sequence[Variant]) -> Estimate:
    """Questions that change are asked again; unchanged ones are answered by the record.

    Parameters
    ----------
    calls : iterable of dict
        ``calls.jsonl`` of the whole contest.
    chosen : sequence of Variant
    """
    asked = [line for line in calls if line["kind"] != "rules"]
    found: dict[str, tuple[int, float | None]] = {}
    for variant in chosen:
        lines = [line for line in asked if line["task"] in variant.asks]
        before, spent = found.get(variant.name, (0, 0.0))
        found[variant.name] = (
            before + sum(line["tries"] for line in lines),
            _sum([spent, *map(usd_of, lines)]),
        )
    total = _sum([usd for _, usd in found.values()])
    return Estimate(sum(count for count, _ in found.values()), total, found)


def _sum(parts: Iterable[float | None]) -> float | None:
    known = list(parts)
    return None if None in known else float(sum(part for part in known if part is not None))
