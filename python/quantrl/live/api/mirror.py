"""A view kept in step with a running engine by a thread of its own, and the engine's pulse."""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from contextlib import suppress
from pathlib import Path
from typing import Any

import apsw

from quantrl.errors import LiveError, NotRunning
from quantrl.live.asks import SLICE, unpacked
from quantrl.live.client import Client
from quantrl.live.feeds import BarRow
from quantrl.live.feeds.grid import Grid
from quantrl.live.view import View

POLL_S, PULSE_S, RETRY_S = 0.1, 0.2, 0.5
ANSWER_S = 35.0
DEPTH_S, DEPTH_WAIT_S = 0.2, 1.0
_ROWS_KEPT = 2_000
_log = logging.getLogger("quantrl.live.api")


class Mirror:
    """What the API tells, gathered over the book's socket.

    Parameters
    ----------
    folder : Path
        Of the book; the view is kept there.

    Attributes
    ----------
    about, pulse : dict or None
        Newest answers of the engine.
    head, committed : int
        seq of the newest event in the view, and of the newest the engine had when it was last asked.
    connected : bool
        Whether the engine answered last.
    rebuilds : int
        Views made anew because the old one did not fit the journal.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.about: dict[str, Any] | None = None
        self.pulse: dict[str, Any] | None = None
        self.committed = self.head = self.rebuilds = 0
        self.connected = False
        self._pulse_at = self._heard_at = -float("inf")
        self._view: View | None = None
        self._client: Client | None = None
        self._rows: OrderedDict[int, BarRow] = OrderedDict()
        self._depths: dict[int, tuple[float, dict[str, Any] | None]] = {}
        self._depth_guard = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="mirror", daemon=True)

    def start(self) -> None:
        """Begin to follow."""
        self._thread.start()

    def close(self) -> None:
        """Stop following and close the view."""
        self._stop.set()
        if self._client is not None:
            self._client.close()
        if self._thread.is_alive():
            self._thread.join(5.0)
        if self._view is not None and not self._thread.is_alive():
            self._view.close()

    @property
    def ready(self) -> bool:
        """Whether there is something to tell."""
        return self._view is not None and self.about is not None and self.pulse is not None

    @property
    def silence_s(self) -> float:
        """Seconds since the engine last answered."""
        return time.monotonic() - self._heard_at

    def read(self, sql: str, parameters: tuple[Any, ...] = ()) -> list[Any]:
        """Rows of the view.

        Raises
        ------
        NotRunning
            There is no view yet.
        """
        for _ in range(2):
            view = self._view
            if view is None:
                break
            try:
                return view.read(sql, parameters)
            except (apsw.CantOpenError, apsw.ConnectionClosedError, apsw.IOError, apsw.NotADBError):
                if view is self._view:
                    raise
        raise NotRunning("the engine has not answered yet")

    def command(self, verb: str, args: dict[str, str], nonce: str, principal: str) -> str:
        """Give the engine an order; the trading state afterwards.

        Raises
        ------
        LiveError
            As `Client.ask`.
        """
        with Client(self.folder, timeout_s=5.0) as client:
            body = {"ask": "command", "verb": verb, "args": args, "nonce": nonce, "principal": principal}
            return str(client.ask(body)["state"])

    def depth(self, inst: int) -> dict[str, Any] | None:
        """An instrument's price levels and own orders at the engine, a moment old at most; None while it is away."""
        with self._depth_guard:
            made, found = self._depths.get(inst, (-float("inf"), None))
            if time.monotonic() - made > DEPTH_S:
                found = None
                with suppress(LiveError, OSError), Client(self.folder, timeout_s=DEPTH_WAIT_S) as client:
                    found = client.ask({"ask": "depth", "inst": inst})
                self._depths[inst] = (time.monotonic(), found)
            return found

    def _follow(self) -> None:
        while not self._stop.is_set():
            try:
                with Client(self.folder, timeout_s=ANSWER_S) as client:
                    self._client = client
                    self._keep_up(client)
            except (LiveError, OSError) as error:
                if self.connected:
                    _log.warning("the engine does not answer: %s", error)
            except Exception:
                _log.exception("the view is made anew")
                self._discard()
            self.connected = False
            self._stop.wait(RETRY_S)

    def _keep_up(self, client: Client) -> None:
        about = self._ask(client, {"ask": "about"})
        if self._view is None or self.about is None or self.about["book_id"] != about["book_id"]:
            self._open(about)
        self.about, self.connected = about, True
        while not self._stop.is_set():
            if time.monotonic() - self._pulse_at >= PULSE_S:
                self.pulse = self._ask(client, {"ask": "pulse"})
                self._pulse_at = time.monotonic()
            if not self._take(client):
                self._stop.wait(POLL_S)

    def _open(self, about: dict[str, Any]) -> None:
        if self._view is not None:
            self._view.close()
        self._rows.clear()
        tv = [one["tv"] for one in about["instruments"]]
        grid = None if about["grid"] is None else Grid(**about["grid"])
        self._view = View.open(
            self.folder, bytes.fromhex(about["book_id"]), tv, len(about["agents"]), self._row, grid
        )
        self.head = self._view.seq

    def _take(self, client: Client) -> bool:
        """One slice; whether more waits."""
        view = self._view
        assert view is not None
        # The last event taken is asked for again: a journal that was put back from a copy ends before it, or differs.
        first = max(view.seq, 1)
        reply = self._ask(client, {"ask": "events", "from": first, "limit": SLICE})
        events = [unpacked(row) for row in reply["events"]]
        if view.seq:
            if not events or events[0].hash != view.hash:
                raise ValueError(f"the journal has no event {view.seq} with the hash the view has seen")
            events = events[1:]
        # First: readers of the view see its rows before they see `head`, and nothing in it is beyond what is committed.
        self.committed = int(reply["committed"])
        view.take(events)
        self.head = view.seq
        return self.head < self.committed

    def _row(self, row: int) -> BarRow:
        """A row of the feed, fetched with those after it."""
        if row not in self._rows:
            assert self._client is not None
            reply = self._ask(self._client, {"ask": "rows", "first": row, "last": row + SLICE - 1})
            for number, time_ns, available, close, price in reply["rows"]:
                self._rows[number] = BarRow(number, time_ns, available, tuple(close), tuple(price))
            while len(self._rows) > _ROWS_KEPT:
                self._rows.popitem(last=False)
        return self._rows[row]

    def _ask(self, client: Client, body: dict[str, Any]) -> dict[str, Any]:
        reply = client.ask(body)
        self._heard_at = time.monotonic()
        return reply

    def _discard(self) -> None:
        view, self._view, self.head = self._view, None, 0
        self.rebuilds += 1
        with suppress(apsw.Error):
            if view is not None:
                view.close()
        View.discard(self.folder)
