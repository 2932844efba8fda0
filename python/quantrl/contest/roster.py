"""Who takes part: data agents, researchers with text, and agents without."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from quantrl.config import AgentConfig
from quantrl.contest.config import RESEARCHER, ContestConfig
from quantrl.errors import ConfigError
from quantrl.selection.entrant import Entrant


@dataclass(frozen=True)
class Roster:
    """Everyone of a contest; an agent's id is its place.

    Attributes
    ----------
    labels : tuple of str
        Entrants of the research contest in the order of the config.
    kinds : tuple of str
        Their families: ``llm`` for researchers, else that of the registry.
    researchers : dict of place to researcher
    others : dict of place to Entrant
    data_agents : tuple
    """

    labels: tuple[str, ...]
    kinds: tuple[str, ...]
    researchers: dict[int, Any]
    others: dict[int, Entrant]
    data_agents: tuple[Any, ...]

    @classmethod
    def of(cls, config: ContestConfig, sources: tuple[str, ...]) -> Roster:
        """The agents of a config, freshly built; the stream of an agent's random numbers is its place.

        Raises
        ------
        ConfigError
            Unknown agent, belief, parameter or source.
        """
        researchers: dict[int, Any] = {}
        others: dict[int, Entrant] = {}
        for place, agent in enumerate(config.agents):
            if agent.id == RESEARCHER:
                researchers[place] = _researcher(agent)
            else:
                others[place] = Entrant.from_config(agent, seed=config.seed, stream=place)
        kinds = tuple(others[i].kind if i in others else "llm" for i in range(len(config.agents)))
        labels = tuple(agent.label for agent in config.agents)
        return cls(labels, kinds, researchers, others, _readers(config, sources))

    @property
    def readers(self) -> tuple[str, ...]:
        """Ids of the data agents."""
        return tuple(agent.id for agent in self.data_agents)


def _researcher(agent: AgentConfig) -> Any:
    raise ConfigError(f"agent {agent.id!r}: no researchers yet")


def _readers(config: ContestConfig, sources: tuple[str, ...]) -> tuple[Any, ...]:
    return ()
