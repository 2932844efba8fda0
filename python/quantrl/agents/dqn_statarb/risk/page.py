"""The section of the results page on sessions that close."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_HEAD = """## The tail of sessions

Sessions of T decisions from flat that close flat at cost; P&L in U. `qr_cvar` acts by quantiles and what has been earned
so far, for the mean of the worst 10 % of sessions ("tail"); its first stock was chosen on sessions of validation.
Differences are the mean of seeds less the row, on the same paths, with a standard error.
"""


def section(results: Sequence[Mapping[str, Any]]) -> list[str]:
    """Markdown lines; none without results."""
    return [_HEAD, *(line for found in results for line in _table(found))] if results else []


def name(found: Mapping[str, Any]) -> str:
    """Of its file."""
    pair = found["pair"]
    return f"{pair['venue']}-{pair['cost']:g}-sessions-{found['train']['algo']}"


def _table(found: Mapping[str, Any]) -> list[str]:
    pair, seeds = found["pair"], found["seeds"]
    lines = [
        f"### {pair['venue']}, {found['train']['algo']}, k = {pair['cost']:g} s",
        "",
        f"{found['paths']['sessions']:,} sessions of {pair['episode_len']:,} decisions; `{found['train_command']}`.",
        "",
        "| policy | first stock | mean | sd | tail | difference of means | difference of tails |",
        "|---|---|---|---|---|---|---|",
    ]
    own = found["deployed"]
    if own is not None:
        lines.append(f"| mean of {len(seeds)} seeds {_cells(own)} | | |")
    lines += [f"| seed {row['seed']} {_cells(row)} | | |" for row in seeds]
    lines += [f"| {row['name']} {_cells(row)} {_against(row['against'])} |" for row in found["baselines"]]
    return [*lines, ""]


def _cells(row: Mapping[str, Any]) -> str:
    start = f"{row['start']:+.2f}" if "start" in row else ""
    return f"| {start} | {_with_error(row, 'mean', 'se')} | {row['sd']:.3f} | {_with_error(row, 'tail', 'tail_se')}"


def _against(found: Mapping[str, Any] | None) -> str:
    if found is None:
        return "| | "
    return f"| {_with_error(found, 'mean', 'se')} | {_with_error(found, 'tail', 'tail_se')}"


def _with_error(row: Mapping[str, Any], key: str, error: str) -> str:
    return f"{row[key]:+.3f}" + ("" if row[error] is None else f" ± {row[error]:.3f}")
