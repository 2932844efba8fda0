"""C1: a call that is answered from the record, beside pydantic-ai's request to a model that is a function."""

from __future__ import annotations

import asyncio
import hashlib
import importlib
import json
import shutil
import tempfile
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np

from quantrl.cli.bench.harness import Contender
from quantrl.cli.bench.rate import Check, Goal, RateCase
from quantrl.contest.llm.protocol import Message, Request
from quantrl.contest.llm.record import Record, Replay
from quantrl.contest.llm.schema import array, record, text, whole
from quantrl.contest.llm.scripted import Scripted
from quantrl.contest.llm.waves import Waves
from quantrl.typing import FloatArray

ALONE, OURS, PEER = "the record alone", "replay, with waves and budgets", "pydantic-ai, function model"
CALLS = {"full": 64, "small": 4}
PROMPT = 3_000
SCHEMA = record(ratings=array(record(line=text(8), rating=whole(-2, 2)), 8, least=8))


def case(size: str) -> RateCase:
    """Calls a second: key, look-up, check of the digest and of the schema; the peer reads the same reply from memory.

    Once by the record alone, as the peer is asked; once as a contest asks, in waves, within budgets, and logged.
    """
    count = CALLS[size]
    requests = [_request(i) for i in range(count)]
    replies = {request.messages[-1].content: _reply(i) for i, request in enumerate(requests)}
    folder = tempfile.mkdtemp(prefix="quantrl-bench-")
    double = Scripted(lambda req: replies[req.messages[-1].content])
    with Waves({"scripted": double}, record=Record(folder), mode="record") as waves:
        waves.ask(requests)

    def ours() -> FloatArray:
        with Waves({}, record=Record(folder), mode="replay") as replay:
            return np.array([_numbers(answer.parsed) for answer in replay.ask(requests)])

    async def looked_up() -> FloatArray:
        model = Replay(Record(folder))
        return np.array([_numbers((await model.complete(request)).parsed) for request in requests])

    def alone() -> FloatArray:
        return asyncio.run(looked_up())

    weakref.finalize(ours, shutil.rmtree, folder, ignore_errors=True)
    contenders, absent = [Contender(ALONE, alone, count), Contender(OURS, ours, count)], {}
    try:
        contenders.append(Contender(PEER, _peer(requests, replies), count))
    except ImportError as error:
        absent = {PEER: f"not installed here ({error})"}
    truth = np.array([_numbers(reply) for reply in replies.values()])
    others = [
        Check(f"the reply of {other.name}", ours, other.call, 0.0)
        for other in contenders
        if other.call != ours
    ]
    return RateCase(
        "C1",
        f"replayed calls, prompts of {PROMPT:,} characters",
        "calls",
        tuple(contenders),
        (Goal(ALONE, 8.0, PEER), Goal(OURS, 8.0, PEER)),
        (Check("the recorded reply", ours, lambda: truth, 0.0), *others),
        absent,
        hashlib.sha256("".join(replies).encode()).hexdigest(),
    )


def _request(i: int) -> Request:
    lines = f"{i:04d} " + "orders rose while margins fell; " * (PROMPT // 32)
    return Request(
        task="ground_rate",
        messages=(Message("system", "Rate each line."), Message("user", lines[:PROMPT])),
        schema=SCHEMA,
        provider="scripted",
        model="double",
        seed=0,
        max_tokens=512,
        tags={"agent": f"a{i % 8}", "index": i, "day": "2030-01-02"},
    )


def _reply(i: int) -> dict[str, Any]:
    return {"ratings": [{"line": f"l{k:03d}", "rating": (i + k) % 5 - 2} for k in range(8)]}


def _numbers(parsed: Any) -> list[int]:
    return [one["rating"] for one in parsed["ratings"]]


def _peer(requests: list[Request], replies: dict[str, Any]) -> Callable[[], FloatArray]:
    direct = importlib.import_module("pydantic_ai.direct")
    messages = importlib.import_module("pydantic_ai.messages")
    models = importlib.import_module("pydantic_ai.models")
    function = importlib.import_module("pydantic_ai.models.function")
    output = importlib.import_module("pydantic_ai.output")
    written = {content: json.dumps(reply) for content, reply in replies.items()}

    def said(history: Any, info: Any) -> Any:
        return messages.ModelResponse(parts=[messages.TextPart(written[history[-1].parts[-1].content])])

    model = function.FunctionModel(said)
    wanted = models.ModelRequestParameters(
        output_mode="native",
        output_object=output.OutputObjectDefinition(json_schema=SCHEMA, name="reply"),
    )

    async def answered() -> FloatArray:
        found = []
        for request in requests:
            system, user = (message.content for message in request.messages)
            parts = [messages.SystemPromptPart(system), messages.UserPromptPart(user)]
            asked = [messages.ModelRequest(parts=parts)]
            answer = await direct.model_request(model, asked, model_request_parameters=wanted)
            found.append(_numbers(json.loads(answer.parts[0].content)))
        return np.array(found)

    return lambda: asyncio.run(answered())
