"""Numbers of a run's JSON files on a page, each with the address it was read from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from quantrl.report.markup import Html, tag
from quantrl.report.numbers import UNITS, show_number

REASONS: dict[str, str] = {
    "too_short": "too few returns",
    "zero_variance": "the returns do not vary",
    "no_downside": "no return below the threshold",
    "no_drawdown": "no drawdown",
    "no_losses": "no losing period",
    "no_trades": "no trades",
    "ruined": "the account lost everything",
}


@dataclass(frozen=True)
class Values:
    """Looks numbers up by JSON pointer, so what is shown cannot differ from what the file holds.

    Parameters
    ----------
    raw : Any
        Contents of the file.
    mark : str
        Attribute that carries the pointer on the page: ``data-key`` for ``report.json``.
    """

    raw: Any
    mark: str = "data-key"

    def at(self, pointer: str) -> Any:
        """The value at a JSON pointer such as ``/books/0/measures/sharpe/value``."""
        value = self.raw
        for part in pointer.split("/")[1:]:
            value = value[int(part)] if isinstance(value, list) else value[_unescape(part)]
        return value

    def show(self, pointer: str, unit: str) -> Html:
        """The number at `pointer`, marked with its address and unit."""
        value = self.at(pointer)
        return tag("span", show_number(value, unit), class_="n", data_unit=unit, **{self.mark: pointer})

    def measure(self, pointer: str, unit: str, *, interval: bool = True) -> Html:
        """A measure entry: value, its interval below it, or a dash with the reason."""
        entry = self.at(pointer)
        value = self.show(f"{pointer}/value", unit)
        if entry["value"] is None:
            reason = entry.get("reason") or ""
            return tag("abbr", value, title=REASONS.get(reason, reason or "undefined"))
        if not interval or entry.get("low") is None or entry.get("high") is None:
            return value
        return Html(value + self.interval(pointer, unit))

    def interval(self, pointer: str, unit: str) -> Html:
        """``low to high`` of an entry, or nothing where it has none."""
        entry = self.at(pointer)
        if entry.get("low") is None or entry.get("high") is None:
            return Html("")
        ends = ("high", "low") if UNITS[unit].scale < 0 else ("low", "high")
        low, high = (self.show(f"{pointer}/{end}", unit) for end in ends)
        return tag("small", low, " to ", high, class_="ci")


def derived(name: str, value: float | None, unit: str) -> Html:
    """A number computed from the frames of the run, marked with its name and unit."""
    return tag("span", show_number(value, unit), class_="n", data_derived=name, data_unit=unit)


def _unescape(part: str) -> str:
    return part.replace("~1", "/").replace("~0", "~")
