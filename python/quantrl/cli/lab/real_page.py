"""The results page of the real pool."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from quantrl.cli.lab.markdown_table import rows
from quantrl.typing import JsonObject

SHOWN = 12
_INTRO = """# Selection on real pools

`{command}` writes this page and the figures behind it ({files}). Machine: {machine}; the figures do not
depend on the number of threads.

On the [pools of known skill](selection.md) it is known who deserves capital. Here nobody knows: classic rules of the
package times a grid of their parameters, set down before any result was seen, controls that draw at random among them,
on recorded markets. Every agent decides on views that end at the decision and trades in an account of its own, 10 bp a
side; the selection layer, at its defaults, sees matured results only; its book and those it is compared with are
netted and filled by the same engine at the same costs. The first {warm_up} bars are not counted.

Two words are kept apart. **Adopted** is a decision: who was given capital. **Shown to have skill** is a claim, made only
of what a step-down test of all agents together names at 5 %. On these panels the names are survivors chosen with
hindsight, so even such a claim holds for the panel and not for a market one could have traded.
"""


def page(found: Sequence[JsonObject], *, folder: str, machine: str) -> str:
    """Markdown, the same for the same figures."""
    from quantrl.selection.lab.real import WARM_UP

    names = [one["data"]["name"] for one in found]
    command = " ".join(["quantrl lab real", *(f"--data {name}" for name in names)])
    files = ", ".join(f"[{name}]({folder}/{name}.json)" for name in names)
    parts = [_INTRO.format(command=command, files=files, machine=machine, warm_up=WARM_UP)]
    parts.append("\n".join(f"- {verdict(one)}" for one in found) + "\n")
    for one in found:
        parts.extend(_panel(one, folder))
    return "\n".join(parts)


def verdict(one: JsonObject) -> str:
    """In one sentence, what the selector did against equal weight, buy and hold, and the leader."""
    shown = [
        f"{row['label'][0].lower()}{row['label'][1:]} {_gap(row)}"
        for row in one["versus"]
        if row["other"] in ("equal_weight", "follow_the_leader", "buy_and_hold")
    ]
    apart = [row for row in one["versus"] if row["holm"] <= one["skill"]["alpha"]]
    rest = (
        "none of these or of the other differences is distinguishable from 0"
        if not apart
        else "distinguishable from 0 after Holm: "
        + ", ".join(f"{'ahead of' if row['value'] > 0 else 'behind'} {row['label'].lower()}" for row in apart)
    )
    data = one["data"]
    return (
        f"{data['name']}, {data['counted']:,} days, {len(one['agents'])} agents: Sharpe ratio of the selector "
        f"{_number(one['books'][0]['sharpe']['value'])}; less that of {', '.join(shown)}; {rest}."
    )


def _panel(one: JsonObject, folder: str) -> Iterator[str]:
    data = one["data"]
    yield (
        f"\n## {data['name']}\n\n{data['instruments']} names, {data['bars']:,} days from {data['start']} to "
        f"{data['end']}, counted from {data['counted_from']}. Data `{data['id']}`, filled at the "
        f"{one['settings']['fill'].replace('_', ' ')}. {len(one['agents'])} agents of {len(one['kinds'])} rules. "
        f"Of the data: {'; '.join(data['flags'])}.\n"
    )
    yield f"![Growth of the books on a log scale]({folder}/{data['name']}.svg)\n\n"
    yield (
        "Value of one unit, on a log scale. Buy and hold is fully invested; in the other books every agent is scaled to "
        "10 % a year, so compare Sharpe ratios and not heights.\n"
    )
    yield _books(one)
    yield _versus(one)
    yield _skill(one)
    yield _adopted(one)
    yield _kinds(one)
    yield _paper(one)


def _books(one: JsonObject) -> str:
    head = (
        "book",
        "Sharpe [95 %]",
        "growth a year",
        "volatility",
        "max drawdown",
        "turnover a year",
        "cost, bp a year",
    )
    cells = [
        (
            book["label"],
            _interval(book["sharpe"]),
            f"{book['cagr']['value']:.1%}",
            f"{book['vol']['value']:.1%}",
            f"{book['max_drawdown']['value']:.1%}",
            _number(book["turnover"]["value"], 1),
            _number(book["cost_bps_year"]["value"], 0),
        )
        for book in one["books"]
    ]
    return "### Books\n\n" + rows(head, cells)


def _versus(one: JsonObject) -> str:
    cells = [(row["label"], _gap(row), f"{row['p']:.3f}", f"{row['holm']:.3f}") for row in one["versus"]]
    return (
        "### The selector less the others\n\nDifference of annual Sharpe ratios, paired stationary bootstrap (2,000 "
        "draws, mean block 10 days), two-sided p and the same adjusted by Holm.\n\n"
        + rows(("less", "difference [95 %]", "p", "p, Holm"), cells)
    )


def _skill(one: JsonObject) -> str:
    from quantrl.selection.lab.real import CONTROLS

    skill = one["skill"]
    cells = [
        (
            {"agents": "agents", "choosers": "ways to choose"}[row["group"]],
            row["against"].replace("_", " "),
            str(row["columns"]),
            _number(row["spa"], 3),
            _number(row["white"], 3),
            _named(row["named"]),
        )
        for row in skill["superiority"]
    ]
    controls = {row["agent"] for row in one["agents"] if row["kind"] in CONTROLS}
    against_cash = next(
        row for row in skill["superiority"] if row["group"] == "agents" and row["against"] == "cash"
    )
    drawn = len(controls.intersection(against_cash["named"]))
    overfit, effective, best = skill["overfitting"], skill["effective"], skill["best"]
    left = (
        f" ({overfit['left_out']:,} left out: an agent does not vary in them)" if overfit["left_out"] else ""
    )
    return (
        "### Shown to have skill\n\nTests of everyone against a benchmark, all scaled to the same volatility by their own "
        "past: p of SPA and of White's reality check, and who the step-down test names at 5 %.\n\n"
        + rows(("who", "against", "number", "SPA p", "White p", "named"), cells)
        + "\nBeing named against cash is no skill at choosing: whoever holds stocks that rose may be. Of the "
        f"{len(controls)} controls, which draw at random, it names {drawn}.\n"
        + f"\n- Probability of backtest overfitting {_number(overfit['probability'])} over {overfit['halves']:,} halves of "
        f"{overfit['blocks']} blocks{left}: how often the best agent of one half is in the lower half of the other. It "
        f"lost money there in {_number(overfit['loss'])} of them.\n"
        f"- The {len(one['agents'])} agents amount to {_number(effective['returns'], 1)} independent ones, "
        f"{_number(effective['less_equal_weight'], 1)} once equal weight is taken off.\n"
        f"- Best alone: {best['agent']}; probability that its Sharpe ratio is above 0: {_number(best['probabilistic'], 3)}, "
        f"above what the best of {best['trials']} without skill shows: {_number(best['deflated'], 3)}.\n"
    )


def _adopted(one: JsonObject) -> str:
    capital, skill = one["capital"], one["skill"]
    controls = sum(row["agents"] for row in one["kinds"] if row["control"])
    cells = [
        (
            row["agent"],
            f"{row['capital']:.1%}",
            f"{row['funded_share']:.0%}",
            _interval(row["sharpe"]),
            _number(row["adjusted_p"], 3),
            "yes" if row["adjusted_p"] is not None and row["adjusted_p"] <= skill["alpha"] else "no",
        )
        for row in one["agents"][:SHOWN]
    ]
    return (
        f"### Adopted\n\n{capital['ever_funded']} of {len(one['agents'])} agents had capital at some time, "
        f"{_number(capital['mean_funded'], 1)} at once; {capital['all_cash']:.1%} of days nobody. Capital turned over "
        f"{_number(capital['turnover'], 1)} times a year. The {controls} controls, "
        f"{controls / len(one['agents']):.0%} of the agents, held "
        f"{capital['controls']:.1%} of all capital. The {SHOWN} with most:\n\n"
        + rows(
            (
                "agent",
                "capital, mean",
                "days funded",
                "Sharpe [95 %]",
                "p against equal weight, adjusted",
                "shown to have skill",
            ),
            cells,
        )
    )


def _kinds(one: JsonObject) -> str:
    cells = [
        (
            row["kind"] + (" (control)" if row["control"] else ""),
            str(row["agents"]),
            f"{row['capital']:.1%}",
            _number(row["median"]),
            f"{_number(row['least'])} to {_number(row['most'])}",
        )
        for row in one["kinds"]
    ]
    return "### By rule\n\n" + rows(("rule", "agents", "capital, mean", "median Sharpe", "range"), cells)


def _paper(one: JsonObject) -> str:
    cells = [
        (
            row["rule"],
            _number(row["sharpe"]),
            _gap({"value": row["gap"], **row}),
            _number(row["turnover"], 1),
        )
        for row in sorted(one["paper"], key=lambda row: -(row["sharpe"] or 0.0))
    ]
    return (
        "### Every rule of the lab on the same rows\n\nPaper books on what the agents' own accounts earned after their "
        "costs, each scaled to 10 % a year, and 5 bp of what capital moves; nothing is netted, rows are known two days "
        "later. Single comparisons, not corrected for their number.\n\n"
        + rows(("rule", "net Sharpe", "less EqualWeight [95 %]", "turnover of capital a year"), cells)
    )


def _gap(row: JsonObject) -> str:
    if row["value"] is None:
        return "-"
    return f"{row['value']:+.2f} [{row['low']:+.2f}, {row['high']:+.2f}]"


def _named(names: Sequence[str]) -> str:
    if not names:
        return "nobody"
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _interval(measure: JsonObject) -> str:
    if measure["low"] is None:
        return _number(measure["value"])
    return f"{_number(measure['value'])} [{measure['low']:.2f}, {measure['high']:.2f}]"


def _number(value: float | None, digits: int = 2) -> str:
    return "-" if value is None else f"{value:.{digits}f}"
