"""An evaluation as a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.table import Table


def table(results: Mapping[str, Any]) -> Table:
    """Policies, then what they are compared with; values per kappa s."""
    pair, best, pooled = results["pair"], results["optimum"], results["ratio"]
    title = f"{results['run']}: {pair['venue']}, kappa dt {pair['kappa_dt']:g}, cost {pair['cost']:g} s"
    if best is None:
        caption = "no edge: the spread is a random walk, whatever is traded loses its costs"
    else:
        caption = f"optimum {best['value']:.4f} per kappa s, turning at {best['threshold']:.3f} s"
        if pooled is not None:
            caption += (
                f"; interquartile mean of {pooled['n']} seeds {pooled['iqm']:.3f} of it "
                f"({pooled['low']:.3f} to {pooled['high']:.3f}), worst {pooled['worst']:.3f}"
            )
    found = Table(title=title, caption=caption, title_justify="left", caption_justify="left")
    for name in ("policy", "ratio", "value", "s.e.", "costs", "turnover"):
        found.add_column(name, justify="left" if name == "policy" else "right", no_wrap=True)
    rows = [(f"seed {row['seed']}", row) for row in results["seeds"]]
    if results["deployed"] is not None:
        rows.append(("mean of seeds", results["deployed"]))
    rows += [(row["name"], row) for row in results["baselines"]]
    for name, row in rows:
        ratio = "" if row["ratio"] is None else f"{row['ratio']:.3f}"
        shown = (f"{row['value']:+.4f}", f"{row['se']:.4f}", f"{row['cost']:.4f}", f"{row['turnover']:.4f}")
        found.add_row(name, ratio, *shown)
    return found
