"""Readers of a dashboard's event stream: ``python -m ... HOST PORT N``, the token on standard input.

It prints how many were let in, reads until its input ends, and prints how many bytes it was sent.
"""

from __future__ import annotations

import select
import socket
import sys
from contextlib import suppress


def main(host: str, port: int, count: int) -> int:
    """Open `count` streams and read those that are let in."""
    token = sys.stdin.readline().strip()
    streams = []
    for _ in range(count):
        one = socket.create_connection((host, port), timeout=30)
        lines = ("GET /api/stream HTTP/1.1", f"Host: {host}:{port}", f"Authorization: Bearer {token}", "", "")
        one.sendall("\r\n".join(lines).encode())
        if one.recv(4_096).split(maxsplit=2)[1] == b"200":
            one.setblocking(False)
            streams.append(one)
        else:
            one.close()
    print(len(streams), flush=True)
    read = 0
    while True:
        ready, _, _ = select.select([sys.stdin, *streams], [], [])
        if sys.stdin in ready:
            break
        for stream in streams:
            if stream in ready:
                with suppress(BlockingIOError):
                    read += len(stream.recv(1 << 16))
    print(read, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
