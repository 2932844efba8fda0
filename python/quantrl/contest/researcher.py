"""A researcher of ContestTrade as an agent of any contest: it reads, looks things up, and holds what its signals say.

The rules and the word list answer for it: no language model is used. It remembers nothing, so it decides the same in a
contest, in a daemon and after a restart. In ContestTrade researchers also have readers that compete, judges, a record of
their own and models that answer.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

from quantrl.agent import AgentSpec, Decision, Evidence
from quantrl.contest.clock import Clock
from quantrl.contest.data_team.agent import DataAgent
from quantrl.contest.data_team.factor import write_factors
from quantrl.contest.desk import RulesDesk
from quantrl.contest.documents.store import DocumentStore
from quantrl.contest.entities import Entities
from quantrl.contest.mandate import Mandate
from quantrl.contest.portfolio import belief_of, raw_weights
from quantrl.contest.research_team.agent import ResearchAgent, research
from quantrl.contest.research_team.limits import ResearchLimits
from quantrl.contest.research_team.work import SignalWork
from quantrl.contest.sources import load_documents
from quantrl.contest.sources._rows import SUFFIXES
from quantrl.contest.types import Document
from quantrl.contest.view import ContestView
from quantrl.errors import ConfigError
from quantrl.units import NS_PER_DAY

if TYPE_CHECKING:
    from quantrl.data import View

SPEC = AgentSpec(
    id="contest/researcher",
    kind="researcher",
    params={"belief": "news_momentum", "documents": "fomc", "max_name": 0.25, "days": 0},
    summary="Reads texts and prices and gives signals with evidence out of a belief; rules answer, no language model.",
    reference="arXiv 2508.00554",
)
_READER, _SHOWN, _MOST_DAYS = "reader", 120, 3_660
_NOW = 1
"""The day of `Clock.of_moment` on which is decided."""


@final
class PlainResearcher:
    """A researcher with a reader of its own.

    Parameters
    ----------
    belief : str
        A bundled one, see `quantrl.contest.research_team.beliefs`.
    documents : DocumentStore
        What it may read. A text that names no instrument, and bears no symbol, is about all of them.
    max_name : float
        Most of one name, as a fraction of equity.
    days : int
        How long a text is read, in days; 0 reads what came since the bar before.

    Raises
    ------
    ConfigError
        An unknown belief, a limit outside (0, 1], or days out of 0 to 3,660.
    """

    def __init__(self, belief: str, documents: DocumentStore, max_name: float = 0.25, days: int = 0) -> None:
        if not 0 <= days <= _MOST_DAYS:
            raise ConfigError(f"days: expected 0 to {_MOST_DAYS}, got {days}")
        self._days = days
        self._team = [ResearchAgent.of(belief)]
        self._readers = [DataAgent(_READER, preference="off")]
        self._mandate = Mandate(max_name=max_name)
        self._documents, self._desk, self._limits = documents, RulesDesk(), ResearchLimits()
        self._known: tuple[Entities, DocumentStore] | None = None

    def decide(self, view: View) -> Decision:
        """Its signals at the end of the newest bar: buys in equal parts, everything else closed."""
        if not view.n:
            return Decision.cash(view.n_instruments)
        work = self.research(view)
        weights, _ = self._mandate.apply(raw_weights(work.signals, view.instruments))
        return Decision(weights, belief_of(work.signals), _evidence(work))

    def research(self, view: View) -> SignalWork:
        """Everything it did at ``view.now``: plan, look-ups, signals or why there are none.

        Raises
        ------
        LookAheadError
            Something later would be read.
        """
        clock = Clock.of_moment(self._after(view), view.now)
        universe, documents = self._for(view.instruments)
        seen = documents.as_of(view.now)
        factors, _ = write_factors(self._readers, _NOW, clock, seen, universe, self._desk)
        told = ContestView(view, seen, [work.factor for work in factors])
        (work,) = research(self._team, _NOW, told, universe, self._desk, self._limits, {}, clock=clock)
        return work

    def snapshot(self) -> bytes:
        """Nothing: every decision follows from the view and the documents."""
        return b""

    def restore(self, state: bytes, now: int, n_instruments: int) -> None:
        """Go on."""

    def _after(self, view: View) -> int:
        """The time up to which texts are old."""
        if self._days:
            return view.now - self._days * NS_PER_DAY
        return int(view.time[-2]) if view.n > 1 else view.now - NS_PER_DAY

    def _for(self, symbols: tuple[str, ...]) -> tuple[Entities, DocumentStore]:
        """Names and texts for these instruments, made once."""
        if self._known is None or self._known[0].symbols != symbols:
            universe = Entities.known(symbols)
            self._known = universe, self._documents.mapped(partial(_about, universe))
        return self._known


def build(**params: Any) -> PlainResearcher:
    """The agent.

    Parameters
    ----------
    **params
        `belief`; `documents`, a source that needs neither prices nor a path, such as ``fomc``, or a file of texts with the
        columns of `quantrl.contest.sources.frame`, from the working directory; `max_name`; `days`.

    Raises
    ------
    ConfigError
        An unknown belief or source.
    DataError
        A file that cannot be used.
    """
    chosen = {**SPEC.params, **params}
    named = chosen["documents"]
    is_file = Path(named).suffix.lower() in SUFFIXES
    documents = load_documents({"source": "frame", "path": named} if is_file else named)
    return PlainResearcher(chosen["belief"], documents, chosen["max_name"], chosen["days"])


def _about(universe: Entities, document: Document) -> Document:
    """The same text; one that names nobody bears every symbol."""
    if document.symbols or universe.find(f"{document.title}\n{document.text}"):
        return document
    return replace(document, symbols=universe.symbols)


def _evidence(work: SignalWork) -> tuple[Evidence, ...]:
    """What each signal cites, in the words of every other agent."""
    return tuple(
        Evidence(
            work.cited[item.ref].kind,
            f"{one.action} {one.symbol}",
            one.probability / 100.0,
            _short(item.claim),
        )
        for one in work.signals
        for item in one.evidence
    )


def _short(claim: str) -> str:
    text = " ".join(claim.split())
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
