"""What follows from bars and commands: every identity at every bar, states, gates, and agents without capital."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from live.paper_books import (
    EASY,
    WIDE,
    capital,
    config,
    logs,
    lots,
    make,
    of_prices,
    panel,
    posted_cash,
    reopen,
    scripted,
)
from quantrl.data import Panel
from quantrl.errors import LiveError
from quantrl.live import events
from quantrl.live.config import PaperConfig
from quantrl.live.engine import Daemon
from quantrl.live.events import event
from quantrl.live.kept_state import plain_of
from quantrl.live.reducer import FLATTEN_BARS
from quantrl.live.vocabulary import AGENT0, EXTERNAL, TREASURY, TradingState

FUNDED = 70
"""Bars after which the agents of the small books have capital."""


def run(
    folder: Path, settings: PaperConfig, feed: Panel, commands: dict[int, list[dict[str, Any]]] | None = None
) -> Daemon:
    """A book that is checked after every bar, with commands after some."""
    daemon = make(folder / "book", settings, feed)

    def after(book: Daemon) -> None:
        book.book.check()
        for command in (commands or {}).get(book.bar, ()):
            book.command(**command)
            book.book.check()

    daemon.on_cycle = after
    daemon.run()
    return daemon


def to_the_end_of(close: np.ndarray, *later: list[float]) -> Panel:
    """The first instruments' prices multiplied from bar `FUNDED` on: `later` has a factor for each further bar."""
    rows = [close[-1] * np.array(factors) for factors in later]
    return of_prices(np.round(np.vstack([close, *rows]), 2))


def calm(bars: int = FUNDED, n: int = 4) -> np.ndarray:
    return np.array(panel(11, bars, n, vol=0.01, drift=0.002)["close"])


def fall(*factors: float) -> Panel:
    """Calm prices, and then all instruments at these factors of the last."""
    return to_the_end_of(calm(), *[[factor] * 4 for factor in factors])


RISK = {**WIDE, "drawdown_reduce_bp": 5_000, "drawdown_halt_bp": 6_000, "daily_loss_bp": 5_000}
INVESTED = [scripted(f"random_{salt}", salt=salt, gross=1.0, hold=0.0) for salt in range(3)]


@pytest.mark.parametrize("seed", range(2))
def test_cash_is_the_sum_of_fills_and_every_bar_adds_up(seed: int, tmp_path: Path) -> None:
    commands = {
        75: [{"verb": "no_entry"}],
        78: [{"verb": "active"}],
        80: [
            {"verb": "lock", "instrument": "N1", "side": "buy"},
            {"verb": "lock", "agent": "random_1", "instrument": "N2"},
        ],
        84: [{"verb": "reduce_only"}],
        88: [{"verb": "active"}, {"verb": "unlock", "instrument": "N1", "side": "buy"}],
        90: [{"verb": "cancel_all"}],
        92: [{"verb": "active"}],
        94: [{"verb": "agent_off", "agent": "random_0"}],
        98: [{"verb": "agent_on", "agent": "random_0"}],
        100: [{"verb": "halt"}],
        102: [{"verb": "resume", "confirm": "small"}],
        103: [{"verb": "active"}],
        108: [{"verb": "flatten"}],
    }
    with run(tmp_path, config(), panel(seed, 114, 5, gaps=0.03), commands) as daemon:
        tv = daemon.setup.tv
        traded = sum(
            -fill.side * fill.qty * fill.px * tv[fill.inst] - fill.fee
            for log in logs(daemon)
            for fill in log.fills
        )
        assert daemon.book.books.account_cash() == daemon.setup.capital + traded
        paid: dict[str, int] = {}
        for reason, moved in posted_cash(daemon):
            assert sum(moved.values()) == 0
            ours = sum(
                amount for owner, amount in moved.items() if owner in (TREASURY, EXTERNAL) or owner >= AGENT0
            )
            paid[reason] = paid.get(reason, 0) + ours
        assert paid["fill"] == traded
        assert paid["cross"] == paid["transfer"] == paid["deposit"] == 0
        assert sum(len(log.fills) for log in logs(daemon)) > 100
        assert any(log.crosses for log in logs(daemon))
        assert daemon.state().state == "HALTED"
        assert not any(lots(daemon))


def test_causes_name_the_input_they_follow(tmp_path: Path) -> None:
    with run(tmp_path, config(), panel(0, 80, 4), {70: [{"verb": "flatten"}]}) as daemon:
        given, seen = 0, 0
        for made in daemon.journal.events(1):
            if 0 < made.kind < 16:
                given = made.ord
                assert made.cause == 0
            elif 16 <= made.kind < 64:
                assert made.cause == given
                seen += 1
        assert seen > 500


@pytest.mark.parametrize("gone", [(), (0, 2)])
def test_flatten_ends_flat_and_halted(gone: tuple[int, ...], tmp_path: Path) -> None:
    """Prices may be missing for some bars; what could not be closed is tried again."""
    close = np.array(panel(4, 84, 4)["close"])
    for inst in gone:
        close[76:79, inst] = np.nan
    with run(tmp_path, config(*INVESTED), of_prices(close), {75: [{"verb": "flatten"}]}) as daemon:
        assert daemon.state().state == "HALTED"
        assert daemon.state().reason == "flat"
        assert not any(lots(daemon))
        assert daemon.state().cash == daemon.state().equity
        bars = {log.row: log for log in logs(daemon)}
        assert all(intent.side == -1 for intent in bars[75].intents[-4:])
        halted = next(
            log.row for log in logs(daemon) if any(s.state == TradingState.HALTED for s in log.states)
        )
        assert halted == (80 if gone else 76)
        codes = [v.code for log in logs(daemon) for _, v in log.verdicts if 75 < log.row < 80]
        assert (5 in codes) == bool(gone)


def test_flatten_halts_with_what_it_cannot_close(tmp_path: Path) -> None:
    close = np.array(panel(4, 90, 4)["close"])
    close[76:, 2] = np.nan
    with run(tmp_path, config(*INVESTED), of_prices(close), {75: [{"verb": "flatten"}]}) as daemon:
        left = lots(daemon)
        assert [bool(held) for held in left] == [False, False, True, False]
        assert daemon.state().state == "HALTED"
        assert daemon.state().reason == f"session_end: still held, in lots: N2 {left[2]}"
        halted = next(
            log.row for log in logs(daemon) if any(s.state == TradingState.HALTED for s in log.states)
        )
        assert halted == 75 + FLATTEN_BARS


def test_a_book_resumed_after_a_drawdown_measures_the_next_from_there(tmp_path: Path) -> None:
    risk = {**RISK, "drawdown_reduce_bp": 1_000, "drawdown_halt_bp": 1_500}
    feed = fall(0.7, 0.7, 0.7, 0.7, 0.66, 0.3, 0.3)
    seen: dict[int, str] = {}
    daemon = make(tmp_path / "book", config(*INVESTED, risk=risk), feed)

    def after(book: Daemon) -> None:
        seen[book.bar] = book.state().state
        if book.bar == FUNDED + 1:
            book.command("resume", confirm=book.setup.config.name)

    daemon.on_cycle = after
    daemon.run()
    assert seen[FUNDED] == seen[FUNDED + 1] == "HALTED"
    assert [seen[FUNDED + k] for k in (2, 3, 4)] == ["NO_ENTRY"] * 3
    assert seen[FUNDED + 5] == "HALTED"
    daemon.close()
    with reopen(tmp_path / "book", feed) as again:
        assert again.book.peak == daemon.book.peak


def test_flatten_closes_positions_larger_than_an_order_may_be(tmp_path: Path) -> None:
    close = np.vstack([calm(), calm()[-1:] * [[6.0, 1.0, 1.0, 1.0]], calm()[-1:] * [[6.0, 1.0, 1.0, 1.0]]])
    risk = {**WIDE, "order_bp": 3_000}
    with run(
        tmp_path, config(*INVESTED, risk=risk), of_prices(np.round(close, 2)), {70: [{"verb": "flatten"}]}
    ) as daemon:
        biggest = max(fill.qty * fill.px * daemon.setup.tv[fill.inst] for fill in logs(daemon)[71].fills)
        assert biggest > 0.3 * daemon.state().equity
        assert not any(lots(daemon))
        assert daemon.state().state == "HALTED"


@pytest.mark.parametrize("verb", ["reduce_only", "no_entry", "cancel_all"])
def test_no_position_grows_while_only_less_is_allowed(verb: str, tmp_path: Path) -> None:
    daemon = make(tmp_path / "book", config(), panel(6, 100, 4))
    held: dict[int, list[int]] = {}

    def after(book: Daemon) -> None:
        held[book.bar] = lots(book)
        if book.bar == 75:
            book.command(verb)

    daemon.on_cycle = after
    daemon.run()
    first = 77 if verb == "no_entry" else 76  # what rested before NO_ENTRY may still fill
    for bar in range(first, 100):
        assert all(abs(now) <= abs(before) for now, before in zip(held[bar], held[bar - 1], strict=True))
    assert held[99] != held[75]
    codes = {v.code for log in logs(daemon) for agent, v in log.verdicts if log.row > 75}
    assert 2 in codes
    daemon.close()


def test_a_daily_loss_stops_entries_for_one_bar(tmp_path: Path) -> None:
    risk = {**RISK, "daily_loss_bp": 300}
    with run(tmp_path, config(*INVESTED, risk=risk), fall(0.9, 0.91, 0.92)) as daemon:
        found = [(log.row, s.state, s.reason) for log in logs(daemon) for s in log.states]
        assert found == [(70, TradingState.NO_ENTRY, "daily_loss"), (71, TradingState.ACTIVE, "new_session")]
        bars = {log.row: log for log in logs(daemon)}
        assert not any(intent.side > 0 for intent in bars[70].intents)
        assert any(intent.side > 0 for intent in bars[71].intents)


def test_an_operator_keeps_what_a_daily_loss_would_lift(tmp_path: Path) -> None:
    risk = {**RISK, "daily_loss_bp": 300}
    with run(
        tmp_path, config(*INVESTED, risk=risk), fall(0.9, 0.91, 0.92), {70: [{"verb": "no_entry"}]}
    ) as daemon:
        assert daemon.state().state == "NO_ENTRY"


@pytest.mark.parametrize(
    ("factors", "state"),
    [
        ((0.93, 0.93), "ACTIVE"),
        ((0.88, 0.88), "REDUCE_ONLY"),
        ((0.93, 0.88), "REDUCE_ONLY"),
        ((0.8, 0.9), "HALTED"),
    ],
)
def test_drawdowns_reduce_and_halt(factors: tuple[float, ...], state: str, tmp_path: Path) -> None:
    risk = {**WIDE, "drawdown_reduce_bp": 1_000, "drawdown_halt_bp": 1_500}
    with run(tmp_path, config(*INVESTED, risk=risk), fall(*factors)) as daemon:
        assert daemon.state().state == state
        watched = (daemon.book.peak - daemon.state().equity) * 10_000 // daemon.book.peak
        assert state != "ACTIVE" or watched <= 1_000
        if state == "HALTED":
            assert not list(daemon.book.orders.open_orders())
            assert not logs(daemon)[-1].intents


def test_a_drawdown_at_its_limit_passes_and_one_unit_beyond_does_not(tmp_path: Path) -> None:
    """The limit is in whole basis points of the peak: the largest that the fall reaches changes nothing."""
    risk = {**WIDE, "drawdown_halt_bp": 9_000}
    with run(tmp_path / "a", config(*INVESTED, risk=risk), fall(0.88)) as daemon:
        peak, equity = daemon.book.peak, daemon.state().equity
        reached = -(-(peak - equity) * 10_000 // peak)
    for limit, state in ((reached, "ACTIVE"), (reached - 1, "REDUCE_ONLY")):
        settings = config(*INVESTED, risk={**risk, "drawdown_reduce_bp": limit})
        with run(tmp_path / str(limit), settings, fall(0.88)) as daemon:
            assert daemon.state().state == state


@pytest.mark.parametrize(
    ("code", "risk", "commands"),
    [
        (3, {}, {75: [{"verb": "lock", "instrument": "N0"}]}),
        (3, {}, {75: [{"verb": "lock"}]}),
        (3, {}, {75: [{"verb": "lock", "agent": "random_1", "instrument": "N0", "side": "buy"}]}),
        (2, {}, {75: [{"verb": "no_entry"}]}),
        (8, {"order_bp": 300}, {}),
        (9, {"position_bp": 1_000}, {}),
        (10, {"gross_bp": 4_000}, {}),
        (10, {"net_bp": 4_000}, {}),
        (12, {"orders_per_window": 2}, {}),
        (13, {"turnover_bp": 2_000}, {}),
    ],
)
def test_what_a_gate_refuses_is_not_ordered(
    code: int, risk: dict[str, int], commands: Any, tmp_path: Path
) -> None:
    settings = config(*INVESTED, risk={**WIDE, **risk})
    with run(tmp_path, settings, panel(6, 84, 4), commands) as daemon:
        seen = 0
        for log in logs(daemon):
            ordered = {intent.inst for intent in log.intents}
            crossed = {cross.inst for cross in log.crosses if cross.px == 0}
            for agent, verdict in log.verdicts:
                seen += verdict.code == code
                if agent < 0:
                    assert verdict.inst not in ordered | crossed
                else:
                    shares = [intent.shares for intent in log.intents if intent.inst == verdict.inst]
                    assert all(who != agent for share in shares for who, _ in share)
        assert seen > 0


def test_a_quarantined_instrument_is_not_traded(tmp_path: Path) -> None:
    daemon = make(tmp_path / "book", config(*INVESTED), panel(6, 78, 4))
    daemon.run(until=int(daemon.setup.panel.time[75]))
    state = daemon.book
    state.evolve(event(events.Quarantine(0, "test"), ts=state.ts, cause=1))
    daemon.run()
    for log in logs(daemon)[76:]:
        assert 0 not in {intent.inst for intent in log.intents} | {
            cross.inst for cross in log.crosses if not cross.px
        }
        assert (0, 6) in {(verdict.inst, verdict.code) for _, verdict in log.verdicts}
    daemon.abandon()


def test_an_agent_without_capital_holds_nothing(tmp_path: Path) -> None:
    """Only one is funded at a time: whoever loses its place is closed out, though it decides to hold."""
    settings = config(
        *[scripted(f"a{salt}", salt=salt, every=7, hold=0.0) for salt in range(3)],
        selection={**EASY, "top_k": 1, "half_life": 3.0},
        rounds={"quiet_rounds": 0, "dead_band_pct": 0},
    )
    with run(tmp_path, settings, panel(9, 130, 4, vol=0.03)) as daemon:
        books = daemon.book.books
        funded = [set(log.allocated) for log in logs(daemon)]
        assert len(set.union(*funded)) == 3
        for agent in range(3):
            if not any(agent in some for some in funded[-4:]):
                assert capital(daemon, agent) == 0
                assert all(books.position(AGENT0 + agent, inst) == 0 for inst in range(4))


def test_an_agent_that_is_off_decides_nothing_and_gets_nothing(tmp_path: Path) -> None:
    commands = {75: [{"verb": "lock"}, {"verb": "agent_off", "agent": "random_0"}, {"verb": "unlock"}]}
    with run(tmp_path, config(), panel(2, 95, 4), commands) as daemon:
        last = logs(daemon)[-1]
        assert last.decisions[0].status == "off"
        assert {last.decisions[agent].status for agent in (1, 2)} == {"ok"}
        assert daemon.book.books.cash(AGENT0) <= 0 or capital(daemon, 0) < daemon.state().equity // 50
        held = [daemon.book.books.position(AGENT0, inst) for inst in range(4)]
        assert any(held)
        assert not any(who == 0 for log in logs(daemon)[77:] for i in log.intents for who, _ in i.shares)


def test_many_refused_legs_of_one_decision_are_one_refusal(tmp_path: Path) -> None:
    """With more instruments than refusals are forgiven, a state that stops entries must not halt the book."""
    settings = config(*INVESTED, risk={**WIDE, "refusals": 5})
    with run(tmp_path, settings, panel(3, 84, 12), {75: [{"verb": "no_entry"}]}) as daemon:
        refused = [agent for log in logs(daemon) for agent, _ in log.verdicts if log.row == 77]
        assert max(refused.count(agent) for agent in range(3)) >= 5
        assert daemon.state().state == "NO_ENTRY"


def test_refusals_beyond_the_limit_turn_an_agent_off_and_halt(tmp_path: Path) -> None:
    settings = config(*INVESTED, risk={**WIDE, "refusals": 3, "refusals_ns": 10 * 86_400 * 10**9})
    with run(tmp_path, settings, panel(3, 90, 6), {75: [{"verb": "no_entry"}]}) as daemon:
        assert daemon.state().state == "HALTED"
        assert daemon.state().reason == "refusals"
        off = [agent for agent in range(3) if daemon.book.is_off(agent)]
        assert off
        daemon.command("agent_on", agent=f"random_{off[0]}")
        assert daemon.book.meters.refusals(off[0], daemon.book.ts) == 0


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ({"verb": "lock", "instrment": "N0"}, "instrment"),
        ({"verb": "unlock", "agnt": "random_0"}, "agnt"),
        ({"verb": "lock", "instrument": "N9"}, "N9"),
        ({"verb": "lock", "side": "long"}, "side"),
        ({"verb": "lock", "until": "-5"}, "until"),
        ({"verb": "lock", "until": "9" * 40}, "until"),
        ({"verb": "agent_off"}, "agent"),
        ({"verb": "lock", "principal": "file"}, "api or cli"),
        ({"verb": "lock", "principal": "anyone"}, "principal"),
        ({"verb": "resume", "confirm": "other"}, "not while"),
        ({"verb": "drawdown"}, "gate"),
        ({"verb": "sell everything"}, "verb"),
    ],
)
def test_refused_commands_leave_no_trace(command: dict[str, str], words: str, tmp_path: Path) -> None:
    with run(tmp_path, config(), panel(0, 5, 4)) as daemon:
        before = daemon.content_digest(), plain_of(daemon.book)
        with pytest.raises(LiveError, match=words):
            daemon.command(**command)  # type: ignore[arg-type]
        assert (daemon.content_digest(), plain_of(daemon.book)) == before


def test_one_nonce_is_one_command_whatever_the_order_of_its_arguments(tmp_path: Path) -> None:
    feed = panel(0, 5, 4)
    with run(tmp_path, config(), feed) as daemon:
        daemon.command("lock", nonce="n1", instrument="N0", agent="random_1", side="buy")
        digest = daemon.content_digest()
    with reopen(tmp_path / "book", feed) as daemon:
        daemon.command("lock", nonce="n1", side="buy", agent="random_1", instrument="N0")
        assert daemon.content_digest() == digest
        with pytest.raises(LiveError, match="n1"):
            daemon.command("lock", nonce="n1", side="sell", agent="random_1", instrument="N0")


@pytest.mark.parametrize("missing", [0, 1])
def test_resume_needs_the_name_and_ends_in_no_entry(missing: int, tmp_path: Path) -> None:
    with run(tmp_path, config(), panel(0, 5, 4), {3: [{"verb": "halt"}]}) as daemon:
        with pytest.raises(LiveError, match="name"):
            daemon.command("resume", confirm="" if missing else "smal")
        with pytest.raises(LiveError, match="cli"):
            daemon.command("resume", confirm="small", principal="api")
        assert daemon.command("resume", confirm="small") == "NO_ENTRY"
