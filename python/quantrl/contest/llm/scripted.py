"""A test double that stands where a language model would; every report names it so."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable, Mapping
from typing import Any

from quantrl.contest.llm.entry import read_reply, request_key
from quantrl.contest.llm.protocol import Completion, Kind, Request, Usage
from quantrl.contest.llm.spend import utf8_thirds
from quantrl.typing import JsonObject

Script = Callable[[Request], Any]


class Scripted:
    """Answers by a function of the request; without one, with some value that fits the schema.

    Parameters
    ----------
    script : callable, optional
        Gives a reply as text, as a value to write as JSON, or as an exception to raise.
    latency_s : float
        Pause before each reply.
    finish : str

    Attributes
    ----------
    asked : list of Request
        Every call, in order of arrival.
    """

    name = "TEST DOUBLE"
    kind: Kind = "scripted"

    def __init__(self, script: Script | None = None, *, latency_s: float = 0.0, finish: str = "stop") -> None:
        self._script, self._latency_s, self._finish = script, latency_s, finish
        self.asked: list[Request] = []

    async def complete(self, req: Request) -> Completion:
        """The scripted reply."""
        self.asked.append(req)
        if self._latency_s:
            await asyncio.sleep(self._latency_s)
        reply = self._script(req) if self._script else some_value(req.schema, request_key(req))
        if isinstance(reply, BaseException):
            raise reply
        text = reply if isinstance(reply, str) else json.dumps(reply, ensure_ascii=False)
        usage = Usage(
            sum(utf8_thirds(m.content) for m in req.messages), min(utf8_thirds(text), req.max_tokens)
        )
        parsed, _ = read_reply(text, self._finish, req)
        return Completion(text, parsed, usage, None, self._finish, self.kind, "scripted")


def some_value(schema: JsonObject, seed: str) -> Any:
    """A value that fits a bounded schema, drawn by `seed`."""
    return _value(schema, random.Random(seed))


def _value(schema: Mapping[str, Any], draw: random.Random) -> Any:
    if "anyOf" in schema:
        return _value(draw.choice(schema["anyOf"]), draw)
    for fixed in ("const", "enum"):
        if fixed in schema:
            return schema[fixed] if fixed == "const" else draw.choice(schema[fixed])
    kind = schema["type"]
    if kind == "object":
        return {name: _value(inner, draw) for name, inner in schema["properties"].items()}
    if kind == "array":
        size = draw.randint(schema.get("minItems", 0), min(schema["maxItems"], schema.get("minItems", 0) + 3))
        return [_value(schema["items"], draw) for _ in range(size)]
    if kind == "string":
        return "".join(
            draw.choices("abcdefgh", k=max(schema.get("minLength", 1), min(schema["maxLength"], 12)))
        )
    if kind == "boolean":
        return draw.random() < 0.5
    if kind == "null":
        return None
    low, high = schema.get("minimum", 0), schema.get("maximum", 100)
    return draw.randint(low, high) if kind == "integer" else low + (high - low) * draw.random()
