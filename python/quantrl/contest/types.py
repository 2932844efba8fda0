"""The nouns of a contest that travel between its rooms. All are frozen; times are int nanoseconds UTC."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from quantrl.errors import DataError

Action = Literal["buy", "sell", "hold"]
RATINGS = (-2, -1, 0, 1, 2)


@dataclass(frozen=True, slots=True)
class Document:
    """One piece of text, and when it could first have been read.

    Parameters
    ----------
    id : str
        16 hexadecimal digits, see `quantrl.contest.documents.clean.document_id`.
    source : str
        Name of the source it came from.
    title : str
        At most 300 characters.
    text : str
        At most 20,000 characters.
    published_at : int
        As the source says.
    available_at : int
        When a reader of this source had it; never before `published_at`.
    symbols : tuple of str
        Instruments it is said to be about; a hint, not a claim.
    url, lang : str
        May be empty. A url is never followed.

    Raises
    ------
    DataError
        Available before it was published.
    """

    id: str
    source: str
    title: str
    text: str
    published_at: int
    available_at: int
    symbols: tuple[str, ...] = ()
    url: str = ""
    lang: str = ""

    def __post_init__(self) -> None:
        if self.available_at < self.published_at:
            raise DataError(
                f"document {self.id} of {self.source!r}: available_at {self.available_at} lies before "
                f"published_at {self.published_at}"
            )


@dataclass(frozen=True, slots=True)
class FactorLine:
    """One statement of a factor, and the ids of the documents it rests on."""

    text: str
    refs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Factor:
    """What a data agent made of the documents of one day; no lines where there were none.

    Parameters
    ----------
    agent : str
    day : int
        Index t of the trading day it was written for, at d(t).
    lines : tuple of FactorLine
        Most important first.
    tokens : int
        Its length l in eqs. 2 to 4 and 7 of arXiv 2508.00554.
    """

    agent: str
    day: int
    lines: tuple[FactorLine, ...]
    tokens: int


@dataclass(frozen=True, slots=True)
class Rating:
    """What a zero-intelligence trader makes of one symbol in one line of a factor.

    Parameters
    ----------
    line : int
        Index into `Factor.lines`.
    symbol : str
    rating : int
        -2 (strongly down) to 2 (strongly up).

    Raises
    ------
    DataError
        A rating outside -2..2.
    """

    line: int
    symbol: str
    rating: int

    def __post_init__(self) -> None:
        if isinstance(self.rating, bool) or self.rating not in RATINGS:
            raise DataError(f"rating of {self.symbol!r}: expected one of -2..2, got {self.rating!r}")


@dataclass(frozen=True, slots=True)
class Evidence:
    """A reason that can be looked up: the id of a document, factor line or tool result, and what it is cited for."""

    ref: str
    claim: str


@dataclass(frozen=True, slots=True)
class Signal:
    """What a researcher wants to do with one symbol.

    Parameters
    ----------
    symbol : str
    action : {'buy', 'sell', 'hold'}
    probability : int
        0..100: that one day's return, net of a round trip, is above 0 in the direction of the action.
    evidence : tuple of Evidence
    limitations : tuple of str
        What speaks against it, in the researcher's own words.

    Raises
    ------
    DataError
        A probability outside 0..100.
    """

    symbol: str
    action: Action
    probability: int
    evidence: tuple[Evidence, ...]
    limitations: tuple[str, ...]

    def __post_init__(self) -> None:
        if isinstance(self.probability, bool) or not 0 <= self.probability <= 100:
            raise DataError(
                f"signal on {self.symbol!r}: expected a probability of 0..100, got {self.probability!r}"
            )
