"""Intervals drawn as a dot with a whisker, small enough for a table cell. No script, no colour alone."""

from __future__ import annotations

from dataclasses import dataclass

from quantrl.report.markup import Html, join, tag

_WIDTH = 116.0
_HEIGHT = 18.0
_PAD = 6.0


@dataclass(frozen=True)
class WhiskerScale:
    """A horizontal axis shared by the cells of one column; it always holds zero."""

    low: float
    high: float

    @classmethod
    def over(cls, numbers: list[float | None]) -> WhiskerScale:
        """The axis that holds every number given, and zero."""
        known = [number for number in numbers if number is not None] + [0.0]
        low, high = min(known), max(known)
        return cls(low, high if high > low else low + 1.0)

    def x(self, value: float) -> float:
        """Horizontal place of a value."""
        share = (value - self.low) / (self.high - self.low)
        return round(_PAD + share * (_WIDTH - 2 * _PAD), 1)

    def cell(self, value: float | None, low: float | None, high: float | None) -> Html:
        """The drawing for one row; the dot is filled where the interval lies above zero."""
        if value is None:
            return Html("")
        mid = _HEIGHT / 2
        zero = tag("line", class_="zero", x1=self.x(0.0), x2=self.x(0.0), y1=0, y2=_HEIGHT)
        parts = [zero]
        if low is not None and high is not None:
            parts.append(tag("line", class_="span", x1=self.x(low), x2=self.x(high), y1=mid, y2=mid))
        sure = low is not None and low > 0
        parts.append(tag("circle", class_="sure" if sure else "unsure", cx=self.x(value), cy=mid, r=4))
        size = {"width": _WIDTH, "height": _HEIGHT, "viewBox": f"0 0 {_WIDTH:g} {_HEIGHT:g}"}
        return tag("svg", join(parts), class_="whisker", aria_hidden="true", focusable="false", **size)

    def axis(self) -> Html:
        """Labels for the head of the column: its ends and zero, left out where they would touch."""
        labels = []
        for value in (self.low, 0.0, self.high):
            x = self.x(value)
            if all(abs(x - self.x(other)) > 36 for other in (0.0,) if other != value):
                anchor = "start" if x <= _PAD else "end" if x >= _WIDTH - _PAD else "middle"
                labels.append(tag("text", f"{value:.1f}".replace("-", "−"), x=x, y=11, text_anchor=anchor))
        size = {"width": _WIDTH, "height": 14, "viewBox": f"0 0 {_WIDTH:g} 14"}
        return tag("svg", join(labels), class_="whisker", aria_hidden="true", focusable="false", **size)
