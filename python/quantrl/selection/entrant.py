"""Who takes part in a contest."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from quantrl import registry
from quantrl.agent import Agent, AgentSpec
from quantrl.config import AgentConfig
from quantrl.errors import ConfigError
from quantrl.selection.recorded import PREFIX, RecordedReturns, is_recorded, read_recorded


@dataclass(frozen=True)
class Entrant:
    """An agent with its name in the ledger.

    Parameters
    ----------
    label : str
        Name in the ledger and the report.
    agent : Agent
    id : str
        Registry id; empty for an agent handed in as an object.
    kind : str
        ``rule``, ``rl``, ``llm``.
    params : dict
        What it was built with, defaults included.
    summary : str
        One sentence.
    """

    label: str
    agent: Agent
    id: str = ""
    kind: str = "rule"
    params: dict[str, Any] = field(default_factory=dict)
    summary: str = ""

    @staticmethod
    def from_config(config: AgentConfig, *, seed: int, stream: int) -> Entrant:
        """A registered agent with the parameters of a config.

        Raises
        ------
        ConfigError
            Unknown agent or parameter.
        """
        if is_recorded(config.id):
            return Entrant.recorded(config)
        agent = registry.build_agent(config.id, config.params, seed=seed, stream=stream)
        spec = registry.agent_spec(config.id)
        return Entrant(
            config.label, agent, spec.id, spec.kind, {**spec.params, **config.params}, spec.summary
        )

    @staticmethod
    def recorded(config: AgentConfig) -> Entrant:
        """The net returns of a run, ``recorded:RUN``; `params` may name the ``column``.

        Raises
        ------
        ConfigError, DataError, RunError
            An unknown parameter, no such run, or returns that cannot be used.
        """
        params = dict(config.params)
        column = params.pop("column", "")
        if params or not isinstance(column, str):
            raise ConfigError(
                f"agent {config.id}: expected no parameter but column, a text; got {config.params}"
            )
        return Entrant.of(
            (config.label, read_recorded(config.id.removeprefix(PREFIX), column=column)), seed=0, stream=0
        )

    @staticmethod
    def of(item: Any, *, seed: int, stream: int) -> Entrant:
        """From a registry id, an `AgentConfig`, an agent, a (label, agent) pair, or an `Entrant`.

        Raises
        ------
        ConfigError
            None of these.
        """
        if isinstance(item, Entrant):
            return item
        if isinstance(item, str):
            item = AgentConfig(id=item)
        if isinstance(item, AgentConfig):
            return Entrant.from_config(item, seed=seed, stream=stream)
        label, agent = item if isinstance(item, tuple) and len(item) == 2 else (None, item)
        if isinstance(agent, type):
            raise ConfigError(
                f"agents[{stream}]: expected an agent, got the class {agent.__name__}; make one of it"
            )
        if not isinstance(agent, Agent):
            raise ConfigError(
                f"agents[{stream}]: expected an agent or a registry id, got {type(item).__name__}"
            )
        spec = getattr(agent, "SPEC", None)
        if isinstance(spec, AgentSpec):
            return Entrant(label or spec.id, agent, spec.id, spec.kind, dict(spec.params), spec.summary)
        return Entrant(label or type(agent).__name__, agent)


def entrants(items: Iterable[Any], *, seed: int, sleeves: bool = False) -> tuple[Entrant, ...]:
    """Everyone who takes part; the stream of an agent's random numbers is its place.

    Recorded returns take part only where there are `sleeves` for their capital.

    Raises
    ------
    ConfigError
        Nobody, two of one name, or recorded returns without sleeves.
    """
    found = tuple(Entrant.of(item, seed=seed, stream=i) for i, item in enumerate(items))
    if not found:
        raise ConfigError("agents: expected at least one")
    kept = next((entrant.label for entrant in found if isinstance(entrant.agent, RecordedReturns)), None)
    if kept is not None and not sleeves:
        raise ConfigError(
            f"agents: {kept!r}: recorded returns take part in a contest of bars without documents only"
        )
    labels = [entrant.label for entrant in found]
    twice = next((label for i, label in enumerate(labels) if label in labels[:i]), None)
    if twice is not None:
        raise ConfigError(f"agents: {twice!r} is entered twice; give one another name")
    return found
