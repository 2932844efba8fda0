"""Orders to the book from people: checked, once per nonce, and only what their scope allows."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from quantrl.errors import CommandConflict, LiveError, NotRunning, RetryableError
from quantrl.live.api.guard import Principal
from quantrl.live.api.mirror import Mirror
from quantrl.live.api.refusals import Refusal
from quantrl.live.api.tokens import Scope, Tokens
from quantrl.live.command_body import ARGS, LONGEST
from quantrl.live.vocabulary import TradingState

TRADE = (
    "no_entry",
    "active",
    "reduce_only",
    "cancel_all",
    "flatten",
    "halt",
    "lock",
    "unlock",
    "agent_on",
    "agent_off",
)
ROTATE = "rotate_token"


class Wanted(BaseModel):
    """A command; the same nonce twice is one command."""

    model_config = ConfigDict(extra="forbid", strict=True)

    verb: str = Field(max_length=40)
    args: dict[str, str] = Field(default_factory=dict, max_length=len(ARGS) + 1)
    nonce: str = Field(min_length=1, max_length=100, pattern=r"^[!-~]+$")


def give(mirror: Mirror, tokens: Tokens, principal: Principal, wanted: Wanted) -> dict[str, Any]:
    """Do what is wanted, and tell the trading state after it.

    Raises
    ------
    Refusal
        400 an unknown verb or argument, 403 scope, 409 refused now or a nonce used otherwise, 503 no engine.
    """
    if wanted.verb == ROTATE:
        return _rotate(tokens, principal, wanted)
    if wanted.verb not in TRADE:
        known = ", ".join((*TRADE, ROTATE))
        raise Refusal(400, "value", f"expected one of {known}; a halt ends by the command line alone", "verb")
    for name, value in wanted.args.items():
        if name not in ARGS or name == "confirm":
            raise Refusal(
                400, "value", f"expected some of {', '.join(one for one in ARGS if one != 'confirm')}", "args"
            )
        if len(value) > LONGEST or not value.isprintable():
            raise Refusal(
                400, "value", f"expected printable text of at most {LONGEST} characters", f"args.{name}"
            )
    if (known_state := _first_result(mirror, principal, wanted)) is not None:
        return {"state": known_state, "repeated": True}
    try:
        state = mirror.command(wanted.verb, wanted.args, wanted.nonce, principal.name)
    except CommandConflict as error:
        raise Refusal(409, "nonce", str(error), "nonce") from None
    except (NotRunning, RetryableError) as error:
        raise Refusal(503, "engine", str(error), retry_s=1.0) from None
    except LiveError as error:
        raise Refusal(409, "refused", str(error), "verb") from None
    return {"state": state, "repeated": False}


def _first_result(mirror: Mirror, principal: Principal, wanted: Wanted) -> str | None:
    """The state after the command this nonce was first used for; None: it is new."""
    try:
        found = mirror.read(
            "SELECT verb, args, state FROM command WHERE principal = ? AND nonce = ?",
            (principal.name, wanted.nonce),
        )
    except NotRunning:
        return None
    if not found:
        return None
    verb, args, state = found[0]
    if (verb, args) != (wanted.verb, repr(dict(sorted(wanted.args.items())))):
        raise Refusal(409, "nonce", f"it was used for another command ({verb})", "nonce")
    return TradingState(state).name


def _rotate(tokens: Tokens, principal: Principal, wanted: Wanted) -> dict[str, Any]:
    if principal.scope < Scope.ADMIN:
        raise Refusal(403, "scope", f"expected scope admin, got {principal.scope.name.lower()}")
    name = wanted.args.get("scope", "")
    if set(wanted.args) != {"scope"} or name.upper() not in Scope.__members__:
        raise Refusal(400, "value", "expected read, trade or admin", "args.scope")
    # Its one appearance: only the hash is kept, so a repeat makes another.
    return {"scope": name, "token": tokens.rotate(Scope[name.upper()]).reveal()}
