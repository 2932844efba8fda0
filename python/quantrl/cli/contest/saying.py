"""One line about each step of a contest, and what a live panel keeps of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from quantrl.typing import JsonObject
from quantrl.units import iso_time

_TOP = 4


class Saying:
    """Puts steps into words.

    Parameters
    ----------
    labels : sequence of str
        Entrants of the research contest, in the order of the config.
    symbols : sequence of str
        Instruments, in column order.
    """

    def __init__(self, labels: Sequence[str], symbols: Sequence[str]) -> None:
        self.labels, self.symbols = list(labels), list(symbols)
        self.readers: list[str] = []

    def line(self, step: str, payload: Any) -> str:
        """What came of a step, without its name."""
        found: str = getattr(self, f"_{step.lower()}")(payload)
        return found

    def capital(self, payload: Any) -> dict[str, float]:
        """Shares by entrant of ALLOCATED, the largest first, without those of nothing."""
        shares = zip(self.labels, payload[payload["engine"]], strict=False)
        return dict(sorted(((n, s) for n, s in shares if s), key=lambda pair: (-pair[1], pair[0])))

    def targets(self, payload: Any) -> dict[str, float]:
        """Weights by instrument of DECIDED, the largest first, without those of nothing."""
        held = zip(self.symbols, payload["target"], strict=False)
        return dict(sorted(((n, w) for n, w in held if w), key=lambda pair: (-abs(pair[1]), pair[0])))

    def _open(self, made: JsonObject) -> str:
        return f"decides at {iso_time(made['decided'])}, {len(made['universe'])} instruments"

    def _docs(self, made: JsonObject) -> str:
        sources = ", ".join(f"{name} {count}" for name, count in made["sources"].items())
        return f"{len(made['ids'])} documents" + (f": {sources}" if sources else "")

    def _factors(self, made: JsonObject) -> str:
        rows = made["factors"]
        self.readers = [row["agent"] for row in rows]
        tokens, silent = sum(row["tokens"] for row in rows), sum(row["abstained"] is not None for row in rows)
        return f"{len(rows) - silent} factors, {tokens:,} tokens" + (
            f", {silent} abstained" if silent else ""
        )

    def _rated(self, made: JsonObject) -> str:
        return f"{sum(len(rows) for rows in made['ratings'])} ratings"

    def _data_scored(self, made: JsonObject) -> str:
        return f"{len(made['matured'])} days matured, {sum(made['warm'])} of {len(made['warm'])} agents warm"

    def _context(self, made: JsonObject) -> str:
        return f"read: {', '.join(self.read(made)) or 'nothing'}"

    def read(self, made: JsonObject) -> list[str]:
        """Names of the data agents whose factors are read, of CONTEXT."""
        places = made[made["engine"]]["read"]
        return [self.readers[i] if i < len(self.readers) else f"agent {i}" for i in places]

    def _signals(self, made: JsonObject) -> str:
        fate = self.fates(made)
        failed = f", {fate['failed']} entrants failed" if fate["failed"] else ""
        return "{accepted} accepted, {rejected} rejected, {abstained} abstained".format(**fate) + failed

    def fates(self, made: JsonObject) -> dict[str, int]:
        """Counts of SIGNALS."""
        works = made["works"]
        return {
            "accepted": sum(len(work["signals"]) for work in works),
            "rejected": sum(len(work["rejected"]) for work in works),
            "abstained": sum(work["abstained"] is not None for work in works),
            "failed": len(made["errors"]),
        }

    def _judged(self, made: JsonObject) -> str:
        missing = f", {len(made['missing'])} missing" if made["missing"] else ""
        return f"{len(made['rows'])} judgements{missing}"

    def _research_scored(self, made: JsonObject) -> str:
        return f"{made['rows']} rows matured, {sum(made['warm'])} of {len(made['warm'])} entrants warm"

    def _allocated(self, made: JsonObject) -> str:
        return f"{made['engine']}: {_listed(self.capital(made)) or 'all in cash'}"

    def _decided(self, made: JsonObject) -> str:
        return f"book: {_listed(self.targets(made)) or 'cash'}"

    def _closed(self, made: JsonObject) -> str:
        return f"ledger {made['ledger'][:12]}"


def _listed(shares: dict[str, float]) -> str:
    shown = [f"{name} {100 * share:.0f} %" for name, share in list(shares.items())[:_TOP]]
    more = len(shares) - len(shown)
    return ", ".join(shown) + (f" +{more}" if more > 0 else "")
