"""A trained Sharpe portfolio agent that decides from a `View` alone, by native inference: no torch."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, final

import numpy as np
from numpy.typing import NDArray

from quantrl import _core
from quantrl.agent import AgentSpec, Decision, Evidence
from quantrl.agents.sharpe_portfolio._history import Window, relatives
from quantrl.errors import ConfigError, DataError
from quantrl.typing import FloatArray

if TYPE_CHECKING:
    from quantrl.agents.sharpe_portfolio.model import Member, Model
    from quantrl.data import View

SPEC = AgentSpec(
    id="sharpe_portfolio",
    kind="rl",
    params={"model": "bundled"},
    summary="Tilts an equal-weight portfolio by a network trained for the Sharpe ratio after costs.",
    reference="arXiv 2412.18563, A deep reinforcement learning framework for dynamic portfolio optimization",
)
_SHOWN = 3
_HEAD = struct.Struct("<q?")


@final
@dataclass
class SharpePortfolioAgent:
    """The mean of the target weights of every policy of the newest fold that was already known.

    Before the first policy was known, with too short a history, and while no name has a full window it stays in cash.
    The statistics s are kept from view to view, as the environment keeps them: its own weights and the prices explain
    what was traded and what it cost.

    Parameters
    ----------
    model : Model
        Policies by the time they were known.
    """

    model: Model
    _book: _Book | None = field(default=None, init=False)

    SPEC = SPEC

    @property
    def flags(self) -> tuple[str, ...]:
        """What a report must say: on what, and filled how, the newest policies were trained."""
        rules = self.model.groups[-1][1][0]
        return (
            f"trained on {rules.n_assets} names of another panel, filled at {rules.config.fill}; decides on names that "
            f"have {rules.window} bars without a gap",
        )

    def decide(self, view: View) -> Decision:
        """Target weights every `decision_every` bars, hold in between."""
        n = view.n_instruments
        members = self.model.known_at(view.now)
        if not members or view.n <= members[0].window:
            self._book = None
            return Decision.cash(n)
        rules = members[0]
        book = self._follow(view, rules)
        if view.n % rules.decision_every:
            return Decision.hold(n)
        window = Window.of(view, rules)
        if not window.complete.any() or not rules.fits(int(window.complete.sum()), n):
            return Decision.hold(n) if np.isnan(view.last("close")).all() else Decision.cash(n)
        return book.decide(view, members, window)

    def snapshot(self) -> bytes:
        """What it remembers, for `restore`; empty before its first account."""
        return b"" if self._book is None else self._book.state()

    def restore(self, state: bytes, now: int, n_instruments: int) -> None:
        """Go on where `snapshot` was taken, at the decision at `now`.

        Raises
        ------
        DataError
            Not a state of this model at that time.
        """
        members = self.model.known_at(now)
        if state and not members:
            raise DataError(f"state: expected none, no policy is known at {now}")
        self._book = _Book.of_state(state, members[0], n_instruments) if state else None

    def _follow(self, view: View, rules: Member) -> _Book:
        book = self._book
        if book is None or view.n < book.n or book.rules is not rules:
            kept = book if book is not None and view.n >= book.n and book.rules.same_clock(rules) else None
            book = _Book(rules, view.n, view.n_instruments) if kept is None else kept
            book.rules = rules
            self._book = book
        book.follow(view)
        return book


class _Book:
    """What happened to the agent's account since it began."""

    def __init__(self, rules: Member, n: int, names: int) -> None:
        self.rules, self.n = rules, n
        self.tracker = _core.PortfolioTracker(rules.settings(names))
        self.waiting = False

    def state(self) -> bytes:
        """Bars taken, whether a decision is open, and the statistics."""
        return _HEAD.pack(self.n, self.waiting) + self.tracker.state()

    @staticmethod
    def of_state(state: bytes, rules: Member, names: int) -> _Book:
        """A book from `state`."""
        if len(state) < _HEAD.size:
            raise DataError(f"state: expected at least {_HEAD.size} bytes, got {len(state)}")
        n, waiting = _HEAD.unpack_from(state)
        book = _Book(rules, n, names)
        book.waiting = waiting
        book.tracker.restore(state[_HEAD.size :])
        return book

    def follow(self, view: View) -> None:
        """Take the bars that ended since; weights in between drifted."""
        for bar in range(self.n, view.n):
            before, after = relatives(view, bar, at_open=self.rules.at_open)
            self.tracker.bar(before, after, view.held)
        self.n = view.n

    def decide(self, view: View, members: tuple[Member, ...], window: Window) -> Decision:
        """The mean of what the members want."""
        if self.waiting:
            self.tracker.decided()
        self.waiting = True
        stats = self.tracker.stats()
        held = np.concatenate([[max(1.0 - view.held.sum(), 0.0)], view.held[window.complete]])
        own: NDArray[np.float32] = (held / held.sum()).astype(np.float32)
        log_base = self.rules.log_base(view, window.complete)
        actions = [member.act(window, own, stats) for member in members]
        each = [member.weights(action, log_base) for member, action in zip(members, actions, strict=True)]
        mean: FloatArray = np.mean(each, axis=0)
        weights = np.zeros(view.n_instruments)
        weights[window.complete] = mean[1:]
        base = np.exp(log_base) / np.exp(log_base).sum()
        return Decision(weights, evidence=_evidence(view, window, np.mean(actions, axis=0), base, stats))


def _evidence(
    view: View, window: Window, action: FloatArray, base: FloatArray, stats: NDArray[np.float32]
) -> tuple[Evidence, ...]:
    """Base, the largest tilts either way, and s."""
    names = ["cash", *np.array(view.instruments)[window.complete].tolist()]
    order = np.argsort(-np.abs(action), kind="stable")[:_SHOWN].tolist()
    shown = [Evidence("policy", "tilt", float(action[i]), names[i]) for i in order]
    shown += [Evidence("policy", "base", float(base[i]), names[i]) for i in order]
    labels = ("clock", "mean", "std", "drawdown", "turnover")
    return (
        *shown,
        *(Evidence("state", label, float(value)) for label, value in zip(labels, stats, strict=True)),
    )


def build(model: str = "bundled", **other: Any) -> SharpePortfolioAgent:
    """The agent of a model folder, or of the policies that come with the package.

    Raises
    ------
    ConfigError
        No such folder, or no policy in it.
    DataError
        A policy that was changed or is of another format.
    """
    from quantrl.agents.sharpe_portfolio.model import load_model

    if other:
        raise ConfigError(f"agent sharpe_portfolio: unknown parameter {next(iter(other))!r}")
    return SharpePortfolioAgent(load_model(model))
