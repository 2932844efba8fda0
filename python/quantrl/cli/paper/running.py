"""A book in the foreground: bars, the socket, signals and the progress line, until it is told to end."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from quantrl.cli import progress
from quantrl.cli.console import Output
from quantrl.cli.exits import DONE, HALTED, INTERRUPTED, IO
from quantrl.cli.paper import showing
from quantrl.cli.paper.opening import after_refusal
from quantrl.cli.paper.signs import GRACE_S, Signs
from quantrl.errors import StorageError
from quantrl.live.control import Control
from quantrl.live.heart import ALONE, RUNNING, STOPPING, Heart
from quantrl.live.logs import log_to
from quantrl.live.seals import Seals
from quantrl.units import iso_date

if TYPE_CHECKING:
    from quantrl.live.engine import Daemon
    from quantrl.live.summary import Summary

_REFRESH_S = 0.15
_NAMED = 3


class Foreground:
    """One start of a book.

    Parameters
    ----------
    daemon : Daemon
    signs : Signs
    output : Output
    heart : Heart
        Told of every bar, and of the end.
    """

    def __init__(self, daemon: Daemon, signs: Signs, output: Output, heart: Heart = ALONE) -> None:
        self._signs, self._output, self._heart = signs, output, heart
        self._log = log_to(daemon.folder, "engine")
        self._log.info("boot %d, bar %d", daemon.journal.boot, daemon.bar + 1)
        self._seals = Seals(self._log.info)
        self._state = daemon.book.trading.state.name
        self._control = Control(daemon.folder, self._log.warning, supervised=heart.supervised)
        self.daemon = daemon
        self.full_disk = False
        self.last: Summary | None = None
        self._attach(daemon)

    def run(self, speed: float | str, *, exit_at_end: bool) -> int:
        """Take bars, then stay if asked to; the book is closed afterwards. The exit code.

        Raises
        ------
        QuantrlError
            What the book could not go on from; it is abandoned, and its folder holds the truth.
        """
        try:
            with self._ended():
                self._take(speed, exit_at_end=exit_at_end)
        except KeyboardInterrupt:
            return self._cut_short()
        if self.full_disk:
            return IO
        if self._signs.stopped_by == signal.SIGINT:
            return INTERRUPTED
        finished = exit_at_end and self._signs.stopped_by is None and not self._control.stopping
        return HALTED if finished and self.last is not None and self.last.state == "HALTED" else DONE

    @contextmanager
    def closing(self) -> Iterator[None]:
        """Give the book back where something failed before or beside `run`."""
        try:
            yield
        except BaseException:
            self._control.close()
            self.daemon.abandon()
            raise

    @contextmanager
    def _ended(self) -> Iterator[None]:
        """Close the socket before the book, and the book with a snapshot where nothing went wrong."""
        try:
            yield
        except BaseException:
            self._log.exception("abandoned at bar %d", self.daemon.bar + 1)
            self._control.close()
            self.daemon.abandon()
            raise
        self._signs.calm()
        self._log.info("ends at bar %d: %s", self.daemon.bar + 1, self._reason())
        self._heart.tell(STOPPING, self.daemon.book.trading.state.name)
        self.last = self.daemon.state()
        self._control.close()
        if self._control.now:
            self.daemon.abandon()
        else:
            self.daemon.close(reason=self._reason())

    def _take(self, speed: float | str, *, exit_at_end: bool) -> None:
        try:
            with _shown(self.daemon, quiet=self._output.as_json) as tell:
                self.daemon.run(speed=speed, progress=tell)
        except StorageError as error:
            self._attach(after_refusal(self.daemon, error))
            self.full_disk = True
            self._output.say(
                f"no space left on the disk: the book is halted and takes no more bars ({error})"
            )
        if exit_at_end or self._stopping():
            return
        if not self.full_disk:
            self._output.say("the feed has ended; the book stays up until it is stopped")
        self.daemon.stay()

    def _attach(self, daemon: Daemon) -> None:
        self.daemon = daemon
        daemon.on_cycle = self._heed
        self._signs.end = daemon.stop
        if self._signs.stopped_by is not None:
            daemon.stop()
        self._beat()

    def _heed(self, daemon: Daemon) -> None:
        if self._signs.halt_wanted():
            daemon.command("signal", principal="signal", reason="SIGUSR1")
        self._control.serve(daemon)
        self._seals.due(daemon)
        self._beat()

    def _beat(self) -> None:
        daemon = self.daemon
        state = daemon.book.trading.state.name
        if state != self._state:
            self._state = state
            self._log.warning("%s: %s", state, daemon.book.trading.reason)
        self._heart.tell(RUNNING, state, f"bar {daemon.bar + 1} of {daemon.setup.feed.n_rows}")

    def _stopping(self) -> bool:
        return self._signs.stopped_by is not None or self._control.stopping

    def _reason(self) -> str:
        if self._signs.stopped_by is not None:
            return signal.Signals(self._signs.stopped_by).name
        return "stopped by a client" if self._control.stopping else "the feed ended"

    def _cut_short(self) -> int:
        why = f"the bar took longer than {GRACE_S:g} s" if self._signs.overdue else "told to stop twice"
        self._output.say(f"{why}: ended without a snapshot; what was committed is kept")
        terminated = self._signs.overdue and self._signs.stopped_by == signal.SIGTERM
        return DONE if terminated else INTERRUPTED


@contextmanager
def _shown(daemon: Daemon, *, quiet: bool) -> Iterator[Callable[[int, int], None] | None]:
    """The progress line: bars, bars a second, date, state, equity and who is funded."""
    with progress.bar(quiet=quiet, speed=True) as shown:
        if shown.disable:
            yield None
            return
        task = shown.add_task("paper", total=daemon.setup.feed.n_rows, note="", speed="")
        begun, first, drawn = time.perf_counter(), daemon.bar + 1, 0.0

        def tell(done: int, total: int) -> None:
            nonlocal drawn
            now = time.perf_counter()
            if done < total and now - drawn < _REFRESH_S:
                return
            drawn = now
            speed = f"{(done - first) / max(now - begun, 1e-9):,.0f} bars/s"
            shown.update(task, completed=done, total=total, speed=speed, note=_note(daemon.state()))

        yield tell


def _note(summary: Summary) -> str:
    names = [label for label, _ in sorted(summary.funded, key=lambda row: (-row[1], row[0]))]
    more = f" +{len(names) - _NAMED}" if len(names) > _NAMED else ""
    worth = f"{summary.equity // showing.UNIT:,} {summary.currency}"
    return f"{iso_date(summary.time)} {summary.state} {worth} {', '.join(names[:_NAMED]) or 'all in treasury'}{more}"
