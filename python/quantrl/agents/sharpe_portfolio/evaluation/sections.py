"""Tables of the results page, one function each."""

from __future__ import annotations

from quantrl.agents.sharpe_portfolio.evaluation.wording import (
    BLANK,
    MEANINGS,
    REASONS,
    amount,
    between,
    costs,
    p_value,
    percent,
    ratio,
    table,
)
from quantrl.typing import JsonObject

_MEASURES = ("Return a year", "Volatility", "Drawdown", "Turnover a year", "Cost share")
_SHARPE = ("Sharpe", "95 %")
_STATICS = ("static_val", "static_test", "frozen")
_CROWDS = ("shuffled", "noise", "corners")


def origin(found: JsonObject) -> str:
    """Commands, data, dates, seeds and costs."""
    data, test, env = found["data"], found["test"], found["env"]
    rows = [
        ("Trained with", f"`{found['run']['command']}`"),
        ("Evaluated with", f"`{found['command']}`"),
        ("Data", f"{data['source']}, {found['names']} names, sha256 `{data['id']}`"),
        ("Data flags", ", ".join(data["flags"] or []) or BLANK),
        (
            "Test dates",
            f"{test['first']} to {test['last']}, {test['bars']:,} bars, {len(found['folds'])} folds",
        ),
        ("Seeds", f"{len(found['run']['seeds'])} a fold, {found['run']['train']['steps']:,} steps each"),
        ("Decision", f"every {env['decision_every']} bars, filled at the {env['fill'].replace('_', ' ')}"),
        ("Costs", costs(env)),
        ("Code", f"{found['run']['code_version']}"),
    ]
    if env["growth"] != "arithmetic":
        rows.append(("Compounding", "arithmetic here, geometric in training"))
    return table(("Study", ""), rows).replace("| --- | ---: |", "| --- | --- |")


def rivals(found: JsonObject) -> str:
    """The agent and every baseline, with the paired difference."""
    header = ("", *_SHARPE, *_MEASURES, "Agent less it", "95 %", "p", "p, Holm", "P(improvement)")
    own = found["agent"]
    rows = [("**Agent**", *_sharpe(own), *_measures(own["summary"]), *[BLANK] * 5)]
    for row in found["baselines"]:
        pair, better = row["versus"], row["improvement"]
        chance = p_value(better["value"])
        bounds = between(better["low"], better["high"])
        rows.append(
            (*_rival(row["label"], row), *_pair(pair), chance if bounds == BLANK else f"{chance} {bounds}")
        )
    return table(header, rows)


def controls(found: JsonObject) -> str:
    """Controls that are one account."""
    header = ("Control", *_SHARPE, *_MEASURES, "Agent less it", "95 %", "p", "p, Holm")
    rows = [
        (*_rival(MEANINGS[name], found["controls"][name]), *_pair(found["controls"][name]["versus"]))
        for name in _STATICS
    ]
    return table(header, rows)


def crowds(found: JsonObject) -> str:
    """Controls that are many accounts."""
    rows = []
    for name in _CROWDS:
        row = found["controls"][name]
        rows.append(
            (
                MEANINGS[name],
                f"{row['n']:,}",
                ratio(row["median"]),
                between(row["low"], row["high"]),
                percent(row["beaten"]),
            )
        )
    return table(("Control", "Accounts", "Median Sharpe", "Middle 95 %", "Beaten by the agent"), rows)


def sweep(found: JsonObject) -> str:
    """Sharpe ratios at other costs, and the break-even cost."""
    labels = {"agent": "**Agent**", **MEANINGS} | {row["name"]: row["label"] for row in found["baselines"]}
    header = ("Sharpe ratio at", *(f"{row['bps']:g} bp" for row in found["sweep"]))
    swept = found["sweep"][0]["sharpe"] if found["sweep"] else {}
    names = [name for name in labels if name in swept]
    rows = [(labels[name], *(ratio(row["sharpe"][name]) for row in found["sweep"])) for name in names]
    even = found["break_even"]
    said = BLANK
    if even is not None:
        said = f"{amount(even['bps'])} bp a side" if even["bps"] is not None else REASONS[even["reason"]]
    return f"{table(header, rows)}\n\nCost at which the lead over equal weight (21 bars) is gone: {said}."


def pooled(found: JsonObject) -> str:
    """The interquartile mean."""
    iqm = found["iqm"]
    return (
        f"Interquartile mean of the Sharpe ratios of {iqm['n']} seeds and folds: {ratio(iqm['value'])} "
        f"{between(iqm['low'], iqm['high'])}, interval stratified by fold."
    )


def folds(found: JsonObject) -> str:
    """The ensemble of each fold, begun from cash."""
    dates = {fold["index"]: fold["test"] for fold in found["folds"]}
    rows = (
        (
            f"{row['fold']}: {' to '.join(dates[row['fold']])}",
            ratio(row["agent"]["sharpe"]),
            *_measures(row["agent"]),
        )
        for row in found["fold_accounts"]
    )
    return table(("Fold, ensemble", "Sharpe", *_MEASURES), rows)


def seeds(found: JsonObject) -> str:
    """Each seed over all test bars."""
    rows = ((f"{row['seed']}", ratio(row["sharpe"]), *_measures(row)) for row in found["seeds"])
    return table(("Seed, all folds", "Sharpe", *_MEASURES), rows)


def trials(found: JsonObject) -> str:
    """How often this was tried, and what is left of the Sharpe ratio then."""
    own, tried = found["agent"], found["trials"]
    rows = [
        ("Trials of this family on these data and dates", f"{tried['n']:,}"),
        ("of them not finished", f"{tried['unfinished']:,}"),
        ("Standard deviation of their validation Sharpe ratios", ratio(tried["sd_annual"])),
        ("Probabilistic Sharpe ratio, above zero", p_value(own["psr"])),
        ("Deflated Sharpe ratio", p_value(own["dsr"])),
        ("Least track record at 95 %, bars", amount(own["min_track_record"])),
    ]
    return table(("", "Value"), rows)


def aims(found: JsonObject) -> str:
    """Aims, and whether they were reached."""
    words = {True: "yes", False: "no", None: BLANK}
    rows = [
        (row["aim"], ratio(row["value"]), ratio(row["needed"]), words[row["met"]]) for row in found["aims"]
    ]
    return table(("Aim", "Value", "Needed", "Met"), rows)


def diagnostics(found: JsonObject) -> str:
    """How the actions move."""
    own = found["diagnostics"]
    rows = [
        ("Share of logit variance explained by the state, the rest being exploration", "explained_by_state"),
        ("Share of logit variance that is over time, the rest being between names", "moves"),
        ("Lag-1 autocorrelation of the risky logits", "autocorrelation"),
        ("Share of actions on a bound", "clipped"),
    ]
    return table(("Mean over policies", "Value"), [(label, p_value(own[name])) for label, name in rows])


def _sharpe(row: JsonObject) -> tuple[str, str]:
    return ratio(row["summary"]["sharpe"]), between(*row["interval"])


def _measures(own: JsonObject) -> tuple[str, ...]:
    return (
        percent(own["cagr"]),
        percent(own["vol"]),
        percent(own["max_drawdown"]),
        amount(own["turnover"]),
        percent(own["cost_share"]),
    )


def _rival(label: str, row: JsonObject) -> tuple[str, ...]:
    return (label, *_sharpe(row), *_measures(row["summary"]))


def _pair(pair: JsonObject) -> tuple[str, ...]:
    return (
        ratio(pair["value"]),
        between(pair["low"], pair["high"]),
        p_value(pair["p"]),
        p_value(pair["p_holm"]),
    )
