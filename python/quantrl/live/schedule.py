"""Jobs that run once a session, across any restarts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, NamedTuple

from quantrl.errors import ConfigError, LiveError
from quantrl.live.digests import Plain
from quantrl.live.sessions import Sessions

MISSED = " missed"


class Job(NamedTuple):
    """Something to do each session.

    Parameters
    ----------
    name : str
    anchor : {"open", "close"}
    offset : int
        ns after the anchor; negative: before.
    missed : {"run", "skip"}
        What becomes of it when the next session has opened without it.
    """

    name: str
    anchor: Literal["open", "close"]
    offset: int = 0
    missed: Literal["run", "skip"] = "run"


class Due(NamedTuple):
    """A job of one session (`place` in the table): when it was due, and whether to run it or only note it as missed."""

    due: int
    job: str
    session: str
    place: int
    run: bool

    @property
    def name(self) -> str:
        """Job and session, and whether it was missed: how a timer names it."""
        return f"{self.job} {self.session}{'' if self.run else MISSED}"


class Schedule:
    """Which jobs of which sessions are done.

    Parameters
    ----------
    sessions : Sessions
    jobs : iterable of Job
    start : int
        ns UTC; sessions that opened before it are not ours.

    Raises
    ------
    ConfigError
        One name twice, or an anchor or policy that is none.
    """

    def __init__(self, sessions: Sessions, jobs: Iterable[Job], start: int) -> None:
        self.sessions = sessions
        self.jobs: dict[str, Job] = {}
        for job in jobs:
            if job.name in self.jobs:
                raise ConfigError(f"job {job.name!r}: expected each name once, got it twice")
            self.jobs[job.name] = job
            if job.anchor not in ("open", "close") or job.missed not in ("run", "skip") or not job.name:
                raise ConfigError(f"job {job.name!r}: expected open or close, and run or skip, got {job[1:]}")
        first = sessions.begun(start - 1)
        self._done = dict.fromkeys(self.jobs, first)

    def due(self, now: int) -> tuple[Due, ...]:
        """Every job whose time has come and that is not done, in order of time, then name.

        A job is missed when the session after its own has opened.
        """
        found = []
        latest = self.sessions.begun(now)
        for name, job in self.jobs.items():
            for index in range(self._done[name] + 1, len(self.sessions)):
                at = self._at(job, index)
                if at > now:
                    break
                found.append(
                    Due(
                        at,
                        name,
                        self.sessions.table[index].label,
                        index,
                        index >= latest or job.missed == "run",
                    )
                )
        return tuple(sorted(found))

    def next_time(self) -> int | None:
        """When the next job is due; None after the last session."""
        times = (
            self._at(job, self._done[name] + 1)
            for name, job in self.jobs.items()
            if self._done[name] + 1 < len(self.sessions)
        )
        return min(times, default=None)

    def named(self, name: str) -> Due:
        """The next of a job's, by its `Due.name`.

        Raises
        ------
        LiveError
            Not the next one.
        """
        job = name.partition(" ")[0]
        index = self._done.get(job, -1) + 1
        if job in self.jobs and index < len(self.sessions):
            label, run = self.sessions.table[index].label, not name.endswith(MISSED)
            found = Due(self._at(self.jobs[job], index), job, label, index, run)
            if found.name == name:
                return found
        raise LiveError(f"job {name!r}: expected the next of its sessions")

    def done(self, job: str, index: int) -> None:
        """Note that a job of a session ran or was skipped.

        Raises
        ------
        LiveError
            Not the next session of that job: it would run twice, or one would be left out.
        """
        if job not in self._done or index != self._done[job] + 1:
            raise LiveError(f"job {job!r}: expected session {self._done.get(job, -1) + 1}, got {index}")
        self._done[job] = index

    def _at(self, job: Job, index: int) -> int:
        session = self.sessions.table[index]
        return (session.open if job.anchor == "open" else session.close) + job.offset

    def to_plain(self) -> Plain:
        """What is done, by job and label; a newer table of sessions keeps it."""
        return tuple(
            (name, self.sessions.table[index].label if index >= 0 else "")
            for name, index in sorted(self._done.items())
        )

    def restore(self, plain: Any) -> None:
        """Take over what `to_plain` said; jobs it does not name keep their start.

        Raises
        ------
        ConfigError
            A session that this table does not have.
        """
        places = {"": -1, **{session.label: index for index, session in enumerate(self.sessions.table)}}
        for name, label in plain:
            if label not in places:
                raise ConfigError(
                    f"job {name!r}: session {label!r} is not in the calendar {self.sessions.source}"
                )
            if name in self._done:
                self._done[name] = places[label]
