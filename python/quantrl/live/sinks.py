"""Where messages go: a file of JSON lines, or somebody's web server."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from http.client import HTTPException
from pathlib import Path
from typing import Any, Protocol

from quantrl.errors import RetryableError, StorageError
from quantrl.live.notify_settings import NotifySettings
from quantrl.live.secret import Secret, read_secret, redacted
from quantrl.live.storage import Storage

FILE = "notifications.jsonl"
KEY_HEADER = "Idempotency-Key"
LOG = "log"
_FILE_LIMIT = 8 << 20


class Sink(Protocol):
    """Takes one message, or raises."""

    def send(self, message: Mapping[str, Any]) -> None:
        """Deliver it; its ``id`` is the same each time it is sent.

        Raises
        ------
        RetryableError
            Not delivered, or nobody knows: it is sent again later.
        """
        ...


class FileSink:
    """``log/notifications.jsonl``; at 8 MiB the file becomes ``.1`` and a new one begins.

    Parameters
    ----------
    folder : Path
        Of the book.
    """

    def __init__(self, folder: Path) -> None:
        self._storage = Storage(folder)

    def send(self, message: Mapping[str, Any]) -> None:
        """Append a line, durably."""
        try:
            log = self._storage.below(LOG)
            if log.exists(FILE) and (log.folder / FILE).stat().st_size > _FILE_LIMIT:
                log.rename(FILE, f"{FILE}.1")
            end = log.appender(FILE)
            try:
                end.append(redacted(json.dumps(message, sort_keys=True)).encode() + b"\n")
                end.sync()
            finally:
                end.close()
        except StorageError as error:
            raise RetryableError(f"file: {error}") from None


class WebhookSink:
    """POST of one JSON object; a repetition has the same ``Idempotency-Key``.

    Parameters
    ----------
    url : Secret or str
    token : Secret, optional
        Sent as ``Authorization: Bearer``.
    timeout_s : float
    """

    def __init__(self, url: Secret | str, token: Secret | None = None, timeout_s: float = 10.0) -> None:
        self._url, self._token, self._timeout_s = url, token, timeout_s
        # A redirect would carry the token to whoever is named there.
        self._opener = urllib.request.build_opener(_NoRedirect)

    def send(self, message: Mapping[str, Any]) -> None:
        """Deliver it: any status from 200 to 299 is yes."""
        headers = {"Content-Type": "application/json", KEY_HEADER: str(message["id"])}
        if self._token is not None:
            headers["Authorization"] = f"Bearer {self._token.reveal()}"
        try:
            url = self._url.reveal() if isinstance(self._url, Secret) else self._url
            body = json.dumps(message, sort_keys=True).encode()
            request = urllib.request.Request(url, body, headers, method="POST")
            with self._opener.open(request, timeout=self._timeout_s) as reply:
                status = int(reply.status)
        except urllib.error.HTTPError as error:
            status = error.code
            error.close()
        except (OSError, ValueError, HTTPException) as error:
            raise RetryableError(redacted(f"webhook: {type(error).__name__}: {error}")) from None
        if not 200 <= status <= 299:
            raise RetryableError(f"webhook: expected a status from 200 to 299, got {status}")


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """None is followed: the redirect is the answer."""


def sinks_of(folder: Path, settings: NotifySettings) -> dict[str, Sink]:
    """The sinks of a book, by name.

    Raises
    ------
    ConfigError
        A secret that is not there.
    """
    made: dict[str, Sink] = {}
    if "file" in settings.sinks:
        made["file"] = FileSink(folder)
    if "webhook" in settings.sinks:
        named, token = settings.webhook_url_secret, settings.webhook_token_secret
        url = read_secret(named) if named else settings.webhook_url or ""
        made["webhook"] = WebhookSink(url, read_secret(token) if token else None, settings.timeout_s)
    return made
