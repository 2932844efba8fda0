"""A researcher, and one day of all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from quantrl.contest.clock import Clock
from quantrl.contest.desk import Desk
from quantrl.contest.entities import Entities
from quantrl.contest.fundamentals import Fundamentals
from quantrl.contest.llm.protocol import Request
from quantrl.contest.own_record import OwnRecord
from quantrl.contest.research_team.beliefs import Belief, agent_id, belief
from quantrl.contest.research_team.bench import Bench
from quantrl.contest.research_team.context import Context
from quantrl.contest.research_team.limits import ResearchLimits
from quantrl.contest.research_team.react import Inquiry, Research
from quantrl.contest.research_team.refs import Reference
from quantrl.contest.research_team.signal import Rejected, accept, signal_schema, unknown_names
from quantrl.contest.research_team.work import SignalWork
from quantrl.contest.tools import Scope, find_tools
from quantrl.contest.types import Signal
from quantrl.contest.view import ContestView
from quantrl.errors import ConfigError
from quantrl.typing import JsonObject
from quantrl.units import iso_date


@dataclass(frozen=True)
class ResearchAgent:
    """Who researches.

    Parameters
    ----------
    id : str
        Name in ledgers and reports.
    belief : str
        What a model reads, at most 400 characters.
    params : mapping
        What rules do in its place, see `quantrl.contest.analysts.rules._belief.Rule`.

    Raises
    ------
    ConfigError
        An empty or longer belief, or an unknown parameter.
    """

    id: str
    belief: str
    params: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        Belief(self.id, self.belief, self.params)

    @staticmethod
    def of(held: Belief | str, id: str | None = None) -> ResearchAgent:
        """Whoever holds a belief, a bundled one by its name.

        Raises
        ------
        ConfigError
            An unknown name.
        """
        held = belief(held) if isinstance(held, str) else held
        return ResearchAgent(id or agent_id(held), held.text, held.rule)


def research(
    agents: Sequence[ResearchAgent],
    t: int,
    view: ContestView,
    universe: Entities,
    desk: Desk,
    limits: ResearchLimits,
    records: Mapping[str, OwnRecord],
    *,
    clock: Clock,
    fundamentals: Fundamentals | None = None,
    deep: bool = True,
) -> list[SignalWork]:
    """Signals of all researchers for day t, in the order of `agents`; each turn is taken by all together.

    Parameters
    ----------
    agents : sequence of ResearchAgent
    t : int
    view : ContestView
        Of d(t), with the chosen factors.
    universe : Entities
        Symbols that may be traded, and the names they go by.
    desk : Desk
    limits : ResearchLimits
    records : mapping of agent to OwnRecord
        What has matured of each agent's signals; agents not named have none.
    clock : Clock
        Says when d(t) is: tools reach no further.
    fundamentals : Fundamentals, optional
        Filed figures.
    deep : bool
        False: no plan and no look-ups, one call from the factors and the table of the universe, and only lines of factors
        can be cited. The ablation "no deep research".

    Raises
    ------
    LookAheadError
        A view, factor, document or own signal of a later time than d(t).
    ConfigError
        Two agents of one id, or an unknown tool.
    DataError
        An empty universe, or a view of an earlier time.
    LLMError, BudgetExceeded, ReplayMiss
        As `Desk.ask`.
    """
    ids = [agent.id for agent in agents]
    if len(set(ids)) < len(ids):
        raise ConfigError(f"agents: expected distinct ids, got {', '.join(ids)}")
    now = clock.d(t)
    context = Context.at(t, clock, view, universe, limits)
    tools = find_tools(limits.tools)
    figures = fundamentals.as_of(now) if fundamentals is not None else None
    inquiries = []
    for agent in agents:
        own = records.get(agent.id, OwnRecord())
        scope = Scope(view, universe, own, context.lines, figures)
        bench = Bench(tools, scope, now=now, limit=limits.result_tokens)
        inquiries.append(Inquiry(agent.id, agent.belief, agent.params, bench))
    turns = Research(iso_date(now), context.data, context.features, universe.symbols, tools, desk, limits)
    if deep:
        turns.plan(inquiries)
        turns.act(inquiries)
    answers = _signals(turns, context, universe, [one for one in inquiries if one.failed is None])
    return [_work(one, answers.get(one.agent), context, universe, now) for one in inquiries]


def _signals(
    turns: Research, context: Context, universe: Entities, inquiries: Sequence[Inquiry]
) -> dict[str, JsonObject]:
    """Last answers by agent; those with nothing to cite are not asked."""
    citing = {one.agent: list(_references(one, context)) for one in inquiries}
    asked = [one for one in inquiries if citing[one.agent]]
    limits = turns.limits
    bounds = {
        name: getattr(limits, name) for name in ("signals", "evidence", "claim", "limitations", "limitation")
    }
    questions = [
        turns.question(
            "signal",
            one,
            signal_schema(universe.symbols, citing[one.agent], limits),
            limits.signal_tokens,
            {"plan": one.plan, "steps": one.observed()},
            payload={"limits": bounds},
        )
        for one in asked
    ]

    def check(request: Request, answer: Any) -> str | None:
        return unknown_names(answer, universe.symbols, citing[request.agent])

    values = turns.ask(asked, questions, check)
    return {one.agent: value for one, value in zip(asked, values, strict=True) if value is not None}


def _references(one: Inquiry, context: Context) -> dict[str, Reference]:
    return {**context.references, **one.bench.references}


def _work(
    one: Inquiry, answer: JsonObject | None, context: Context, universe: Entities, now: int
) -> SignalWork:
    references = _references(one, context)
    accepted: tuple[Signal, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    abstained, detail = one.failed, one.detail
    if answer is not None:
        accepted, rejected = accept(answer["signals"], references, universe, context.tradable, now)
        if not accepted:
            abstained = "rejected" if rejected else "declined"
            detail = "" if rejected else (answer["abstain_reason"] or "no reason given")
    elif one.failed is None:
        abstained, detail = "nothing_to_cite", "no line of a factor was chosen and nothing was looked up"
    refs = {evidence.ref for signal in accepted for evidence in signal.evidence}
    cited = {reference.ref: reference for reference in references.values() if reference.ref in refs}
    return SignalWork(one.agent, accepted, rejected, abstained, detail, tuple(one.steps), cited, one.spent)
