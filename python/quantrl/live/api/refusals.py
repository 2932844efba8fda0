"""What the API answers when it refuses: a status, a code, the field, and words."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

ASGI = Callable[[MutableMapping[str, Any], Any, Any], Awaitable[None]]


class Refusal(Exception):  # noqa: N818 - an answer, not a fault
    """One answer.

    Parameters
    ----------
    status : int
    code : str
        For programs.
    message : str
        For people.
    field : str, optional
        What in the request it is about.
    retry_s : float, optional
        When to ask again.
    """

    def __init__(
        self, status: int, code: str, message: str, field: str | None = None, retry_s: float | None = None
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.field, self.retry_s = status, code, message, field, retry_s

    def body(self) -> dict[str, Any]:
        """As JSON."""
        return {"error": {"code": self.code, "field": self.field, "message": self.message}}

    def headers(self) -> dict[str, str]:
        """Beside those that every answer has."""
        wait = {} if self.retry_s is None else {"Retry-After": str(max(1, round(self.retry_s + 0.5)))}
        login = {"WWW-Authenticate": "Bearer"} if self.status == 401 else {}
        return wait | login

    async def send(self, send: Any) -> None:
        """Answer with it."""
        body = json.dumps(self.body()).encode()
        headers = {"content-type": "application/json", "content-length": str(len(body)), **self.headers()}
        raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": self.status, "headers": raw})
        await send({"type": "http.response.body", "body": body})
