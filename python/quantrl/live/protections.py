"""Locks that trading itself brings about: after an exit, after losses in a row, after a drawdown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from quantrl.errors import ConfigError
from quantrl.live.digests import Plain
from quantrl.live.locks import Lock
from quantrl.live.vocabulary import BOTH, BP, Scope


@dataclass(frozen=True)
class ProtectionRules:
    """When to lock, and how long; 0 turns a rule off.

    Parameters
    ----------
    cool_down_ns : int
        Agent and instrument rest this long after a position is closed.
    losing_closes, losing_window_ns, losing_lock_ns : int
        So many losing closes of one agent in one instrument within the window lock that pair.
    drawdown_bp, drawdown_lock_ns : int
        An agent that lost more than this from its peak is locked.
    """

    cool_down_ns: int = 0
    losing_closes: int = 0
    losing_window_ns: int = 0
    losing_lock_ns: int = 0
    drawdown_bp: int = 0
    drawdown_lock_ns: int = 0

    @property
    def follow_trades(self) -> bool:
        """Whether a rule is about closes."""
        return bool(self.cool_down_ns or self.losing_closes)

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if isinstance(value, bool) or not isinstance(value, int) or value < 0:
                raise ConfigError(f"protections.{name}: expected a whole number >= 0, got {value!r}")
        if self.losing_closes and not (self.losing_window_ns and self.losing_lock_ns):
            raise ConfigError(
                "protections.losing_window_ns, losing_lock_ns: expected both beside losing_closes"
            )
        if self.drawdown_bp and not self.drawdown_lock_ns:
            raise ConfigError("protections.drawdown_lock_ns: expected beside drawdown_bp")


class Protections:
    """What each agent's trades came to since it was last flat, and its peak.

    `traded` and `valued` apply and return the locks that follow; run them on a copy to decide, and once more to evolve.
    """

    def __init__(self, rules: ProtectionRules) -> None:
        self.rules = rules
        self._open: dict[tuple[int, int], tuple[int, int]] = {}
        self._losses: dict[tuple[int, int], tuple[int, ...]] = {}
        self._peaks: dict[int, int] = {}

    def traded(
        self, agent: int, inst: int, lots: int, px: int, tv: int, fee: int, ts: int
    ) -> tuple[Lock, ...]:
        """Signed lots of one agent at a price; a flip closes first, and the fee counts to what it closes."""
        held, flow = self._open.get((agent, inst), (0, 0))
        closing = max(-abs(held), min(abs(held), lots)) if held * lots < 0 else 0
        flow -= closing * px * tv + fee
        if closing == 0 or held + closing:
            self._open[agent, inst] = (held + lots, flow - (lots - closing) * px * tv)
            return ()
        rest = lots - closing
        self._open.pop((agent, inst))
        if rest:
            self._open[agent, inst] = (rest, -rest * px * tv)
        return self._closed(agent, inst, flow, ts)

    def valued(self, agent: int, equity: int, ts: int, moved: int = 0) -> tuple[Lock, ...]:
        """An agent's equity at a mark; `moved` is capital it got or gave since the last, which is neither gain nor loss."""
        peak = max(self._peaks.get(agent, equity) + moved, equity)
        self._peaks[agent] = peak
        rules = self.rules
        if not rules.drawdown_bp or (peak - equity) * BP <= peak * rules.drawdown_bp:
            return ()
        return (Lock(Scope.AGENT, str(agent), BOTH, "drawdown", ts + rules.drawdown_lock_ns),)

    def _closed(self, agent: int, inst: int, gain: int, ts: int) -> tuple[Lock, ...]:
        rules, key, locks = self.rules, f"{agent}:{inst}", []
        if rules.cool_down_ns:
            locks.append(Lock(Scope.AGENT_INSTRUMENT, key, BOTH, "cool_down", ts + rules.cool_down_ns))
        if rules.losing_closes and gain < 0:
            recent = (*self._losses.get((agent, inst), ()), ts)
            recent = tuple(at for at in recent if at > ts - rules.losing_window_ns)[-rules.losing_closes :]
            self._losses[agent, inst] = recent
            if len(recent) >= rules.losing_closes:
                until = ts + rules.losing_lock_ns
                locks.append(Lock(Scope.AGENT_INSTRUMENT, key, BOTH, "losing_closes", until))
        longest: dict[int, Lock] = {lock.until: lock for lock in locks}
        return (longest[max(longest)],) if longest else ()

    def to_plain(self) -> Plain:
        """Everything but the rules, sorted."""
        return (
            tuple((*key, *value) for key, value in sorted(self._open.items())),
            tuple((*key, value) for key, value in sorted(self._losses.items())),
            tuple(sorted(self._peaks.items())),
        )

    @classmethod
    def from_plain(cls, rules: ProtectionRules, plain: Any) -> Protections:
        """Protections from `to_plain`."""
        made = cls(rules)
        made._open = {(agent, inst): (held, flow) for agent, inst, held, flow in plain[0]}
        made._losses = {(agent, inst): tuple(times) for agent, inst, times in plain[1]}
        made._peaks = dict(plain[2])
        return made
