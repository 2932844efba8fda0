"""Gates: every limit one below, at and one above; who skips what; and no accepted set over a cap."""

from __future__ import annotations

from random import Random

import pytest

from counts import FULL
from live.gates.kept import keep
from quantrl.errors import ConfigError
from quantrl.live import review as reviewing
from quantrl.live.limits import RiskLimits
from quantrl.live.meters import Meters
from quantrl.live.review import Exposure, review
from quantrl.live.risk import GATES, HEALTHY, Facts, Proposal, Verdict, check, reduces, watch
from quantrl.live.states import Cause
from quantrl.live.vocabulary import BP, MINUTE, SECOND, TradingState

DECISIONS = 200_000 if FULL else 8_000
LIMITS = RiskLimits()
FACTS = Facts(mark=1_000, tv=10, equity=10**9, capital=10**9, day_start=10**9, peak=10**9, tokens=20)
BUY_100 = Proposal(-1, 0, 1, 100)
AGENT_BUY = BUY_100._replace(agent=3)
UNIT = 10_000
"""Cash units of one lot at the mark."""


def lots(bp: int) -> int:
    return 10**9 * bp // BP // UNIT


# Per gate: proposal, limits, and the facts or proposal at one below, at, and one above the limit.
BOUNDARY = {
    "1 health": (BUY_100, LIMITS, [{"health": HEALTHY}, {"health": HEALTHY}, {"health": HEALTHY - 2}]),
    "2 state": (BUY_100, LIMITS, [{"state": 0}, {"state": 0}, {"state": 1}]),
    "3 lock": (BUY_100, LIMITS, [{"locked": 0}, {"locked": 0}, {"locked": 1}]),
    "4 session": (BUY_100, LIMITS, [{"session": 1}, {"session": 1}, {"session": 0}]),
    "4 session unknown": (BUY_100, LIMITS, [{"session": 1}, {"session": 1}, {"session": -1}]),
    "5 age": (BUY_100, LIMITS, [{"age": 5 * SECOND - 1}, {"age": 5 * SECOND}, {"age": 5 * SECOND + 1}]),
    "5 age in bars": (BUY_100, RiskLimits.bars(9), [{"age": 0}, {"age": 1}, {"age": 2}]),
    "5 age unknown": (BUY_100, LIMITS, [{"age": 0}, {"age": 0}, {"age": -1}]),
    "6 quarantine": (BUY_100, LIMITS, [{"quarantined": 0}, {"quarantined": 0}, {"quarantined": 1}]),
    "7 band up": (BUY_100, LIMITS, [{"px": 1_049}, {"px": 1_050}, {"px": 1_051}]),
    "7 band down": (BUY_100, LIMITS, [{"px": 951}, {"px": 950}, {"px": 949}]),
    "7 no mark": (BUY_100, LIMITS, [{"mark": 2}, {"mark": 1}, {"mark": 0}]),
    "7 grid": (BUY_100, LIMITS, [{"px": 1_000}, {"px": 0}, {"px": -1}]),
    "8 notional": (
        BUY_100,
        RiskLimits(position_bp=10_000),
        [{"qty": lots(2_500) - 1}, {"qty": lots(2_500)}, {"qty": lots(2_500) + 1}],
    ),
    "8 orders": (BUY_100, LIMITS, [{"in_decision": 198}, {"in_decision": 199}, {"in_decision": 200}]),
    "8 orders of bars": (
        BUY_100,
        RiskLimits.bars(9),
        [{"in_decision": 16}, {"in_decision": 17}, {"in_decision": 18}],
    ),
    "9 position": (
        BUY_100,
        LIMITS,
        [{"position": lots(2_000) - 100 + n} for n in (-1, 0, 1)],
    ),
    "9 open orders at worst": (
        BUY_100,
        LIMITS,
        [{"position": -50, "open_buys": lots(2_000) - 50 + n} for n in (-1, 0, 1)],
    ),
    "9 short": (
        BUY_100._replace(side=-1),
        LIMITS,
        [{"position": 7, "open_sells": lots(2_000) - 93 + n} for n in (-1, 0, 1)],
    ),
    "10 gross": (BUY_100, LIMITS, [{"gross_after": 10**9 + n} for n in (-1, 0, 1)]),
    "10 net": (BUY_100, LIMITS, [{"net_after": -(10**9) - n} for n in (-1, 0, 1)]),
    "11 capital": (AGENT_BUY, LIMITS, [{"used_after": 10**9 + n} for n in (-1, 0, 1)]),
    "12 bucket": (BUY_100, LIMITS, [{"tokens": 2}, {"tokens": 1}, {"tokens": 0}]),
    "12 window": (BUY_100, LIMITS, [{"sent": 198}, {"sent": 199}, {"sent": 200}]),
    "12 bar": (BUY_100, RiskLimits.bars(9), [{"sent": 16}, {"sent": 17}, {"sent": 18}]),
    "13 turnover": (BUY_100, LIMITS, [{"turnover": 5 * 10**8 - 10**6 + n} for n in (-1, 0, 1)]),
    "13 turnover of a bar": (
        BUY_100,
        RiskLimits.bars(9),
        [{"turnover": 25 * 10**8 - 10**6 + n} for n in (-1, 0, 1)],
    ),
    "14 cancels": (BUY_100, LIMITS, [{"orders": 1_000, "cancels": 900 + n} for n in (-1, 0, 1)]),
    "15 daily loss": (BUY_100, LIMITS, [{"equity": 97 * 10**7 - n} for n in (-1, 0, 1)]),
    "16 drawdown": (
        BUY_100,
        LIMITS,
        [{"equity": 9 * 10**8 - n, "day_start": 9 * 10**8} for n in (-1, 0, 1)],
    ),
    "17 rejects": (BUY_100, LIMITS, [{"rejects": 1}, {"rejects": 2}, {"rejects": 3}]),
    "17 refusals": (AGENT_BUY, LIMITS, [{"refused": 48}, {"refused": 49}, {"refused": 50}]),
}


def judged(proposal: Proposal, limits: RiskLimits, changes: dict[str, int]) -> Verdict | None:
    facts = FACTS._replace(**{name: value for name, value in changes.items() if name in Facts._fields})
    own = {name: value for name, value in changes.items() if name in Proposal._fields}
    return check(limits, proposal._replace(**own), facts)


@pytest.mark.parametrize("name", BOUNDARY)
def test_the_boundary_passes_and_one_more_is_refused(name: str) -> None:
    proposal, limits, (below, at, above) = BOUNDARY[name]
    assert judged(proposal, limits, below) is None
    assert judged(proposal, limits, at) is None
    verdict = judged(proposal, limits, above)
    assert verdict is not None
    assert verdict.code == int(name.split()[0])


def test_every_gate_is_in_the_table_in_order() -> None:
    assert [gate.code for gate in GATES] == list(range(1, 18))
    assert {int(name.split()[0]) for name in BOUNDARY} == set(range(1, 18))


def test_a_verdict_says_limit_and_actual() -> None:
    assert judged(BUY_100, LIMITS, {"px": 1_051}) == Verdict(7, 50, 51)
    assert judged(BUY_100, LIMITS, {"qty": lots(2_500) + 1}) == Verdict(8, 250_000_000, 250_010_000)
    assert judged(BUY_100, LIMITS, {"in_decision": 200}) == Verdict(8, 200, 201)
    assert judged(BUY_100, LIMITS, {"equity": 97 * 10**7 - 1}) == Verdict(15, 30_000_000, 30_000_001)
    assert judged(BUY_100, LIMITS, {"orders": 1_000, "cancels": 901}) == Verdict(14, 900, 901)


def test_the_first_failure_wins() -> None:
    assert judged(BUY_100, LIMITS, {"rejects": 9, "sent": 999, "age": -1}) == Verdict(5, 5 * SECOND, -1)


@pytest.mark.parametrize("name", [name for name in BOUNDARY if not name.startswith("9")])
def test_orders_that_only_reduce_skip_what_they_should(name: str) -> None:
    proposal, limits, (_, _, above) = BOUNDARY[name]
    qty = above.get("qty", proposal.qty)
    verdict = judged(proposal, limits, {**above, "position": -qty})
    skipped = int(name.split()[0]) in {2, 9, 10, 11, 13, 14, 15, 16}
    assert (verdict is None) == skipped


def test_reducing_counts_open_orders_of_its_side() -> None:
    sell = Proposal(-1, 0, -1, 60)
    assert reduces(sell, FACTS._replace(position=100, open_sells=40))
    assert not reduces(sell, FACTS._replace(position=100, open_sells=41))
    assert not reduces(sell, FACTS._replace(position=0))
    assert not reduces(BUY_100, FACTS._replace(position=1))
    assert not reduces(sell, FACTS._replace(position=59))


def test_a_leg_that_only_crosses_is_asked_what_has_no_size() -> None:
    crossing = Proposal(-1, 0, 0, 0)
    assert check(LIMITS, crossing, FACTS._replace(sent=999, state=TradingState.REDUCE_ONLY)) is None
    assert check(LIMITS, crossing, FACTS._replace(quarantined=1)) == Verdict(6, 0, 1)
    assert check(LIMITS, crossing, FACTS._replace(state=TradingState.HALTED)) == Verdict(2, 0, 5)


@pytest.mark.parametrize(
    ("equity", "day_start", "cause"),
    [
        (970, 1_000, None),
        (969, 1_000, Cause.DAILY_LOSS),
        (900, 900, None),
        (899, 900, Cause.DRAWDOWN),
        (850, 850, Cause.DRAWDOWN),
        (849, 850, Cause.DRAWDOWN_HALT),
    ],
)
def test_losses_change_the_state(equity: int, day_start: int, cause: Cause | None) -> None:
    warned = watch(LIMITS, equity, day_start, peak=1_000)
    assert (warned.cause if warned else None) == cause


def test_the_bucket_fills_in_event_time() -> None:
    meters = Meters(LIMITS)
    for n in range(20):
        assert meters.tokens(0) == 20 - n
        meters.ordered(f"q{n}", 1, 0)
    assert meters.tokens(SECOND // 10 - 1) == 0
    assert meters.tokens(SECOND // 10) == 1
    assert meters.tokens(2 * SECOND - 1) == 19
    assert meters.tokens(MINUTE) == 20
    assert meters.sent(MINUTE - 1) == (20, 20)
    assert meters.sent(MINUTE) == (0, 0)


def test_rejects_refusals_and_cancels_are_counted() -> None:
    meters = Meters(RiskLimits(cancel_orders=3))
    for reason in ("a", "b", "b"):
        meters.rejected(4, reason)
    assert meters.rejects(4) == 2
    meters.accepted(4)
    assert meters.rejects(4) == 0
    for n in range(60):
        meters.refused(1, n)
    assert meters.refusals(1, 59) == 50
    assert meters.refusals(1, 10 * SECOND + 58) == 1
    assert meters.refusals(1, 10 * SECOND + 59) == 0
    meters.pardon(1)
    assert meters.refusals(1, 59) == 0
    for n in range(4):
        meters.ordered(f"q{n}", 1, 0)
        meters.cancelled(f"q{n}")
    meters.cancelled("q0")
    assert meters.cancels() == (3, 3)
    again = Meters.from_plain(meters.limits, meters.to_plain())
    assert again.to_plain() == meters.to_plain()
    assert again.cancels() == (3, 3)


N = 6
TV = (10,) * N


def over_caps(seed: int, decisions: int) -> int:
    """Random decisions through the gates; how many accepted sets are over a cap, recomputed from nothing."""
    rng, limits, wrong = Random(seed), RiskLimits(order_bp=2_000, orders_per_decision=5), 0
    meters, now, positions = Meters(limits), 0, [0] * N
    sent: list[tuple[int, int]] = []
    for number in range(decisions):
        now += rng.choice((0, SECOND // 50, SECOND // 5, 3 * SECOND, 30 * SECOND))
        marks = [rng.randint(900, 1_100) for _ in range(N)]
        equity, open_orders = rng.randint(8 * 10**8, 10**9), [(0, 0)] * N
        if rng.random() < 0.3:
            open_orders = [(rng.randint(0, 3_000), rng.randint(0, 3_000)) for _ in range(N)]
        proposals = [
            Proposal(
                -1, inst, rng.choice((1, -1)), rng.choice((rng.randint(1, 4_000), rng.randint(1, 40_000)))
            )
            for inst in rng.sample(range(N), rng.randint(1, N))
        ]
        exposure = Exposure(positions, marks, TV, open_orders)
        counted, turned = meters.sent(now)

        def facts(p: Proposal) -> Facts:
            return Facts(
                mark=marks[p.inst],  # noqa: B023
                tv=10,
                equity=equity,  # noqa: B023
                day_start=equity,  # noqa: B023
                peak=equity,  # noqa: B023
                tokens=meters.tokens(now),  # noqa: B023
                sent=counted,  # noqa: B023
                turnover=turned,  # noqa: B023
            )

        verdicts = review(limits, proposals, exposure, facts)
        accepted = [p for p, verdict in zip(proposals, verdicts, strict=True) if verdict is None]
        expected = [positions[i] + open_orders[i][0] - open_orders[i][1] for i in range(N)]
        gross_before = sum(abs(expected[i]) * marks[i] * 10 for i in range(N))
        grows = False
        for p in accepted:
            resting = open_orders[p.inst][p.side < 0]
            worst = positions[p.inst] + p.side * (resting + p.qty)
            smaller = positions[p.inst] * p.side < 0 and resting + p.qty <= abs(positions[p.inst])
            grows |= not smaller
            expected[p.inst] += p.side * p.qty
            size = p.qty * marks[p.inst] * 10
            wrong += size * 5 > equity
            wrong += not smaller and abs(worst) * marks[p.inst] * 10 * 5 > equity
            sent.append((now, size if not smaller else 0))
            meters.ordered(f"q{number}-{p.inst}", size, now)
        gross = sum(abs(expected[i]) * marks[i] * 10 for i in range(N))
        wrong += len(accepted) > 5
        wrong += grows and gross > max(equity, gross_before)
        sent = [entry for entry in sent if entry[0] > now - MINUTE]
        wrong += len(sent) > 200
        wrong += sum(ts > now - SECOND for ts, _ in sent) > 30
        wrong += grows and sum(size for ts, size in sent if ts == now) * 2 > equity
        for p in accepted:
            positions[p.inst] += p.side * rng.randint(0, p.qty)
        if rng.random() < 0.05:
            positions = [0] * N
    return wrong


def test_no_accepted_set_is_over_a_cap() -> None:
    over = over_caps(1, DECISIONS)
    keep("risk", "Risk gates", {"random decisions": DECISIONS, "sets over a cap": over}, seeds="1")
    assert over == 0


def test_judging_each_order_alone_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Exposure, "add", lambda self, inst, side, qty: None)
    monkeypatch.setattr(reviewing, "notional", lambda p, f: 0)
    assert over_caps(1, 2_000) > 0


def test_the_order_of_proposals_does_not_matter() -> None:
    rng = Random(2)
    for _ in range(500):
        proposals = [Proposal(-1, inst, rng.choice((1, -1)), rng.randint(1, 20_000)) for inst in range(N)]
        positions = [rng.randint(-20_000, 20_000) for _ in range(N)]
        mixed = rng.sample(proposals, N)
        one, two = (
            review(LIMITS, some, Exposure(positions, [1_000] * N, TV), lambda p: FACTS)
            for some in (proposals, mixed)
        )
        assert dict(zip(proposals, one, strict=True)) == dict(zip(mixed, two, strict=True))


def test_what_is_sold_makes_room_for_what_is_bought() -> None:
    held = [lots(2_000)] * 5 + [0]
    swap = [Proposal(-1, 5, 1, lots(2_000)), Proposal(-1, 0, -1, lots(2_000))]
    assert review(LIMITS, swap, Exposure(held, [1_000] * N, TV), lambda p: FACTS) == [None, None]
    assert review(LIMITS, swap[:1], Exposure(held, [1_000] * N, TV), lambda p: FACTS) == [
        Verdict(10, 10**9, 12 * 10**8)
    ]


def test_limits_out_of_range_are_refused_by_name() -> None:
    with pytest.raises(ConfigError, match=r"risk\.burst"):
        RiskLimits(burst=0)
    with pytest.raises(ConfigError, match=r"risk\.band_bp"):
        RiskLimits(band_bp=-1)
    with pytest.raises(ConfigError, match=r"risk\.drawdown_halt_bp"):
        RiskLimits(drawdown_halt_bp=900)
    with pytest.raises(ConfigError, match=r"risk\.net_bp"):
        RiskLimits(net_bp=1.5)  # type: ignore[arg-type]
    assert RiskLimits.bars(20, position_bp=4_000).orders_per_window == 40
