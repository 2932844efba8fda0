"""Everyone on equal terms: one question, one mandate, one account, one row."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from contest.walking import Walk, walk
from quantrl import registry
from quantrl.agent import Decision
from quantrl.agents.recorded.conversion import CONVERTED
from quantrl.config import AgentConfig
from quantrl.contest import Clock, ContestView, Entities, load_planted
from quantrl.contest.entrants import Entrants, Researcher
from quantrl.contest.llm.protocol import Message, Request
from quantrl.contest.llm.schema import array, choice, record, whole
from quantrl.contest.llm.scripted import Scripted
from quantrl.contest.llm.waves import Waves
from quantrl.contest.mandate import Mandate
from quantrl.contest.portfolio import decision_of
from quantrl.contest.types import Evidence, Signal
from quantrl.errors import ConfigError, ContestError
from quantrl.units import iso_date

DAYS, SHORT = 40, 16
MOMENTUM = AgentConfig(id="rules/momentum", params={"lookback": 10, "skip": 1, "k": 4, "every": 1})


@pytest.fixture(scope="module")
def planted():
    panel, docs = load_planted(n_days=DAYS)
    return panel, docs, Clock.of_panel(panel)


def signals_of(weights: np.ndarray, symbols: Sequence[str]) -> list[Signal]:
    chosen = np.flatnonzero(weights > 0).tolist()
    return [Signal(symbols[i], "buy", 60, (Evidence("t01", "rose"),), ("may turn",)) for i in chosen]


class Analyst:
    """A scripted model that wants what a rule wants, asked as every model is."""

    def __init__(self, symbols: Sequence[str]) -> None:
        self._rule = registry.build_agent(MOMENTUM.id, MOMENTUM.params)
        one = record(
            symbol=choice(symbols), action=choice(["buy", "sell", "hold"]), probability=whole(0, 100)
        )
        self._schema = record(signals=array(one, 5))
        self.waves = Waves({"scripted": Scripted(self._reply)})
        self._view: ContestView | None = None
        self._symbols = symbols

    def _reply(self, _: Request) -> Any:
        assert self._view is not None
        weights = self._rule.decide(self._view).weights
        wanted = signals_of(weights, self._symbols)
        return {
            "signals": [
                {"symbol": s.symbol, "action": s.action, "probability": s.probability} for s in wanted
            ]
        }

    def __call__(self, view: ContestView) -> Mapping[int, Decision]:
        self._view = view
        request = Request(
            task="signal",
            messages=(Message("system", "Research."), Message("user", iso_date(view.now))),
            schema=self._schema,
            provider="scripted",
            model="m",
            seed=0,
            max_tokens=400,
            tags={"agent": "researcher", "day": iso_date(view.now)},
        )
        (answer,) = self.waves.ask([request])
        found = [
            Signal(s["symbol"], s["action"], s["probability"], (Evidence("t01", "rose"),), ("may turn",))
            for s in answer.parsed["signals"]
        ]
        tokens = answer.spent.input_tokens + answer.spent.output_tokens
        return {0: decision_of(found, self._symbols, tokens=tokens)}


def test_a_model_that_wants_what_a_rule_wants_earns_what_the_rule_earns(planted) -> None:
    who = Entrants.of(["contest/researcher:price_momentum", MOMENTUM, "rules/equal_weight"], seed=0)
    analyst = Analyst(planted[0].instruments)
    found = walk(planted, who, analyst)
    analyst.waves.close()
    model, rule = found.rows(0), found.rows(1)
    assert len(model) == len(rule) == DAYS - 2
    assert (model["acted"].sum(), model["gross"].std() > 0) == (rule["acted"].sum(), True)
    for name in ("decided", "effective", "matured", "acted", "exposure", "gross", "cost"):
        assert np.abs(model[name] - rule[name]).max() <= 1e-15, name
    assert (model["tokens"] > 0).all()
    assert (rule["tokens"] == 0).all()
    assert np.nanmax(model["belief"]) == 0.6
    assert found.field.errors == []


def entrant_of(kind: str, folder: Path) -> Any:
    if kind == "recorded":
        file = folder / "decisions.csv"
        file.write_text(f"date,{planted_name()}\n2030-01-10,0.2\n2030-01-30,0\n", encoding="utf-8")
        return AgentConfig(id="recorded", params={"file": str(file)})
    if kind == "orders":
        file = folder / "orders.csv"
        file.write_text(f"date,symbol,shares\n2030-01-10,{planted_name()},100\n", encoding="utf-8")
        return AgentConfig(id="recorded", params={"file": str(file), "cash": 1e5})
    return {
        "rule": MOMENTUM,
        "greedy": AgentConfig(id="rules/momentum", params={"lookback": 10, "skip": 1, "k": 1, "every": 5}),
        "rl": AgentConfig(id="sharpe_portfolio"),
        "researcher": "contest/researcher:catalyst",
    }[kind]


def planted_name() -> str:
    return load_planted(n_days=3)[0].instruments[0]


@pytest.mark.parametrize("kind", ["rule", "greedy", "rl", "recorded", "orders", "researcher"])
def test_every_kind_of_entrant_keeps_one_contract(planted, tmp_path, kind: str) -> None:
    panel = planted[0]

    def play() -> tuple[Entrants, Walk]:
        who = Entrants.of(
            [entrant_of(kind, tmp_path), MOMENTUM.model_copy(update={"name": "peer"})], seed=3, panel=panel
        )

        def researched(view: ContestView) -> Mapping[int, Decision]:
            picks = np.zeros(view.n_instruments)
            picks[view.n % 7 : view.n % 7 + view.n % 3] = 1.0
            found = signals_of(picks, view.instruments)
            return {i: decision_of(found, view.instruments, tokens=10) for i in who.researchers}

        return who, walk(planted, who, researched)

    who, found = play()
    assert found.field.errors == []
    limit = who.mandate
    for asked in found.asked:
        weights = asked.poll.weights[0]
        known = weights[~np.isnan(weights)]
        assert (known >= 0).all()
        assert (known <= limit.max_name).all()
        assert known.sum() <= limit.gross + 1e-9
    rows = found.rows(0)
    assert len(rows) == DAYS - 2
    assert np.isfinite(rows["gross"]).all()
    assert (rows["cost"] >= 0).all()
    assert (rows["decided"] < rows["effective"]).all()
    assert (rows["effective"] < rows["matured"]).all()
    _, again = play()
    assert rows.tobytes() == again.rows(0).tobytes()
    clipped = any(place == 0 for asked in found.asked for place, _ in asked.clips)
    assert clipped == (kind in ("greedy", "researcher"))
    said = " ".join(who.flags.get(who.labels[0], ()))
    assert said.startswith({"orders": CONVERTED, "rl": "trained on 20 names of another panel"}.get(kind, ""))
    assert bool(said) == (kind in ("orders", "rl"))


class Broken:
    """Fails in a way of its own from some day on."""

    def __init__(self, how: Callable[[int], Any], since: int = 5) -> None:
        self.how, self.since = how, since

    def decide(self, view: Any) -> Any:
        if view.n < self.since:
            weights = np.zeros(view.n_instruments)
            weights[:4] = 0.2
            return Decision(weights)
        return self.how(view.n_instruments)


def _raises(_: int) -> Any:
    raise RuntimeError("no answer")


@pytest.fixture(scope="module")
def alone(planted) -> Walk:
    return walk(
        planted,
        Entrants.of([("peer", registry.build_agent(MOMENTUM.id, MOMENTUM.params))], seed=0),
        days=SHORT,
    )


@pytest.mark.parametrize(
    ("how", "message"),
    [
        (_raises, "no answer"),
        (lambda n: Decision(np.full(n, np.inf)), "is inf"),
        (lambda n: Decision(np.zeros(n + 1)), "shape"),
        (lambda n: "buy", "expected a Decision"),
        (lambda n: Decision(np.array(["x"] * n)), "float64"),
        (lambda n: Decision(np.zeros(n), probability=1.5), "probability"),
    ],
)
def test_who_fails_is_in_cash_that_day_and_nobody_else_notices(planted, alone, how, message: str) -> None:
    who = Entrants.of(
        [("peer", registry.build_agent(MOMENTUM.id, MOMENTUM.params)), ("broken", Broken(how))], seed=0
    )
    found = walk(planted, who, days=SHORT)
    assert all(message in text and label == "broken" for _, label, text in found.field.errors)
    assert len(found.field.errors) == SHORT - 5
    assert (found.asked[-1].poll.weights[1] == 0.0).all()
    assert found.rows(1)["exposure"][-1] == 0.0
    assert found.rows(1)["exposure"][0] == pytest.approx(0.8, abs=0.01)
    for name in ("gross", "cost", "exposure"):
        assert np.array_equal(found.rows(0)[name], alone.rows(0)[name])
    assert found.faulty[5] == []
    assert found.faulty[6] == [1]


def test_names_change_no_score_and_no_share(planted) -> None:
    agents = ["rules/momentum", "rules/equal_weight", "rules/low_volatility", "rules/buy_and_hold"]
    params: list[dict[str, Any]] = [dict(MOMENTUM.params), {"every": 5}, {}, {}]
    walks = []
    for names in (["d", "c", "b", "a"], ["x1", "x2", "x3", "x4"]):
        configs = [
            AgentConfig(id=i, name=name, params=p) for i, name, p in zip(agents, names, params, strict=True)
        ]
        walks.append(walk(planted, Entrants.of(configs, seed=0)))
    first, second = walks
    assert all(np.array_equal(a, b) for a, b in zip(first.shares, second.shares, strict=True))
    assert np.abs(first.shares[-1]).sum() > 0
    for agent in range(4):
        for name in ("gross", "cost", "exposure"):
            assert np.array_equal(first.rows(agent)[name], second.rows(agent)[name])


def test_researchers_hold_a_place_until_they_are_given_a_decision(planted) -> None:
    panel, docs, clock = planted
    who = Entrants.of(
        [
            "contest/researcher:catalyst",
            AgentConfig(id="contest/researcher", name="second", params={"belief": "catalyst", "steps": 3}),
            "rules/equal_weight",
        ],
        seed=0,
    )
    assert who.labels == ("catalyst", "second", "rules/equal_weight")
    assert who.kinds == ("researcher", "researcher", "rule")
    assert {i: one.belief for i, one in who.researchers.items()} == {0: "catalyst", 1: "catalyst"}
    assert who.researchers[1].params == {"steps": 3}
    now = clock.d(3)
    view = ContestView(panel.as_of(now), docs.as_of(now))
    held = np.zeros((3, panel.n_instruments))
    cash = Decision.cash(panel.n_instruments)
    with pytest.raises(ContestError, match="'second' has no decision"):
        who.ask(view, held, {0: cash})
    assert not who.ask(view, held, {0: cash, 1: cash}).poll.failed.any()
    stale = Researcher("catalyst", {})
    stale.put(now - 1, cash)
    with pytest.raises(ContestError, match="expected a decision at"):
        stale.decide(view)


def test_refusals(tmp_path) -> None:
    with pytest.raises(ConfigError, match="belief"):
        Entrants.of(["contest/researcher"], seed=0)
    with pytest.raises(ConfigError, match="belief"):
        Entrants.of([AgentConfig(id="contest/researcher:a", params={"belief": "b"})], seed=0)
    with pytest.raises(ConfigError, match="entered twice"):
        Entrants.of(["contest/researcher:a", "contest/researcher:a"], seed=0)
    with pytest.raises(ConfigError, match="unknown agent"):
        Entrants.of(["contest/judge"], seed=0)
    with pytest.raises(ConfigError, match="at least one"):
        Entrants.of([], seed=0)
    panel, _ = load_planted(n_days=5)
    with pytest.raises(ConfigError, match="unknown parameter 'x'"):
        Entrants.of([AgentConfig(id="recorded", params={"x": 1})], seed=0, panel=panel)
    assert Entrants.of(["rules/equal_weight"], seed=0).mandate == Mandate()
    assert planted_name() in Entities(panel.instruments)
