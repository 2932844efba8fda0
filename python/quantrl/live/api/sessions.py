"""Browsers that logged in: a random id each, of which only the hash is kept, over restarts too."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import threading
import time
from collections.abc import Callable
from typing import Any

from quantrl.live.api.tokens import Scope, Tokens, hashed
from quantrl.live.secret import Secret
from quantrl.live.storage import Storage

NAME = "sessions"
LASTS_S = 12 * 3_600
MOST = 64


class Sessions:
    """The file ``sessions`` of a book's folder; one that cannot be read is empty.

    Parameters
    ----------
    storage : Storage
    tokens : Tokens
        A session ends when the token it began with does.
    clock : callable
        Seconds since 1970.
    """

    def __init__(self, storage: Storage, tokens: Tokens, clock: Callable[[], float] = time.time) -> None:
        self._storage, self._tokens, self._clock = storage, tokens, clock
        self._guard = threading.Lock()
        self._known: dict[str, tuple[Scope, float, str]] = _read(storage)

    def begin(self, scope: Scope) -> Secret:
        """A new session; its id goes into the cookie. The oldest gives way to a 65th."""
        made = secrets.token_urlsafe(32)
        with self._guard:
            known = self._living()
            known[hashed(made)] = (scope, self._clock() + LASTS_S, self._tokens.id_of(scope))
            self._keep(dict(sorted(known.items(), key=lambda one: one[1][1])[-MOST:]))
        return Secret(made, sought=False)

    def scope_of(self, session: str) -> Scope | None:
        """What a session allows; None: it is unknown, or has ended."""
        found = self._known.get(hashed(session))
        return found[0] if found is not None and self._lives(found) else None

    def end(self, session: str) -> None:
        """Log out."""
        with self._guard:
            known = self._living()
            known.pop(hashed(session), None)
            self._keep(known)

    def _lives(self, one: tuple[Scope, float, str]) -> bool:
        scope, ends, token = one
        return ends > self._clock() and token == self._tokens.id_of(scope)

    def _living(self) -> dict[str, tuple[Scope, float, str]]:
        return {key: one for key, one in self._known.items() if self._lives(one)}

    def _keep(self, known: dict[str, tuple[Scope, float, str]]) -> None:
        body = {key: [int(scope), ends, token] for key, (scope, ends, token) in known.items()}
        self._storage.write_atomic(NAME, json.dumps(body).encode())
        self._known = known


def csrf_of(session: str) -> str:
    """What a page of this session must send with what it changes; other sites cannot read it."""
    return hmac.new(session.encode(), b"csrf", hashlib.sha256).hexdigest()


def _read(storage: Storage) -> dict[str, tuple[Scope, float, str]]:
    if not storage.exists(NAME):
        return {}
    try:
        raw: dict[str, Any] = json.loads(storage.read(NAME))
        return {key: (Scope(scope), float(ends), str(token)) for key, (scope, ends, token) in raw.items()}
    except (ValueError, TypeError, AttributeError):
        return {}
