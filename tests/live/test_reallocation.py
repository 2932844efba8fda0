"""Reallocation: nothing created, nobody below zero, slow up, fast down, the order of agents irrelevant."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counts import FULL
from live.gates.kept import keep
from quantrl.errors import ConfigError
from quantrl.live import reallocation
from quantrl.live.reallocation import Account, Settlement, reallocate, sweep, to_ppm
from quantrl.live.vocabulary import PPM, TREASURY, owner_of

CASES = 1_000_000 if FULL else 20_000


def some_accounts(rng: Random) -> list[Account]:
    count = rng.randint(1, 6)
    cuts = sorted(rng.randint(0, PPM) for _ in range(count))
    parts = [b - a for a, b in zip([0, *cuts], cuts, strict=False)]
    accounts = []
    for agent in range(count):
        capital = rng.choice((0, rng.randint(-1000, 10**6), rng.randint(0, 10**6)))
        free = rng.randint(-10, max(0, capital))
        since = rng.choice((None, rng.randint(0, 9)))
        accounts.append(Account(agent, parts[agent], capital, free, since, rng.random() < 0.1))
    return accounts


def wrong_rounds(seed: int, cases: int) -> int:
    rng, wrong = Random(seed), 0
    for _ in range(cases):
        accounts, treasury = some_accounts(rng), rng.randint(-5, 10**6)
        whole = max(0, treasury) + sum(account.capital for account in accounts)
        out = reallocate(accounts, whole, treasury)
        if out != reallocate(rng.sample(accounts, len(accounts)), whole, treasury):
            wrong += 1
            continue
        moved, due = dict(out.moves), dict(out.due)
        fine = sum(moved.values()) == 0 and moved.get(TREASURY, 0) >= -max(0, treasury)
        for account in accounts:
            got = moved.get(owner_of(account.agent), 0)
            target = max(0, whole) * account.ppm // PPM
            gap = target - account.capital
            owes = due.get(account.agent, 0)
            fine &= owes >= 0 and got >= -max(0, account.free)
            if got > 0:
                fine &= got <= gap and got * 4 <= target and gap * 100 >= whole
            if got < 0 or owes:
                old = account.since_funded is None or account.since_funded > 5
                fine &= got - owes == gap and -gap * 100 >= whole and (old or account.evicted)
        wrong += not fine
    return wrong


def test_random_rounds_are_exact_and_leave_nobody_below_zero() -> None:
    wrong = wrong_rounds(1, CASES)
    keep("reallocation", "Reallocation of capital", {"random rounds": CASES, "wrong": wrong}, seeds="1")
    assert wrong == 0


def test_shares_rounded_up_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        reallocation,
        "apportion",
        lambda total, weights: [-(-total * w // (sum(weights) or 1)) for w in weights],
    )
    assert wrong_rounds(1, 500) > 0


def test_a_round_by_hand() -> None:
    accounts = [
        Account(0, 500_000, 0, 0),
        Account(1, 0, 300_000, 100_000, since_funded=6),
        Account(2, 300_000, 305_000, 9_000, since_funded=9),
    ]
    out = reallocate(accounts, 1_000_000, 395_000)
    assert out == Settlement(
        ((TREASURY, -25_000), (owner_of(0), 125_000), (owner_of(1), -100_000)), ((1, 200_000),)
    )


@pytest.mark.parametrize(
    ("since", "evicted", "given"),
    [(None, False, 100), (5, False, 0), (6, False, 100), (0, True, 100), (5, True, 100)],
)
def test_no_cut_within_five_rounds_of_funding_unless_evicted(
    since: int | None, evicted: bool, given: int
) -> None:
    out = reallocate([Account(0, 0, 100, 100, since, evicted)], 1000, 0)
    assert out.moves == (((TREASURY, given), (owner_of(0), -given)) if given else ())


@pytest.mark.parametrize(("capital", "moved"), [(91, 0), (90, 10), (89, 11), (109, 0), (110, -10)])
def test_a_change_below_one_percent_of_the_whole_is_none(capital: int, moved: int) -> None:
    out = reallocate([Account(0, 100_000, capital, capital)], 1000, 1000)
    assert dict(out.moves).get(owner_of(0), 0) == moved


def test_scarce_capital_is_shared_by_need() -> None:
    accounts = [Account(0, 400_000, 0, 0), Account(1, 200_000, 0, 0), Account(2, 200_000, 0, 0)]
    assert reallocate(accounts, 1000, 101).moves == (
        (TREASURY, -101),
        (owner_of(0), 51),
        (owner_of(1), 25),
        (owner_of(2), 25),
    )


def test_nothing_moves_in_a_book_worth_nothing() -> None:
    assert reallocate([Account(0, PPM, -5, 0)], 0, 10) == Settlement((), ())


def test_what_is_due_is_swept_as_cash_comes_free() -> None:
    assert sweep([(2, 50), (0, 30)], [10, 99, 70]) == Settlement(
        ((TREASURY, 60), (owner_of(0), -10), (owner_of(2), -50)), ((0, 20),)
    )
    assert sweep([(0, 30)], [-4]) == Settlement((), ((0, 30),))


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_ppm_never_sum_over_a_million_and_stay_near(weights: list[float]) -> None:
    scale = max(1.0, sum(weights))
    weights = [weight / scale for weight in weights]
    parts = to_ppm(weights)
    assert sum(parts) <= PPM
    assert all(
        part >= 0 and abs(part - weight * PPM) <= 1.5 for part, weight in zip(parts, weights, strict=True)
    )


@pytest.mark.parametrize(
    ("weights", "parts"),
    [
        ([0.3, 0.7], [300_000, 700_000]),
        ([1 / 3] * 3, [333_333] * 3),
        ([0.0000015, 0.0], [2, 0]),
        ([1 / 6] * 6, [166_667, 166_667, 166_667, 166_667, 166_666, 166_666]),
        ([], []),
    ],
)
def test_ppm_by_hand(weights: list[float], parts: list[int]) -> None:
    assert to_ppm(weights) == parts


@pytest.mark.parametrize("weights", [[float("nan")], [-0.1], [1.1], [0.6, 0.5], [float("inf")]])
def test_weights_out_of_range_are_refused(weights: list[float]) -> None:
    with pytest.raises(ConfigError, match="weights"):
        to_ppm(weights)
