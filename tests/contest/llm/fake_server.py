"""A tiny OpenAI-compatible server on loopback, which answers by script."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Reply:
    """One HTTP answer."""

    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    wait_s: float = 0.0


def chat(content: str | None, *, finish: str = "stop", **more: Any) -> Reply:
    """A chat completion."""
    message = {"role": "assistant", "content": content} | more.pop("message", {})
    body: dict[str, Any] = {
        "id": "x",
        "object": "chat.completion",
        "created": 1,
        "model": "served-model",
        "choices": [{"index": 0, "finish_reason": finish, "message": message}],
        "usage": {"prompt_tokens": 11, "completion_tokens": 5, "total_tokens": 16},
    }
    return Reply(json.dumps(body | more).encode())


@dataclass
class Served:
    """Where the server is, and what it was sent: path, headers, body."""

    url: str
    seen: list[tuple[str, dict[str, str], dict[str, Any]]]

    @property
    def bodies(self) -> list[dict[str, Any]]:
        """Bodies of the requests, in order."""
        return [body for _, _, body in self.seen]


@contextmanager
def serving(script: Callable[[int, dict[str, Any]], Reply]) -> Iterator[Served]:
    """A server whose n-th answer is ``script(n, body)``."""
    seen: list[tuple[str, dict[str, str], dict[str, Any]]] = []
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            with lock:
                number = len(seen)
                seen.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            reply = script(number, body)
            time.sleep(reply.wait_s)
            self.send_response(reply.status)
            for name, value in {"content-type": "application/json", **reply.headers}.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(reply.body)))
            with suppress(BrokenPipeError, ConnectionResetError):
                self.end_headers()
                self.wfile.write(reply.body)

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield Served(f"http://127.0.0.1:{server.server_port}/v1", seen)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
