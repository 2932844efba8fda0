"""Optimisers against enumeration, their bounds and their ties."""

from __future__ import annotations

from itertools import chain, combinations
from typing import Any

import numpy as np
import pytest

from quantrl.contest import context
from quantrl.contest.context import Offers, build
from quantrl.contest.context.facility import cosines, cover, value
from quantrl.contest.context.rebuild import Rebuild
from quantrl.contest.context.sigmoid import Sigmoid, discount
from quantrl.errors import ConfigError, DataError

CASES = 500


def subsets(n: int) -> Any:
    return chain.from_iterable(combinations(range(n), k) for k in range(n + 1))


def cases(n_most: int = 12) -> list[Offers]:
    """Coarse values and lengths, so that many sets tie; negative and absent utilities among them."""
    random = np.random.default_rng(8)
    found = []
    for case in range(CASES):
        n = int(random.integers(1, n_most + 1)) if case % 20 == 0 else int(random.integers(1, 9))
        u = random.integers(-3, 8, n) * 0.25
        u = np.where(random.random(n) < 0.1, np.nan, u)
        found.append(Offers(u, random.integers(1, 9, n) * 1_000, int(random.integers(0, 30)) * 1_000, case))
    return found


def best_set(offers: Offers, key: Any) -> tuple[int, ...]:
    """By value, then fewer tokens, then lower ids, over all subsets of all that have a factor."""
    present = offers.present.tolist()
    ranked = []
    for chosen in subsets(len(present)):
        ids = tuple(present[i] for i in chosen)
        tokens = int(offers.tokens[list(ids)].sum())
        worth = key(float(offers.u[list(ids)].sum()), tokens)
        if worth is not None:
            ranked.append((-worth, tokens, ids))
    return min(ranked)[2]


def test_the_knapsack_is_the_best_of_all_sets() -> None:
    for offers in cases():
        chosen = build("knapsack").choose(offers)
        assert chosen == best_set(
            offers, lambda u, tokens, most=offers.capacity: u if tokens <= most else None
        )


def test_the_sigmoid_is_the_best_of_all_sets() -> None:
    sigmoid = Sigmoid()
    by_length = {tokens: float(discount(np.array([float(tokens)]))[0]) for tokens in range(0, 100_000, 1_000)}
    for offers in cases():
        chosen = sigmoid.choose(offers)
        expected = best_set(offers, lambda u, tokens: u * by_length[tokens] if tokens <= 64_000 else None)
        assert sigmoid.value(offers, chosen) == pytest.approx(sigmoid.value(offers, expected), rel=1e-12)
        assert chosen == expected or offers.tokens[list(chosen)].sum() != offers.tokens[list(expected)].sum()


def test_no_utility_of_zero_or_less_ever_helps() -> None:
    sigmoid = Sigmoid()
    for offers in cases(8):
        chosen = set(sigmoid.choose(offers))
        for agent in offers.present.tolist():
            if offers.u[agent] <= 0:
                with_it = tuple(sorted(chosen | {agent}))
                assert sigmoid.value(offers, with_it) <= sigmoid.value(offers, tuple(sorted(chosen)))


def test_vectors() -> None:
    assert discount(np.array([16e3, 32e3, 48e3])) == pytest.approx([0.982014, 0.5, 0.017986], abs=1e-6)
    offers = Offers(np.array([3.0, 2.0, 0.2]), np.array([12_000, 14_000, 9_000]))
    assert Sigmoid().choose(offers) == (0, 1)
    assert Sigmoid().value(offers, (0, 1)) == pytest.approx(4.087872, abs=1e-6)
    assert build("knapsack").choose(offers) == (0,)


TOPICS = ("oil supply cut", "bank profit warning", "chip order surge", "rate decision", "merger talk")


def texts(random: np.random.Generator, n: int) -> tuple[str, ...]:
    return tuple(" ".join(random.choice(TOPICS, 4)) for _ in range(n))


def test_facility_reaches_its_bound_and_lazy_is_plain() -> None:
    random = np.random.default_rng(4)
    worst = 1.0
    for _ in range(CASES):
        n = int(random.integers(1, 9))
        p = random.random(n)
        p /= p.sum()
        alike, tokens = cosines(list(texts(random, n))), random.integers(1, 9, n).tolist()
        capacity = int(random.integers(1, 25))
        lazy = cover(p, alike, tokens, capacity)
        assert lazy == cover(p, alike, tokens, capacity, lazy=False)
        assert sum(tokens[i] for i in lazy) <= capacity
        feasible = [list(s) for s in subsets(n) if sum(tokens[i] for i in s) <= capacity]
        optimum = max(value(p, alike, chosen) for chosen in feasible)
        if optimum > 0:
            worst = min(worst, value(p, alike, lazy) / optimum)
    assert worst >= 0.316


def test_facility_reads_a_repeat_less_than_news() -> None:
    story = ("oil supply cut by producers", "oil supply cut by producers", "chip orders surge in spring")
    offers = Offers(np.array([1.0, 0.9, 0.8]), np.array([10, 10, 10]), capacity=20, texts=story)
    assert build("facility").choose(offers) == (0, 2)
    assert build("top_k", k=2).choose(offers) == (0, 1)
    assert build("facility").choose(Offers(np.array([-1.0, np.nan]), np.array([1, 1]))) == ()
    with pytest.raises(DataError, match="texts"):
        build("facility").choose(Offers(np.array([1.0]), np.array([1])))
    assert cosines(["", "a"])[0, 0] == 0.0


def test_top_k_takes_the_lower_id_of_equals_and_what_fits() -> None:
    u = np.array([0.2, 0.5, 0.5, 0.5, -1.0])
    offers = Offers(u, np.array([5, 5, 5, 5, 5]), capacity=100)
    assert build("top_k", k=2).choose(offers) == (1, 2)
    assert build("top_k", k=9).choose(offers) == (0, 1, 2, 3)
    assert build("top_k", k=3).choose(Offers(u, np.array([5, 90, 20, 5, 5]), capacity=100)) == (1, 3)


def test_the_controls_ask_no_utility() -> None:
    u, tokens = np.array([-1.0, 0.0, np.nan, 2.0, 1.0]), np.array([4, 4, 4, 4, 4])
    assert build("all").choose(Offers(u, tokens, capacity=4)) == (0, 1, 3, 4)
    counts = np.zeros(5)
    for day in range(400):
        chosen = build("random", seed=3).choose(Offers(u, tokens, capacity=8, day=day))
        assert len(chosen) == 2
        counts[list(chosen)] += 1
    assert counts[2] == 0
    assert (np.abs(counts[[0, 1, 3, 4]] - 200) < 45).all()
    again = Offers(u, tokens, capacity=8, day=17)
    assert build("random", seed=3).choose(again) == build("random", seed=3).choose(again)
    assert len(build("random", seed=3, k=1).choose(again)) == 1


def test_between_rebuilds_the_chosen_stay_and_the_dearest_leaves() -> None:
    plan = Rebuild(build("knapsack"), every=3, phase=1)
    u, tokens = np.array([3.0, 1.0, 2.0]), np.array([6, 4, 6])
    first = plan.choose(Offers(u, tokens, 10, day=0), None)
    assert first == (0, 1)
    later = Offers(u[::-1].copy(), tokens, 10, day=2)
    assert plan.choose(later, first) == (0, 1)
    assert plan.choose(Offers(np.array([0.1, 1.0, 2.0]), tokens, 10, day=4), first) == (1, 2)
    longer = Offers(u, np.array([6, 6, 6]), 10, day=2)
    assert plan.read((0, 1), longer) == (0,)
    assert plan.read((0, 1), Offers(np.array([1.0, 1.0, 1.0]), np.array([6, 6, 6]), 10)) == (0,)
    assert plan.read((0, 1), Offers(np.array([np.nan, 1.0, 1.0]), tokens, 10)) == (1,)


def test_who_has_a_limit_of_its_own_is_not_cut_to_that_of_the_offers() -> None:
    offers = Offers(np.array([3.0, 1.0, 2.0]), np.array([9_000, 9_000, 30_000]), 16_000, day=3)
    for name, expected in (("all", (0, 1, 2)), ("sigmoid", (0, 1)), ("knapsack", (0,))):
        plan = Rebuild(build(name))
        chosen = plan.choose(offers, None)
        assert (chosen, plan.read(chosen, offers)) == (expected, expected)
    # three days on the chosen may have grown past the longest that is tried
    assert Rebuild(build("sigmoid")).read((0, 1, 2), Offers(offers.u, offers.tokens * 2, 16_000)) == (0, 1)


def contexts() -> list[str]:
    return context.names()


@pytest.mark.parametrize("name", contexts())
def test_every_optimiser_keeps_the_contract(name: str) -> None:
    random = np.random.default_rng(5)
    for case in range(20):
        u, tokens = random.normal(size=7), random.integers(0, 50, 7)
        u[case % 7] = np.nan
        offers = Offers(u, tokens, 60, case, texts(random, 7))
        chosen = build(name).choose(offers)
        assert chosen == build(name).choose(offers) == tuple(sorted(set(chosen)))
        assert case % 7 not in chosen
        assert name == "all" or tokens[list(chosen)].sum() <= 60 or name == "sigmoid"
    assert build(name, **build(name).settings()).settings() == build(name).settings()
    assert build(name).choose(Offers(np.zeros(0), np.zeros(0, dtype=np.int64))) == ()


def test_refused() -> None:
    with pytest.raises(ConfigError, match="choose one of: all, facility, knapsack"):
        build("greedy")
    for name, params in (("top_k", {"k": 0}), ("random", {"seed": -1}), ("sigmoid", {"steepness": 0.0})):
        with pytest.raises(ConfigError):
            build(name, **params)
    with pytest.raises(ConfigError):
        Rebuild(build("all"), every=2, phase=2)
    for u, tokens, extra in (
        ([1.0], [1, 2], {}),
        ([np.inf], [1], {}),
        ([1.0], [-1], {}),
        ([1.0], [1], {"capacity": -1}),
        ([1.0], [1], {"texts": ("a", "b")}),
    ):
        with pytest.raises(DataError):
            Offers(np.array(u), np.array(tokens), **extra)
