"""What can be read at one time."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Iterable, Iterator

from quantrl.contest.documents.search import rank
from quantrl.contest.types import Document
from quantrl.errors import DataError, LookAheadError
from quantrl.units import NS_PER_DAY, iso_time

MAX_FOUND = 200
MAX_DAYS = 36_600


class DocView:
    """Documents available at `now`, oldest first; it holds no other document, and nothing that leads to one.

    Made by `DocumentStore.as_of`.

    Parameters
    ----------
    now : int
        ns UTC.
    documents : tuple of Document
        In order of `available_at`, then of id.
    """

    __slots__ = ("_by_id", "_documents", "_now", "_times")

    def __init__(self, now: int, documents: tuple[Document, ...]) -> None:
        self._now = now
        self._documents = documents
        self._times = [document.available_at for document in documents]
        self._by_id: dict[str, Document] | None = None

    @property
    def now(self) -> int:
        """Decision time, ns UTC."""
        return self._now

    def __len__(self) -> int:
        return len(self._documents)

    def __iter__(self) -> Iterator[Document]:
        return iter(self._documents)

    def __repr__(self) -> str:
        return f"DocView(now={self._now}, {len(self)} documents)"

    def window(
        self, after: int, until: int | None = None, *, source: str | None = None, symbol: str | None = None
    ) -> tuple[Document, ...]:
        """Documents available in (after, until], oldest first.

        Parameters
        ----------
        after, until : int
            ns UTC; `now` without an `until`. `Clock.window` gives both for a day.
        source, symbol : str, optional
            Only those of this source; only those with this hint.

        Raises
        ------
        LookAheadError
            `until` lies after `now`.
        """
        last = self._now if until is None else until
        if last > self._now:
            raise LookAheadError(
                f"documents until {_when(last)} are asked for; allowed is {_when(self._now)}"
            )
        found = self._documents[bisect_right(self._times, after) : bisect_right(self._times, last)]
        return tuple(
            d
            for d in found
            if (source is None or d.source == source) and (symbol is None or symbol in d.symbols)
        )

    def search(
        self, query: str, symbol: str | None = None, days: int = 30, k: int = 10, *, until: int | None = None
    ) -> tuple[Document, ...]:
        """The k documents of the last days that fit a query best; see `quantrl.contest.documents.search.rank`.

        Parameters
        ----------
        query : str
        symbol : str, optional
            Only documents with this hint.
        days : int
            Calendar days back from `until`, 1 to 36,600.
        k : int
            1 to 200.
        until : int, optional
            ns UTC; `now` by default.

        Raises
        ------
        LookAheadError
            `until` lies after `now`.
        DataError
            `days` or `k` out of range.
        """
        for name, value, limit in (("days", days, MAX_DAYS), ("k", k, MAX_FOUND)):
            if not 1 <= value <= limit:
                raise DataError(f"search: expected {name} from 1 to {limit}, got {value}")
        last = self._now if until is None else until
        return tuple(rank(self.window(last - days * NS_PER_DAY, last, symbol=symbol), query, k))

    def get(self, document_id: str) -> Document:
        """The document with this id.

        Raises
        ------
        LookAheadError
            It is not available at `now`, or does not exist: a view cannot tell which.
        """
        if document_id not in self:
            raise LookAheadError(
                f"document {document_id!r} is not known at {_when(self._now)}: it appears later, or never"
            )
        return self._index()[document_id]

    def __contains__(self, document_id: object) -> bool:
        return document_id in self._index()

    @property
    def sha256(self) -> str:
        """Digest of everything that can be read here."""
        return documents_sha256(self._documents)

    def _index(self) -> dict[str, Document]:
        if self._by_id is None:
            self._by_id = {document.id: document for document in self._documents}
        return self._by_id


def documents_sha256(documents: Iterable[Document]) -> str:
    """Digest over every field of documents, in their order; for the window of one day."""
    digest = hashlib.sha256(b"quantrl.documents.1\n")
    for d in documents:
        row = (d.id, d.source, d.title, d.text, d.published_at, d.available_at, d.symbols, d.url, d.lang)
        digest.update(repr(row).encode() + b"\n")
    return digest.hexdigest()


def _when(ns: int) -> str:
    try:
        return iso_time(ns)
    except OverflowError:
        return str(ns)
