"""C5: twelve agents whose model takes its time, in waves, beside the same calls one after the other."""

from __future__ import annotations

import hashlib
import time

import numpy as np

from quantrl.cli.bench.harness import Contender
from quantrl.cli.bench.rate import Check, Goal, RateCase
from quantrl.contest.llm.protocol import Message, Request
from quantrl.contest.llm.schema import record, whole
from quantrl.contest.llm.scripted import Scripted
from quantrl.contest.llm.waves import WAVE, Waves
from quantrl.typing import FloatArray

OURS, SERIAL, BOUND = "waves of eight", "one after the other", "the waves' waits alone"
AGENTS = 12
LATENCY_S = {"full": 0.2, "small": 0.02}


def case(size: str) -> RateCase:
    """Calls a second of a double that pauses before each reply."""
    latency = LATENCY_S[size]
    requests = [_request(i) for i in range(AGENTS)]

    def answered(at_once: int) -> FloatArray:
        double = Scripted(lambda req: {"rating": int(req.messages[-1].content) % 5 - 2}, latency_s=latency)
        with Waves({"scripted": double}, concurrency=at_once) as waves:
            return np.array([answer.parsed["rating"] for answer in waves.ask(requests)])

    def bound() -> None:
        for _ in range(-(-AGENTS // WAVE)):
            time.sleep(latency)

    contenders = (
        Contender(OURS, lambda: answered(WAVE), AGENTS),
        Contender(SERIAL, lambda: answered(1), AGENTS),
        Contender(BOUND, bound, AGENTS),
    )
    return RateCase(
        "C5",
        f"{AGENTS} agents, replies after {latency * 1e3:.0f} ms",
        "calls",
        contenders,
        (Goal(OURS, 5.0, SERIAL), Goal(OURS, 1 / 1.3, BOUND)),
        (Check("the serial loop's replies", lambda: answered(WAVE), lambda: answered(1), 0.0),),
        sha256=hashlib.sha256(repr([request.messages for request in requests]).encode()).hexdigest(),
    )


def _request(i: int) -> Request:
    return Request(
        task="ground_rate",
        messages=(Message("system", "Rate."), Message("user", str(i))),
        schema=record(rating=whole(-2, 2)),
        provider="scripted",
        model="double",
        seed=0,
        max_tokens=60,
        tags={"agent": f"a{i:02d}", "index": 0, "day": "2030-01-02"},
    )
