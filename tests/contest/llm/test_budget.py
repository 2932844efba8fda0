"""No cap is ever passed while calls keep to their reservations."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from contest.llm.questions import no_wait, question
from quantrl.contest.llm.budget import Budget, Budgets
from quantrl.contest.llm.prices import PICO, Price, Prices
from quantrl.contest.llm.protocol import Completion, Message, Request, Transient, Usage
from quantrl.contest.llm.scripted import Scripted
from quantrl.contest.llm.spend import Spend, reservation
from quantrl.contest.llm.waves import Waves
from quantrl.errors import ConfigError

PRICES = Prices("2030-01-01", {("p", "m"): Price(150_000, 600_000)})
CAPS = ("usd", "input_tokens", "output_tokens", "calls")


def count(text: str) -> int:
    return len(text)


class Spender(Scripted):
    """Uses some share of each reservation."""

    def __init__(self, draw: np.random.Generator, share: tuple[float, float], failures: float = 0.0) -> None:
        super().__init__()
        self.draw, self.share, self.failures = draw, share, failures

    async def complete(self, req: Request) -> Completion:
        if self.draw.random() < self.failures:
            raise Transient("busy", reason="503", spends=bool(self.draw.random() < 0.5))
        want = reservation(req, None, count)
        part = self.draw.uniform(*self.share)
        usage = Usage(int(want.input_tokens * part), int(want.output_tokens * part))
        return replace(await super().complete(req), usage=usage)


def some_budget(draw: np.random.Generator) -> Budget:
    caps: dict[str, Any] = {"usd": draw.uniform(0, 3e-3), "input_tokens": int(draw.integers(0, 9000))}
    caps |= {"output_tokens": int(draw.integers(0, 900)), "calls": int(draw.integers(0, 25))}
    return Budget(**{name: cap for name, cap in caps.items() if draw.random() < 0.5})


def passed(budgets: Budgets, days: tuple[str, ...], agents: tuple[str, ...]) -> list[str]:
    """Caps that were passed."""
    accounts = [("run", None, None), *(("day", day, None) for day in days)]
    accounts += [("agent", day, agent) for day in days for agent in agents]
    found = []
    for scope, day, agent in accounts:
        spent, caps = budgets.spent(day, agent), budgets.caps[scope]  # type: ignore[index]
        for name in CAPS:
            cap = getattr(caps, name)
            if cap is not None and (spent.pico > cap * PICO if name == "usd" else getattr(spent, name) > cap):
                found.append(f"{scope} {name}")
    return found


def test_a_thousand_schedules_pass_no_cap() -> None:
    cuts = 0
    for seed in range(1_000):
        draw = np.random.default_rng(seed)
        budgets = Budgets(*(some_budget(draw) for _ in range(3)))
        spender = Spender(draw, (0.0, 1.0), failures=0.15)
        days, agents = ("d1", "d2"), ("a", "b", "c")
        with Waves(
            {"p": spender}, budgets=budgets, prices=PRICES, count=count, sleep=no_wait, on_error="abstain"
        ) as waves:
            for day in days:
                size = int(draw.integers(1, 14))
                waves.ask([question(str(draw.choice(agents)), i, day, sample=seed) for i in range(size)])
        assert passed(budgets, days, agents) == [], seed
        cuts += budgets.partial
    assert cuts > 500


def test_a_model_that_uses_twice_its_estimate_overshoots_by_one_wave_at_most() -> None:
    budgets = Budgets(run=Budget(output_tokens=60 * 20))
    with Waves({"p": Spender(np.random.default_rng(0), (2.0, 2.0))}, budgets=budgets, count=count) as waves:
        answers = waves.ask([question(agent, i) for agent in "abcdef" for i in range(4)])
    sent = sum(answer.ok for answer in answers)
    assert budgets.spent().output_tokens <= 60 * 20 + 8 * 60
    assert 0 < sent < len(answers)
    assert budgets.partial
    assert not any(answer.ok for answer in answers[sent:])


@pytest.mark.parametrize("scope", ["run", "day", "agent"])
@pytest.mark.parametrize(
    ("name", "cap"),
    [("usd", 1e-4), ("input_tokens", 250), ("output_tokens", 200), ("calls", 3), ("seconds", 0)],
)
def test_five_caps_on_three_levels(scope: str, name: str, cap: float) -> None:
    budgets = Budgets(**{scope: Budget(**{name: cap})})  # type: ignore[arg-type]
    with Waves({"p": Scripted()}, budgets=budgets, prices=PRICES) as waves:
        answers = waves.ask([question("a", i) for i in range(6)])
    reasons = [answer.reason for answer in answers]
    assert reasons[-1] == "budget"
    assert (reasons[0] is None) == (name != "seconds")
    assert {(cut.scope, cut.cap) for cut in budgets.cuts} == {(scope, name)}
    assert answers[-1].detail in (f"{name} of the {scope}", "an earlier call of this agent did not fit")


def test_an_agent_that_was_cut_sends_no_more_that_day_but_others_do() -> None:
    budgets = Budgets(agent=Budget(calls=2))
    with Waves({"p": Scripted()}, budgets=budgets) as waves:
        first = waves.ask([question("a", i) for i in range(3)])
        second = waves.ask([question("a", 9, max_tokens=1), question("b", 0), question("a", 0, "2030-01-03")])
    assert [answer.ok for answer in first] == [True, True, False]
    assert [answer.ok for answer in second] == [False, True, True]
    assert budgets.partial_days() == ("2030-01-02",)
    assert len(budgets.cuts) == 1


def test_what_does_not_fit_lets_smaller_calls_pass() -> None:
    budgets = Budgets(run=Budget(output_tokens=100))
    with Waves({"p": Scripted(lambda request: "{}")}, budgets=budgets) as waves:
        answers = waves.ask([question("a", max_tokens=400), question("b", max_tokens=20)])
    assert [answer.reason for answer in answers] == ["budget", "schema"]


def test_a_cap_in_money_needs_a_price() -> None:
    double = Scripted()
    with (
        Waves({"p": double}, budgets=Budgets(agent=Budget(usd=1.0))) as waves,
        pytest.raises(
            ConfigError, match=r"cap in USD needs a price for p/m, and the list of 2026-01-01 has none"
        ),
    ):
        waves.ask([question()])
    assert double.asked == []


def test_reservation_by_hand() -> None:
    request = question(
        messages=(Message("system", "abcd"), Message("user", "ef")), schema={"a": 1}, max_tokens=10
    )
    # {"a":1} is 7 characters; 6 in the messages, 8 for each of them; a quarter on top.
    want = reservation(request, Price(2, 3), len)
    assert want == Spend(pico=37 * 2 + 10 * 3, input_tokens=37, output_tokens=10, calls=1)
    assert reservation(request, None, len).pico == 0


def test_usage_that_is_not_reported_counts_as_the_reservation() -> None:
    class Silent(Scripted):
        async def complete(self, req: Request) -> Completion:
            return replace(await super().complete(req), usage=None)

    with Waves({"p": Silent()}, prices=PRICES) as waves:
        answer = waves.ask([question()])[0]
    assert answer.spent.output_tokens == 60
    assert answer.completion is not None
    assert answer.completion.usd is None


def test_state_goes_on_where_it_was() -> None:
    first, second = Budgets(run=Budget(calls=3)), Budgets(run=Budget(calls=3))
    with Waves({"p": Scripted()}, budgets=first) as waves:
        waves.ask([question("a", i) for i in range(4)])
    second.restore(first.state())
    assert second.state() == first.state()
    assert second.is_out("2030-01-02", "a")
    with Waves({"p": Scripted()}, budgets=second) as waves:
        assert not waves.ask([question("b", 0, "2030-01-03")])[0].ok


@pytest.mark.parametrize("cap", [-1, float("nan"), float("inf")])
def test_caps_are_finite(cap: float) -> None:
    with pytest.raises(ConfigError, match="budget: usd"):
        Budget(usd=cap)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[price]]", "expected a date as_of"),
        ("as_of = 2030-01-01\nmore = 1", "expected a date as_of"),
        (
            "as_of = 2030-01-01\n[[price]]\nprovider='a'",
            "price 0: expected provider, model, input and output",
        ),
        (
            "as_of = 2030-01-01\n[[price]]\nprovider='a'\nmodel='b'\ninput=-1\noutput=0",
            "price 0: input: expected 0 to",
        ),
        (
            "as_of = 2030-01-01\n[[price]]\nprovider='a'\nmodel='b'\ninput=nan\noutput=0",
            "price 0: input: expected 0 to",
        ),
        (
            "as_of = 2030-01-01\n[[price]]\nprovider='a'\nmodel='b'\ninput=true\noutput=0",
            "price 0: input: expected 0 to",
        ),
        ("x =", "prices cannot be read"),
    ],
)
def test_prices_that_are_none(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "prices.toml").write_text(text)
    with pytest.raises(ConfigError, match=words):
        Prices.read(tmp_path / "prices.toml")


def test_prices_of_a_provider_and_a_model(tmp_path: Path) -> None:
    entry = "[[price]]\nprovider='a'\nmodel='{}'\ninput={}\noutput=2\n"
    (tmp_path / "p.toml").write_text(
        "as_of = 2030-01-01\n" + entry.format("*", 0.15) + entry.format("big", 3)
    )
    prices = Prices.read(tmp_path / "p.toml")
    assert prices.require("a", "small").pico(Usage(10**6, 0)) == 15 * PICO // 100
    assert prices.require("a", "big").pico(Usage(0, 10**6)) == 2 * PICO
    assert prices.get("b", "big") is None
    shipped = Prices.read()
    assert list(shipped.table) == [("local", "*")]
    assert shipped.require("local", "x").pico(Usage(5, 5)) == 0
