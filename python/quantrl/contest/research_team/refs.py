"""What a signal can cite: lines of factors, documents that were found, results of tools."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from quantrl.contest.types import Document
from quantrl.typing import JsonObject

Kind = Literal["line", "document", "tool"]


@dataclass(frozen=True)
class Reference:
    """One thing that can be cited.

    Parameters
    ----------
    ref : str
        What stands in the record: ``<agent>:<line>`` of a factor of this day, the id of a document, or the id of a tool
        result among the steps of the same researcher and day.
    kind : {'line', 'document', 'tool'}
    title : str
        For reports.
    symbols : tuple of str
        What it is about.
    available_at : int
        When it could first be read, ns UTC.
    """

    ref: str
    kind: Kind
    title: str
    symbols: tuple[str, ...]
    available_at: int

    @staticmethod
    def of_document(document: Document, symbols: tuple[str, ...]) -> Reference:
        """A document that a search has found."""
        return Reference(document.id, "document", document.title, symbols, document.available_at)

    def as_json(self) -> JsonObject:
        """For a record."""
        return {
            "ref": self.ref,
            "kind": self.kind,
            "title": self.title,
            "symbols": list(self.symbols),
            "available_at": self.available_at,
        }

    @staticmethod
    def from_json(raw: JsonObject) -> Reference:
        """From what `as_json` gave."""
        return Reference(raw["ref"], raw["kind"], raw["title"], tuple(raw["symbols"]), raw["available_at"])
