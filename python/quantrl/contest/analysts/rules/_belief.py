"""How the rules think in the place of a belief: a weighted sum of the tone of text and of measures of price."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from functools import lru_cache
from typing import Any

from quantrl.contest.analysts.lexicon import polarity, rating_of
from quantrl.contest.tools._bars import MEASURES
from quantrl.errors import ConfigError

TEXT = "text"
SLOPE, LEAST, MOST = 1.2, 0.5, 0.7
OFF_TOPIC, FOUND = 0.25, 0.25
_CLIP = 3.0


@dataclass(frozen=True)
class Rule:
    """Parameters.

    Parameters
    ----------
    weights : mapping of str to float
        Of ``text``, in ratings of -2..2, and of z scores of ``momentum_5 momentum_20 reversal_1 volatility``.
    words : tuple of str
        What text must speak of to count in full; empty = anything. Other text counts a quarter.
    screen, query : str
        What is looked up first.
    tools : tuple of str
        The plan.
    threshold : float
        Least size of a score that becomes a signal.
    buys, sells : int
        How many signals of each at most.

    Raises
    ------
    ConfigError
        An unknown weight, or one that is not finite.
    """

    weights: Mapping[str, float] = field(default_factory=lambda: {TEXT: 0.5})
    words: tuple[str, ...] = ()
    screen: str = "news"
    query: str = ""
    tools: tuple[str, ...] = ("screen", "factor_lines", "doc_search", "price_stats")
    threshold: float = 0.15
    buys: int = 4
    sells: int = 1

    def __post_init__(self) -> None:
        for name, weight in self.weights.items():
            if name != TEXT and name not in MEASURES:
                raise ConfigError(
                    f"belief: unknown weight {name!r}; choose from: {', '.join((TEXT, *MEASURES))}"
                )
            if isinstance(weight, bool) or not isinstance(weight, (int, float)) or not math.isfinite(weight):
                raise ConfigError(f"belief: expected a finite weight of {name}, got {weight!r}")

    @staticmethod
    def of(given: Mapping[str, Any]) -> Rule:
        """From a table of a config.

        Raises
        ------
        ConfigError
            An unknown parameter.
        """
        known = [each.name for each in fields(Rule)]
        unknown = next((name for name in given if name not in known), None)
        if unknown is not None:
            raise ConfigError(f"belief: unknown parameter {unknown!r}; choose from: {', '.join(known)}")
        settings: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in given.items()}
        return Rule(**settings)


@dataclass(frozen=True)
class Opinion:
    """What the rules think of one symbol.

    Attributes
    ----------
    symbol : str
    score : float
        Above 0: it should rise.
    parts : mapping of str to float
        Weight times feature, by name.
    """

    symbol: str
    score: float
    parts: Mapping[str, float]

    @property
    def probability(self) -> int:
        """100 times clip(logistic(1.2 |score|), .5, .7)."""
        return round(100 * min(max(1.0 / (1.0 + math.exp(-SLOPE * abs(self.score))), LEAST), MOST))


@lru_cache(maxsize=1 << 14)
def tone(text: str) -> int:
    """Rating of a text, -2..2."""
    return rating_of(polarity(text))


def opinions(payload: Mapping[str, Any], rule: Rule) -> list[Opinion]:
    """Opinions on every symbol with prices, strongest first, ties in the order of the panel."""
    tones = _tones(payload, rule)
    features: Mapping[str, list[Any]] = payload["features"]
    values = {TEXT: tones} | {
        name: _z({symbol: row[1 + i] for symbol, row in features.items()})
        for i, name in enumerate(MEASURES)
        if rule.weights.get(name)
    }
    used = [(name, weight) for name, weight in rule.weights.items() if weight]
    found = []
    for symbol in features:
        parts = {name: weight * values[name].get(symbol, 0.0) for name, weight in used}
        found.append(Opinion(symbol, sum(parts.values()), parts))
    return sorted(found, key=lambda opinion: -abs(opinion.score))


def sayings(payload: Mapping[str, Any]) -> Iterable[tuple[str, str, list[str], float]]:
    """(id, text, symbols, weight) of all that was read: lines of factors, and a quarter for documents looked up."""
    for factor in payload["factors"]:
        for line in factor["lines"]:
            yield line["id"], line["text"], line["symbols"], 1.0
    seen: set[str] = set()
    for step in payload.get("steps", ()):
        if step["tool"] != "doc_search":
            continue
        for row in step["output"].get("rows", ()):
            if row["id"] not in seen:
                seen.add(row["id"])
                yield row["id"], f"{row['title']}. {row['text']}", row["symbols"], FOUND


def _tones(payload: Mapping[str, Any], rule: Rule) -> dict[str, float]:
    """Sum of weighted ratings over the sum of weights plus 1, by symbol: one line says less than several."""
    sums: dict[str, list[float]] = {}
    for _, text, symbols, weight in sayings(payload):
        share = weight * (1.0 if _on_topic(text, rule.words) else OFF_TOPIC)
        for symbol in symbols:
            held = sums.setdefault(symbol, [0.0, 1.0])
            held[0] += share * tone(text)
            held[1] += share
    return {symbol: total / size for symbol, (total, size) in sums.items()}


def _on_topic(text: str, words: tuple[str, ...]) -> bool:
    lowered = text.lower()
    return not words or any(word in lowered for word in words)


def _z(values: Mapping[str, float | None]) -> dict[str, float]:
    """Cross-sectional z scores within -3..3; 0 where nothing varies."""
    known = {symbol: value for symbol, value in values.items() if value is not None}
    if len(known) < 2:
        return {}
    mean = math.fsum(known.values()) / len(known)
    spread = math.sqrt(math.fsum((value - mean) ** 2 for value in known.values()) / len(known))
    if spread == 0:
        return {}
    return {s: min(max((value - mean) / spread, -_CLIP), _CLIP) for s, value in known.items()}
