"""How other processes talk to a running book: a socket in its folder."""

from __future__ import annotations

import os
import queue
import socket
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quantrl.errors import FatalError, LiveError, NotRunning, QuantrlError, RetryableError
from quantrl.live.command_body import command_of, principal_of
from quantrl.live.told import told
from quantrl.live.wire import SOCKET, FrameError, address, frame, receive

if TYPE_CHECKING:
    from quantrl.live.engine import Daemon


CLIENTS = 32
IDLE_S, FRAME_S, SEND_S, ANSWER_S = 60.0, 5.0, 5.0, 30.0
MODE = 0o600
_LOG_EVERY_S = 1.0
_PARTING_S = 0.5


@dataclass
class Request:
    """What one client asks; the engine fills `reply` between two cycles."""

    body: dict[str, Any]
    reply: dict[str, Any] | None = None
    done: threading.Event = field(default_factory=threading.Event)

    def answer(self, reply: dict[str, Any]) -> None:
        """Wake the client's thread."""
        self.reply = reply
        self.done.set()


class Control:
    """The socket of one book. Every client has a thread of its own; only `serve`, called by the engine, touches the book.

    Parameters
    ----------
    folder : Path
        Locked by this process, so that a socket found there is a dead one's.
    log : callable, optional
        Told of malformed frames, at most once a second; by default stderr.
    supervised : bool
        Whether this process's parent is its supervisor.

    Attributes
    ----------
    stopping, now : bool
        Whether a client asked to stop, and to do so without a snapshot.

    Raises
    ------
    StorageError
        The socket cannot be made.
    """

    def __init__(
        self, folder: Path, log: Callable[[str], None] | None = None, *, supervised: bool = False
    ) -> None:
        self._supervisor = os.getppid() if supervised else None
        self.folder, self.stopping, self.now = folder, False, False
        self._log = log if log is not None else _to_stderr
        self._waiting: queue.SimpleQueue[Request] = queue.SimpleQueue()
        self._clients: dict[socket.socket, float] = {}
        self._threads: set[threading.Thread] = set()
        self._guard = threading.Lock()
        self._closed = False
        self._logged, self._unlogged = -_LOG_EVERY_S, 0
        self._begun = time.monotonic()
        with told(folder / SOCKET), address(folder) as name:
            (folder / SOCKET).unlink(missing_ok=True)
            self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                self._listener.bind(name)
                (folder / SOCKET).chmod(MODE)  # before anyone can connect
                self._listener.listen(4 * CLIENTS)
                self._listener.settimeout(1.0)
            except BaseException:
                self._listener.close()
                raise
        threading.Thread(target=self._accept, name="control", daemon=True).start()

    # The engine's side

    def serve(self, daemon: Daemon) -> None:
        """Answer what waits, without waiting for anything.

        Raises
        ------
        FatalError
            The book cannot go on; whoever asked has been told.
        """
        told_already: dict[str, Any] | None = None
        for _ in range(2 * CLIENTS):
            try:
                request = self._waiting.get_nowait()
            except queue.Empty:
                return
            asked = request.body.get("ask")
            if asked == "status" and told_already is not None:
                request.answer(told_already)
                continue
            try:
                reply = {"ok": True, "result": self._done(daemon, asked, request.body)}
            except Exception as error:
                request.answer(_refused(error))
                if isinstance(error, FatalError) or not isinstance(error, QuantrlError):
                    raise
                continue
            told_already = reply if asked == "status" else None
            request.answer(reply)

    def close(self) -> None:
        """Take no more requests; those that wait are told so. Must come before the folder's lock is given back."""
        with self._guard:
            self._closed = True
        with told(self.folder / SOCKET):
            (self.folder / SOCKET).unlink(missing_ok=True)
        _shut(self._listener)
        while True:
            try:
                self._waiting.get_nowait().answer(
                    _refused(NotRunning(f"{self.folder}: the daemon is stopping"))
                )
            except queue.Empty:
                break
        with self._guard:
            for peer in self._clients:
                _shut(peer, socket.SHUT_RD)
        end = time.monotonic() + _PARTING_S
        with self._guard:
            threads = list(self._threads)
        for thread in threads:
            thread.join(max(end - time.monotonic(), 0.0))
        with self._guard:
            for peer in self._clients:
                _shut(peer)
        self._listener.close()

    def _done(self, daemon: Daemon, asked: Any, body: dict[str, Any]) -> dict[str, Any]:
        if asked == "status":
            return {"summary": asdict(daemon.state()), "daemon": self._about(daemon)}
        if asked == "command":
            verb, args, nonce = command_of(body)
            return {"state": daemon.command(verb, nonce=nonce, principal=principal_of(body), **args)}
        if asked == "stop":
            self.stopping, self.now = True, self.now or body.get("now") is True
            daemon.stop()
            return {"pid": os.getpid()}
        if asked == "snapshot":
            if daemon.book.requests:
                raise RetryableError("snapshot: agents have not answered yet")
            return {"snapshot": daemon.snapshot()}
        # Not at the top: clients, which need this module, do without the journal's.
        from quantrl.live.asks import ASKS

        if isinstance(asked, str) and asked in ASKS:
            return ASKS[asked](daemon, body)
        known = ", ".join(("status", "command", "stop", "snapshot", *ASKS))
        raise LiveError(f"ask: expected one of {known}, got {asked!r:.80}")

    def _about(self, daemon: Daemon) -> dict[str, Any]:
        return {
            "pid": os.getpid(),
            "supervisor": self._supervisor,
            "boot": daemon.journal.boot,
            "uptime_s": round(time.monotonic() - self._begun, 1),
            "committed": daemon.journal.committed.seq,
        }

    # The clients' side

    def _accept(self) -> None:
        while not self._closed:
            try:
                peer, _ = self._listener.accept()
            except OSError:
                time.sleep(0.05)  # out of descriptors, or closed
                continue
            with self._guard:
                if self._closed:
                    peer.close()
                    return
                if len(self._clients) >= CLIENTS:
                    # The one that was silent longest gives way: idle clients cannot lock others out.
                    _shut(min(self._clients, key=self._clients.__getitem__))
                self._clients[peer] = time.monotonic()
            try:
                threading.Thread(
                    target=self._attend, args=(peer,), name="control client", daemon=True
                ).start()
            except RuntimeError:  # no more threads
                self._leave(peer)

    def _attend(self, peer: socket.socket) -> None:
        with self._guard:
            self._threads.add(threading.current_thread())
        try:
            while (body := receive(peer, IDLE_S, FRAME_S)) is not None:
                with self._guard:
                    self._clients[peer] = time.monotonic()
                    if self._closed:
                        return
                    request = Request(body)
                    self._waiting.put(request)
                if not request.done.wait(ANSWER_S):
                    request.reply = _refused(
                        RetryableError(f"the engine is busy: no answer in {ANSWER_S:g} s")
                    )
                peer.settimeout(SEND_S)
                peer.sendall(frame(request.reply))
        except FrameError as error:
            self._note(str(error))
        except OSError:
            pass
        finally:
            self._leave(peer)

    def _leave(self, peer: socket.socket) -> None:
        with self._guard:
            self._clients.pop(peer, None)
            self._threads.discard(threading.current_thread())
        peer.close()

    def _note(self, line: str) -> None:
        with self._guard:
            now = time.monotonic()
            if now - self._logged < _LOG_EVERY_S:
                self._unlogged += 1
                return
            more = f" (and {self._unlogged} like it)" if self._unlogged else ""
            self._logged, self._unlogged = now, 0
        self._log(f"{SOCKET}: {line}{more}; the connection was closed")


def _refused(error: Exception) -> dict[str, Any]:
    return {"ok": False, "error": {"type": type(error).__name__, "message": str(error)}}


def _shut(peer: socket.socket, how: int = socket.SHUT_RDWR) -> None:
    with suppress(OSError):
        peer.shutdown(how)


def _to_stderr(line: str) -> None:
    print(line, file=sys.stderr)
