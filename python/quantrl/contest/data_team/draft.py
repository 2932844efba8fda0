"""A factor while it is written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from quantrl.contest.data_team.agent import DataAgent
from quantrl.contest.data_team.asking import Tally
from quantrl.contest.data_team.batches import Batch
from quantrl.contest.data_team.preference import NONE, Preference
from quantrl.contest.types import Document, FactorLine


@dataclass
class Draft:
    """What has become of one agent's documents so far.

    Attributes
    ----------
    documents : sequence of Document
        Of the day, oldest first.
    batches : list of Batch
        As they are read.
    unread, dropped, cut : int
        Documents without a place in any request; lines without a text or a known id; lines past a limit.
    parts : list of list of FactorLine
        One for each batch.
    """

    agent: DataAgent
    documents: Sequence[Document]
    tally: Tally = field(default_factory=Tally)
    preference: Preference = NONE
    batches: list[Batch] = field(default_factory=list)
    unread: int = 0
    dropped: int = 0
    cut: int = 0
    parts: list[list[FactorLine]] = field(default_factory=list)

    @property
    def lines(self) -> list[FactorLine]:
        """All of them, in order of the batches."""
        return [line for part in self.parts for line in part]

    @property
    def kept(self) -> tuple[str, ...]:
        """Ids of the documents that were read."""
        return tuple(document.id for batch in self.batches for document in batch.documents)


def at_work(drafts: Iterable[Draft]) -> list[Draft]:
    """Those whose agent has not abstained."""
    return [draft for draft in drafts if draft.tally.abstained is None]
