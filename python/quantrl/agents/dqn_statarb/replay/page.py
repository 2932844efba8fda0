"""The section of the results page on recorded books."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from quantrl.agents.dqn_statarb.replay.showing import HEAD, cells, rows

_OPENING = """## Real books: mechanics only

What follows shows that orders, latencies, legs that arrive apart, fees and marks work on recorded books. It does not show
that anything earns money: each table is one path of minutes or hours of one pair, policies and rules alike were given the
pair and its constants, own orders move no recorded book, and an interval from blocks of one morning speaks of that morning.
U is the notional times s. Intervals are 95 %; differences are the policy's net less the rule's, on the same blocks.
"""

FLOW = """## Simulated order flow

Two books of the zero-intelligence law whose market orders pull each mid to a reference, P e^(m + x/2) and P e^(m - x/2), x
an Ornstein-Uhlenbeck process: spreads, depths and queues are what the law comes to, latencies and legs that arrive apart are
met, and what orders take is gone for a second, but the flow does not react to them. There is no closed form. `best_turn` and
`best_band` are the best of a grid of thresholds (turn at a; open at a, close at b) on the judged part itself: chosen in
hindsight, a bar no rule could have known. [pairs.md](../pairs.md) has the command that writes the files. U is the
notional times s. Intervals are 95 %, by blocks.
"""


def name(found: Mapping[str, Any]) -> str:
    """Of a results file: the event files without their endings."""
    return "-".join(
        [found["pair"]["venue"], *(Path(path).name.split(".")[0] for path in found["pair"]["events"])]
    )


def section(results: Sequence[Mapping[str, Any]], opening: str = _OPENING) -> list[str]:
    """Markdown of every evaluation on the books of event files; nothing without one."""
    if not results:
        return []
    parts = [opening]
    for found in results:
        parts += [*_head(found), *_table(found), *_beside(found)]
    return parts


def _head(found: Mapping[str, Any]) -> list[str]:
    pair, train, fit = found["pair"], found["train"], found["fit"]
    files = ", ".join(
        f"{Path(path).name} (sha256 {sha[:12]})"
        for path, sha in zip(pair["events"], pair["events_sha"], strict=True)
    )
    theta = pair["theta_low"]
    trials = (found["trials"] or {}).get("on_data", "")
    return [
        f"### {files}",
        "",
        f"Run {found['run']}, `{found['train_command']}`, then `{found['command']}`. {train['algo']}, "
        f"{train['steps']:,} steps, {len(found['seeds'])} seeds, {trials or 'unknown'} trials on these data. "
        f"A decision every {pair['dt']:g} s; trained on the first {pair['split'][0]:.0%} of them, chosen up to "
        f"{pair['split'][1]:.0%}, judged on the rest: {found['hours']:.2f} hours, {found['decisions']} decisions, "
        f"blocks of {found['block']}. Fees {pair['fee_bps'][0]:g} and {pair['fee_bps'][1]:g} bp, mean latency "
        f"{theta[2]:g} ms. A turn costs {fit['cost']:.2f} standard deviations of z on the training part.",
        "",
    ]


def _table(found: Mapping[str, Any]) -> list[str]:
    lines = ["| " + " | ".join(HEAD) + " |", "|" + "---|" * len(HEAD)]
    lines += ["| " + " | ".join([label, *cells(row)]) + " |" for label, row in rows(found)]
    return [*lines, ""]


def _beside(found: Mapping[str, Any]) -> list[str]:
    gaps = {row["name"]: row.get("difference") for row in found["baselines"]}
    said = [
        f"{label} {gap['net']:+.3f} ({gap['low']:+.3f} to {gap['high']:+.3f})"
        for label, gap in gaps.items()
        if gap
    ]
    if not said:
        return []
    if found["deployed"]["turnover"] == 0:
        luck = "The mean of seeds took no position: at these costs it learned to stay out, and its fills show nothing."
    else:
        luck = f"{found['beaten_by']:.0%} of the random chains earned at least as much."
    return [f"Policy less rule, U an hour: {'; '.join(said)}. {luck}", ""]
