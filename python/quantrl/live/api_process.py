"""The API beside the engine: a socket opened here, a child that answers on it, and its end with ours."""

from __future__ import annotations

import errno
import json
import socket
from dataclasses import asdict, replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from quantrl.errors import ConfigError
from quantrl.live.children import Module

if TYPE_CHECKING:
    from quantrl.live.api.settings import Settings

NEEDS = ("fastapi", "uvicorn", "prometheus_client")
_BACKLOG = 128
_END_S = 5.0


def listening(settings: Settings, *, any_port: bool = False) -> tuple[Settings, socket.socket]:
    """A socket bound as the settings say, and the settings with the port it has.

    Parameters
    ----------
    settings : Settings
    any_port : bool
        Take another port where this one is taken.

    Raises
    ------
    ConfigError
        The address cannot be had.
    """
    try:
        listener = _listener(settings.host, settings.port)
    except OSError as error:
        if any_port and error.errno == errno.EADDRINUSE:
            return listening(replace(settings, port=0))
        other = "--host" if error.errno == errno.EADDRNOTAVAIL else "--port"
        words = f"{settings.host} port {settings.port}: {error.strerror}; name another by {other}"
        raise ConfigError(words) from None
    return replace(settings, port=listener.getsockname()[1]), listener


def _listener(host: str, port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except BaseException:
        listener.close()
        raise
    return listener


def need_api() -> None:
    """Refuse to go on without what the API is made of.

    Raises
    ------
    ConfigError
    """
    missing = [name for name in NEEDS if find_spec(name) is None]
    if missing:
        raise ConfigError(
            f"the dashboard needs {', '.join(missing)}, which come with the extra live: pip install 'quantrl[live]'"
        )


class ApiProcess(Module):
    """A running API; clients wait while one is replaced by the next.

    Parameters
    ----------
    folder : Path
        Of the book.
    settings : Settings
    listener : socket
        As `listening` made it; stays open here until `close`.
    """

    def __init__(self, folder: Path, settings: Settings, listener: socket.socket) -> None:
        self._listener = listener
        told = asdict(settings)
        told |= {name: str(told[name]) if told[name] else None for name in ("tls_cert", "tls_key")}
        number = listener.fileno()
        body = {"folder": str(folder.resolve()), "listener": number, "settings": told}
        line = json.dumps(body).encode() + b"\n"
        super().__init__("quantrl.live.api.server", told=line, descriptors=[number], quiet=True, end_s=_END_S)

    def close(self) -> None:
        """End it for good."""
        super().close()
        self._listener.close()
