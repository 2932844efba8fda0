"""What may not trade for a while, and why."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from quantrl.errors import LiveError
from quantrl.live.digests import Plain
from quantrl.live.vocabulary import BOTH, I64_MAX, Scope

FOREVER = I64_MAX


class Lock(NamedTuple):
    """Orders of `side` (0 = both) in a scope are refused until a time, ns UTC; until 0 releases.

    `key` is "" for the account, "3" for agent or instrument 3, "3:7" for agent 3 in instrument 7.
    """

    scope: int
    key: str
    side: int
    reason: str
    until: int


class Locks:
    """The locks in force, one per scope, key and side."""

    def __init__(self, locks: Iterable[Lock] = ()) -> None:
        self._locks: dict[tuple[int, str, int], Lock] = {}
        for lock in locks:
            self.put(lock)

    def wanted(self, lock: Lock) -> bool:
        """Whether a lock holds something that no lock in force holds as long; False: leave it out."""
        held = self._locks.get(lock[:3])
        return held is None or held.until < lock.until

    def put(self, lock: Lock) -> None:
        """Apply a lock or a release; it takes the place of the one with its scope, key and side.

        Raises
        ------
        LiveError
            A scope, key, side or time that is none.
        """
        _check(lock)
        if lock.until:
            self._locks[lock[:3]] = lock
        else:
            self._locks.pop(lock[:3], None)

    def held(self, scope: int, key: str, side: int) -> Lock | None:
        """The lock of exactly this scope, key and side, ended or not."""
        return self._locks.get((scope, key, side))

    def blocking(self, side: int, now: int, *, agent: int = -1, inst: int = -1) -> Lock | None:
        """The lock that refuses an order, the one that ends last; at its end it refuses no more.

        Parameters
        ----------
        agent, inst : int
            -1: not of one agent, not in one instrument.
        """
        keys = [(Scope.ACCOUNT, "")]
        if agent >= 0:
            keys.append((Scope.AGENT, str(agent)))
        if inst >= 0:
            keys.append((Scope.INSTRUMENT, str(inst)))
        if agent >= 0 and inst >= 0:
            keys.append((Scope.AGENT_INSTRUMENT, f"{agent}:{inst}"))
        found = (self._locks.get((scope, key, held)) for scope, key in keys for held in (side, BOTH))
        return max(
            (lock for lock in found if lock and lock.until > now), key=lambda lock: lock.until, default=None
        )

    def in_force(self, now: int) -> tuple[Lock, ...]:
        """Every lock that has not ended, in order of scope, key and side."""
        return tuple(self._locks[place] for place in sorted(self._locks) if self._locks[place].until > now)

    def to_plain(self) -> Plain:
        """Every lock, in order of scope, key and side."""
        return tuple(tuple(self._locks[place]) for place in sorted(self._locks))

    @classmethod
    def from_plain(cls, plain: Any) -> Locks:
        """Locks from `to_plain`."""
        return cls(Lock(*lock) for lock in plain)


def _check(lock: Lock) -> None:
    if lock.scope not in set(Scope) or lock.side not in (-1, 0, 1) or not 0 <= lock.until <= FOREVER:
        raise LiveError(f"lock: expected scope 0-3, side -1, 0 or 1 and until >= 0, got {tuple(lock)}")
    n_numbers = {Scope.ACCOUNT: 0, Scope.AGENT_INSTRUMENT: 2}.get(Scope(lock.scope), 1)
    parts = lock.key.split(":") if lock.key else []
    canonical = all(part.isascii() and part.isdigit() and part == str(int(part)) for part in parts)
    if len(parts) != n_numbers or not canonical:
        raise LiveError(f"lock key: expected {n_numbers} numbers joined by ':', got {lock.key!r}")
