"""Numbers as JSON can carry them: money, prices and 64-bit numbers are strings with their scale beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from quantrl.live.reading import OWNERS
from quantrl.live.vocabulary import AGENT0, PPM

CASH_SCALE = 8
Amount = dict[str, Any]


def cash(units: int) -> Amount:
    """Cash units as an amount of currency."""
    return {"n": str(units), "scale": CASH_SCALE}


def ppm(part: int, whole: int) -> int | None:
    """Parts per million, cut toward zero; None of nothing."""
    if whole <= 0:
        return None
    return abs(part) * PPM // whole * (1 if part >= 0 else -1)


class Names:
    """What numbers in events stand for.

    Parameters
    ----------
    about : mapping
        As the engine tells it.
    """

    def __init__(self, about: Mapping[str, Any]) -> None:
        self._instruments: Sequence[Mapping[str, Any]] = about["instruments"]
        self.agents: list[str] = [one["label"] for one in about["agents"]]
        self.symbols: list[str] = [one["symbol"] for one in self._instruments]
        self.tv: list[int] = [one["tv"] for one in self._instruments]

    def symbol(self, inst: int) -> str | None:
        """Symbol of an instrument; None for none."""
        return self.symbols[inst] if 0 <= inst < len(self.symbols) else None

    def agent(self, index: int) -> str | None:
        """Label of an agent; None for none."""
        return self.agents[index] if 0 <= index < len(self.agents) else None

    def owner(self, number: int) -> str:
        """Name of an owner of balances."""
        if number >= AGENT0:
            return f"agent/{self.agent(number - AGENT0)}"
        return OWNERS[number] if 0 <= number < len(OWNERS) else str(number)

    def price(self, inst: int, ticks: int) -> Amount | None:
        """Ticks as a price in currency; None where there is none."""
        if ticks == 0 or self.symbol(inst) is None:
            return None
        one = self._instruments[inst]
        return {"n": str(ticks * one["step"]), "scale": one["scale"]}


def side(number: int) -> str:
    """Which way."""
    return "buy" if number > 0 else "sell" if number < 0 else "both"


def text(value: Any) -> Any:
    """Values of an event: whole numbers as strings, bytes as hex."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return str(value)
    if isinstance(value, bytes):
        return value.hex() if len(value) <= 64 else f"{value[:32].hex()}... ({len(value)} bytes)"
    if isinstance(value, tuple | list):
        return [text(one) for one in value]
    return value
