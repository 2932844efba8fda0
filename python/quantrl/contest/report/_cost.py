"""``quantrl contest cost``: calls, tokens and money, as recorded or under other prices."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass

from rich.table import Table
from rich.text import Text

from quantrl.contest.llm.cost import cost_table
from quantrl.contest.llm.prices import Prices
from quantrl.report.markup import printable
from quantrl.report.numbers import show_number
from quantrl.typing import JsonObject

_COUNTS = ("calls", "replies", "hits", "input_tokens", "output_tokens", "unreported")


@dataclass(frozen=True)
class Costs:
    """Rows by agent, task and model with their sum.

    Attributes
    ----------
    json : dict
        ``rows``, ``total``, and ``prices_of`` (date of the list) where other prices were asked for.
    """

    json: JsonObject

    def table(self) -> Table:
        """For a terminal."""
        dated = self.json["prices_of"]
        title = "What answers cost" + (f", at the prices of {dated}" if dated else "")
        table = Table(title=title, title_justify="left", show_footer=True)
        total = self.json["total"]
        table.add_column("Agent", "in all", no_wrap=True)
        table.add_column("Task")
        table.add_column("Model")
        for head, name, unit in _COLUMNS:
            table.add_column(head, show_number(total[name], unit), justify="right", no_wrap=True)
        for row in self.json["rows"]:
            words = (Text(printable(row[name])) for name in ("agent", "task", "model"))
            table.add_row(*words, *(show_number(row[name], unit) for _, name, unit in _COLUMNS))
        return table


_COLUMNS = (
    ("Calls", "calls", "count"),
    ("From record\n%", "hit_rate", "whole"),
    ("Tokens in", "input_tokens", "count"),
    ("Tokens out", "output_tokens", "count"),
    ("Cost\nUSD", "usd", "usd"),
)


def cost(calls: Iterable[JsonObject], prices: Prices | None = None) -> Costs:
    """The cost of calls.

    Parameters
    ----------
    calls : iterable of dict
        Lines of ``calls.jsonl``.
    prices : Prices, optional
        What the same tokens would cost under another list; an unknown price leaves the cost out, and so the sum.
    """
    rows = [{**asdict(row), "hit_rate": row.hit_rate} for row in cost_table(calls, prices)]
    known = [row["usd"] for row in rows if row["usd"] is not None]
    total: JsonObject = {name: sum(row[name] for row in rows) for name in _COUNTS}
    total["hit_rate"] = total["hits"] / total["replies"] if total["replies"] else None
    total["usd"] = float(sum(known)) if len(known) == len(rows) else None
    return Costs({"rows": rows, "total": total, "prices_of": prices.as_of if prices else None})
