"""Everyone who takes part in a contest, judged alike: shadow accounts, the ledger they fill, the pipeline that reads it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from quantrl.backtest.settings import Settings
from quantrl.errors import DataError
from quantrl.selection._book import COST, FILL_EQUITY, GROSS, Books
from quantrl.selection._ledger_checks import MAX_RETURN
from quantrl.selection._ledger_view import ROW
from quantrl.selection._poll import Poll
from quantrl.selection._step import PipelineStep
from quantrl.selection.forgetful import ForgetfulLedger
from quantrl.selection.ledger import Ledger
from quantrl.selection.pipeline import Pipeline
from quantrl.selection.timeline import Timeline
from quantrl.typing import FloatArray, JsonObject
from quantrl.units import iso_date

FAULTY_AFTER = 3


@dataclass(frozen=True)
class Outcome:
    """One decision on capital: what each agent wants (A, N), who failed too often, and the pipeline's step."""

    wanted: FloatArray
    faulty: list[int]
    step: PipelineStep


class Field:
    """Agents without their code: answers come in as a `Poll`, so a contest and the daemon judge in the same way.

    Parameters
    ----------
    labels, kinds : sequence of str
        Name and family of each agent.
    n_instruments : int
    timeline : Timeline
    settings : Settings
        Of every shadow account.
    pipeline : Pipeline
    forgets : bool
        Whether the ledger drops what the pipeline has taken.

    Attributes
    ----------
    shadows : Books
    ledger : Ledger
    errors : list of (bar, agent, message)
        Decisions that failed.

    Notes
    -----
    A row has ``acted = 1`` where its agent held something or paid for a trade. One that abstains acts no more from the day
    on which it holds nothing; the day on which it sells counts, or whoever abstains every other day would sell for nothing.
    """

    def __init__(
        self,
        labels: Sequence[str],
        kinds: Sequence[str],
        n_instruments: int,
        timeline: Timeline,
        settings: Settings,
        pipeline: Pipeline,
        *,
        forgets: bool = False,
    ) -> None:
        self.labels, self.timeline, self.pipeline = tuple(labels), timeline, pipeline
        self.ledger = ForgetfulLedger(labels, overlap=1) if forgets else Ledger(labels, overlap=1)
        count = len(self.labels)
        self._rows = np.zeros(count, dtype=ROW)
        self._rows["agent"] = np.arange(count)
        self._rows["family"] = [self.ledger.family(kind) for kind in kinds]
        self.shadows = Books(count, n_instruments, settings, len(timeline.time))
        self.errors: list[tuple[int, str, str]] = []
        self._streak = np.zeros(count, dtype=np.int64)
        self._polls: dict[int, Poll] = {}
        self._held: dict[int, FloatArray] = {}

    def arrive(self, t: int, close: FloatArray, price: FloatArray) -> None:
        """A bar: shadow accounts are filled and marked, and what matured goes to the ledger."""
        self.shadows.arrive(t, close, price)
        self._record(t)

    def known_holdings(self, t: int) -> FloatArray:
        """(A, N) weights held as of the newest bar whose prices are all known."""
        known = int(self.timeline.known[t])
        self._held[t] = self.shadows.held()
        for old in [bar for bar in self._held if bar < known]:
            del self._held[old]
        return self._held[known] if known >= 0 else np.zeros_like(self._held[t])

    def judge(self, t: int, poll: Poll, held: FloatArray) -> Outcome:
        """The pipeline's decision at bar t, on what has matured by then."""
        faulty = self._count_failures(t, poll)
        wanted = np.where(np.isnan(poll.weights), held, poll.weights)
        now = int(self.timeline.time[t])
        step = self.pipeline.step(self.ledger.as_of(now), now, faulty=faulty)
        if isinstance(self.ledger, ForgetfulLedger):
            self.ledger.forget(now)
        return Outcome(wanted, faulty, step)

    def decide(self, t: int, poll: Poll, close: FloatArray, price: FloatArray) -> None:
        """Shadow accounts take what their agents decided at bar t."""
        self._polls[t] = poll
        self.shadows.decide(t, list(poll.weights), close, price)

    def _record(self, t: int) -> None:
        """Rows of the decisions whose period ended at this bar's fill point, from fill point to fill point."""
        decision = t - 1 - self.timeline.delay
        if decision < 0:
            return
        poll = self._polls.pop(decision)
        before, after = self.shadows.history[t - 1], self.shadows.history[t]
        start = before[:, FILL_EQUITY]
        # The engine takes the cost at a root from a straight line: of an order of rounding size it may be just below 0.
        cost = np.maximum(before[:, COST], 0.0) / start
        # An agent that failed to decide still holds what it has: a loss it sat out is a loss.
        acted = (before[:, GROSS] > 0) | (cost > 0)
        gross = np.where(acted, after[:, FILL_EQUITY] / start - 1.0 + cost, 0.0)
        wild = (~(np.abs(gross) <= MAX_RETURN)).nonzero()[0]
        if len(wild):
            raise DataError(
                f"{self.labels[wild[0]]} earned {gross[wild[0]]:+.4g} in the bar to "
                f"{iso_date(int(self.timeline.time[t]))}, at most {MAX_RETURN:g} in size is believed: look for a split "
                "or a wrong price there (quantrl data check)"
            )
        rows = self._rows.copy()
        rows["decided"] = self.timeline.time[decision]
        rows["effective"] = self.timeline.fill_at[t - 1]
        rows["matured"] = self.timeline.priced_at[t]
        rows["recorded"] = self.timeline.time[t]
        for name, values in (
            ("gross", gross),
            ("cost", cost),
            ("exposure", np.maximum(before[:, GROSS], 0.0)),
            ("belief", poll.belief),
            ("tokens", poll.tokens),
            ("usd", poll.usd),
            ("acted", acted),
        ):
            rows[name] = values
        self.ledger.append_rows(rows)

    def _count_failures(self, t: int, poll: Poll) -> list[int]:
        """Agents whose last decisions all failed, three or more of them."""
        if not (poll.failed.any() or self._streak.any()):
            return []
        self._streak = np.where(poll.failed, self._streak + 1, 0)
        self.errors += [(t, self.labels[i], message) for i, message in poll.errors]
        return (self._streak >= FAULTY_AFTER).nonzero()[0].tolist()

    def state(self, t: int) -> JsonObject:
        """Everything after bar t, as plain values: what `restore` needs to go on, bit for bit."""
        return {
            "bar": t,
            "shadows": self.shadows.state(t),
            "ledger": self.ledger.rows_bytes(),
            "forgotten": self.ledger.forgotten() if isinstance(self.ledger, ForgetfulLedger) else None,
            "pipeline": self.pipeline.state_dict(),
            "streak": self._streak.tolist(),
            "polls": {bar: poll.state() for bar, poll in self._polls.items()},
            "held": {bar: held.tobytes() for bar, held in self._held.items()},
        }

    def restore(self, state: Any) -> None:
        """Go on where `state` was taken; call it on a fresh field of the same agents, settings and bars.

        Raises
        ------
        DataError, ConfigError
            A state of other agents or instruments, or damaged.
        """
        self.shadows.restore(state["bar"], state["shadows"])
        if state.get("forgotten") is not None:
            if not isinstance(self.ledger, ForgetfulLedger):
                raise DataError("ledger: expected every row, got a state that has dropped some")
            self.ledger.recall(state["forgotten"])
        self.ledger.append_bytes(state["ledger"])
        self.pipeline.load_state_dict(state["pipeline"])
        self._streak = np.array(state["streak"], dtype=np.int64)
        shape = (len(self.labels), self.shadows.n_instruments)
        self._polls = {bar: Poll.of_state(poll, shape) for bar, poll in state["polls"].items()}
        self._held = {bar: np.frombuffer(held).reshape(shape).copy() for bar, held in state["held"].items()}
