"""The notifier: messages of the journal to people, at least once, a few at a time. ``python -m quantrl.live.notify DIR``.

A client of the engine like any other, which nobody waits for. It ends when its standard input does.
"""

from __future__ import annotations

import json
import select
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from quantrl.errors import ConfigError, LiveError, RetryableError, StorageError
from quantrl.live.client import Client
from quantrl.live.logs import log_crashes, log_to
from quantrl.live.notify_settings import NotifySettings
from quantrl.live.sinks import Sink, sinks_of
from quantrl.live.spool import Spool
from quantrl.live.storage import Storage

STATE = "notify_state.json"
LAST_WORDS = "--last-words"
HOUR_S = 3_600.0
EVERY_S, PATIENCE_S, LAST_S = 1.0, 10.0, 10.0
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 60.0
_LIMIT = 1 << 20


@dataclass
class Memory:
    """What a notifier must know after a restart; wall times in seconds.

    Parameters
    ----------
    sent : dict of str to list of str
        Sinks that have a message which the journal does not call delivered yet, by the message's id.
    keys : dict of str to float
        When each topic was last sent.
    hour : list of float
        When anything was sent within the last hour.
    """

    sent: dict[str, list[str]] = field(default_factory=dict)
    keys: dict[str, float] = field(default_factory=dict)
    hour: list[float] = field(default_factory=list)

    def may_send(self, topic: str, now: float, settings: NotifySettings) -> bool:
        """Whether neither the topic's nor the hour's limit stands against it; a clock set back counts as time passed."""
        self.hour = [at for at in self.hour if 0 <= now - at < HOUR_S]
        self.keys = {key: at for key, at in self.keys.items() if 0 <= now - at < max(settings.per_key_s, 1.0)}
        return topic not in self.keys and len(self.hour) < settings.per_hour

    def begun(self, topic: str, now: float, settings: NotifySettings) -> None:
        """It is about to be sent."""
        if settings.per_key_s > 0:
            self.keys[topic] = now
        self.hour.append(now)


class Notifier:
    """Messages of one book to its sinks.

    Parameters
    ----------
    folder : Path
    settings : NotifySettings
    sinks : mapping of str to Sink
    log : callable (str)
    clock : callable
        Wall clock, seconds.
    """

    def __init__(
        self,
        folder: Path,
        settings: NotifySettings,
        sinks: Mapping[str, Sink],
        log: Callable[[str], None] = lambda line: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._storage, self._settings, self._sinks = Storage(folder), settings, dict(sinks)
        self._log, self._clock = log, clock
        self._memory = self._remembered()
        self._pauses: dict[str, float] = {}
        self._not_before: dict[str, float] = {}

    def deliver(self, book: str, messages: list[dict[str, Any]]) -> set[str]:
        """Send what may be sent now; ids of the messages that every sink has.

        Messages of one topic that wait together are sent as one, the newest, which says how many it stands for.

        Parameters
        ----------
        book : str
            Its name.
        messages : list of dict
            ``id``, ``topic``, ``text`` and what else is known, the oldest first.
        """
        topics: dict[str, list[dict[str, Any]]] = {}
        for message in messages:
            topics.setdefault(str(message["topic"]), []).append(message)
        done: set[str] = set()
        for topic, waiting in topics.items():
            if self._one(book, topic, waiting):
                done.update(str(message["id"]) for message in waiting)
        return done

    def acknowledged(self, ids: set[str]) -> None:
        """The journal calls these delivered; they need not be remembered."""
        if ids & set(self._memory.sent):
            for id in ids:
                self._memory.sent.pop(id, None)
            self._remember()

    def _one(self, book: str, topic: str, waiting: list[dict[str, Any]]) -> bool:
        memory, now = self._memory, self._clock()
        begun = [message for message in waiting if str(message["id"]) in memory.sent]
        if begun:
            # What one sink has already is finished first, and as it was; what came later stands for itself.
            waiting[:] = waiting[: waiting.index(begun[-1]) + 1]
        last = waiting[-1]
        id = str(last["id"])
        left = [name for name in self._sinks if name not in memory.sent.get(id, [])]
        due = [name for name in left if self._not_before.get(name, 0.0) <= now]
        if not left:
            return True
        if not due or (not begun and not memory.may_send(topic, now, self._settings)):
            return False
        if not begun:
            memory.begun(topic, now, self._settings)
            memory.sent[id] = []
            self._remember()
        message = {**last, "book": book, "stands_for": len(waiting)}
        for name in due:
            if self._sent(name, message):
                memory.sent[id].append(name)
                self._remember()
        return set(memory.sent[id]) >= set(self._sinks)

    def _sent(self, name: str, message: dict[str, Any]) -> bool:
        try:
            self._sinks[name].send(message)
        except RetryableError as error:
            pause = self._pauses[name] = min(self._pauses.get(name, FIRST_PAUSE_S / 2) * 2, LONGEST_PAUSE_S)
            self._not_before[name] = self._clock() + pause
            self._log(f"{message['topic']}: {error}; again in {pause:g} s")
            return False
        self._pauses.pop(name, None)
        return True

    def _remembered(self) -> Memory:
        try:
            return Memory(**json.loads(self._storage.read(STATE, _LIMIT)))
        except (StorageError, ValueError, TypeError):
            return Memory()

    def _remember(self) -> None:
        memory = {"sent": self._memory.sent, "keys": self._memory.keys, "hour": self._memory.hour}
        try:
            self._storage.write_atomic(STATE, json.dumps(memory).encode())
        except StorageError as error:
            self._log(f"{error}: after a restart some messages are sent once more")


def once(notifier: Notifier, client: Client) -> None:
    """Fetch what waits, send what may be sent, and say what was delivered.

    Raises
    ------
    LiveError
        The engine does not answer.
    """
    found = client.ask({"ask": "outbox"})
    messages = []
    for number, body, ts in found["messages"]:
        try:
            told = dict(json.loads(body))
        except (ValueError, TypeError):
            told = {"text": str(body)}
        messages.append({"topic": "other", **told, "id": f"{found['book_id'][:16]}:{number}", "event_ns": ts})
    done = notifier.deliver(str(found["book"]), messages)
    if done:
        client.ask({"ask": "delivered", "ids": [int(id.rpartition(":")[2]) for id in done]})
        notifier.acknowledged(done)


def last_words(notifier: Notifier, folder: Path, patience_s: float = LAST_S) -> bool:
    """Send what the supervisor spooled, as no engine will; whether all was sent. What was not stays for the next start."""
    spool, end = Spool(folder), time.monotonic() + patience_s
    while waiting := spool.read():
        messages = [
            {"id": one.id, "topic": f"engine.{one.topic}", "text": one.text, "wall": one.wall}
            for one in waiting
        ]
        done = notifier.deliver(folder.name, messages)
        spool.remove(done)
        notifier.acknowledged(done)
        if time.monotonic() > end:
            return False
        if spool.read():
            time.sleep(EVERY_S / 4)
    return True


def main(folder: Path, *, last: bool = False) -> int:
    """Until standard input ends, or with `last` until the spool is empty; the exit code."""
    logger = log_to(folder, "notifier")
    log_crashes(logger)
    try:
        settings = NotifySettings.read(folder)
        notifier = Notifier(folder, settings, sinks_of(folder, settings), logger.warning)
    except ConfigError as error:
        logger.error("%s", error)
        return 2
    if last:
        return 0 if last_words(notifier, folder) else 1
    while not select.select([sys.stdin], [], [], EVERY_S)[0]:
        try:
            with Client(folder, timeout_s=PATIENCE_S) as client:
                once(notifier, client)
        except LiveError:
            continue  # there is none now; the supervisor knows
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), last=LAST_WORDS in sys.argv[2:]))
