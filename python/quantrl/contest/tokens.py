"""How long a text is. Budgets need a count that depends on nothing but the text."""

from __future__ import annotations

from collections.abc import Callable

from quantrl.errors import ConfigError


def utf8_thirds(text: str) -> int:
    """Bytes of UTF-8 divided by three, rounded up: above what common tokenisers count for English prose."""
    return -(-len(text.encode("utf-8", "surrogatepass")) // 3)


COUNTERS: dict[str, Callable[[str], int]] = {"utf8/3": utf8_thirds}
DEFAULT = "utf8/3"


def counter(name: str = DEFAULT) -> Callable[[str], int]:
    """A counter by name.

    Raises
    ------
    ConfigError
        Unknown name.
    """
    if name not in COUNTERS:
        raise ConfigError(f"tokens: unknown counter {name!r}; choose one of: {', '.join(COUNTERS)}")
    return COUNTERS[name]


def count(text: str, name: str = DEFAULT) -> int:
    """Tokens of a text, by the counter of this name."""
    return counter(name)(text)


def cut(text: str, limit: int, name: str = DEFAULT) -> str:
    """The longest beginning of `text` that has at most `limit` tokens. O(n log n).

    Raises
    ------
    ConfigError
        A negative limit, or an unknown counter.
    """
    if limit < 0:
        raise ConfigError(f"tokens: expected a limit of 0 or more, got {limit}")
    tokens = counter(name)
    if tokens(text) <= limit:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if tokens(text[:middle]) <= limit:
            low = middle
        else:
            high = middle - 1
    return text[:low]
