"""Caps on money, tokens, calls and seconds, for a run, each of its days, and each agent of a day."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Literal

from quantrl.contest.llm.prices import PICO
from quantrl.contest.llm.protocol import Request
from quantrl.contest.llm.spend import Spend
from quantrl.errors import BudgetExceeded, ConfigError
from quantrl.typing import JsonObject

Scope = Literal["run", "day", "agent"]
Account = tuple[str, ...]
_NOTHING = Spend()


@dataclass(frozen=True)
class Budget:
    """Five caps; None = none. A cap may be reached, never passed.

    Raises
    ------
    ConfigError
        A negative cap, or one that is not finite.
    """

    usd: float | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    calls: int | None = None
    seconds: float | None = None

    def __post_init__(self) -> None:
        for field in fields(self):
            cap = getattr(self, field.name)
            if cap is not None and not (math.isfinite(cap) and cap >= 0):
                raise ConfigError(f"budget: {field.name}: expected a finite cap of 0 or more, got {cap}")


@dataclass(frozen=True)
class Cut:
    """A call that was not sent, and the cap that forbade it; or ``error``, where a model gave no answer."""

    day: str
    agent: str
    task: str
    index: int
    scope: Scope
    cap: str


class Budgets:
    """What a run, its days and their agents may spend, and have spent.

    Parameters
    ----------
    run, day, agent : Budget
        Caps of the whole run, of each day, and of each agent on each day; a call must fit all three.
    strict : bool
        Raise at the first call that does not fit, instead of leaving its agent out of the day.

    Attributes
    ----------
    cuts : list of Cut
        Calls not sent, in order.

    Notes
    -----
    A reservation counts against what is settled and what is reserved before it in the same wave, so the order of
    answers decides nothing. If no call uses more than its reservation, no cap is ever passed, but for seconds: there
    a call is cut off when its time is up.
    """

    def __init__(
        self,
        run: Budget | None = None,
        day: Budget | None = None,
        agent: Budget | None = None,
        *,
        strict: bool = False,
    ) -> None:
        self.caps: dict[Scope, Budget] = {
            "run": run or Budget(),
            "day": day or Budget(),
            "agent": agent or Budget(),
        }
        self._capped = {scope for scope, cap in self.caps.items() if cap != Budget()}
        self.strict = strict
        self.cuts: list[Cut] = []
        self._spent: dict[Account, Spend] = {}
        self._held: dict[Account, Spend] = {}
        self._out: set[tuple[str, str]] = set()

    @property
    def partial(self) -> bool:
        """Whether any call was left out."""
        return bool(self.cuts)

    @property
    def needs_price(self) -> bool:
        """Whether any cap is in USD."""
        return any(cap.usd is not None for cap in self.caps.values())

    def partial_days(self) -> tuple[str, ...]:
        """Days on which a call was left out."""
        return tuple(sorted({cut.day for cut in self.cuts}))

    def is_out(self, day: str, agent: str) -> bool:
        """Whether an agent has had a call cut that day, and so sends no more."""
        return (day, agent) in self._out

    def spent(self, day: str | None = None, agent: str | None = None) -> Spend:
        """Settled so far: by the run, a day, or an agent on a day."""
        account = ("run",) if day is None else ("day", day) if agent is None else ("agent", day, agent)
        return self._spent.get(account, Spend())

    def reserve(self, request: Request, want: Spend) -> Cut | None:
        """Set `want` aside, or say which cap forbids it.

        Raises
        ------
        BudgetExceeded
            It does not fit, and `strict` is set.
        """
        capped = [each for each in _accounts(request.day, request.agent) if each[0] in self._capped]
        for scope, account in capped:
            known = self._spent.get(account, _NOTHING)
            after = known + self._held.get(account, _NOTHING) + want
            name = _passed(self.caps[scope], known, after)
            if name:
                return self.cut(request, scope, name)
        for _, account in capped:
            self._held[account] = self._held.get(account, _NOTHING) + want
        return None

    def cut(self, request: Request, scope: Scope, cap: str) -> Cut:
        """Leave a call, and with it the agent's day, out.

        Raises
        ------
        BudgetExceeded
            `strict` is set.
        """
        day, agent, task, index, _ = request.place
        cut = Cut(day, agent, task, index, scope, cap)
        self.cuts.append(cut)
        self._out.add((day, agent))
        if self.strict:
            raise BudgetExceeded(
                f"budget: {cap} of the {scope} does not allow call {index} of {task} by {agent!r} on {day}"
            )
        return cut

    def mark_failed(self, request: Request) -> None:
        """A call that found no answer: the day is partial, and its agent is out for the day."""
        day, agent, task, index, _ = request.place
        self.cuts.append(Cut(day, agent, task, index, "agent", "error"))
        self._out.add((day, agent))

    def settle(self, request: Request, want: Spend, used: Spend) -> None:
        """Replace a reservation by what was used."""
        for scope, account in _accounts(request.day, request.agent):
            if scope in self._capped:
                self._held[account] = self._held[account] - want
            self._spent[account] = self._spent.get(account, _NOTHING) + used

    def add_seconds(self, who: Iterable[tuple[str, str]], seconds: float) -> None:
        """Charge the time of a round to everyone (day, agent) who had a call in it, once an account."""
        for account in sorted({account for day, agent in who for _, account in _accounts(day, agent)}):
            self._spent[account] = self._spent.get(account, Spend()) + Spend(seconds=seconds)

    def seconds_left(self, day: str, agent: str) -> tuple[float, Scope]:
        """Time until the first cap in seconds, and whose it is; infinite where there is none."""
        left = [
            (cap - self._spent.get(account, Spend()).seconds, scope)
            for scope, account in _accounts(day, agent)
            if (cap := self.caps[scope].seconds) is not None
        ]
        return min(left, default=(math.inf, "run"))

    def state(self) -> JsonObject:
        """Everything settled, as plain values: what `restore` needs between two days.

        Its ``seconds`` are wall time: they belong in no digest.
        """
        spends = [self._spent[account] for account in sorted(self._spent)]
        return {
            "accounts": [list(account) for account in sorted(self._spent)],
            "spent": [[each.pico, each.input_tokens, each.output_tokens, each.calls] for each in spends],
            "seconds": [each.seconds for each in spends],
            "cuts": [list(vars(cut).values()) for cut in self.cuts],
        }

    def restore(self, state: JsonObject) -> None:
        """Go on where `state` was taken."""
        rows = zip(state["accounts"], state["spent"], state["seconds"], strict=True)
        self._spent = {
            tuple(account): Spend(*counts) + Spend(seconds=seconds) for account, counts, seconds in rows
        }
        self.cuts = [Cut(*values) for values in state["cuts"]]
        self._out = {(cut.day, cut.agent) for cut in self.cuts}
        self._held = {}


def _accounts(day: str, agent: str) -> tuple[tuple[Scope, Account], ...]:
    return (("run", ("run",)), ("day", ("day", day)), ("agent", ("agent", day, agent)))


def _passed(cap: Budget, known: Spend, after: Spend) -> str | None:
    """The first cap that would be passed."""
    if cap.seconds is not None and known.seconds >= cap.seconds:
        return "seconds"
    limits = (
        ("usd", None if cap.usd is None else math.floor(cap.usd * PICO), after.pico),
        ("input_tokens", cap.input_tokens, after.input_tokens),
        ("output_tokens", cap.output_tokens, after.output_tokens),
        ("calls", cap.calls, after.calls),
    )
    return next((name for name, limit, value in limits if limit is not None and value > limit), None)
