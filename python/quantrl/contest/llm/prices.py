"""What a token costs: the user's dated list. Without an entry a price is unknown, never a guess."""

from __future__ import annotations

import datetime
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from quantrl.contest.llm.protocol import Usage
from quantrl.errors import ConfigError

PICO = 10**12
MAX_PER_MILLION = 1e5
MAX_BYTES = 1 << 20
DEFAULT = Path(__file__).with_name("prices.toml")


@dataclass(frozen=True)
class Price:
    """Whole 1e-12 USD a token, so that sums are exact in any order."""

    input_pico: int
    output_pico: int

    def pico(self, usage: Usage) -> int:
        """Cost of some tokens, in 1e-12 USD."""
        return usage.input_tokens * self.input_pico + usage.output_tokens * self.output_pico


FREE = Price(0, 0)
RULES = "rules"


@dataclass(frozen=True)
class Prices:
    """Prices by (provider, model); a model ``*`` stands for all of a provider.

    Attributes
    ----------
    as_of : str
        Date of the list, ISO.
    table : mapping of (provider, model) to Price
    """

    as_of: str
    table: Mapping[tuple[str, str], Price]

    def get(self, provider: str, model: str) -> Price | None:
        """The price of a model, or None where it is unknown; rules are free whatever the list."""
        if provider == RULES:
            return FREE
        return self.table.get((provider, model)) or self.table.get((provider, "*"))

    def require(self, provider: str, model: str) -> Price:
        """The price of a model.

        Raises
        ------
        ConfigError
            Unknown.
        """
        price = self.get(provider, model)
        if price is None:
            raise ConfigError(
                f"budget: a cap in USD needs a price for {provider}/{model}, and the list of {self.as_of} has none: "
                "add a [[price]] to your prices.toml, or cap tokens and calls instead"
            )
        return price

    @staticmethod
    def read(path: str | Path = DEFAULT) -> Prices:
        """Read a list in TOML: ``as_of`` (a date) and ``[[price]]`` with provider, model, input, output.

        `input` and `output` are USD a million tokens.

        Raises
        ------
        ConfigError
            Unreadable, undated, an unknown key, a repeated entry, or a price that is negative or not finite.
        """
        path = Path(path)
        try:
            if path.stat().st_size > MAX_BYTES:
                raise ConfigError(f"{path}: expected at most {MAX_BYTES} bytes of prices")
            raw = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ConfigError(f"{path}: prices cannot be read: {error}") from None
        return _prices(raw, path)


def _prices(raw: dict[str, Any], path: Path) -> Prices:
    as_of = raw.get("as_of")
    if not isinstance(as_of, datetime.date) or set(raw) - {"as_of", "price"}:
        raise ConfigError(
            f"{path}: expected a date as_of = YYYY-MM-DD and [[price]] entries, got {sorted(raw)}"
        )
    table: dict[tuple[str, str], Price] = {}
    for i, entry in enumerate(raw.get("price", [])):
        if not isinstance(entry, dict) or set(entry) != {"provider", "model", "input", "output"}:
            raise ConfigError(f"{path}: price {i}: expected provider, model, input and output, got {entry!r}")
        name = (str(entry["provider"]), str(entry["model"]))
        if name in table:
            raise ConfigError(f"{path}: price {i}: {name[0]}/{name[1]} occurs twice")
        table[name] = Price(
            *(_pico(entry[side], f"{path}: price {i}: {side}") for side in ("input", "output"))
        )
    return Prices(as_of.isoformat()[:10], table)


def _pico(usd_per_million: Any, where: str) -> int:
    number = isinstance(usd_per_million, (int, float)) and not isinstance(usd_per_million, bool)
    if not (number and math.isfinite(usd_per_million) and 0 <= usd_per_million <= MAX_PER_MILLION):
        raise ConfigError(
            f"{where}: expected 0 to {MAX_PER_MILLION:g} USD a million tokens, got {usd_per_million!r}"
        )
    return round(float(usd_per_million) * PICO / 1e6)
