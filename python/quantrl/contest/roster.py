"""Who takes part: readers of documents, and everyone of the research contest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from quantrl.contest.config import ContestConfig, DataAgentConfig
from quantrl.contest.data_team.agent import DataAgent
from quantrl.contest.entrants import Entrants
from quantrl.contest.mandate import Mandate
from quantrl.contest.presets import Mechanism
from quantrl.contest.research_team.agent import ResearchAgent
from quantrl.errors import ConfigError

if TYPE_CHECKING:
    from quantrl.data import Panel


@dataclass(frozen=True, eq=False)
class Roster:
    """Everyone of a contest; an agent's id is its place.

    Attributes
    ----------
    entrants : Entrants
        Of the research contest, in the order of the config.
    researchers : dict of place to ResearchAgent
        Those of the entrants that write signals.
    data_agents : tuple of DataAgent
    """

    entrants: Entrants
    researchers: dict[int, ResearchAgent]
    data_agents: tuple[DataAgent, ...]

    @classmethod
    def of(cls, config: ContestConfig, panel: Panel, sources: tuple[str, ...]) -> Roster:
        """The agents of a config, freshly built.

        Raises
        ------
        ConfigError
            Unknown agent, belief, parameter or source.
        """
        mechanism = config.mechanism
        mandate = Mandate(max_name=mechanism.max_name or 1.0, gross=mechanism.gross or 1.0)
        entrants = Entrants.of(
            config.agents, seed=config.seed, mandate=mandate, panel=panel, fill=config.backtest.fill
        )
        researchers = {
            place: ResearchAgent.of(one.belief, entrants.labels[place])
            for place, one in entrants.researchers.items()
        }
        return cls(entrants, researchers, _readers(config, mechanism, sources))

    @property
    def labels(self) -> tuple[str, ...]:
        """Entrants of the research contest."""
        return self.entrants.labels

    @property
    def readers(self) -> tuple[str, ...]:
        """Ids of the data agents."""
        return tuple(agent.id for agent in self.data_agents)


def _readers(config: ContestConfig, mechanism: Mechanism, sources: tuple[str, ...]) -> tuple[DataAgent, ...]:
    given = config.data_agents or [DataAgentConfig(id=name, sources=[name]) for name in sources]
    unknown = next(((one.id, name) for one in given for name in one.sources if name not in sources), None)
    if unknown is not None:
        raise ConfigError(
            f"data_agents: {unknown[0]!r} reads {unknown[1]!r}; the documents are of: {', '.join(sources)}"
        )
    preference = mechanism.preference or "learned"
    return tuple(
        DataAgent(one.id, tuple(one.sources), one.preference or preference, one.text) for one in given
    )
