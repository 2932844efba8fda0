"""Who may do what: one token a scope, of which only the hash is kept."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import threading
from enum import IntEnum
from typing import Any

from quantrl.errors import ConfigError
from quantrl.live.secret import Secret
from quantrl.live.storage import Storage

NAME = "token"
BYTES = 32


class Scope(IntEnum):
    """Each may do what the one below may."""

    READ = 1
    TRADE = 2
    ADMIN = 3


def hashed(value: str) -> str:
    """SHA-256 of a secret, hex."""
    return hashlib.sha256(value.encode("utf-8", "replace")).hexdigest()


class Tokens:
    """The file ``token`` of a book's folder.

    Parameters
    ----------
    storage : Storage

    Raises
    ------
    ConfigError
        A file that is none; remove it to have a new one made.
    """

    def __init__(self, storage: Storage) -> None:
        self._storage, self._guard = storage, threading.Lock()
        self._hashes: dict[Scope, str] = {}
        if storage.exists(NAME):
            self._hashes = _parsed(storage)

    def first(self) -> Secret | None:
        """A token for everything, made when there is none at all; its one appearance."""
        return None if self._hashes else self.rotate(Scope.ADMIN)

    def rotate(self, scope: Scope) -> Secret:
        """A new token of a scope, which ends the old one."""
        made = secrets.token_urlsafe(BYTES)
        with self._guard:
            hashes = {**self._hashes, scope: hashed(made)}
            body = {one.name.lower(): digest for one, digest in sorted(hashes.items())}
            self._storage.write_atomic(NAME, (json.dumps({"sha256": body}) + "\n").encode())
            self._hashes = hashes
        return Secret(made)

    def scope_of(self, token: str) -> Scope | None:
        """What a token allows; every hash is compared, in a time that does not depend on them."""
        found, given = None, hashed(token)
        for scope, digest in self._hashes.items():
            if hmac.compare_digest(given, digest):
                found = scope
        return found

    def id_of(self, scope: Scope) -> str:
        """What changes when the scope's token does."""
        return self._hashes.get(scope, "")[:16]


def _parsed(storage: Storage) -> dict[Scope, str]:
    where = storage.folder / NAME
    try:
        raw: dict[str, Any] = json.loads(storage.read(NAME))["sha256"]
        found = {Scope[name.upper()]: str(digest) for name, digest in raw.items()}
        if not all(len(bytes.fromhex(digest)) == 32 for digest in found.values()):
            raise ValueError
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ConfigError(
            f"{where}: expected hashes of tokens by scope; remove it to have a new one made"
        ) from None
    return found
