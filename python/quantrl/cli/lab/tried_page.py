"""The page of ideas that were tried."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quantrl.cli.lab.markdown_table import rows

if TYPE_CHECKING:
    from quantrl.selection.lab import Gain, Trials

_INTRO = """# Tried, to better the default

`quantrl lab tried --seeds {seeds}` writes this page. Ideas that change the default, on [pools of known
skill](selection.md) in which nobody arrives and everybody acts, {seeds} of each kind. The settings of an idea were
chosen on seed {seen}, by the mean gain in net Sharpe ratio over all kinds of pools; the best of them was judged once,
on seed {fresh}, which nothing was chosen on. An idea is kept if it gains more than two standard errors there and
loses more than {lost:g} on no kind of pool.

- **Market regimes; calm and wild.** Evidence is kept a second time by what the market, the mean of all agents, had
  done before each day: risen or fallen, or been calmer or wilder than usual. The score of a day blends in what was
  seen on days that began alike. No pool has skill that depends on such a state: agents that take turns (P2) do so by
  a clock of their own.
- **Top-p.** Instead of five, as few agents as hold a share p of the chances to be among the best five; chances from
  the posteriors as if independent.
- **Half-life mix.** Memories of 63, 126 and 252 days and for ever, weighted by what each earned. Its settings are the
  published ones; it has the gates and stands beside the whole default, once without the rule on copies, as published,
  and once with it. The others stand beside the default's core, without gates.
"""


def page(found: Trials) -> str:
    """Markdown, the same for the same numbers."""
    from quantrl.selection.lab import _trials

    parts = [_INTRO.format(seeds=found.seeds, seen=_trials.SEEN, fresh=_trials.FRESH, lost=_trials.MOST_LOST)]
    parts.append(f"## Judged on seed {_trials.FRESH}\n\nGain in net Sharpe ratio, with its standard error.\n")
    pools = list(found.fresh[0].by_pool)
    cells = [
        (
            gain.idea,
            gain.base,
            *(f"{mean:+.3f} ({se:.3f})" for mean, se in gain.by_pool.values()),
            f"{gain.mean:+.3f} ({gain.se:.3f})",
            "**yes**" if gain.kept else "no",
        )
        for gain in found.fresh
    ]
    parts.append(rows(("idea", "beside", *pools, "all", "kept"), cells))
    parts.append("\n".join(f"- {verdict(gain)}" for gain in found.fresh) + "\n")
    days = ", ".join(f"{name} {value:.0f}" for name, value in found.detection.items())
    parts.append(
        f"Median days until capital has left who lost their skill on {_trials.FLIPS}: {days}; the default's bound is 65. "
        'A mix is a config away, with the rule on copies: `score = "half_life_mix"`.\n'
    )
    parts.append(
        f"## Chosen on seed {_trials.SEEN}\n\nEvery setting that was tried; the best of each idea went on.\n"
    )
    seen = [
        (
            family,
            gain.idea,
            *(f"{mean:+.3f}" for mean, _ in gain.by_pool.values()),
            f"{gain.mean:+.3f} ({gain.se:.3f})",
        )
        for family, gains in found.seen.items()
        for gain in gains
    ]
    parts.append(rows(("idea", "setting", *pools, "all"), seen))
    return "\n".join(parts)


def verdict(gain: Gain) -> str:
    """In one sentence."""
    worst = min(gain.by_pool, key=lambda pool: gain.by_pool[pool][0])
    what = "kept" if gain.kept else "not kept"
    return (
        f"{gain.idea}: {gain.mean:+.3f} (se {gain.se:.3f}) beside {gain.base}, worst on {worst} "
        f"{gain.by_pool[worst][0]:+.3f}: {what}."
    )
