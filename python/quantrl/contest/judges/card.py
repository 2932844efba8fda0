"""What a judge is shown of an agent's day: signals, evidence and limitations; neither a name nor a past."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from quantrl.contest.types import Signal
from quantrl.typing import JsonObject

Kind = Literal["document", "factor", "tool"]
MAX_SOURCE = 300


@dataclass(frozen=True, slots=True)
class Cited:
    """What a reference leads to: its kind, and its title or first words."""

    kind: Kind
    text: str = ""


@dataclass(frozen=True)
class Card:
    """The accepted signals of one agent on one day.

    Parameters
    ----------
    signals : tuple of Signal
        None at all reads as no text: the agent is not judged.
    cited : mapping of reference to Cited
        What the evidence refers to. A reference that is missing here is shown without its source.
    past : tuple of float
        Newest net returns, oldest first; shown in the mode of ``repo-2025`` alone.
    """

    signals: tuple[Signal, ...]
    cited: Mapping[str, Cited] = field(default_factory=dict)
    past: tuple[float, ...] = ()

    @property
    def length(self) -> int:
        """Characters of all claims and limitations."""
        return sum(
            sum(len(item.claim) for item in signal.evidence) + sum(len(text) for text in signal.limitations)
            for signal in self.signals
        )

    def shown(self, *, past: bool = False, limit: int | None = None) -> JsonObject:
        """The card as plain JSON.

        References are numbered within the card, because the ids of factors bear the names of agents.

        Parameters
        ----------
        past : bool
            Whether past returns are shown.
        limit : int, optional
            Characters of text kept of each signal; evidence and limitations beyond are left out.
        """
        refs: dict[str, str] = {}
        for signal in self.signals:
            for item in signal.evidence:
                refs.setdefault(item.ref, f"e{len(refs) + 1:02d}")
        card: JsonObject = {"signals": [self._signal(signal, refs, limit) for signal in self.signals]}
        if past:
            card["past_returns"] = [round(value, 6) for value in self.past]
        return card

    def _signal(self, signal: Signal, refs: Mapping[str, str], limit: int | None) -> JsonObject:
        room = _Room(limit)
        limitations = room.take(signal.limitations, half=True)
        claims = room.take([item.claim for item in signal.evidence])
        evidence = []
        for item, claim in zip(signal.evidence, claims, strict=False):
            cited = self.cited.get(item.ref)
            source = {"kind": cited.kind, "source": cited.text[: room.source]} if cited else {}
            evidence.append({"ref": refs[item.ref], **source, "claim": claim})
        return {
            "symbol": signal.symbol,
            "action": signal.action,
            "probability": signal.probability,
            "evidence": evidence,
            "limitations": limitations,
        }


class _Room:
    """Characters left for the texts of one signal."""

    def __init__(self, limit: int | None) -> None:
        self._left = limit
        self.source = MAX_SOURCE if limit is None else min(MAX_SOURCE, limit // 4)

    def take(self, texts: tuple[str, ...] | list[str], *, half: bool = False) -> list[str]:
        """As many of the texts as fit into what is left, or into half of it; the last one is cut."""
        if self._left is None:
            return list(texts)
        room = self._left // 2 if half else self._left
        taken: list[str] = []
        for text in texts:
            if room <= 0:
                break
            taken.append(text[:room])
            room -= len(taken[-1])
            self._left -= len(taken[-1])
        return taken
