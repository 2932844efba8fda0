"""Who takes part in the research contest, and one question put to all of them alike.

A researcher of the contest, a rule, a trained agent and a file of decisions see the same `ContestView`, answer with a
`Decision`, go through the same mandate, and are filled, charged and scored by the same `selection.Field`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, final

from quantrl.agent import Agent, Decision
from quantrl.agents import recorded
from quantrl.config import AgentConfig
from quantrl.contest.mandate import Clip, Mandate
from quantrl.contest.view import ContestView
from quantrl.errors import ConfigError, ContestError
from quantrl.selection._poll import Poll, ask
from quantrl.selection.entrant import Entrant, entrants
from quantrl.typing import FloatArray

if TYPE_CHECKING:
    from quantrl.data import Panel, View

RESEARCHER = "contest/researcher"


@final
class Researcher:
    """The place of a researcher: what its team made of the day is put here before everyone is asked.

    Parameters
    ----------
    belief : str
        Name of the belief it researches with.
    params : mapping
        The others of its config.
    """

    def __init__(self, belief: str, params: Mapping[str, Any]) -> None:
        self.belief, self.params = belief, dict(params)
        self._today: tuple[int, Decision] | None = None

    def put(self, now: int, decision: Decision) -> None:
        """What it decided at `now`."""
        self._today = (now, decision)

    def decide(self, view: View) -> Decision:
        """What was put here for this moment.

        Raises
        ------
        ContestError
            Nothing was, or it was another moment's.
        """
        if self._today is None or self._today[0] != view.now:
            raise ContestError(f"researcher {self.belief!r}: expected a decision at {view.now}, got none")
        return self._today[1]


@dataclass(frozen=True, eq=False)
class Asked:
    """Answers of A entrants, within the mandate.

    Attributes
    ----------
    poll : Poll
        One that failed, or answered with what cannot be held, is in cash that day.
    clips : tuple of (entrant, Clip)
        What the mandate cut, in order of entrants.
    """

    poll: Poll
    clips: tuple[tuple[int, Clip], ...]


@final
@dataclass(frozen=True)
class Entrants:
    """Everyone in `[[agents]]`, in that order.

    Parameters
    ----------
    members : tuple of Entrant
        Of `quantrl.selection`; the agent of a researcher is a `Researcher`.
    mandate : Mandate
    """

    members: tuple[Entrant, ...]
    mandate: Mandate = field(default_factory=Mandate)

    @staticmethod
    def of(
        items: Iterable[Any],
        *,
        seed: int,
        mandate: Mandate | None = None,
        panel: Panel | None = None,
        fill: str = "next_open",
    ) -> Entrants:
        """From configs, registry ids, agents, or (label, agent) pairs.

        Parameters
        ----------
        items : iterable
            Also ``contest/researcher:<belief>``, or that id with the parameter `belief`.
        seed : int
            The stream of an entrant's random numbers is its place.
        mandate : Mandate, optional
        panel, fill : Panel, str, optional
            Prices at which share orders of `recorded` are converted where its config names none.

        Raises
        ------
        ConfigError
            Nobody, two of one name, an unknown agent or parameter, a researcher without a belief.
        """
        made = [_made(item, panel, fill) for item in items]
        return Entrants(entrants(made, seed=seed), mandate or Mandate())

    @property
    def labels(self) -> tuple[str, ...]:
        """Names, in order."""
        return tuple(member.label for member in self.members)

    @property
    def kinds(self) -> tuple[str, ...]:
        """``researcher``, ``rule``, ``rl``, ``recorded`` ..."""
        return tuple(member.kind for member in self.members)

    @property
    def researchers(self) -> dict[int, Researcher]:
        """Researchers by place."""
        return {
            i: member.agent for i, member in enumerate(self.members) if isinstance(member.agent, Researcher)
        }

    @property
    def flags(self) -> dict[str, tuple[str, ...]]:
        """What a report must say of some of them."""
        found = {member.label: tuple(getattr(member.agent, "flags", ())) for member in self.members}
        return {label: flags for label, flags in found.items() if flags}

    def ask(self, view: ContestView, held: FloatArray, researched: Mapping[int, Decision]) -> Asked:
        """Put one question to all.

        Parameters
        ----------
        view : ContestView
        held : (A, N) float64
            Each entrant's own weights, as `Field.known_holdings` says.
        researched : mapping of place to Decision
            Today's decision of every researcher; one that abstained decides `Decision.cash`.

        Returns
        -------
        Asked
            Errors of an entrant are in `poll.errors`; they change nothing for the others.

        Raises
        ------
        ContestError
            A researcher without a decision.
        """
        for place, researcher in self.researchers.items():
            if place not in researched:
                raise ContestError(f"researched: {self.labels[place]!r} has no decision at {view.now}")
            researcher.put(view.now, researched[place])
        clips: list[tuple[int, Clip]] = []
        limited = [
            replace(member, agent=_Limited(member.agent, self.mandate, clips, i))
            for i, member in enumerate(self.members)
        ]
        poll = ask(limited, view, held)
        poll.weights[poll.failed] = 0.0
        failed = set(poll.failed.nonzero()[0].tolist())
        return Asked(poll, tuple(clip for clip in clips if clip[0] not in failed))


@dataclass(frozen=True)
class _Limited:
    """An agent whose decisions go through the mandate."""

    agent: Agent
    mandate: Mandate
    clips: list[tuple[int, Clip]]
    place: int

    def decide(self, view: View) -> Decision:
        decision = self.agent.decide(view)
        if not isinstance(decision, Decision):
            return decision
        weights, clips = self.mandate.apply(decision.weights, view.held)
        self.clips.extend((self.place, clip) for clip in clips)
        return replace(decision, weights=weights)


def researcher_of(item: AgentConfig) -> Entrant:
    """The entrant of ``contest/researcher:<belief>``.

    Raises
    ------
    ConfigError
        Without a belief.
    """
    _, _, named = item.id.partition(":")
    params = dict(item.params)
    belief = params.pop("belief", "") or named
    if not isinstance(belief, str) or not belief or (named and named != belief):
        raise ConfigError(
            f"agents: expected {RESEARCHER}:<belief>, got {item.id!r} with params {item.params}"
        )
    return Entrant(
        item.name or belief,
        Researcher(belief, params),
        RESEARCHER,
        "researcher",
        {"belief": belief, **params},
        f"A researcher with the belief {belief}.",
    )


def _made(item: Any, panel: Panel | None, fill: str) -> Any:
    """Researchers and files of decisions as entrants; everything else as it came."""
    config = AgentConfig(id=item) if isinstance(item, str) else item
    if not isinstance(config, AgentConfig):
        return item
    if config.id.partition(":")[0] == RESEARCHER:
        return researcher_of(config)
    if config.id == recorded.SPEC.id and panel is not None:
        return _recorded(config, panel, fill)
    return config


def _recorded(config: AgentConfig, panel: Panel, fill: str) -> Any:
    unknown: Sequence[str] = sorted(set(config.params) - set(recorded.SPEC.params))
    if unknown or config.params.get("prices"):
        return config
    params = {"fill": fill, **config.params}
    agent = recorded.build(panel=panel, **params)
    spec = recorded.SPEC
    return Entrant(config.label, agent, spec.id, spec.kind, {**spec.params, **params}, spec.summary)
