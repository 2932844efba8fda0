"""What a call costs, or may cost at most."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from quantrl.contest.llm.prices import PICO, Price
from quantrl.contest.llm.protocol import Request, Usage

MARGIN = 1.25
_PER_MESSAGE = 8


@dataclass(frozen=True)
class Spend:
    """Something spent or reserved; money in whole 1e-12 USD."""

    pico: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    calls: int = 0
    seconds: float = 0.0

    def __add__(self, other: Spend) -> Spend:
        return self._with(other, 1)

    def __sub__(self, other: Spend) -> Spend:
        return self._with(other, -1)

    def _with(self, other: Spend, sign: int) -> Spend:
        return Spend(
            self.pico + sign * other.pico,
            self.input_tokens + sign * other.input_tokens,
            self.output_tokens + sign * other.output_tokens,
            self.calls + sign * other.calls,
            self.seconds + sign * other.seconds,
        )

    @property
    def usd(self) -> float:
        """Money in USD."""
        return self.pico / PICO


def utf8_thirds(text: str) -> int:
    """Bytes of UTF-8 over three, rounded up: above what common tokenisers count for English prose."""
    size = len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
    return -(-size // 3)


def reservation(request: Request, price: Price | None, count: Callable[[str], int]) -> Spend:
    """The most a call may cost: input estimate with a quarter on top, and all the output it may write.

    Parameters
    ----------
    request : Request
    price : Price, optional
    count : callable
        Tokens of a text.
    """
    # A server may write the schema into the prompt.
    estimate = count(request.schema_text) + sum(
        count(message.content) + _PER_MESSAGE for message in request.messages
    )
    usage = Usage(math.ceil(estimate * MARGIN), request.max_tokens)
    return spent(usage, price)


def spent(usage: Usage, price: Price | None) -> Spend:
    """One call with this usage."""
    return Spend(price.pico(usage) if price else 0, usage.input_tokens, usage.output_tokens, 1)
