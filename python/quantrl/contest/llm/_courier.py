"""Carries the calls of one round: from the record where it has them, else from the model, each question once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from quantrl.contest.llm._call import Call
from quantrl.contest.llm.entry import Entry, Try, read_reply
from quantrl.contest.llm.protocol import LLM, Completion, Request, Transient
from quantrl.contest.llm.record import Record
from quantrl.contest.llm.spend import spent
from quantrl.errors import ConfigError, LLMError, QuantrlError

TIMEOUT_S = 60.0
PAUSES_S = (1.0, 2.0, 4.0)
MAX_RETRY_AFTER_S = 60.0


@dataclass(frozen=True)
class Failure:
    """A question without an answer, which leaves the day open; whether its last try spent its reservation."""

    message: str
    spends: bool


Outcome = Completion | Try | Failure
Name = tuple[str, int]


class Courier:
    """Makes one try for each call of a round and keeps what came of it.

    Parameters
    ----------
    llms : mapping of provider to LLM
    record : Record, optional
    replaying : bool
        Ask nobody.
    keep_failures : bool
        A question that found no answer is recorded so, and stays so.
    limits : (int, float)
        Calls in flight, and seconds for one.
    sleep : callable
    """

    def __init__(
        self,
        llms: Mapping[str, LLM],
        record: Record | None,
        *,
        replaying: bool,
        keep_failures: bool,
        limits: tuple[int, float],
        sleep: Callable[[float], Awaitable[Any]],
    ) -> None:
        self._llms, self._record, self._sleep = dict(llms), record, sleep
        self._replaying, self._keep_failures = replaying, keep_failures
        self._concurrency, self._timeout_s = limits

    async def round(self, calls: Sequence[Call], seconds_left: Callable[[Call], float]) -> list[Outcome]:
        """What came of one try each; equal questions are asked once.

        Raises
        ------
        ReplayMiss, DataError
            The first, in order of the calls; the others have ended by then.
        """
        gate = asyncio.Semaphore(self._concurrency)
        now = asyncio.get_running_loop().time()
        known: dict[Name, Outcome | BaseException] = {}
        sent: dict[Name, asyncio.Task[Outcome]] = {}
        names = [(call.key, len(call.tries)) for call in calls]
        for name, call in zip(names, calls, strict=True):
            if name in known or name in sent:
                continue
            outcome = self._known(call)
            if outcome is not None:
                known[name] = outcome
            else:
                sent[name] = asyncio.create_task(self._try(call, gate, now + seconds_left(call)))
        if sent:
            known.update(zip(sent, await asyncio.gather(*sent.values(), return_exceptions=True), strict=True))
        return [_raised(known[name]) for name in names]

    def _known(self, call: Call) -> Outcome | BaseException | None:
        """What is recorded, or why that is of no use; None where the model is to be asked."""
        try:
            recorded = self._recorded(call, len(call.tries))
            if recorded is None and self._replaying and self._record:
                return self._record.miss(call.request)
        except QuantrlError as error:
            return error
        return recorded

    async def _try(self, call: Call, gate: asyncio.Semaphore, deadline: float) -> Outcome:
        n = len(call.tries)
        call.live = True
        if n:
            await self._sleep(min(call.tries[-1].wait_s, max(_left(deadline), 0.0)))
        async with gate:
            outcome, why = await self._send(call.request, n, min(self._timeout_s, _left(deadline)))
        return self._kept(call, outcome, why)

    def _recorded(self, call: Call, n: int) -> Outcome | None:
        if call.cut is not None:
            return call.cut.tries[n]
        entry = self._record.get(call.request, call.question) if self._record else None
        if entry is None or (entry.completion is None and not (self._replaying or self._keep_failures)):
            return None
        return entry.tries[n] if n < len(entry.tries) else entry.completion

    async def _send(self, request: Request, n: int, limit_s: float) -> tuple[Completion | Try, str]:
        """What came of it, and in words what went wrong."""
        if limit_s <= 0:
            return _failed(n, "no time left", spends=False), "no time left to send it"
        try:
            async with asyncio.timeout(limit_s):
                return await self._llms[request.provider].complete(request), ""
        except TimeoutError:
            return _failed(n, "timeout", spends=True), f"no reply within {limit_s:.3g} s"
        except Transient as error:
            return _failed(n, error.reason, spends=error.spends, retry_after=error.retry_after), str(error)
        except LLMError as error:
            return Try("refused", spends=False, final=True), str(error)

    def _kept(self, call: Call, outcome: Completion | Try, why: str) -> Outcome:
        """Price, and record, what ends a question."""
        request = call.request
        if isinstance(outcome, Completion):
            usd = spent(outcome.usage, call.price).usd if outcome.usage and call.price else None
            parsed, _ = read_reply(outcome.text, outcome.finish, request)
            outcome = replace(outcome, parsed=parsed, usd=usd)
            if self._record:
                self._record.put(request, Entry(tuple(call.tries), outcome))
        elif outcome.final and not self._keep_failures:
            return Failure(
                f"{request.provider}/{request.model}, {request.task} by agent {request.agent!r} on day {request.day}: "
                f"no answer after {len(call.tries) + 1} tries: {why}",
                outcome.spends,
            )
        elif outcome.final and self._record:
            self._record.put(request, Entry((*call.tries, outcome), None))
        return outcome

    def require(self, requests: Sequence[Request]) -> None:
        """Somebody answers for every provider.

        Raises
        ------
        ConfigError
        """
        unknown = sorted({request.provider for request in requests} - set(self._llms))
        if unknown and not self._replaying:
            known = ", ".join(sorted(self._llms)) or "none"
            raise ConfigError(f"provider: nobody answers for {', '.join(unknown)}; configured: {known}")

    async def close(self) -> None:
        """Close the connections of every model that has any."""
        for llm in self._llms.values():
            aclose = getattr(llm, "aclose", None)
            if aclose is not None:
                await aclose()


def _failed(n: int, reason: str, *, spends: bool, retry_after: float | None = None) -> Try:
    """The n-th try failed; the fourth is the last, and so is one whose server asks for more than a minute."""
    if n >= len(PAUSES_S) or (retry_after is not None and retry_after > MAX_RETRY_AFTER_S):
        return Try(reason, spends, 0.0, final=True)
    return Try(reason, spends, PAUSES_S[n] if retry_after is None else retry_after)


def _raised(outcome: Outcome | BaseException) -> Outcome:
    if isinstance(outcome, BaseException):
        raise outcome
    return outcome


def _left(deadline: float) -> float:
    return deadline - asyncio.get_running_loop().time()
