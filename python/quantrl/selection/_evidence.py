"""What an agent says of a past decision when it is asked again on the data of that day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from quantrl.agent import Agent, Decision, Evidence
from quantrl.backtest.settings import Settings
from quantrl.errors import QuantrlError
from quantrl.registry import build_agent
from quantrl.selection._book import Books
from quantrl.selection._past import Past
from quantrl.selection._poll import ask
from quantrl.selection.entrant import Entrant
from quantrl.selection.recorded import is_recorded
from quantrl.selection.timeline import Timeline
from quantrl.typing import JsonObject

if TYPE_CHECKING:
    from quantrl.data import Panel, View


class _Listener:
    """Passes an agent's decisions on; keeps the last one, and the last that gave reasons."""

    def __init__(self, agent: Agent) -> None:
        self.agent = agent
        self.heard: Decision | None = None
        self.evidence: tuple[Evidence, ...] = ()
        self.since = 0

    def decide(self, view: View) -> Decision:
        self.heard = None
        self.heard = self.agent.decide(view)
        if self.heard.evidence:
            self.evidence, self.since = self.heard.evidence, view.now
        return self.heard


@dataclass(frozen=True)
class Recalled:
    """One decision, asked for again.

    Attributes
    ----------
    items : list of dict
        ``kind name value source`` of each piece of evidence; an agent that only kept what it held gave its reasons
        when it last changed its mind.
    since : int
        When it gave them, ns.
    weights : dict
        Target weight by instrument; None = keep what is held.
    note : str
        Why there is nothing, if so.
    """

    items: list[JsonObject]
    weights: dict[str, float | None]
    note: str = ""
    since: int = 0


def recall(past: Past, agent: int, t: int) -> Recalled:
    """Walk a fresh copy of the agent through the data up to a decision, and listen to the last one.

    It decides at every bar with its own account, as it did in the contest, so that agents which remember, or
    look at what they hold, answer as they did.
    """
    identity, params = past.params(agent)
    panel = past.panel()
    if not identity:
        return Recalled([], {}, "none recorded: the agent was handed in as an object")
    if is_recorded(identity):
        return Recalled([], {}, "none recorded: returns of a run, nothing was decided")
    if panel is None:
        return Recalled([], {}, "none recorded: the data of the run cannot be loaded")
    when = int(past.decided[t])
    bar = int(np.searchsorted(panel.time, when))
    if bar >= panel.n_bars or panel.time[bar] != when:
        return Recalled([], {}, "none recorded: the data have changed since")
    try:
        fresh = build_agent(identity, params, seed=past.header["seed"], stream=agent)
        listener = _Listener(fresh)
        _walk(listener, panel, bar, Settings.from_config(past.header["account"]))
    except QuantrlError as error:
        return Recalled([], {}, f"none recorded: {error}")
    if listener.heard is None:
        return Recalled([], {}, "none recorded: the decision failed")
    weights = zip(panel.instruments, listener.heard.weights.tolist(), strict=True)
    items = [
        {"kind": e.kind, "name": e.name, "value": e.value, "source": e.source} for e in listener.evidence
    ]
    target = {name: None if weight != weight else weight for name, weight in weights}
    return Recalled(items, target, "" if items else "none recorded", listener.since)


def _walk(listener: _Listener, panel: Panel, last: int, settings: Settings) -> None:
    from quantrl.backtest.fills import fill_prices

    close, price = panel["close"], np.ascontiguousarray(fill_prices(panel, settings.fill))
    account = Books(1, panel.n_instruments, settings, last + 1)
    entrant, reveal, known = Entrant("", listener), panel.reveal(), Timeline(panel, settings.fill).known
    held = {-1: np.zeros((1, panel.n_instruments))}
    for t in range(last + 1):
        account.arrive(t, close[t], price[t])
        held[t] = account.held()
        poll = ask([entrant], reveal.at(int(panel.time[t])), held[int(known[t])])
        account.decide(t, list(poll.weights), close[t], price[t])
