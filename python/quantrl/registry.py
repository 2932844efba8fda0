"""Lazy discovery: a family is a folder, a member is a module in it, imported only when asked for."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Mapping
from typing import Any

from quantrl.agent import Agent, AgentSpec
from quantrl.errors import ConfigError

BESIDE = {"contest/researcher": "quantrl.contest.researcher"}
"""Agents that are defined with what they are made of, by id; all others are found below ``quantrl.agents``."""


def members(package: str) -> list[str]:
    """Sorted public module names of a package folder, without importing them."""
    paths = importlib.import_module(package).__path__
    return sorted(m.name for m in pkgutil.iter_modules(paths) if not m.name.startswith("_"))


def load(package: str, name: str) -> Any:
    """Import one member of a family.

    Raises
    ------
    ConfigError
        No such member; the message lists the choices.
    """
    choices = members(package)
    if name not in choices:
        family = package.rpartition(".")[2]
        raise ConfigError(f"unknown {family} {name!r}; choose one of: {', '.join(choices)}")
    return importlib.import_module(f"{package}.{name}")


def agent_ids() -> list[str]:
    """Every agent id, sorted: ``rules/<file>``, one per agent folder, and those of `BESIDE`."""
    packages = importlib.import_module("quantrl.agents").__path__
    found: list[str] = [*BESIDE]
    for module in pkgutil.iter_modules(packages):
        if module.name.startswith("_"):
            continue
        if module.name == "rules":
            found += [f"rules/{name}" for name in members("quantrl.agents.rules")]
        else:
            found.append(module.name)
    return sorted(found)


def agent_module(agent_id: str) -> Any:
    """Module that defines an agent: it holds `SPEC` and `build`.

    Raises
    ------
    ConfigError
        Unknown id.
    """
    if agent_id not in agent_ids():
        raise ConfigError(f"unknown agent {agent_id!r}; choose one of: {', '.join(agent_ids())}")
    return importlib.import_module(BESIDE.get(agent_id) or "quantrl.agents." + agent_id.replace("/", "."))


def agent_spec(agent_id: str) -> AgentSpec:
    """The `SPEC` of an agent."""
    spec: AgentSpec = agent_module(agent_id).SPEC
    return spec


def build_agent(
    agent_id: str, params: Mapping[str, Any] | None = None, *, seed: int = 0, stream: int = 0
) -> Agent:
    """A fresh agent.

    Parameters
    ----------
    agent_id : str
        ``rules/momentum``.
    params : mapping
        Overrides of the defaults in `SPEC.params`.
    seed, stream : int
        Key of the agent's random generator; two agents of one contest have different streams.

    Raises
    ------
    ConfigError
        Unknown agent or parameter, or a value the agent refuses.
    """
    module = agent_module(agent_id)
    spec: AgentSpec = module.SPEC
    given = dict(params or {})
    unknown = sorted(set(given) - set(spec.params))
    if unknown:
        known = ", ".join(spec.params) or "none"
        raise ConfigError(f"agent {agent_id}: unknown parameter {unknown[0]!r}; it has: {known}")
    merged = {**spec.params, **given}
    for name, value in given.items():
        default = spec.params[name]
        accepted = (int, float) if isinstance(default, float) else type(default)
        if isinstance(value, bool) != isinstance(default, bool) or not isinstance(value, accepted):
            raise ConfigError(f"agent {agent_id}: {name} expects {type(default).__name__}, got {value!r}")
    keywords: dict[str, Any] = dict(merged)
    if "seed" in inspect.signature(module.build).parameters:
        keywords |= {"seed": seed, "stream": stream}
    agent: Agent = module.build(**keywords)
    return agent
