"""Who talks to a running book over its socket."""

from __future__ import annotations

import socket
import time
from pathlib import Path
from typing import Any, Self

from quantrl import errors
from quantrl.errors import LiveError, NotRunning, QuantrlError, RetryableError, StorageError
from quantrl.live.wire import SOCKET, FrameError, address, frame, receive

TIMEOUT_S = 2.0


class Client:
    """Talks to the daemon of a book.

    Parameters
    ----------
    folder : str or Path
    timeout_s : float
        For connecting, and for every answer.

    Raises
    ------
    NotRunning
        Nobody listens there.
    StorageError
        The socket may not be used.
    RetryableError
        From every method: no answer in time.
    """

    def __init__(self, folder: str | Path, timeout_s: float = TIMEOUT_S) -> None:
        self.folder, self._timeout_s = Path(folder), timeout_s
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(timeout_s)
        try:
            with address(self.folder) as name:
                self._connect(name)
        except (FileNotFoundError, NotADirectoryError, ConnectionRefusedError):
            self.close()
            raise NotRunning(f"{folder}: no daemon is running") from None
        except TimeoutError:
            self.close()
            raise self._late() from None
        except OSError as error:
            self.close()
            raise StorageError(f"{self.folder / SOCKET}: {error.strerror}", error.errno or 0) from None

    def status(self) -> dict[str, Any]:
        """``summary`` (the fields of `Summary`) and ``daemon`` (pid, supervisor, boot, uptime_s, committed)."""
        return self.ask({"ask": "status"})

    def command(self, verb: str, *, nonce: str = "", **args: str) -> str:
        """Give an order as `Daemon.command` takes it; the trading state afterwards.

        Raises
        ------
        LiveError
            It is refused; nothing has changed.
        """
        return str(self.ask({"ask": "command", "verb": verb, "args": args, "nonce": nonce})["state"])

    def stop(self, *, now: bool = False) -> int:
        """End the daemon after the current bar, with a snapshot, or without one; its process id."""
        return int(self.ask({"ask": "stop", "now": now})["pid"])

    def snapshot(self) -> str:
        """Have the state kept; the name of its file."""
        return str(self.ask({"ask": "snapshot"})["snapshot"])

    def ask(self, body: dict[str, Any]) -> dict[str, Any]:
        """One question and its result.

        Raises
        ------
        QuantrlError
            What the daemon answered, as its own class.
        """
        try:
            self._socket.settimeout(self._timeout_s)
            self._socket.sendall(frame(body))
            reply = receive(self._socket, self._timeout_s, self._timeout_s)
        except TimeoutError:
            raise self._late() from None
        except (FrameError, OSError):
            reply = None
        if reply is None:
            raise NotRunning(f"{self.folder}: the daemon ended while it was asked")
        if reply.get("ok") is True and isinstance(reply.get("result"), dict):
            result: dict[str, Any] = reply["result"]
            return result
        raise _raised(reply.get("error"))

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _connect(self, name: str) -> None:
        end = time.monotonic() + self._timeout_s
        while True:
            try:
                return self._socket.connect(name)
            except BlockingIOError:  # so many wait to be accepted that the system takes no more
                if time.monotonic() > end:
                    raise TimeoutError from None
                time.sleep(0.01)

    def _late(self) -> RetryableError:
        return RetryableError(f"{self.folder}: the daemon did not answer within {self._timeout_s:g} s")


def _raised(error: Any) -> QuantrlError:
    name, message = (error.get("type"), error.get("message")) if isinstance(error, dict) else (None, error)
    kind = getattr(errors, name, None) if isinstance(name, str) else None
    known = isinstance(kind, type) and issubclass(kind, QuantrlError)
    return kind(str(message)) if known and kind is not None else LiveError(str(message))
