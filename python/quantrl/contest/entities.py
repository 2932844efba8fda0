"""Which names in a text mean which symbol, which symbols may be traded, and what to call them when names must not count."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from quantrl.errors import ConfigError, DataError

_ALIASES = Path(__file__).with_name("aliases.toml")
_SHORTEST_BARE_TICKER = 3  # GE, C and V are words of English
_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"


class Entities:
    """An allow-list of symbols and the names they go by.

    Parameters
    ----------
    symbols : iterable of str
        Those that may be rated or traded.
    aliases : mapping of str to iterable of str
        Names by symbol; those of other symbols are ignored.

    Raises
    ------
    ConfigError
        One name that means two symbols.
    """

    def __init__(self, symbols: Iterable[str], aliases: Mapping[str, Iterable[str]] | None = None) -> None:
        self.symbols = tuple(dict.fromkeys(symbols))
        self._allowed = frozenset(self.symbols)
        self.aliases: dict[str, tuple[str, ...]] = {
            symbol: tuple(dict.fromkeys((aliases or {}).get(symbol, ()))) for symbol in self.symbols
        }
        self._by_name: dict[str, str] = {}
        for symbol, names in self.aliases.items():
            for name in names:
                other = self._by_name.setdefault(_folded(name), symbol)
                if other != symbol:
                    raise ConfigError(f"aliases: {name!r} is given to {other!r} and to {symbol!r}")
        self._by_ticker = {_folded(symbol): symbol for symbol in self.symbols}
        self._pattern = self._compile()

    @classmethod
    def known(cls, symbols: Iterable[str]) -> Entities:
        """Symbols with the names of the companies of the bundled samples, where they are among them."""
        return cls(symbols, bundled_aliases())

    def find(self, text: str) -> tuple[str, ...]:
        """Symbols that a text names, in order of appearance.

        Found are company names in any case, tickers of three letters or more in capitals, and cash tags such as ``$GE``.
        """
        if self._pattern is None:
            return ()
        found = (self._symbol_of(match) for match in self._pattern.finditer(text))
        return tuple(dict.fromkeys(found))

    def require(self, symbol: str) -> str:
        """The symbol, if it is on the list.

        Raises
        ------
        DataError
            It is not.
        """
        if symbol not in self._allowed:
            raise DataError(f"symbol {symbol!r} is not one of the {len(self.symbols)} allowed")
        return symbol

    def __contains__(self, symbol: object) -> bool:
        return symbol in self._allowed

    def replace(self, text: str, names: Mapping[str, str], tickers: Mapping[str, str]) -> str:
        """The text with every name replaced by that of its symbol in `names`, every ticker by that in `tickers`."""
        if self._pattern is None:
            return text

        def other(match: re.Match[str]) -> str:
            symbol = self._symbol_of(match)
            if match.group("tag") is not None:
                return "$" + tickers[symbol]
            return tickers[symbol] if match.group("ticker") is not None else names[symbol]

        return self._pattern.sub(other, text)

    def _symbol_of(self, match: re.Match[str]) -> str:
        tag = match.group("tag")
        if tag is not None:
            return self._by_ticker[_folded(tag)]
        ticker = match.group("ticker")
        return ticker if ticker is not None else self._by_name[_folded(match.group("name"))]

    def _compile(self) -> re.Pattern[str] | None:
        if not self.symbols:
            return None
        bare = [symbol for symbol in self.symbols if len(symbol) >= _SHORTEST_BARE_TICKER]
        parts = [rf"\$\s?(?P<tag>(?i:{_any(self.symbols)}))(?!\w)"]
        parts.append(rf"(?<!\w)(?P<name>(?i:{_any(self._by_name)}))(?!\w)")
        parts.append(rf"(?<![\w$])(?P<ticker>{_any(bare)})(?!\w)")
        return re.compile("|".join(parts))


class Pseudonyms:
    """Names that say nothing, the same ones each time.

    Parameters
    ----------
    entities : Entities
        Tickers and companies to hide.
    people : iterable of str
        Full names to hide.
    salt : str
        Another salt gives other pseudonyms.
    """

    def __init__(self, entities: Entities, people: Iterable[str] = (), salt: str = "") -> None:
        self._entities = entities
        taken = {symbol.upper() for symbol in entities.symbols}
        self.tickers = {symbol: _code(f"{salt}:{symbol}", taken) for symbol in sorted(entities.symbols)}
        self.names = {symbol: f"Company {code}" for symbol, code in self.tickers.items()}
        self.people = {
            name: f"Person {_code(f'{salt}:person:{name}', taken)}" for name in sorted(set(people))
        }
        self._back = {code: symbol for symbol, code in self.tickers.items()}
        self._person = re.compile(rf"(?<!\w)(?:{_any(self.people)})(?!\w)") if self.people else None

    def hide(self, text: str) -> str:
        """The text with names, tickers and people replaced."""
        if self._person is not None:
            text = self._person.sub(lambda match: self.people[match.group()], text)
        return self._entities.replace(text, self.names, self.tickers)

    def symbol(self, symbol: str) -> str:
        """The ticker that stands for a symbol.

        Raises
        ------
        DataError
            A symbol that is not on the allow-list.
        """
        return self.tickers[self._entities.require(symbol)]

    def reveal(self, ticker: str) -> str:
        """The symbol a ticker stands for.

        Raises
        ------
        DataError
            No such pseudonym.
        """
        if ticker not in self._back:
            raise DataError(f"ticker {ticker!r} is no pseudonym of this run")
        return self._back[ticker]


@cache
def bundled_aliases() -> dict[str, tuple[str, ...]]:
    """Company names by ticker, for the names of the bundled samples and of the readers."""
    raw = tomllib.loads(_ALIASES.read_text(encoding="utf-8"))
    return {symbol: tuple(names) for symbol, names in raw.items()}


def _folded(name: str) -> str:
    """A name without case, as patterns without case see it: they take the Turkish i, with and without its dot, for i."""
    return name.casefold().replace("i\u0307", "i").replace("\u0131", "i")


def _any(names: Iterable[str]) -> str:
    """Longest first, so that a name wins over its own beginning; nothing matches where there is none."""
    ordered = sorted(names, key=lambda name: (-len(name), name))
    return "|".join(re.escape(name) for name in ordered) or r"(?!)"


def _code(key: str, taken: set[str]) -> str:
    """Four consonants out of a hash of the key, other than those taken, to which it is added."""
    for attempt in range(1_000):
        digest = hashlib.sha256(f"{key}:{attempt}".encode()).digest()
        code = "".join(_LETTERS[byte % len(_LETTERS)] for byte in digest[:4])
        if code not in taken:
            taken.add(code)
            return code
    raise ConfigError(f"pseudonyms: no free name among {len(taken)}")
