"""One recorded answer: the key of its request, the bytes on disk, and the checks that they are still the same."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

from quantrl.contest.llm.budget import Scope
from quantrl.contest.llm.protocol import Completion, Kind, Message, Request, Usage
from quantrl.contest.llm.quoting import quoted
from quantrl.contest.llm.schema import parse
from quantrl.errors import DataError
from quantrl.runs import canonical_json
from quantrl.typing import JsonObject

VERSION = 1
MAX_OBJECT_BYTES = 8 << 20
_HEAD = b'{"payload":'


@dataclass(frozen=True)
class Try:
    """A try that brought no reply.

    Attributes
    ----------
    reason : str
        As in `Transient`, or ``refused`` where another try could not help.
    spends : bool
        The reservation counts as spent; otherwise one call and no tokens.
    wait_s : float
        What was waited before the next.
    final : bool
        No other try was made.
    """

    reason: str
    spends: bool
    wait_s: float = 0.0
    final: bool = False


@dataclass(frozen=True)
class Entry:
    """What became of a request: the tries that failed, and the reply, or None where none came."""

    tries: tuple[Try, ...]
    completion: Completion | None


@dataclass(frozen=True)
class KnownCut:
    """A question that was not put, or not put again, after some tries; and the cap that forbade it."""

    tries: tuple[Try, ...]
    scope: Scope
    cap: str


def asked(request: Request) -> JsonObject:
    """The nine fields that decide an answer. No clock, run, tag, secret or address is among them."""
    return {
        "format": f"{VERSION}/{request.format}",
        "provider": request.provider,
        "model": request.model,
        "messages": [[message.role, message.content] for message in request.messages],
        "schema": request.schema,
        "temperature": float(request.temperature),
        "seed": request.seed,
        "max_tokens": request.max_tokens,
        "sample": request.sample,
    }


@lru_cache(maxsize=256, typed=True)
def _frame(
    format_: str, max_tokens: int, model: str, provider: str, sample: int, seed: int, temperature: float
) -> tuple[bytes, bytes, bytes]:
    """What stands before, between and after messages and schema."""
    head = canonical_json({"format": f"{VERSION}/{format_}", "max_tokens": max_tokens})
    middle = canonical_json({"model": model, "provider": provider, "sample": sample})
    tail = canonical_json({"seed": seed, "temperature": temperature})
    before, between, after = (each.encode("utf-8", "surrogatepass") for each in (head, middle, tail))
    return before[:-1], between[1:-1], after[1:]


class Question:
    """A request, and what it is known by, worked out once.

    Parameters
    ----------
    request : Request

    Attributes
    ----------
    asked : bytes
        Canonical JSON of `asked`, in UTF-8.
    key : str
        Its sha256, 64 hex digits.
    """

    __slots__ = ("asked", "key", "request")

    def __init__(self, request: Request) -> None:
        self.request = request
        self.asked = _asked(request)
        self.key = hashlib.sha256(self.asked).hexdigest()


def _asked(request: Request) -> bytes:
    """The bytes of `asked`, joined from parts that many requests share."""
    head, middle, tail = _frame(
        request.format,
        request.max_tokens,
        request.model,
        request.provider,
        request.sample,
        request.seed,
        float(request.temperature),
    )
    turns = b",".join([b'["%b",%b]' % (m.role.encode(), quoted(m.content)) for m in request.messages])
    schema = request.schema_text.encode("utf-8", "surrogatepass")
    return b"".join((head, b',"messages":[', turns, b"],", middle, b',"schema":', schema, b",", tail))


def request_key(request: Request) -> str:
    """Key of a request."""
    return Question(request).key


def to_bytes(request: Request, entry: Entry) -> bytes:
    """An object file: payload and its sha256, canonical JSON in one line."""
    reply = None
    if entry.completion is not None:
        reply = {name: value for name, value in asdict(entry.completion).items() if name != "parsed"}
    payload = canonical_json(
        {
            "key": request_key(request),
            "asked": asked(request),
            "tries": [asdict(each) for each in entry.tries],
            "reply": reply,
        }
    ).encode()
    return _HEAD + payload + _tail(payload)


def _tail(payload: bytes) -> bytes:
    return f',"sha256":"{hashlib.sha256(payload).hexdigest()}"}}\n'.encode()


_TAIL_BYTES = len(_tail(b""))


def payload_of(raw: bytes, key: str) -> Any:
    """The payload of an object file.

    Raises
    ------
    DataError
        Any byte differs from what was written, or it is another key's object.
    """
    value = json.loads(_intact(raw, key))
    if value["key"] != key:
        raise DataError(f"record: object {key}: holds the answer to {value['key']}")
    return value


def _intact(raw: bytes, key: str) -> bytes:
    payload = raw[len(_HEAD) : -_TAIL_BYTES]
    if len(raw) > MAX_OBJECT_BYTES or not raw.startswith(_HEAD) or raw[-_TAIL_BYTES:] != _tail(payload):
        raise DataError(f"record: object {key}: its bytes do not have the sha256 they were stored with")
    return payload


def from_bytes(raw: bytes, question: Question) -> Entry:
    """Read an object file as the answer to a question, parsed again by its schema.

    Raises
    ------
    DataError
        As for `payload_of`, or fields this version does not write.
    """
    key, request = question.key, question.request
    opening = b'{"asked":%b,"key":"%b",' % (question.asked, key.encode())
    payload = _intact(raw, key)
    # Where the stored question is the one asked to the byte, there is no need to read it: only what became of it.
    alike = payload.startswith(opening)
    value = json.loads("{" + payload[len(opening) :].decode()) if alike else payload_of(raw, key)
    try:
        tries = tuple(Try(**each) for each in value["tries"])
        reply = value["reply"]
        return Entry(tries, None if reply is None else _completion(reply, request))
    except (KeyError, TypeError) as error:
        raise DataError(f"record: object {key}: expected the fields of format {VERSION}: {error}") from None


def _completion(reply: JsonObject, request: Request) -> Completion:
    usage = reply["usage"] and Usage(**reply["usage"])
    kind: Kind = reply["kind"]
    parsed, _ = read_reply(reply["text"], reply["finish"], request)
    return Completion(
        reply["text"], parsed, usage, reply["usd"], reply["finish"], kind, reply["model_reported"]
    )


def read_reply(text: str, finish: str, request: Request) -> tuple[Any, str | None]:
    """Value and None, or None and the problem; a reply cut at `max_tokens` is one even if it parses."""
    if finish == "length":
        return None, f"the reply was cut at {request.max_tokens} tokens"
    if finish == "content_filter":
        return None, "the reply was withheld by a content filter"
    return parse(text, request.schema, request.form.fits)


def first_difference(recorded: JsonObject, request: Request) -> str:
    """Which message, or else which field, of a request is the first that differs from a recorded one."""
    now = asked(request)
    for i, (before, message) in enumerate(zip(recorded["messages"], request.messages, strict=False)):
        if before != [message.role, message.content]:
            return f"message {i} ({message.role}) differs {_where(before, message)}"
    if len(recorded["messages"]) != len(request.messages):
        return f"recorded {len(recorded['messages'])} messages, asked {len(request.messages)}"
    names = [name for name in now if recorded.get(name) != now[name]]
    if not names:
        return "equal in every field: the object is gone"
    return f"{names[0]}: recorded {_short(recorded.get(names[0]))}, asked {_short(now[names[0]])}"


def _where(before: list[str], message: Message) -> str:
    if before[0] != message.role:
        return f"in its role: recorded {before[0]}"
    old, new = before[1], message.content
    at = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    return f"at character {at}: recorded {old[at : at + 40]!r}, asked {new[at : at + 40]!r}"


def _short(value: object) -> str:
    text = canonical_json(value)
    return text if len(text) <= 60 else text[:57] + "..."
