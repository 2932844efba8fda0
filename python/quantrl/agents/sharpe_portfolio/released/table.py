"""The rows of the audit: what was published or expected, and what was found."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from quantrl.agents.sharpe_portfolio.released.baselines import Baseline, identical
from quantrl.agents.sharpe_portfolio.released.comparing import certainty, compared, final_value, policy
from quantrl.agents.sharpe_portfolio.released.dates import TrueDates
from quantrl.agents.sharpe_portfolio.released.item import NO_RELATIVES, NOTHING, Item, number
from quantrl.agents.sharpe_portfolio.released.replaying import TOLERANCE

if TYPE_CHECKING:
    from quantrl.agents.sharpe_portfolio.audit import ReleasedAudit

RELEASED_BASELINES = 24
"""Series of baselines the authors released: twelve strategies, estimated on one year and on four."""


def items_of(audit: ReleasedAudit) -> tuple[Item, ...]:
    """Every row, in the order shown."""
    return (
        *_replayed(audit),
        *_dated(audit),
        *compared(audit),
        final_value(audit),
        *policy(audit),
        certainty(audit),
        *_baselines(audit),
    )


def _replayed(audit: ReleasedAudit) -> Iterator[Item]:
    errors = audit.replay.errors
    worst = max(errors, key=lambda name: errors[name])
    yield Item(
        "replay",
        f"Replay of the {audit.replay.result.n_rows:,} rows from their own relatives and weights, largest error",
        f"at most {TOLERANCE:g}",
        f"{errors['portfolio_value']:.1g} (value), {errors['reward']:.1g} (reward); of all columns "
        f"{errors[worst]:.1g} ({worst})",
        dict(errors),
    )
    yield Item("closes", "The same from closing prices", NOTHING, _closes(audit), absent=True)


def _closes(audit: ReleasedAudit) -> str:
    said = "absent: closing prices are not among the inputs"
    if audit.dates is None:
        return said
    rows = audit.replay.result.n_rows
    return (
        f"{said}; the relatives of {audit.dates.matched} of {rows} rows are in the table given, to {audit.dates.error:.1g}, "
        f"and {audit.dates.outside} lie outside its dates"
    )


def _dated(audit: ReleasedAudit) -> Iterator[Item]:
    labels = audit.replay.result.dates
    labelled, found = f"{labels[0]} to {labels[-1]}", audit.dates
    heads = ("dates", "Dates of the prices"), ("offset", "Rows from a label to the date of its prices")
    if found is None:
        why = (
            "absent: the relatives of the result are not in the table given"
            if audit.has_relatives
            else NO_RELATIVES
        )
        yield Item(*heads[0], labelled, why, absent=True)
        yield Item(*heads[1], "0", why, absent=True)
        return
    after = f" in the table given; {found.outside} more rows lie outside it" if found.outside else ""
    yield Item(*heads[0], labelled, f"{found.first} to {found.last}{after}")
    yield Item(*heads[1], "0", _offset(found), _offset_values(found))


def _offset(found: TrueDates) -> str:
    if not found.offsets:
        return "unknown: no label is a date of the table given"
    least, most = found.offsets[0], found.offsets[-1]
    shown = f"{least}" if least == most else f"{least} to {most}"
    gap = number(found.at_labels, 3)
    return f"{shown}, on {found.matched} rows; relatives differ by {gap} (median) from those at the labels"


def _offset_values(found: TrueDates) -> dict[str, float]:
    values = {"matched": float(found.matched), "error": found.error, "at_labels": found.at_labels}
    if found.offsets:
        values |= {"least": float(found.offsets[0]), "most": float(found.offsets[-1])}
    return values


def _baselines(audit: ReleasedAudit) -> Iterator[Item]:
    label = "Dates, number and best Sharpe of the baselines"
    expected = f"{RELEASED_BASELINES} series"
    rivals = audit.baselines
    if rivals is None:
        yield Item("baselines", label, expected, "absent: no baselines were given", absent=True)
        return
    best = max(rivals, key=lambda one: (not math.isnan(one.sharpe), one.sharpe))
    rest = RELEASED_BASELINES - len(rivals)
    absent = f"; absent: the other {rest} series are not in the table given" if rest > 0 else ""
    yield Item(
        "baselines",
        label,
        expected,
        f"{_span(rivals)}; {len(rivals)} series, best {best.name} {number(best.sharpe, 3)} ({best.n_rows} returns){absent}",
        {"series": float(len(rivals)), "best": best.sharpe},
    )
    yield _gross(audit)
    twins = identical(rivals)
    named = "; ".join(f"{one} and {other}" for one, other in twins) or "none"
    yield Item(
        "identical",
        "Baselines with the same weights on every date",
        "none",
        named,
        {"pairs": float(len(twins))},
    )


def _gross(audit: ReleasedAudit) -> Item:
    width = len(audit.replay.result.assets)
    label = f"Sharpe of 1/{width} in everything on the dates of the baselines, without costs: ln(w·y); sum of w ln y"
    if audit.gross_equal_weight is None:
        why = "absent: their dates are not in the table of relatives" if audit.has_relatives else NO_RELATIVES
        return Item("equal_weight_then", label, NOTHING, why, absent=True)
    earned, released = audit.gross_equal_weight
    return Item(
        "equal_weight_then",
        label,
        NOTHING,
        f"{number(earned)}; {number(released)}",
        {"arithmetic": earned, "geometric": released},
    )


def _span(rivals: tuple[Baseline, ...]) -> str:
    return f"{min(one.first for one in rivals)} to {max(one.last for one in rivals)}"
