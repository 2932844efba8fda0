"""The API's process: ``python -m quantrl.live.api.server``, started with its socket open and ended by a closed pipe."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import socket
import sys
import threading
from pathlib import Path
from typing import Any

import uvicorn

from quantrl.live.api.app import make_app
from quantrl.live.api.mirror import Mirror
from quantrl.live.api.settings import Settings
from quantrl.live.logs import log_to

LOG_BYTES, LOG_FILES = 1 << 20, 3
CONNECTIONS = 256


def serve(folder: Path, settings: Settings, listener: socket.socket, ended: int | None) -> None:
    """Answer until the descriptor `ended` is closed at its other end, or a signal comes."""
    _log_to(folder)
    mirror = Mirror(folder)
    app = make_app(mirror, settings)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        ws="none",
        lifespan="on",
        server_header=False,
        proxy_headers=settings.behind_proxy,
        limit_concurrency=CONNECTIONS,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=1,
        ssl_certfile=settings.tls_cert,
        ssl_keyfile=settings.tls_key,
    )
    server = uvicorn.Server(config)
    if ended is not None:
        threading.Thread(target=_watch, args=(ended, server), name="parent", daemon=True).start()
    mirror.start()
    try:
        asyncio.run(server.serve(sockets=[listener]))
    finally:
        mirror.close()


def main() -> None:
    """As `api_process.ApiProcess` starts it: one JSON object on stdin's first line, then silence until the end."""
    told: dict[str, Any] = json.loads(sys.stdin.readline())
    listener = socket.socket(fileno=told["listener"])
    raw = told["settings"]
    paths = {name: Path(raw[name]) if raw[name] else None for name in ("tls_cert", "tls_key")}
    settings = Settings(**{**raw, **paths, "names": tuple(raw["names"])})
    serve(Path(told["folder"]), settings, listener, sys.stdin.fileno())


def _watch(descriptor: int, server: uvicorn.Server) -> None:
    while os.read(descriptor, 1024):
        pass
    server.should_exit = True


def _log_to(folder: Path) -> None:
    """The server's own loggers write where this process does."""
    own = log_to(folder, "api", size=LOG_BYTES, kept=LOG_FILES)
    root = logging.getLogger()
    root.handlers[:] = own.handlers
    root.setLevel(logging.INFO)
    logging.getLogger("asyncio").setLevel(logging.WARNING)


if __name__ == "__main__":
    main()
