"""Sessions as a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.table import Table


def table(results: Mapping[str, Any]) -> Table:
    """Policies, then rules on the same sessions; U a session."""
    pair = results["pair"]
    title = f"{results['run']}: {pair['venue']}, sessions of {pair['episode_len']}, cost {pair['cost']:g} s"
    caption = f"{results['paths']['sessions']} sessions; tail: mean of the worst 10 %"
    found = Table(title=title, caption=caption, title_justify="left", caption_justify="left")
    for name in ("policy", "first stock", "mean", "s.e.", "sd", "tail", "s.e. of tail"):
        found.add_column(name, justify="left" if name == "policy" else "right", no_wrap=True)
    rows = [(f"seed {row['seed']}", row) for row in results["seeds"]]
    if results["deployed"] is not None:
        rows.append(("mean of seeds", results["deployed"]))
    rows += [(row["name"], row) for row in results["baselines"]]
    for name, row in rows:
        start = f"{row['start']:+.2f}" if "start" in row else ""
        shown = ("none" if row[key] is None else f"{row[key]:{form}}" for key, form in _CELLS)
        found.add_row(name, start, *shown)
    return found


_CELLS = (("mean", "+.3f"), ("se", ".3f"), ("sd", ".3f"), ("tail", "+.3f"), ("tail_se", ".3f"))
