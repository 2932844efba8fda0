"""The section ``[calendar]`` of a paper book: whose sessions it keeps to, and what happens in each of them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from quantrl._exact import nanoseconds
from quantrl.config import Section
from quantrl.errors import ConfigError
from quantrl.live.schedule import Job
from quantrl.live.vocabulary import DAY

Verb = Literal["active", "no_entry", "reduce_only", "cancel_all", "flatten"]


class JobConfig(Section):
    """A trading state that a session brings: `do`, at its open or close, or so long `before` or `after` it.

    ``missed`` says what becomes of it where the next session has opened without it.
    """

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]
    do: Verb
    at: Literal["open", "close"]
    before: str | None = None
    after: str | None = None
    missed: Literal["run", "skip"] = "skip"

    def job(self) -> Job:
        """As the schedule takes it.

        Raises
        ------
        ConfigError
            Both `before` and `after`, or one that is no duration up to a day.
        """
        if self.before is not None and self.after is not None:
            raise ConfigError(f"calendar.jobs: {self.name!r}: expected before or after, got both")
        field, text = ("before", self.before) if self.before is not None else ("after", self.after or "0s")
        ns = nanoseconds(f"calendar.jobs: {self.name!r}: {field}", text)
        if not 0 <= ns <= DAY:
            raise ConfigError(f"calendar.jobs: {self.name!r}: {field}: expected 0s to 24h, got {text!r}")
        return Job(self.name, self.at, -ns if field == "before" else ns, self.missed)


class CalendarConfig(Section):
    """Sessions of an exchange, by its name in exchange_calendars such as ``XNYS``, and jobs of each session."""

    exchange: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9/_.-]{0,19}$")]
    jobs: list[JobConfig] = Field(default_factory=list, max_length=16)

    def job_table(self) -> list[Job]:
        """All jobs, in the order of the config.

        Raises
        ------
        ConfigError
            A name twice, or a time that is none.
        """
        names = [job.name for job in self.jobs]
        for name in names:
            if names.count(name) > 1:
                raise ConfigError(f"calendar.jobs: expected each name once, got {name!r} twice")
        return [job.job() for job in self.jobs]

    def verb(self, name: str) -> str | None:
        """What a job does; None for one that is not there."""
        return next((job.do for job in self.jobs if job.name == name), None)
