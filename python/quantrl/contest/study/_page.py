"""The page as Markdown: negative findings first, then each run in full."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from quantrl.contest.report._markdown import markdown, table
from quantrl.contest.study.findings import findings, interval
from quantrl.contest.study.material import Material
from quantrl.report.numbers import show_number
from quantrl.typing import JsonObject

_HEAD = """# ContestTrade: results

Written by `{command}` on {machine}, from the folders of the runs below. Each names its own command, seed and digest, and
the same command gives the same digest on any machine. Returns are simple, after costs, and bear the date of the price they
end on. Intervals are 95 %, from {draws:,} draws of the stationary bootstrap with a mean block of {block:g} days, days drawn
together for all accounts; p is two-sided. "Visible" is the smallest true difference that 80 of 100 such histories show.
Runs on data sets that are not shipped end with exit 3 where `../shared/data` is absent; no text of theirs is here.

## Negative findings
"""


def page(runs: Sequence[Material], *, command: str, machine: str) -> str:
    """All runs on one page.

    Parameters
    ----------
    runs : sequence of Material
        In the order of the page, at least one.
    command : str
        What writes the page.
    machine : str
        Where the runs were made.
    """
    return "\n".join(_lines(runs, command, machine)).rstrip("\n") + "\n"


def _lines(runs: Sequence[Material], command: str, machine: str) -> Iterator[str]:
    bootstrap = runs[0].report["bootstrap"]
    yield _HEAD.format(command=command, machine=machine, draws=bootstrap["draws"], block=bootstrap["block"])
    for run in runs:
        yield f"**{run.name}**, {run.report['data']['start']} to {run.report['data']['end']}. {run.report['banner']}\n"
        yield from (f"- {said}" for said in findings(run))
        yield ""
    for run in runs:
        yield from _run(run)


def _run(run: Material) -> Iterator[str]:
    report, data = run.report, run.report["data"]
    text = _titled(markdown(report))
    if run.answers is None:
        calls = sum(row["calls"] for row in report["cost"]["rows"])
        text = re.sub(r"(?ms)^## What answers cost\n.*?(?=^## )", "", text)
        text += f"\n{calls:,} answers of rules, 0 tokens, 0 USD.\n"
    yield re.sub(r"(?m)^(?=#)", "#", text)
    yield (
        f"{data['documents']:,} documents, {len(data['instruments'])} instruments, {report['days']} days, "
        f"seed {report['settings']['seed']}, {report['trials']['on_data']} runs on these prices so far.\n"
    )
    yield from table("Who was in the market", _ENTRANTS, [_entrant(one) for one in run.entrants], level=3)
    yield from table("What was read", _SOURCES, [_source(one) for one in run.reading["sources"]], level=3)
    lead = run.reading["lead_bps"]
    if lead["value"] is not None:
        yield (
            f"\nRead less drawn by lot: {interval(lead, 'ratio')} bp a day, p {show_number(lead['p'], 'p')}, before costs."
        )
    gap = report["random"]["gap"]
    if gap["value"] is not None:
        yield (
            f"\nFunded less funded by lot ({report['random']['seeds']} seeds): Sharpe difference {interval(gap, 'ratio')}, "
            f"p {show_number(gap['p'], 'p')}."
        )
    if run.ablations is not None:
        rows = [_whole(run.ablations["whole"]), *(_variant(one) for one in run.ablations["variants"])]
        yield from table("Without its parts", _PARTS, rows, level=3)
    yield from table("Probes", _PROBES, [_probe(one) for one in run.probes], level=3)
    if run.answers is not None:
        yield from _answers(run.answers)


def _titled(text: str) -> str:
    """The banner below the name."""
    banner, _, rest = text.partition("\n")
    title, _, rest = rest.lstrip("\n").partition("\n")
    return f"{title}\n\n{banner}\n{rest}"


_ENTRANTS = ("Agent", "Days with a holding", "Of days", "Gross then %")
_SOURCES = ("Source", "Read on % of days", "Tokens a day", "Mean u", "Days priced", "Implied bp a day", "t")
_PARTS = (
    "Variant",
    "Seeds",
    "Net return %",
    "Sharpe",
    "Worst drawdown %",
    "Whole less variant, Sharpe",
    "p",
    "Visible",
)
_PROBES = ("Probe", "Actions", "Stayed", "Hit rate, change", "Sharpe, change", "In words")


def _entrant(one: JsonObject) -> list[str]:
    return [one["agent"], str(one["days"]), str(one["of"]), show_number(one["gross"], "whole")]


def _source(one: JsonObject) -> list[str]:
    return [
        one["source"],
        show_number(one["read"], "whole"),
        show_number(one["tokens"], "count"),
        show_number(one["u"], "ratio"),
        str(one["days"]),
        show_number(one["implied_bps"], "ratio"),
        show_number(one["t"], "ratio"),
    ]


def _whole(found: JsonObject) -> list[str]:
    return ["the whole", "", *_three(found), "", "", ""]


def _variant(one: JsonObject) -> list[str]:
    lead = one["lead"]
    seeds = str(one["seeds"]) if one["seeds"] > 1 else ""
    return [
        one["name"],
        seeds,
        *_three(one),
        interval(lead, "ratio"),
        show_number(lead["p"], "p"),
        show_number(lead["visible"], "ratio"),
    ]


def _three(found: JsonObject) -> list[str]:
    units = {"total": "points", "sharpe": "ratio", "max_drawdown": "points"}
    return [show_number(found[name], unit) for name, unit in units.items()]


def _probe(one: JsonObject) -> list[str]:
    return [
        {"hide": "names and dates hidden", "turn": "praise and blame exchanged"}[one["kind"]],
        str(one["actions"]),
        interval(one["unchanged"], "percent"),
        interval(one["hit_rate_change"], "percent"),
        interval(one["sharpe_change"], "ratio"),
        one["words"],
    ]


def _answers(found: JsonObject) -> Iterator[str]:
    yield "\n### Record and replay\n"
    yield (
        f"{', '.join(found['models'])}: {found['fitting']} of {found['replies']} replies fitted their schema, "
        f"{found['asked_again']} were second tries, {found['cut_short']} were cut at their length; "
        f"{found['input_tokens']:,} tokens read, {found['output_tokens']:,} written."
    )
    if found["replayed"] is None:
        yield "\nIt was not replayed."
    else:
        same = "equal" if found["replayed"] == found["digest"] else "DIFFERENT"
        yield f"\nReplayed from its record with no model and no connection: every step {same}, digest `{found['replayed']}`."
