"""Documents cut to their limit and divided, in order of time, among the requests that read them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

from quantrl.contest import tokens
from quantrl.contest.data_team.limits import Limits
from quantrl.contest.types import Document

_TITLE_TOKENS = 12  # what is left of a title where very many are shown
_ID_TOKENS = 12


class Short(NamedTuple):
    """What is read of a document."""

    id: str
    title: str
    text: str
    symbols: tuple[str, ...]
    tokens: int


@dataclass(frozen=True)
class Batch:
    """Documents of one request, oldest first.

    Parameters
    ----------
    documents : tuple of Short
    fits : bool
        They can be read whole; otherwise some are chosen by their titles.
    """

    documents: tuple[Short, ...]
    fits: bool

    def only(self, ids: set[str], most: int) -> Batch:
        """With these documents alone, the first `most` of them."""
        return replace(self, documents=tuple(d for d in self.documents if d.id in ids)[:most], fits=True)


def shorten(document: Document, limit: int) -> Short:
    """At most `limit` tokens of title and text; a text that begins with its title goes on from there."""
    title = tokens.cut(document.title, limit)
    text = document.text[len(title) :].lstrip() if document.text.startswith(title) else document.text
    text = tokens.cut(text, max(limit - tokens.count(title), 0))
    return Short(document.id, title, text, document.symbols, tokens.count(title) + tokens.count(text))


def divide(documents: Sequence[Short], limits: Limits) -> tuple[list[Batch], int]:
    """Batches in order of time, and how many documents not even their titles were read of, the oldest.

    Where the documents fit into `limits.batches` requests they are read whole. Else they are divided evenly, and each
    batch is to be filtered.
    """
    whole = _fill(documents, limits)
    if len(whole) <= limits.batches:
        return [Batch(tuple(batch), fits=True) for batch in whole], 0
    room = limits.batches * (limits.context // (_TITLE_TOKENS + _ID_TOKENS))
    read = documents[max(len(documents) - room, 0) :]
    ends = [len(read) * i // limits.batches for i in range(limits.batches + 1)]
    batches = [
        Batch(part, fits=_fits(part, limits))
        for start, end in pairwise(ends)
        if (part := tuple(read[start:end]))
    ]
    return batches, len(documents) - len(read)


def title_tokens(batch: Batch, limits: Limits) -> int:
    """How much of each title is shown where a batch is filtered, so that all fit the context."""
    return max(limits.context // len(batch.documents) - _ID_TOKENS, 1)


def _fits(documents: Sequence[Short], limits: Limits) -> bool:
    return len(documents) <= limits.per_batch and sum(d.tokens for d in documents) <= limits.context


def _fill(documents: Sequence[Short], limits: Limits) -> list[list[Short]]:
    filled: list[list[Short]] = []
    room = count = 0
    for document in documents:
        if not filled or document.tokens > room or count == limits.per_batch:
            filled.append([])
            room, count = limits.context, 0
        filled[-1].append(document)
        room, count = room - document.tokens, count + 1
    return filled
