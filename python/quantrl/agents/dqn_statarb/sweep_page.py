"""Other fees, delays, queues and domains as tables, on a terminal and on the results page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.table import Table

_SWEEP = ("changed", "to", "net U/h (95 %)", "gross U/h", "costs U/h", "turns/h", "Sharpe of hours (95 %)")
_GRID = (
    "fee",
    "spread",
    "latency ms",
    "fill",
    "volatility",
    "share of the optimum",
    "net U/h (95 %)",
    "Sharpe of hours",
)
_ASKED = {"sweep": "One thing changed at a time", "theta_grid": "Corners of the box"}


def tables(results: Mapping[str, Any]) -> Iterator[Table]:
    """What an evaluation was asked for beyond its own table; nothing without."""
    for key, title in _ASKED.items():
        if key in results:
            found = Table(title=f"{title}: {results['run']}", title_justify="left", caption_justify="left")
            head, rows = _of(key, results[key])
            for place, name in enumerate(head):
                found.add_column(
                    name, justify="left" if place == 0 and key == "sweep" else "right", no_wrap=True
                )
            for row in rows:
                found.add_row(*row)
            found.caption = " ".join(_said(key, results[key])) or None
            yield found


def section(results: Sequence[Mapping[str, Any]]) -> list[str]:
    """Markdown of every evaluation that was asked for it; nothing without one."""
    lines: list[str] = []
    for found in results:
        for key, title in _ASKED.items():
            if key in found:
                head, rows = _of(key, found[key])
                lines += [f"### {found['run']}: {title.lower()}", ""]
                lines += ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
                lines += ["| " + " | ".join(row) + " |" for row in rows]
                lines += ["", *_said(key, found[key]), ""]
    if not lines:
        return []
    opening = (
        "One account each of the mean of all seeds, on the same paths; trained once, on the pair as it is. Intervals are "
        "95 %, by blocks of decisions."
    )
    return ["## Elsewhere", "", opening, "", *lines]


def _of(key: str, found: Mapping[str, Any]) -> tuple[tuple[str, ...], list[list[str]]]:
    if key == "sweep":
        return _SWEEP, [_swept(row) for row in found["rows"]]
    rows = [_cornered(row) for row in found["rows"]]
    kept = [place for place in range(len(_GRID)) if any(row[place] for row in rows)]
    return tuple(_GRID[place] for place in kept), [[row[place] for place in kept] for row in rows]


def _swept(row: Mapping[str, Any]) -> list[str]:
    at = row["at"] if isinstance(row["at"], str) else f"{row['at']:g}"
    name = {"fee": "fees, times", "latency_ms": "mean latency, ms", "queue": "queue model"}[row["axis"]]
    if row["net"] is None:
        return [name, at, "all lost", "", "", "", ""]
    sharpe = "" if row["sharpe"] is None else f"{row['sharpe']:+.2f}"
    if row["sharpe_low"] is not None and row["sharpe_high"] is not None:
        sharpe += f" ({row['sharpe_low']:+.2f} to {row['sharpe_high']:+.2f})"
    return [
        name,
        at,
        _net(row),
        f"{row['gross']:+.3f}",
        f"{row['cost']:.3f}",
        f"{row['turnover']:.1f}",
        sharpe,
    ]


def _cornered(row: Mapping[str, Any]) -> list[str]:
    ratio = f"{row['ratio']:.3f} (s.e. {row['se']:.3f})" if "ratio" in row else ""
    net = "" if "net" not in row else "all lost" if row["net"] is None else _net(row)
    sharpe = "" if row["sharpe"] is None else f"{row['sharpe']:+.2f}"
    return [*(f"{x:g}" for x in row["theta"]), ratio, net, sharpe]


def _net(row: Mapping[str, Any]) -> str:
    return f"{row['net']:+.3f} ({row['low']:+.3f} to {row['high']:+.3f})"


def _said(key: str, found: Mapping[str, Any]) -> list[str]:
    if key != "sweep":
        return []
    said = []
    if found["break_even"] is not None:
        said.append(
            f"The same trades earn nothing at {max(found['break_even'], 0.0):.2f} times their costs, spread included."
        )
    if found["left_out"]:
        late = ", ".join(f"{ms:g}" for ms in found["left_out"])
        said.append(f"Left out, too long for the clock of the pair: {late} ms.")
    return said
