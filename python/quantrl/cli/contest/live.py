"""The live panel of a contest on stderr: at most 8 pictures a second; without a terminal one line a step."""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from quantrl.cli.contest.saying import Saying
from quantrl.contest.llm.prices import PICO
from quantrl.report.markup import printable

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

    from quantrl.cli.contest.trade_job import TradeJob
    from quantrl.contest.runner import Event

HERTZ = 8
EVENTS = 8
_SETS = {"FACTORS": "factors", "CONTEXT": "read", "SIGNALS": "signals", "ALLOCATED": "capital"}
"""What a step makes known, beside a line of its own; until then the day before's is shown dimmed."""
_CAPS = ("usd", "calls", "input_tokens", "output_tokens", "seconds")


class Watch:
    """What is known of a contest while it runs, drawn when asked for.

    Parameters
    ----------
    job : TradeJob
    banner : str
    """

    def __init__(self, job: TradeJob, banner: str) -> None:
        self.banner = banner
        self._config = job.config
        self._saying = Saying([one.label for one in job.config.agents], job.panel.instruments)
        self._events: deque[str] = deque(maxlen=EVENTS)
        self._event: Event | None = None
        self._begun, self._done = time.monotonic(), 0
        self._known: dict[str, Any] = {}
        self._stale: set[str] = set()

    def tell(self, event: Event) -> None:
        """Take a step in."""
        said = printable(self._saying.line(event.step, event.payload))
        line = f"{event.date} day {event.day} of {event.of} {event.step:<15} {said}"
        self._event = event
        self._events.append(line)
        self._keep(event.step, event.payload)
        self._done += event.step == "CLOSED"

    @property
    def newest(self) -> str:
        """The last step in one line."""
        return self._events[-1] if self._events else ""

    def __rich__(self) -> RenderableType:
        from rich.console import Group
        from rich.panel import Panel
        from rich.text import Text

        parts: list[RenderableType] = [
            Text(printable(self.banner), style="bold reverse"),
            self._where(),
            self._facts(),
        ]
        parts += [Text(line, style="dim", no_wrap=True, overflow="ellipsis") for line in list(self._events)]
        return Panel(Group(*parts), title=f"contest {self._config.name}", title_align="left")

    def _keep(self, step: str, payload: Any) -> None:
        known, saying = self._known, self._saying
        self._stale = self._stale - {_SETS.get(step, ""), step}
        if step == "OPEN":
            self._stale = set(known)
            known["decides"] = saying.line(step, payload)
        elif step == "FACTORS":
            known["factors"] = [(row["agent"], row["tokens"], row["abstained"]) for row in payload["factors"]]
        elif step == "CONTEXT":
            known["read"] = saying.read(payload)
        elif step == "SIGNALS":
            known["signals"] = [(work["agent"], work) for work in payload["works"]]
        elif step == "ALLOCATED":
            known["capital"] = saying.capital(payload)
        if step in ("DOCS", "FACTORS", "SIGNALS", "DECIDED", "CONTEXT"):
            known[step] = saying.line(step, payload)

    def _where(self) -> RenderableType:
        from rich.text import Text

        event = self._event
        if event is None:
            return Text("reading back what was done ...")
        left = self._left(event)
        return Text(
            f"day {event.day} of {event.of}  {event.date}  {event.step}  {self._known.get('decides', '')}{left}"
        )

    def _left(self, event: Event) -> str:
        if not self._done:
            return ""
        seconds = (time.monotonic() - self._begun) / self._done * (event.of - event.day)
        return f"  {int(seconds // 60)}:{int(seconds % 60):02d} left"

    def _facts(self) -> Table:
        from rich.table import Table

        table = Table.grid(padding=(0, 2))
        table.add_column(style="bold", no_wrap=True)
        table.add_column(overflow="ellipsis", no_wrap=True)
        known = self._known
        rows = (
            ("documents", "DOCS", known.get("DOCS")),
            ("data agents", "factors", self._readers()),
            ("factors", "FACTORS", known.get("FACTORS")),
            ("researchers", "signals", self._researchers()),
            ("signals", "SIGNALS", known.get("SIGNALS")),
            ("capital", "capital", _shares(known.get("capital"))),
            ("weights", "DECIDED", known.get("DECIDED")),
            ("spent", "", self._spent()),
        )
        for name, key, value in rows:
            table.add_row(name, printable(value or "..."), style="dim" if key in self._stale else None)
        return table

    def _readers(self) -> str | None:
        read = self._known.get("read", ())
        found = [
            f"{agent} {'abstained' if abstained else f'{tokens} tokens'}{' (read)' if agent in read else ''}"
            for agent, tokens, abstained in self._known.get("factors", ())
        ]
        return ", ".join(found) or None

    def _researchers(self) -> str | None:
        found = [
            f"{agent} {work['abstained'] or len(work['signals'])}"
            for agent, work in self._known.get("signals", ())
        ]
        return ", ".join(found) or None

    def _spent(self) -> str:
        event = self._event
        if event is None:
            return "nothing yet"
        spent, caps = event.budgets.spent(), event.budgets.caps["run"]
        used = {"usd": spent.pico / PICO, **{name: getattr(spent, name) for name in _CAPS if name != "usd"}}
        return ", ".join(_of_cap(name, used[name], getattr(caps, name)) for name in _CAPS)


def _of_cap(name: str, used: float, cap: float | None) -> str:
    word = name.replace("_", " ")
    shown = f"{used:,.4f}" if name == "usd" else f"{used:,.0f}"
    return f"{shown} {word}" if cap is None else f"{shown} of {cap:,g} {word}"


def _shares(capital: dict[str, float] | None) -> str | None:
    if capital is None:
        return None
    return ", ".join(f"{name} {100 * share:.1f} %" for name, share in capital.items()) or "all in cash"


@contextmanager
def display(job: TradeJob, banner: str, *, quiet: bool) -> Iterator[Callable[[Event], None]]:
    """Shows what it is told until the block ends; nothing where `quiet`."""
    from rich.console import Console
    from rich.live import Live

    watch = Watch(job, banner)
    console = Console(stderr=True, highlight=False)
    if quiet:
        yield lambda event: None
    elif not console.is_terminal:
        print(banner, file=sys.stderr)

        def tell(event: Event) -> None:
            watch.tell(event)
            print(watch.newest, file=sys.stderr)

        yield tell
    else:
        with Live(watch, console=console, refresh_per_second=HERTZ, transient=True):
            yield watch.tell
