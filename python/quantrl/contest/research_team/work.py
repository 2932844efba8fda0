"""What one researcher did on one day, and the JSON a journal keeps of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from quantrl.contest.llm.spend import Spend
from quantrl.contest.research_team.refs import Reference
from quantrl.contest.research_team.signal import Rejected
from quantrl.contest.types import Evidence, Signal
from quantrl.errors import DataError
from quantrl.typing import JsonObject


@dataclass(frozen=True)
class SignalWork:
    """What one researcher did on one day.

    Attributes
    ----------
    agent : str
    signals : tuple of Signal
        Those that count.
    rejected : tuple of (JSON object, str)
        The others with the key of their reason in `quantrl.contest.research_team.signal.REASONS`.
    abstained : str or None
        Without signals: ``schema``, ``budget`` or ``error`` (no answer), ``nothing_to_cite``, ``declined`` (it said so),
        or ``rejected`` (none counted).
    detail : str
        More about it.
    steps : tuple of JSON objects
        Plan, calls with outputs and their sha256, in order.
    cited : mapping of ref to Reference
        What the signals that count rest on.
    spent : Spend
    """

    agent: str
    signals: tuple[Signal, ...]
    rejected: tuple[Rejected, ...]
    abstained: str | None
    detail: str
    steps: tuple[JsonObject, ...]
    cited: Mapping[str, Reference]
    spent: Spend

    def as_json(self) -> JsonObject:
        """Plain JSON; `from_json` reads it."""
        return {
            "agent": self.agent,
            "signals": [signal_json(signal) for signal in self.signals],
            "rejected": [[given, why] for given, why in self.rejected],
            "abstained": self.abstained,
            "detail": self.detail,
            "steps": list(self.steps),
            "cited": [reference.as_json() for reference in self.cited.values()],
            "spent": asdict(self.spent),
        }

    @staticmethod
    def from_json(raw: JsonObject) -> SignalWork:
        """From what `as_json` gave.

        Raises
        ------
        DataError
            Fields that are missing or of another kind.
        """
        try:
            cited = [Reference.from_json(each) for each in raw["cited"]]
            return SignalWork(
                raw["agent"],
                tuple(signal_of(each) for each in raw["signals"]),
                tuple((given, why) for given, why in raw["rejected"]),
                raw["abstained"],
                raw["detail"],
                tuple(raw["steps"]),
                {reference.ref: reference for reference in cited},
                Spend(**raw["spent"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(f"signals of a day: expected the fields of a SignalWork, got {error!r}") from None


def signal_json(signal: Signal) -> JsonObject:
    """A signal as plain JSON."""
    return {
        "symbol": signal.symbol,
        "action": signal.action,
        "probability": signal.probability,
        "evidence": [{"ref": each.ref, "claim": each.claim} for each in signal.evidence],
        "limitations": list(signal.limitations),
    }


def signal_of(raw: JsonObject) -> Signal:
    """A signal from what `signal_json` gave."""
    evidence = tuple(Evidence(each["ref"], each["claim"]) for each in raw["evidence"])
    return Signal(raw["symbol"], raw["action"], raw["probability"], evidence, tuple(raw["limitations"]))
