"""Orders: the whole table, shuffled and repeated reports, late, double, foreign and impossible fills."""

from __future__ import annotations

from random import Random

import pytest

from counts import FULL
from live.gates.kept import keep
from live.venue_scripts import AGENTS, TV, Listener, script, some_order
from quantrl.errors import InvariantError
from quantrl.live import _walk
from quantrl.live.order_records import Alarm, Filled, Moved, Order, Quarantine, VenueReport
from quantrl.live.order_table import (
    NO_CUM,
    TABLE,
    TERMINAL,
    Heard,
    ReportKind,
    is_open,
    next_state,
)
from quantrl.live.orders import MAX_EARLY, Orders
from quantrl.live.postings import Share
from quantrl.live.vocabulary import EXTERNAL, SUSPENSE, OrderState, owner_of

SEQUENCES = 100_000 if FULL else 4_000
NAME = "qA"


def order(qty: int = 10, **changes: int) -> Order:
    shares = ((0, qty - 3), (2, 3)) if qty > 3 else ((0, qty),)
    return Order(NAME, 0, changes.pop("side", 1), qty, 0, 2, 0, 0, 0, shares, **changes)


def traded(name: str, qty: int, cum: int = NO_CUM, fee: int = 0, px: int = 1000) -> VenueReport:
    return VenueReport(0, NAME, ReportKind.FILL, name, qty, px, fee, cum)


def said(kind: ReportKind, cum: int = NO_CUM) -> VenueReport:
    return VenueReport(0, NAME, kind, cum=cum)


def alarms(effects: tuple[object, ...]) -> list[str]:
    return [effect.code for effect in effects if isinstance(effect, Alarm)]


TO_STATE = {
    OrderState.INTENT: [],
    OrderState.SENT: [said(ReportKind.SENT)],
    OrderState.ACKED: [said(ReportKind.ACCEPTED)],
    OrderState.PARTIAL: [traded("p", 4)],
    OrderState.FILLED: [traded("p", 10)],
    OrderState.CANCELED: [said(ReportKind.CANCELED)],
    OrderState.REJECTED: [said(ReportKind.REJECTED)],
    OrderState.EXPIRED: [said(ReportKind.EXPIRED)],
    OrderState.UNKNOWN: [said(ReportKind.UNCLEAR)],
}


@pytest.mark.parametrize("state", OrderState)
@pytest.mark.parametrize("heard", Heard)
def test_every_state_and_report(state: OrderState, heard: Heard) -> None:
    book = Listener([order()])
    for report in TO_STATE[state]:
        book.hear(report)
    now = book.orders.get(NAME)
    assert now is not None
    assert now.state == state
    left = 10 - now.cum
    if heard in (Heard.PART, Heard.WHOLE):
        report = traded("n", left if heard == Heard.WHOLE and left else 1)
    else:
        report = said(ReportKind[heard.name])
    effects = book.hear(report)
    assert now.state == TABLE[state, heard]
    assert bool(alarms(effects)) == (state in TERMINAL and heard in (Heard.PART, Heard.WHOLE))
    book.orders.check()
    book.books.check()


def test_the_table_is_whole_and_only_definitive_answers_end_an_order() -> None:
    assert set(TABLE) == {(state, heard) for state in OrderState for heard in Heard}
    definitive = {Heard.WHOLE, Heard.CANCELED, Heard.REJECTED, Heard.EXPIRED}
    for (state, heard), after in TABLE.items():
        if state in TERMINAL:
            assert after == state or (heard == Heard.WHOLE and after == OrderState.FILLED)
        elif heard == Heard.UNCLEAR:
            assert after == OrderState.UNKNOWN
        elif heard == Heard.NOT_SENT:
            assert (after == OrderState.CANCELED) == (state in (OrderState.INTENT, OrderState.UNKNOWN))
        else:
            assert (after in TERMINAL) == (heard in definitive)


def test_what_traded_cannot_be_rejected_and_rests_as_partial() -> None:
    assert next_state(OrderState.UNKNOWN, Heard.ACCEPTED, 3) == OrderState.PARTIAL
    assert next_state(OrderState.UNKNOWN, Heard.REJECTED, 3) == OrderState.CANCELED
    assert next_state(OrderState.UNKNOWN, Heard.REJECTED, 0) == OrderState.REJECTED


def lives(seed: int, count: int) -> int:
    """How many shuffled, repeated lives end in other books than the clean ones."""
    rng, wrong = Random(seed), 0
    for _ in range(count):
        rng_orders, names = rng.getrandbits(32), [f"q{i}" for i in range(rng.randint(1, 2))]
        clean, noisy = (
            Listener([some_order(r, name) for name in names])
            for r in (Random(rng_orders), Random(rng_orders))
        )
        said_all = [
            report
            for name in names
            for report in script(rng, clean.orders.get(name))  # type: ignore[arg-type]
        ]
        for report in said_all:
            clean.hear(report)
        again = [report for report in said_all for _ in range(rng.randint(1, 3))]
        rng.shuffle(again)
        try:
            for report in again:
                noisy.hear(report)
            noisy.orders.check()
            wrong += noisy.summary() != clean.summary()
        except InvariantError:
            wrong += 1
    return wrong


def test_shuffled_and_repeated_reports_end_in_the_books_of_the_clean_ones() -> None:
    wrong = lives(1, SEQUENCES)
    keep("orders", "Order reports shuffled and repeated", {"sequences": SEQUENCES, "wrong": wrong}, seeds="1")
    assert wrong == 0


def test_taking_fills_as_they_come_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_walk.Walk, "is_early", lambda self, report: False)
    assert lives(1, 200) > 0


def test_forgetting_what_was_booked_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Orders, "_known", lambda self, report: None)
    assert lives(1, 200) > 0


def test_fills_share_by_what_is_still_owed() -> None:
    book = Listener([order(10)])
    assert book.hear(traded("a", 5, 5, fee=7))[0] == Filled(
        0, "a", NAME, 0, 1, 5, 1000, 7, (Share(16, 4, 6), Share(18, 1, 1))
    )
    assert book.orders.owed(0, 0) == 3
    assert book.orders.owed(2, 0) == 2
    assert book.orders.working(0) == (5, 0)
    book.hear(traded("b", 5, 10))
    assert (book.books.position(16, 0), book.books.position(18, 0)) == (7, 3)
    assert book.orders.owed(0, 0) == 0


def test_an_early_end_waits_for_its_fills() -> None:
    book = Listener([order(10)])
    assert book.hear(said(ReportKind.CANCELED, cum=6)) == ()
    assert book.orders.owed(0, 0) == 7
    assert book.hear(traded("b", 2, 6)) == ()
    effects = book.hear(traded("a", 4, 4))
    assert [e[:3] for e in effects if isinstance(e, Moved)] == [
        (NAME, OrderState.PARTIAL, 4),
        (NAME, OrderState.PARTIAL, 6),
        (NAME, OrderState.CANCELED, 6),
    ]
    assert alarms(effects) == []
    assert list(book.orders.open_orders()) == []


def test_a_late_fill_is_booked_with_an_alarm() -> None:
    book = Listener([order(10)])
    book.hear(said(ReportKind.CANCELED, cum=0))
    assert alarms(book.hear(traded("a", 4, 4))) == ["late_fill"]
    assert book.books.account_position(0) == 4
    assert book.orders.get(NAME).state == OrderState.CANCELED  # type: ignore[union-attr]
    assert alarms(book.hear(traded("b", 6, 10))) == ["late_fill"]
    assert book.orders.get(NAME).state == OrderState.FILLED  # type: ignore[union-attr]


def test_a_fill_beyond_the_quantity_goes_to_suspense() -> None:
    book = Listener([order(10)])
    effects = book.hear(traded("a", 12, 12, fee=24))
    assert effects[0].shares == (Share(16, 7, 14), Share(18, 3, 6), Share(SUSPENSE, 2, 4))  # type: ignore[union-attr]
    assert alarms(effects) == ["overfill"]
    assert Quarantine(0, "overfill") in effects
    assert book.books.position(SUSPENSE, 0) == 2
    assert alarms(book.hear(traded("b", 1, 13))) == ["overfill"]
    book.orders.check()
    book.books.check()


def test_a_foreign_fill_goes_to_external() -> None:
    book = Listener([])
    report = VenueReport(0, "other", ReportKind.FILL, "x", 3, 500, 2, 3, inst=1, side=-1)
    assert alarms(book.hear(report)) == ["unknown_order"]
    assert book.books.position(EXTERNAL, 1) == -3
    assert book.hear(report) == ()
    assert alarms(book.hear(report._replace(venue_fill_id="y", inst=-1))) == ["unknown_order"]
    assert book.books.account_position(1) == -3
    book.books.check()


def test_one_fill_id_with_two_contents_is_booked_once_and_quarantined() -> None:
    book = Listener([order(10)])
    book.hear(traded("a", 4, 4))
    before = book.books.digest()
    for changed in (traded("a", 5, 5), traded("a", 4, 4, px=999), traded("a", 4, 4, fee=1)):
        effects = book.hear(changed)
        assert alarms(effects) == ["fill_changed"]
        assert Quarantine(0, "fill_changed") in effects
    assert book.books.digest() == before


@pytest.mark.parametrize("cum", [5, 7])
def test_a_count_that_contradicts_the_books_is_not_booked(cum: int) -> None:
    book = Listener([order(10)])
    book.hear(traded("a", 4, 4))
    effects = book.hear(traded("b", 4, cum))
    assert alarms(effects) == ["cum_mismatch"]
    assert book.orders.get(NAME).state == OrderState.UNKNOWN  # type: ignore[union-attr]
    assert book.books.account_position(0) == 4


@pytest.mark.parametrize(
    "report",
    [
        traded("", 1, 1),
        traded("a", 0, 0),
        traded("a", -1, 1),
        traded("a", 1, 1, px=0),
        traded("a", 3, 2),
        traded("a", 2**63, 2**63),
        VenueReport(0, NAME, 99),
        said(ReportKind.ACCEPTED, cum=-2),
    ],
)
def test_a_malformed_report_books_nothing_and_leaves_the_order_unknown(report: VenueReport) -> None:
    book = Listener([order(10)])
    before = book.books.digest()
    assert alarms(book.hear(report)) == ["malformed"]
    assert book.orders.get(NAME).state == OrderState.UNKNOWN  # type: ignore[union-attr]
    assert book.books.digest() == before


def test_early_reports_are_bounded() -> None:
    book = Listener([order(10_000)])
    for n in range(MAX_EARLY + 50):
        book.hear(traded(f"f{n}", 1, n + 5))
    assert len(book.orders.get(NAME).early) == MAX_EARLY  # type: ignore[union-attr]


def test_reserved_is_open_buys_at_their_worst_price_and_fees() -> None:
    book = Listener([order(10, reserve_px=1050, fee_bound=101)])
    assert book.orders.reserved(AGENTS, TV) == [7 * 1050 * 100 + 71, 0, 3 * 1050 * 100 + 31]
    book.hear(traded("a", 5, 5))
    assert book.orders.reserved(AGENTS, TV) == [3 * 1050 * 100 + 31, 0, 2 * 1050 * 100 + 21]
    book.hear(said(ReportKind.CANCELED, cum=5))
    assert book.orders.reserved(AGENTS, TV) == [0, 0, 0]
    assert Listener([order(10, side=-1, reserve_px=1050)]).orders.reserved(AGENTS, TV) == [0, 0, 0]


def test_events_that_cannot_be_are_refused_and_change_nothing() -> None:
    book = Listener([order(10)])
    book.hear(traded("a", 4, 4))
    before = book.orders.digest()
    share = (Share(owner_of(0), 4),)
    with pytest.raises(InvariantError, match="I4 fill a"):
        book.orders.filled(Filled(0, "a", NAME, 0, 1, 4, 1000, 0, share))
    with pytest.raises(InvariantError, match="beyond what is owed"):
        book.orders.filled(Filled(0, "b", NAME, 0, 1, 5, 1000, 0, (Share(owner_of(0), 5),)))
    with pytest.raises(InvariantError, match="expected cum 4"):
        book.orders.moved(Moved(NAME, OrderState.FILLED, 10, ""))
    with pytest.raises(InvariantError, match="new client id"):
        book.orders.add(order(10))
    assert book.orders.digest() == before
    book.hear(said(ReportKind.CANCELED, 4))
    with pytest.raises(InvariantError, match="CANCELED"):
        book.orders.moved(Moved(NAME, OrderState.ACKED, 4, ""))


def test_a_planted_fault_in_an_order_is_named() -> None:
    book = Listener([order(10)])
    book.hear(traded("a", 4, 4))
    book.orders.get(NAME).cum += 1  # type: ignore[union-attr]
    with pytest.raises(InvariantError, match="I4 order qA: residual -1"):
        book.orders.check()


@pytest.mark.parametrize("shares", [((0, 6),), ((2, 4), (0, 6)), ((0, 5), (0, 5)), ((0, 10), (1, 0))])
def test_shares_that_are_not_the_order_are_refused(shares: tuple[tuple[int, int], ...]) -> None:
    with pytest.raises(InvariantError, match="order x"):
        Order("x", 0, 1, 10, 0, 0, 0, 0, 0, shares)


def test_plain_values_hold_everything_and_ended_orders_can_be_forgotten() -> None:
    book = Listener([order(10)])
    for report in (traded("a", 4, 4), traded("c", 1, 9)):
        book.hear(report)
    again = Orders.from_plain(book.orders.to_plain())
    assert again.digest() == book.orders.digest()
    assert again.consider(traded("b", 4, 8)) == book.orders.consider(traded("b", 4, 8))
    again.forget(before=1)
    assert len(again) == 1
    again.moved(Moved(NAME, OrderState.CANCELED, 4, ""))
    assert not is_open(again.get(NAME).state)  # type: ignore[union-attr]
    again.forget(before=1)
    assert len(again) == 0
    assert again.to_plain() == ((), ())
