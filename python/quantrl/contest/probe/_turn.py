"""The same news with praise for blame and blame for praise."""

from __future__ import annotations

from dataclasses import replace

from quantrl.contest.analysts.lexicon import flip
from quantrl.contest.documents.clean import MAX_TEXT, MAX_TITLE
from quantrl.contest.documents.store import DocumentStore
from quantrl.contest.types import Document


def turn(docs: DocumentStore) -> DocumentStore:
    """Every word of praise or blame of the word list replaced by one of the other side; times, names, numbers and ids
    stay."""
    return docs.mapped(_turned)


def _turned(document: Document) -> Document:
    return replace(document, title=flip(document.title)[:MAX_TITLE], text=flip(document.text)[:MAX_TEXT])
