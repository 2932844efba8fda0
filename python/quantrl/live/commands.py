"""Orders given to a book: by clients, each once, and by the file KILL."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

from quantrl.errors import CommandConflict, LiveError
from quantrl.live import events, killfile
from quantrl.live.cycle import Cycle
from quantrl.live.reducer import refusal
from quantrl.live.states import Cause
from quantrl.live.storage import Storage

POLL_S = 1.0


class Commands:
    """Of one book.

    Parameters
    ----------
    folder : Path
    cycle : Cycle
    storage : Storage
        Of the folder.
    """

    def __init__(self, folder: Path, cycle: Cycle, storage: Storage) -> None:
        self._folder, self._cycle, self._storage = folder, cycle, storage
        self._polled = 0.0

    def take(self, verb: str, nonce: str, principal: str, args: Mapping[str, str]) -> str:
        """Give the book an order, see `Daemon.command`."""
        state = self._cycle.state
        known = state.nonces.get(f"{principal}:{nonce}") if nonce else None
        if known is not None:
            if known != f"{verb} {dict(sorted(args.items()))}":
                raise CommandConflict(f"nonce {nonce!r}: was used for another command ({known})")
            return state.trading.state.name
        values = events.Command(principal, verb, tuple(sorted(args.items())), nonce)
        why = refusal(state, values)
        if why is not None:
            raise LiveError(why)
        if verb == Cause.RESUME:
            self._storage.remove(killfile.NAME)
        self._cycle.take(values, state.ts)
        self._cycle.commit()
        return state.trading.state.name

    def poll(self, *, now: bool = False) -> None:
        """A file named KILL halts the book, whatever else is broken; one that says so closes its positions first.

        It is looked for once a second, or `now`, as at a start.
        """
        if not now and time.monotonic() - self._polled < POLL_S:
            return
        self._polled = time.monotonic()
        given = killfile.command(self._folder, self._cycle.state.trading.state, boot=now)
        if given is not None:
            verb, principal, args = given
            self.take(verb, "", principal, args)
