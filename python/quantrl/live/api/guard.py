"""What stands before every route: hosts, origins, sizes, rates, who asks, and the headers of every answer."""

from __future__ import annotations

import asyncio
import hmac
import logging
import time
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from starlette.requests import cookie_parser

from quantrl.live.api.buckets import Buckets
from quantrl.live.api.refusals import ASGI, Refusal
from quantrl.live.api.sessions import Sessions, csrf_of
from quantrl.live.api.settings import Settings
from quantrl.live.api.tokens import Scope, Tokens

CSRF = "x-csrf-token"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'self'; img-src 'self' data:; "
    "frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
)
STREAM, SESSION = "/api/stream", "/api/session"
LOGIN, LOGOUT, COMMANDS = "/api/login", "/api/logout", "/api/commands"
_POSTS: dict[str, Scope | None] = {LOGIN: None, LOGOUT: Scope.READ, COMMANDS: Scope.TRADE}
BODY_BYTES, BODY_S, SEND_S = 64 * 1024, 5.0, 10.0
_log = logging.getLogger("quantrl.live.api")
Scope_ = MutableMapping[str, Any]


@dataclass(frozen=True)
class Principal:
    """Who asks; `session` is empty for a bearer of a token."""

    scope: Scope
    session: str = ""

    @property
    def name(self) -> str:
        """As the journal keeps it."""
        return f"api/{self.scope.name.lower()}"


class Guard:
    """Plain ASGI around the routes.

    Parameters
    ----------
    app : ASGI application
    settings : Settings
    tokens : Tokens
    sessions : Sessions
    """

    def __init__(self, app: ASGI, settings: Settings, tokens: Tokens, sessions: Sessions) -> None:
        self._app, self._settings, self._tokens, self._sessions = app, settings, tokens, sessions
        self._asked = Buckets(settings.per_s, 2 * settings.per_s)
        self._files = Buckets(10 * settings.per_s, 20 * settings.per_s)
        self._tried = Buckets(settings.logins_per_min / 60, settings.logins_per_min)
        self._noted, self._streaming = -float("inf"), 0

    async def __call__(self, scope: Scope_, receive: Any, send: Any) -> None:
        """Answer one request, or pass it on."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        scope.setdefault("state", {})
        answer = Answer(send, private=not is_file(scope["path"]), timed=scope["path"] == STREAM)
        scope["state"]["answer"] = answer
        try:
            body = await self._admitted(scope, receive)
            with self._counted(scope["path"]):
                await self._app(scope, _replayed(body, receive), answer)
        except Refusal as refusal:
            if refusal.status in (401, 403):
                self._note(scope, refusal)
            if not answer.begun:
                await refusal.send(answer)
        except Exception:
            if not answer.dropped:
                raise
            _log.warning("a client of %s took nothing for %g s and was dropped", STREAM, SEND_S)

    @contextmanager
    def _counted(self, path: str) -> Iterator[None]:
        """A place among the clients of the stream, given back however it ends."""
        if path != STREAM:
            yield
            return
        if self._streaming >= self._settings.streams:
            raise Refusal(429, "streams", f"expected at most {self._settings.streams} clients", retry_s=5.0)
        self._streaming += 1
        try:
            yield
        finally:
            self._streaming -= 1

    async def _admitted(self, scope: Scope_, receive: Any) -> bytes:
        """The request's body, once everything about it is as it must be.

        Raises
        ------
        Refusal
        """
        method, path, headers = scope["method"], scope["path"], _headers(scope)
        address = (scope.get("client") or ("",))[0]
        self._check_host(headers)
        wait = (self._files if is_file(path) else self._asked).take(address)
        if wait:
            raise Refusal(
                429, "rate", f"expected at most {self._settings.per_s:g} requests a second", retry_s=wait
            )
        if method not in ("GET", "HEAD", "POST"):
            raise Refusal(405, "method", f"expected GET or POST, got {method}")
        body = await _body(headers, receive)
        if method == "POST":
            self._check_origin(headers)
        if path == LOGIN:
            if wait := self._tried.take(address):
                allowed = self._settings.logins_per_min
                raise Refusal(429, "rate", f"expected at most {allowed:g} logins a minute", retry_s=wait)
            return body
        needed = needs(method, path)
        if needed is None or (path == SESSION and method != "POST" and not self._asks(headers)):
            return body
        principal = self._who(headers, address)
        scope["state"]["principal"] = principal
        if principal.scope < needed:
            raise Refusal(
                403, "scope", f"expected scope {needed.name.lower()}, got {principal.scope.name.lower()}"
            )
        if method == "POST" and principal.session:
            if "origin" not in headers:
                raise Refusal(403, "origin", "expected an Origin header", "Origin")
            sent = headers.get(CSRF, "").encode("utf-8", "replace")
            if not hmac.compare_digest(sent, csrf_of(principal.session).encode()):
                raise Refusal(
                    403, "csrf", "expected the session's token, as /api/session tells it", "X-CSRF-Token"
                )
        return body

    def _who(self, headers: dict[str, str], address: str) -> Principal:
        kind, _, token = headers.get("authorization", "").partition(" ")
        if kind:
            found = self._tokens.scope_of(token.strip()) if kind.lower() == "bearer" else None
            if found is not None:
                return Principal(found)
            if wait := self._tried.take(address):
                raise Refusal(429, "rate", "too many tokens that are none", retry_s=wait)
            raise Refusal(401, "token", "expected a token of this book", "Authorization")
        session = self._session(headers)
        if session:
            found = self._sessions.scope_of(session)
            if found is not None:
                return Principal(found, session)
            raise Refusal(401, "session", "the session has ended; log in again", "Cookie")
        raise Refusal(401, "token", "expected a bearer token or a session", "Authorization")

    def _asks(self, headers: dict[str, str]) -> bool:
        """Whether a request says who it is; who does not may ask whether it is logged in."""
        return "authorization" in headers or bool(self._session(headers))

    def _session(self, headers: dict[str, str]) -> str:
        return cookie_parser(headers.get("cookie", "")).get(self._settings.cookie, "")

    def _check_host(self, headers: dict[str, str]) -> None:
        if headers.get("host", "").lower() not in self._settings.hosts:
            raise Refusal(403, "host", "expected a host this server was told of", "Host")

    def _check_origin(self, headers: dict[str, str]) -> None:
        origin = headers.get("origin")
        if origin is not None and origin.lower() not in self._settings.origins:
            raise Refusal(403, "origin", "expected a page of this server", "Origin")

    def _note(self, scope: Scope_, refusal: Refusal) -> None:
        now = time.monotonic()
        if now - self._noted >= 1.0:
            self._noted = now
            _log.warning("refused %s %s: %s", scope["method"], scope["path"][:80], refusal.code)


class Answer:
    """`send` with the headers of every answer; a stream's reader that takes nothing for 10 s is dropped."""

    def __init__(self, send: Any, *, private: bool, timed: bool) -> None:
        self._send, self._private, self._timed = send, private, timed
        self.begun = self.dropped = False

    async def __call__(self, message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.begun = True
            given = [(name.lower(), value) for name, value in message.get("headers", [])]
            kept = [(name, value) for name, value in given if name not in (b"server", b"cache-control")]
            cache = b"no-store" if self._private else b"no-cache"
            message = {**message, "headers": [*kept, *HEADERS, (b"cache-control", cache)]}
        if self._timed:
            try:
                await asyncio.wait_for(self._send(message), SEND_S)
            except TimeoutError:
                self.dropped = True
                raise
        else:
            await self._send(message)


def is_file(path: str) -> bool:
    """Whether a path is the dashboard's own, which hold no data."""
    return not (path.startswith("/api") or path in ("/healthz", "/readyz", "/metrics"))


def needs(method: str, path: str) -> Scope | None:
    """Scope of a route; None: anybody's. A POST that is not listed is an admin's."""
    if method == "POST":
        return _POSTS.get(path, Scope.ADMIN)
    if is_file(path) or path == "/healthz":
        return None
    return Scope.READ


def _headers(scope: Scope_) -> dict[str, str]:
    """Headers by name; of two with one name that decide something, none counts."""
    found: dict[str, str] = {}
    for raw, value in scope["headers"]:
        name = raw.decode("latin-1").lower()
        single = name in ("host", "origin", "authorization", CSRF, "content-length")
        if name in found and single:
            raise Refusal(400, "header", "expected one header of this name", name)
        found[name] = (
            f"{found[name]}; {value.decode('latin-1')}" if name in found else value.decode("latin-1")
        )
    return found


async def _body(headers: dict[str, str], receive: Any) -> bytes:
    length = headers.get("content-length", "0")
    if not length.isdecimal() or int(length) > BODY_BYTES:
        raise Refusal(413, "body", f"expected at most {BODY_BYTES} bytes", "Content-Length")
    if length == "0" and "transfer-encoding" not in headers:
        return b""
    parts = bytearray()
    end = time.monotonic() + BODY_S
    while True:
        try:
            message = await asyncio.wait_for(receive(), max(end - time.monotonic(), 0.01))
        except TimeoutError:
            raise Refusal(408, "body", f"expected the whole body within {BODY_S:g} s") from None
        if message["type"] != "http.request":
            raise Refusal(400, "body", "the client went away")
        parts += message.get("body", b"")
        if len(parts) > BODY_BYTES:
            raise Refusal(413, "body", f"expected at most {BODY_BYTES} bytes")
        if not message.get("more_body", False):
            return bytes(parts)


def _replayed(body: bytes, receive: Any) -> Any:
    """`receive` that gives a body read already, then what else comes."""
    given = False

    async def again() -> Any:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again
