"""Each configured agent on an account of its own: run, audited, and tested for look-ahead."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from quantrl.agent import Agent
from quantrl.backtest import Costs, Terms, lookahead_check, run_agent, run_weights
from quantrl.backtest.tearsheet import Account
from quantrl.config import AccountConfig
from quantrl.errors import LookAheadError
from quantrl.registry import build_agent

if TYPE_CHECKING:
    from quantrl.backtest import LookaheadReport, Schedule
    from quantrl.cli.job import Job
    from quantrl.config import AgentConfig

PREFIXES = 4


def of_agents(job: Job, *, lookahead: bool, tell: Callable[[str], None]) -> Iterator[Account]:
    """Accounts one after another, so that what is finished survives an interruption.

    Parameters
    ----------
    job : Job
    lookahead : bool
        Test every agent with a few prefixes of the data.
    tell : callable
        Called with the label of the agent that starts.

    Raises
    ------
    LookAheadError
        An agent's decisions depend on what came later.
    AuditError
        An account does not balance.
    """
    for entry, build in zip(job.config.agents, factories(job), strict=True):
        tell(entry.label)
        result = run_agent(build(), job.panel, keep="full", **_options(job))
        tested = _tested(entry.label, build, job) if lookahead else None
        yield Account(entry.label, result, result.audit(), tested)


def of_weights(job: Job, weights: Schedule) -> Account:
    """The account of a schedule of weights.

    Raises
    ------
    OrderError
        Weights the account cannot hold.
    AuditError
        The account does not balance.
    """
    result = run_weights(job.panel, weights, keep="full", **_options(job))
    return Account(job.config.agents[0].label, result, result.audit(), None)


def factories(job: Job) -> list[Callable[[], Agent]]:
    """A builder of fresh copies for each entrant; its place in the config is its random stream.

    Raises
    ------
    ConfigError
        An unknown agent or parameter: each is built once here.
    """
    builders = [_factory(job, index, entry) for index, entry in enumerate(job.config.agents)]
    for build in builders:
        build()
    return builders


def _factory(job: Job, index: int, entry: AgentConfig) -> Callable[[], Agent]:
    def build() -> Agent:
        return build_agent(entry.id, entry.params, seed=job.config.seed, stream=index)

    return build


def _options(job: Job) -> Any:
    chosen = job.config.backtest
    terms = job.config.terms if isinstance(job.config, AccountConfig) else None
    return {
        "fill": chosen.fill,
        "sizing": chosen.sizing,
        "costs": Costs.from_config(chosen.costs),
        "initial_cash": job.config.initial_cash,
        "terms": Terms.from_section(terms),
    }


def _tested(label: str, build: Callable[[], Agent], job: Job) -> LookaheadReport:
    found = lookahead_check(build, job.panel, prefixes=PREFIXES, seed=job.config.seed)
    try:
        found.raise_if_leaking()
    except LookAheadError as error:
        raise LookAheadError(f"agent {label}: {error}") from None
    return found
