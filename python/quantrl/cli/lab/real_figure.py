"""Growth of the books of a real pool as one drawing."""

from __future__ import annotations

import math
from collections.abc import Iterator
from html import escape

from quantrl.typing import JsonObject

_WIDTH, _HEIGHT = 840, 360
_LEFT, _RIGHT, _TOP, _BOTTOM = 48, 220, 16, 28
_BOOKS = {
    "contest": ("#0b5fa5", 2.4),
    "equal_weight": ("#d1495b", 1.6),
    "follow_the_leader": ("#edae49", 1.2),
    "best_of_quarter": ("#7a5195", 1.2),
    "random_k": ("#9aa0a6", 1.2),
    "buy_and_hold": ("#2e8b57", 1.6),
}
_GAP = 15.0
_YEARS = 6


def growth(one: JsonObject) -> str:
    """SVG: value of each book on a log scale, its name at its last value."""
    dates, books = one["growth"]["dates"], one["growth"]["books"]
    shown = {name: books[name] for name in _BOOKS if name in books}
    labels = {book["name"]: book["label"] for book in one["books"]}
    low = min(min(values) for values in shown.values())
    high = max(max(values) for values in shown.values())
    scale = _Scale(len(dates), math.log(low), math.log(high))
    parts = [*_grid(scale, dates, low, high)]
    for name, values in shown.items():
        color, width = _BOOKS[name]
        points = " ".join(f"{scale.x(i):.1f},{scale.y(value):.1f}" for i, value in enumerate(values))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{color}" stroke-width="{width}"/>')
    parts += _names(scale, {name: values[-1] for name, values in shown.items()}, labels)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" '
        f'font-size="11"><rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>\n'
        + "\n".join(parts)
        + "\n</svg>\n"
    )


class _Scale:
    def __init__(self, count: int, low: float, high: float) -> None:
        self.step = (_WIDTH - _LEFT - _RIGHT) / max(count - 1, 1)
        self.low, self.height = low, max(high - low, 1e-9)

    def x(self, i: float) -> float:
        return _LEFT + self.step * i

    def y(self, value: float) -> float:
        share = (math.log(value) - self.low) / self.height
        return _HEIGHT - _BOTTOM - share * (_HEIGHT - _TOP - _BOTTOM)


def _grid(scale: _Scale, dates: list[str], low: float, high: float) -> Iterator[str]:
    for value in _ticks(low, high):
        y = scale.y(value)
        yield f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#e3e3e3"/>'
        yield f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end" fill="#555">{value:g}</text>'
    years = [i for i in range(1, len(dates)) if dates[i][:4] != dates[i - 1][:4]]
    for i in years[:: max(1, len(years) // _YEARS)]:
        yield f'<text x="{scale.x(i):.1f}" y="{_HEIGHT - 8}" text-anchor="middle" fill="#555">{dates[i][:4]}</text>'


def _ticks(low: float, high: float) -> list[float]:
    """1, 2 and 5 times powers of ten inside the range; finer where that gives fewer than three."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for digits in ((1, 2, 5), (1, 1.5, 2, 3, 5, 7), tuple(1 + i / 5 for i in range(45))):
        found = [round(digit * 10.0**power, 9) for power in powers for digit in digits]
        inside = [value for value in found if low <= value <= high]
        if len(inside) >= 3:
            return inside
    return [1.0]


def _names(scale: _Scale, last: dict[str, float], labels: dict[str, str]) -> Iterator[str]:
    """Beside the last values, pushed apart where they would overlap."""
    floor = -math.inf
    for name, value in sorted(last.items(), key=lambda item: scale.y(item[1])):
        floor = max(scale.y(value) + 4, floor + _GAP)
        yield (
            f'<text x="{_WIDTH - _RIGHT + 8}" y="{floor:.1f}" fill="{_BOOKS[name][0]}">'
            f"{escape(labels[name])} {value:.2f}</text>"
        )
