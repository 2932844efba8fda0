"""Rows of the audit on what was earned, against what anyone could have held, and how sure it is."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from quantrl.agents.sharpe_portfolio.released import statistics
from quantrl.agents.sharpe_portfolio.released.controls import MOST_ROWS
from quantrl.agents.sharpe_portfolio.released.item import NOTHING, Item, bounds, interval, number

if TYPE_CHECKING:
    from quantrl.agents.sharpe_portfolio.audit import ReleasedAudit

_BOOTSTRAP = f"95 % of a stationary bootstrap with mean block {statistics.BLOCK:g}"


def compared(audit: ReleasedAudit) -> Iterator[Item]:
    """Ratios of the agent, of equal weight, of their difference and of static portfolios."""
    rows, width = audit.replay.result.n_rows, len(audit.replay.result.assets)
    yield Item(
        "sharpe",
        f"Sharpe of log returns: agent, {rows:,} rows; {rows - 1:,} rows after the reset; 1/{width} in everything on those",
        NOTHING,
        f"{number(audit.sharpe_from_reset, 4)}; {number(audit.sharpe, 4)}; {number(audit.sharpe_equal_weight, 4)}",
        {
            "from_reset": audit.sharpe_from_reset,
            "agent": audit.sharpe,
            "equal_weight": audit.sharpe_equal_weight,
        },
    )
    yield Item(
        "difference",
        f"Correlation of the two; Sharpe difference, {_BOOTSTRAP}",
        NOTHING,
        f"{number(audit.correlation, 3)}; {interval(audit.difference)}",
        {"correlation": audit.correlation, **bounds(audit.difference)},
    )
    yield Item(
        "interval",
        f"Sharpe of the agent, {_BOOTSTRAP}",
        NOTHING,
        interval(audit.interval),
        bounds(audit.interval),
    )
    yield _crowd(audit)


def _crowd(audit: ReleasedAudit) -> Item:
    crowd, width = audit.crowd, len(audit.replay.result.assets)
    label = f"Static portfolios softmax({{0,1}}^{width}) with a Sharpe of at least the agent's"
    if crowd is None:
        return Item("static", label, NOTHING, f"absent: more than {MOST_ROWS:,} rows", absent=True)
    if math.isnan(audit.sharpe):
        return Item("static", label, NOTHING, "absent: the agent's returns do not vary", absent=True)
    shares = crowd.share(audit.sharpe), crowd.share(audit.sharpe_from_reset)
    return Item(
        "static",
        f"{label}, share of {'all' if crowd.complete else 'a draw of'} {len(crowd.ratios):,}",
        NOTHING,
        f"{100 * shares[0]:.1f} % (at least {number(audit.sharpe, 4)}), {100 * shares[1]:.1f} % (at least "
        f"{number(audit.sharpe_from_reset, 4)})",
        {"share": shares[0], "share_from_reset": shares[1], "portfolios": float(len(crowd.ratios))},
    )


def final_value(audit: ReleasedAudit) -> Item:
    """Published, and arithmetic."""
    published = float(audit.replay.result.columns["portfolio_value"][-1])
    arithmetic = float(audit.replay.arithmetic[-1])
    return Item(
        "value",
        "Final value; found: the same weights and costs where wealth earns w·y",
        number(published, 4),
        number(arithmetic, 4),
        {"published": published, "arithmetic": arithmetic},
    )


def policy(audit: ReleasedAudit) -> Iterator[Item]:
    """What the weights say about the policy."""
    found = audit.policy
    labels = {
        "pattern": "Days with one and the same pattern of logits clipped at 0 and at 1",
        "logit": "First risky logit: standard deviation, lag-1 autocorrelation",
    }
    if found is None:
        for key, label in labels.items():
            yield Item(
                key, label, NOTHING, "absent: weights are not a softmax of numbers in [0, 1]", absent=True
            )
        return
    yield Item(
        "pattern",
        labels["pattern"],
        NOTHING,
        f"{found.same} of {found.days}",
        {"same": float(found.same), "days": float(found.days), "rows": float(found.rows)},
    )
    yield Item(
        "logit",
        labels["logit"],
        NOTHING,
        f"{number(found.spread, 3)}, {number(found.autocorrelation)}",
        {"spread": found.spread, "autocorrelation": found.autocorrelation},
    )


def certainty(audit: ReleasedAudit) -> Item:
    """PSR, DSR, MinTRL."""
    trials = "/".join(str(n) for n in statistics.TRIALS)
    label = (
        f"Probability of a true Sharpe above 0; deflated for {trials} trials with annual spread "
        f"{statistics.TRIAL_SD_ANNUAL:g}; days a record needs for 95 %"
    )
    found = audit.certainty
    if found is None:
        return Item("certainty", label, NOTHING, "absent: the returns do not vary", absent=True)
    deflated = {f"dsr_{n}": value for n, value in zip(statistics.TRIALS, found.deflated, strict=True)}
    days = "no record is long enough" if math.isnan(found.days) else f"{found.days:.0f} days"
    return Item(
        "certainty",
        label,
        NOTHING,
        f"{number(found.positive, 3)}; {'/'.join(number(one) for one in found.deflated)}; {days}",
        {"psr": found.positive, **deflated, "min_trl": found.days},
    )
