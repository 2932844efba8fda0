"""All documents of a run, in the order in which they could be read."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Literal

from quantrl.contest.documents.clean import (
    DELAY_NS,
    MAX_SYMBOLS,
    Record,
    check_source,
    make_document,
    normal_form,
)
from quantrl.contest.documents.view import DocView
from quantrl.contest.entities import Entities
from quantrl.contest.types import Document
from quantrl.errors import ConfigError, DataError

__all__ = ["DocView", "DocumentStore", "Undated"]

Undated = Literal["refuse", "drop"]
MAX_DOCUMENTS = 5_000_000


class DocumentStore:
    """Documents without repeats; agents see them only through `as_of`.

    Of documents with equal words the one available first is kept. The symbol hints of a repeat are added to it, and are
    seen from when the repeat is available on, not before.

    Parameters
    ----------
    documents : iterable of Document
        In any order, repeats included.
    entities : Entities, optional
        Finds the symbols a text names and adds them to its hints; kept for those who read the text.
    undated : int
        Rows that were left out because they bore no date.

    Attributes
    ----------
    entities : Entities or None
    undated, repeats : int
        Rows left out.

    Raises
    ------
    DataError
        One id with two texts, or more than 5 million documents.
    """

    def __init__(
        self, documents: Iterable[Document], *, entities: Entities | None = None, undated: int = 0
    ) -> None:
        self.entities, self.undated = entities, undated
        everything = sorted(documents, key=lambda d: (d.available_at, d.published_at, d.id))
        if len(everything) > MAX_DOCUMENTS:
            raise DataError(f"documents: expected at most {MAX_DOCUMENTS:,}, got {len(everything):,}")
        self._everything = tuple(everything)
        self._documents: list[Document] = []
        self._times: list[int] = []
        self._revisions: list[tuple[int, int, Document]] = []  # when, which, and what it becomes then
        self._newest: list[Document] = []
        self._add_all(entities)
        self._newest = []
        self.repeats = len(everything) - len(self._documents)

    @classmethod
    def from_records(
        cls,
        records: Iterable[Record],
        source: str,
        *,
        delay_ns: int = DELAY_NS,
        undated: Undated = "refuse",
        entities: Entities | None = None,
    ) -> DocumentStore:
        """A store of one source's rows.

        Parameters
        ----------
        records : iterable of Record
        source : str
            Name of the source.
        delay_ns : int
            Added to when a document was published or first seen.
        undated : {'refuse', 'drop'}
            What becomes of a row without a date; dropped ones are counted.
        entities : Entities, optional

        Raises
        ------
        DataError
            A row that cannot be used, or two rows with one id and two texts; names source and row.
        ConfigError
            A negative delay, or another `undated`.
        """
        if undated not in ("refuse", "drop"):
            raise ConfigError(f"undated: expected refuse or drop, got {undated!r}")
        if delay_ns < 0:
            raise ConfigError(f"delay: expected 0 ns or more, got {delay_ns}")
        check_source(source)
        documents: list[Document] = []
        seen: dict[str, tuple[str, int]] = {}
        dropped = 0
        for record in records:
            if record.published_at is None and undated == "drop":
                dropped += 1
                continue
            document = make_document(record, source, delay_ns)
            text, row = seen.setdefault(document.id, (document.text, record.row))
            if text != document.text:
                raise DataError(
                    f"{source}: row {record.row}: has the url, title and time of row {row}, but another text"
                )
            documents.append(document)
        return cls(documents, entities=entities, undated=dropped)

    @classmethod
    def join(cls, *stores: DocumentStore, entities: Entities | None = None) -> DocumentStore:
        """Several stores as one; a document that one source repeats from another stays with the earlier.

        Without `entities` those of the first store that has any are kept.

        Raises
        ------
        DataError
            One id with two texts.
        """
        chosen = entities or next((store.entities for store in stores if store.entities is not None), None)
        everything = (document for store in stores for document in store._everything)
        return cls(everything, entities=chosen, undated=sum(store.undated for store in stores))

    def mapped(
        self, change: Callable[[Document], Document], *, entities: Entities | None = None
    ) -> DocumentStore:
        """A store of what `change` makes of every document, repeats included; with `entities`, of other names.

        Raises
        ------
        DataError
            One id with two texts.
        """
        kept = entities if entities is not None else self.entities
        return DocumentStore(map(change, self._everything), entities=kept, undated=self.undated)

    def as_of(self, t_ns: int) -> DocView:
        """What can be read at `t_ns`. O(documents available by then)."""
        n = bisect_right(self._times, t_ns)
        shown = self._documents[:n]
        for when, index, revised in self._revisions:
            if when > t_ns:
                break
            shown[index] = revised
        return DocView(t_ns, tuple(shown))

    def __len__(self) -> int:
        return len(self._documents)

    def __repr__(self) -> str:
        return f"DocumentStore({len(self)} documents of {', '.join(self.sources) or 'no source'})"

    @property
    def sources(self) -> tuple[str, ...]:
        """Names of the sources, sorted."""
        return tuple(sorted({document.source for document in self._everything}))

    @property
    def span(self) -> tuple[int, int] | None:
        """Times at which the first and the last document become available; None of an empty store."""
        return (self._times[0], self._times[-1]) if self._times else None

    @property
    def sha256(self) -> str:
        """Digest of all documents."""
        return self.as_of(max((d.available_at for d in self._everything), default=0)).sha256

    def _add_all(self, entities: Entities | None) -> None:
        first: dict[str, int] = {}
        by_id: dict[str, Document] = {}
        for document in self._everything:
            twin = by_id.setdefault(document.id, document)
            if (twin.title, twin.text) != (document.title, document.text):
                raise DataError(
                    f"document {document.id}: sources {twin.source!r} and {document.source!r} give it two texts"
                )
            words = normal_form(document.title, document.text)
            index = first.setdefault(words, len(self._documents))
            if index < len(self._documents):
                self._revise(index, document)
                continue
            if entities is not None:
                named = entities.find(f"{document.title}\n{document.text}")
                if not set(named) <= set(document.symbols):
                    document = replace(document, symbols=_united(document.symbols, named))
            self._documents.append(document)
            self._newest.append(document)
            self._times.append(document.available_at)

    def _revise(self, index: int, repeat: Document) -> None:
        before = self._newest[index]
        symbols = _united(before.symbols, repeat.symbols)
        if symbols != before.symbols:
            revised = replace(before, symbols=symbols)
            self._newest[index] = revised
            self._revisions.append((repeat.available_at, index, revised))


def _united(some: tuple[str, ...], more: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*some, *more)))[:MAX_SYMBOLS]
