"""The parts of a command that a client sent, checked."""

from __future__ import annotations

import re
from typing import Any

from quantrl.errors import LiveError

ARGS = ("reason", "confirm", "agent", "instrument", "side", "until")
LONGEST = 400
"""Characters of any text in a command."""
_API = re.compile(r"api/[a-z0-9-]{1,40}")


def command_of(body: dict[str, Any]) -> tuple[str, dict[str, str], str]:
    """The parts of a command.

    Raises
    ------
    LiveError
        It names the part that is not what it must be.
    """
    verb, args, nonce = body.get("verb"), body.get("args", {}), body.get("nonce", "")
    if not isinstance(args, dict):
        raise LiveError(f"args: expected an object, got {type(args).__name__}")
    unknown = next((name for name in args if name not in ARGS), None)
    if unknown is not None:
        raise LiveError(f"args: expected some of {', '.join(ARGS)}, got {unknown!r:.80}")
    for name, value in {"verb": verb, "nonce": nonce, **args}.items():
        if not isinstance(value, str) or len(value) > LONGEST or not _encodable(value):
            raise LiveError(f"{name}: expected text of at most {LONGEST} characters, got {value!r:.80}")
    assert isinstance(verb, str)
    return verb, args, str(nonce)


def principal_of(body: dict[str, Any]) -> str:
    """Who asks: the command line, or the API with a name after a slash.

    Raises
    ------
    LiveError
    """
    value = body.get("principal", "cli")
    if value == "cli" or (isinstance(value, str) and _API.fullmatch(value)):
        return str(value)
    raise LiveError(f"principal: expected cli or api/<name>, got {value!r:.80}")


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
