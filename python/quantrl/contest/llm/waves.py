"""Calls in waves of eight with a barrier: how many run at once changes the speed, and nothing else."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, Literal, TypeVar

from quantrl.contest.llm._call import REASKS, Answer, Call, line_of
from quantrl.contest.llm._courier import TIMEOUT_S, Courier, Failure, Outcome
from quantrl.contest.llm.budget import Budgets, Cut, Scope
from quantrl.contest.llm.entry import KnownCut, Try, read_reply
from quantrl.contest.llm.form import form_of
from quantrl.contest.llm.messages import again
from quantrl.contest.llm.prices import Price, Prices
from quantrl.contest.llm.protocol import LLM, Request
from quantrl.contest.llm.record import MODES, Mode, Record
from quantrl.contest.llm.spend import Spend, reservation, spent, utf8_thirds
from quantrl.errors import ConfigError, LLMError
from quantrl.typing import JsonObject

WAVE = 8
Check = Callable[[Request, Any], str | None]
Count = Callable[[str], int]
T = TypeVar("T")


class Waves:
    """Sends requests in order of (agent, index), eight at a time, within budgets, through a record.

    Parameters
    ----------
    llms : mapping of provider to LLM
        Who answers the requests of which provider; empty suffices for a replay.
    record : Record, optional
    mode : {"off", "record", "replay"}
        ``record`` asks only what is not recorded yet; ``replay`` asks nobody.
    budgets : Budgets, optional
    prices : Prices, optional
        Without it, the list with the local model alone.
    concurrency : int in 1..8
        Calls in flight at once.
    timeout_s : float
        Of one try.
    on_error : {"raise", "abstain"}
        What a model that gives no answer means: the day stays open, or the agent abstains and the day is partial.
    count : callable
        Tokens of a text, for reservations.
    clock, sleep : callable
        Seconds that only rise; a pause.

    Attributes
    ----------
    lines : list of dict
        One for each answer taken, in order: what ``calls.jsonl`` holds.

    Raises
    ------
    ConfigError
        A mode without a record, or a setting out of range.
    """

    def __init__(
        self,
        llms: Mapping[str, LLM],
        *,
        record: Record | None = None,
        mode: Mode = "off",
        budgets: Budgets | None = None,
        prices: Prices | None = None,
        concurrency: int = WAVE,
        timeout_s: float = TIMEOUT_S,
        on_error: Literal["raise", "abstain"] = "raise",
        count: Count = utf8_thirds,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[Any]] = asyncio.sleep,
    ) -> None:
        if mode not in MODES or (mode == "off") != (record is None):
            raise ConfigError(f"mode: expected record or replay with a record, or off without, got {mode!r}")
        if not 1 <= concurrency <= WAVE:
            raise ConfigError(f"concurrency: expected 1 to {WAVE}, got {concurrency}")
        if on_error not in ("raise", "abstain"):
            raise ConfigError(f"on_error: expected raise or abstain, got {on_error!r}")
        self.budgets = budgets or Budgets()
        self.prices = prices or Prices.read()
        self.lines: list[JsonObject] = []
        self._record, self._mode, self._on_error = record, mode, on_error
        self._count, self._clock = count, clock
        self._courier = Courier(
            llms,
            record,
            replaying=mode == "replay",
            keep_failures=on_error == "abstain",
            limits=(concurrency, timeout_s),
            sleep=sleep,
        )
        self._runner: asyncio.Runner | None = None

    def ask(self, requests: Sequence[Request], check: Check | None = None) -> list[Answer]:
        """Answers in the order of `requests`; those without one carry the reason.

        Parameters
        ----------
        requests : sequence of Request
        check : callable, optional
            What is wrong with a reply beyond its schema, or None; the model is told and asked again.

        Raises
        ------
        ConfigError
            A provider nobody answers for, a schema that is not bounded, or a cap in USD without a price; before any
            call.
        LLMError
            A model gave no answer, and `on_error` is ``raise``; the rest of its wave is kept.
        BudgetExceeded
            A call does not fit, and the budgets are strict.
        ReplayMiss, DataError
            The record has no such answer, or a damaged one.
        """
        self._runner = self._runner or asyncio.Runner()
        return _apart(self._runner.run, self.answer(requests, check))

    async def answer(self, requests: Sequence[Request], check: Check | None = None) -> list[Answer]:
        """`ask`, for a caller that has an event loop."""
        self._courier.require(requests)
        calls = [Call(i, request, self._price(request)) for i, request in enumerate(requests)]
        for request in requests:
            form_of(request.schema_text)
        in_order = sorted(calls, key=lambda call: (call.request.agent, call.request.place[3], call.position))
        for start in range(0, len(in_order), WAVE):
            await self._wave(in_order[start : start + WAVE], check)
        return [call.answered for call in calls]

    def _price(self, request: Request) -> Price | None:
        if self.budgets.needs_price:
            return self.prices.require(request.provider, request.model)
        return self.prices.get(request.provider, request.model)

    async def _wave(self, wave: list[Call], check: Check | None) -> None:
        """Rounds until every call of the wave has its answer: tries again and questions again go out together."""
        pending, failures = wave, list[Failure]()
        while pending:
            admitted = [call for call in pending if self._admit(call)]
            outcomes = await self._round(admitted)
            failures += [outcome for outcome in outcomes if isinstance(outcome, Failure)]
            lines = [
                line
                for call, outcome in zip(admitted, outcomes, strict=True)
                for line in self._settle(call, outcome, check)
            ]
            self.lines += lines
            if self._record and self._mode == "record":
                self._record.log(lines)
            pending = [call for call in admitted if call.answer is None]
        if failures:
            raise LLMError(failures[0].message)

    async def _round(self, admitted: list[Call]) -> list[Outcome]:
        start = self._clock()
        try:
            return await self._courier.round(admitted, self._seconds_left)
        except BaseException:
            for call in admitted:
                self.budgets.settle(call.request, call.want, Spend())
            raise
        finally:
            if self._mode != "replay":
                self.budgets.add_seconds({call.owner for call in admitted}, self._clock() - start)

    def _seconds_left(self, call: Call) -> float:
        return float("inf") if self._mode == "replay" else self.budgets.seconds_left(*call.owner)[0]

    def _admit(self, call: Call) -> bool:
        """Reserve for the next try, or let the agent abstain."""
        request = call.request
        call.want = reservation(request, call.price, self._count)
        call.cut = self._record.cut_of(request.place, call.reasks) if self._record else None
        if self.budgets.is_out(*call.owner):
            self._keep_cut(call, "agent", "calls")
            call.abstain("budget", "an earlier call of this agent did not fit")
            return False
        if call.cut is not None and len(call.tries) >= len(call.cut.tries):
            cut: Cut | None = self.budgets.cut(request, call.cut.scope, call.cut.cap)
        else:
            cut = self.budgets.reserve(request, call.want)
        if cut is None:
            return True
        self._keep_cut(call, cut.scope, cut.cap)
        call.abstain("budget", f"{cut.cap} of the {cut.scope}")
        return False

    def _keep_cut(self, call: Call, scope: Scope, cap: str) -> None:
        """What a replay could not work out again: a cut by time, or one after tries that brought no reply."""
        if self._record and self._mode == "record" and (call.tries or cap == "seconds"):
            self._record.put_cut(call.request.place, call.reasks, KnownCut(tuple(call.tries), scope, cap))

    def _settle(self, call: Call, outcome: Outcome, check: Check | None) -> list[JsonObject]:
        request = call.request
        if isinstance(outcome, Failure | Try):
            used = call.want if outcome.spends else Spend(calls=1)
            self.budgets.settle(request, call.want, used)
            call.charge(used)
            if isinstance(outcome, Failure):
                call.abstain("error", outcome.message)
            else:
                call.tries.append(outcome)
            if isinstance(outcome, Try) and outcome.final:
                self.budgets.mark_failed(request)
                call.abstain("error", f"no answer after {len(call.tries)} tries: {outcome.reason}")
            return []
        used = spent(outcome.usage, call.price) if outcome.usage else call.want
        self.budgets.settle(request, call.want, used)
        call.charge(used)
        parsed, problem = outcome.parsed, None
        if parsed is None:
            parsed, problem = read_reply(outcome.text, outcome.finish, request)
        if problem is None and check is not None:
            problem = check(request, parsed)
        line = line_of(call, outcome, problem)
        if problem is None:
            call.take(parsed, outcome)
        elif call.reasks < REASKS:
            call.ask_again(
                replace(request, messages=again(request.messages, outcome.text, problem, call.reasks + 1))
            )
        else:
            call.abstain("schema", problem)
        return [line]

    def close(self) -> None:
        """Close connections and the event loop."""
        if self._runner is not None:
            _apart(self._runner.run, self._courier.close())
            _apart(self._runner.close)
            self._runner = None

    def __enter__(self) -> Waves:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def _apart(work: Callable[..., T], *given: Any) -> T:
    """Do it; where this thread has a running loop already, as in a notebook, in a thread of its own."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return work(*given)
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(work, *given).result()
