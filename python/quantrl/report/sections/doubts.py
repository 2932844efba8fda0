"""What makes a backtest's numbers doubtful: tests for look-ahead, luck, and orders that were not done as asked."""

from __future__ import annotations

from quantrl.report.account import LuckEntry, OrdersEntry
from quantrl.report.markup import Html, join, tag
from quantrl.report.schema import ReportEntry
from quantrl.report.values import Values

DROPS: dict[str, str] = {
    "no_price": "for want of a price",
    "unaffordable": "not affordable",
    "delisted": "delisted",
    "blocked": "at a price limit",
    "volume_cap": "beyond the share of the volume",
    "min_order": "below the smallest order",
    "margin_call": "during a margin call",
    "halted": "after trading was halted",
    "ruined": "after ruin",
}
_SPREADS = {
    "trials": "their ratios' own spread",
    "luck": "the spread that luck alone gives, as too few of their ratios are known",
}


def tested(report: ReportEntry, values: Values) -> Html:
    """Which accounts were tested for look-ahead, and how often they decided again."""
    parts: list[object] = []
    for name, runs in report.lookahead.items():
        shown: list[object] = [tag("b", name), ": "]
        if runs is None:
            shown.append("not tested for look-ahead; its decisions are taken as given. ")
        else:
            pointer = f"/lookahead/{name.replace('~', '~0').replace('/', '~1')}"
            shown += ["decided again ", values.show(pointer, "count")]
            shown.append(" times with the future removed or poisoned: nothing changed. ")
        parts += shown
    return join(parts)


def luck(report: ReportEntry, values: Values) -> list[tuple[str, object]]:
    """PSR, length of record, DSR and random schedules; empty where the run has no account."""
    if report.account is None:
        return []
    entry, path = report.account.luck, "/account/luck"
    parts: list[object] = [
        "Probability that the true Sharpe ratio is above zero: ",
        values.measure(f"{path}/psr", "percent"),
        " (PSR)",
        *_record(entry, values, path),
        ". After ",
        *_trials(entry, values, path),
        ", that it beats what the best of them shows without skill: ",
        values.measure(f"{path}/dsr", "percent"),
        f" (DSR, with {_SPREADS.get(entry.spread, entry.spread)}). ",
        *_random(report, values),
    ]
    return [("Luck", join(parts))]


def orders(report: ReportEntry, values: Values) -> list[tuple[str, object]]:
    """Decisions that were scaled, dropped or left pending; empty where the run has no account."""
    if report.account is None:
        return []
    entry, path = report.account.orders, "/account/orders"
    parts: list[object] = [
        values.show(f"{path}/decisions", "count"),
        " decisions, ",
        values.show(f"{path}/fills", "count"),
        " fills. ",
        *_scaled(entry, values, path),
    ]
    if entry.drops:
        named = [
            join([values.show(f"{path}/drops/{i}/count", "count"), f" {DROPS.get(drop.reason, drop.reason)}"])
            for i, drop in enumerate(entry.drops)
        ]
        parts += ["Targets left out: ", join(named, ", ")]
        parts.append(": what cannot be traded neither costs nor hurts here, as it would in life. ")
    else:
        parts.append("No target was left out. ")
    if entry.pending:
        parts += [
            values.show(f"{path}/pending", "count"),
            " targets of the last decision are not filled yet.",
        ]
    return [("Orders", join(parts))]


def _record(entry: LuckEntry, values: Values, path: str) -> list[object]:
    if entry.min_track_record.value is None:
        return ["; no record is long enough to show it at 95%"]
    return ["; 95% would take ", values.show(f"{path}/min_track_record/value", "count"), " bars"]


def _trials(entry: LuckEntry, values: Values, path: str) -> list[object]:
    if entry.trials is None:
        return ["one trial (how many were made was not counted)"]
    return [values.show(f"{path}/trials", "count"), " trials on these data" if entry.trials > 1 else " trial"]


def _random(report: ReportEntry, values: Values) -> list[object]:
    if report.random is None or report.random.beaten is None:
        return []
    return [
        "It does better than ",
        values.show("/random/beaten", "percent"),
        " of ",
        values.show("/random/count", "count"),
        " random schedules that hold and trade as much (p = ",
        values.show("/random/p_value", "ratio3"),
        ").",
    ]


def _scaled(entry: OrdersEntry, values: Values, path: str) -> list[object]:
    if not entry.scaled:
        return ["None had to be scaled to fit the money. "]
    return [
        values.show(f"{path}/scaled", "count"),
        " were scaled to fit the money, at most to ",
        values.show(f"{path}/lowest_scale", "percent2"),
        ". ",
    ]
