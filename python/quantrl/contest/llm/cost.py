"""Calls, tokens and money by agent, task and model."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from quantrl.contest.llm.prices import FREE, PICO, Prices
from quantrl.contest.llm.protocol import Usage
from quantrl.typing import JsonObject


@dataclass(frozen=True)
class CostRow:
    """One line of the cost table.

    Attributes
    ----------
    calls : int
        Tries, with those that brought no reply; `hits` of the replies came from the record.
    replies, hits : int
    input_tokens, output_tokens : int
        As reported; replies whose server reports none are counted in `unreported`.
    unreported : int
    usd : float or None
        None where a reply has no known price.
    """

    agent: str
    task: str
    model: str
    calls: int
    replies: int
    hits: int
    input_tokens: int
    output_tokens: int
    unreported: int
    usd: float | None

    @property
    def hit_rate(self) -> float:
        """Share of replies that came from the record."""
        return self.hits / self.replies


def usd_of(line: JsonObject) -> float | None:
    """What a reply cost; rules cost nothing, of others None means that the price is unknown."""
    usd: float | None = 0.0 if line["kind"] == "rules" else line["usd"]
    return usd


def cost_table(lines: Iterable[JsonObject], prices: Prices | None = None) -> list[CostRow]:
    """Rows by agent, task, provider/model, sorted.

    Parameters
    ----------
    lines : iterable
        `Waves.lines` or `Record.calls()`.
    prices : Prices, optional
        What these tokens would cost under another list; by default what was recorded.
    """
    groups: dict[tuple[str, str, str, str], list[JsonObject]] = {}
    for line in lines:
        groups.setdefault((line["agent"], line["task"], line["provider"], line["model"]), []).append(line)
    return [_row(*name, group, prices) for name, group in sorted(groups.items())]


def _row(
    agent: str, task: str, provider: str, model: str, lines: list[JsonObject], prices: Prices | None
) -> CostRow:
    known = [line for line in lines if line["input_tokens"] is not None]
    usage = Usage(sum(line["input_tokens"] for line in known), sum(line["output_tokens"] for line in known))
    usd: float | None
    if prices is None:
        costs = [usd_of(line) for line in lines]
        usd = None if None in costs else float(sum(cost for cost in costs if cost is not None))
    else:
        price = FREE if all(line["kind"] == "rules" for line in lines) else prices.get(provider, model)
        usd = None if price is None or len(known) < len(lines) else price.pico(usage) / PICO
    return CostRow(
        agent,
        task,
        f"{provider}/{model}",
        sum(line["tries"] for line in lines),
        len(lines),
        sum(line["hit"] for line in lines),
        usage.input_tokens,
        usage.output_tokens,
        len(lines) - len(known),
        usd,
    )
