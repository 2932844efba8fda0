"""The contest: rows from fill point to fill point, one netted book, and nobody disturbs anybody."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from quantrl.agent import Decision
from quantrl.backtest import Costs
from quantrl.config import parse_config
from quantrl.data import Panel, View
from quantrl.errors import ConfigError
from quantrl.selection import Contest, ContestResult, Pipeline, build_contest
from quantrl.selection._book import COST, EQUITY, FILL_EQUITY, GROSS, Books
from selection.toy import BARS, Breaking, Noise, Sleeper, Tilt, agents, contest, finished, market, quick

FILLS = ("next_close", "next_open", "close")


def wanted(result: ContestResult, t: int) -> np.ndarray:
    """(A, N) weights every agent wants after bar t: its decision, and what it holds where it keeps its units."""
    assert result.decisions is not None
    units = np.array([result.shadow(label).units[t] for label in result.labels])
    held = units * result.panel.marks()[t] / result.shadows[t, :, EQUITY][:, None]
    return np.where(np.isnan(result.decisions[t]), held, result.decisions[t])


@pytest.mark.parametrize("fill", FILLS)
def test_the_loop_is_the_batch_and_the_books_balance(fill: str) -> None:
    result = finished(fill)
    for name in result.book_names:
        b = result.book_names.index(name)
        np.testing.assert_allclose(result.book(name).equity, result.books[:, b, EQUITY], rtol=1e-12)
    for label in result.labels:
        assert result.audit(label).breaches == 0
    for name in result.book_names:
        assert result.audit(name).breaches == 0


@pytest.mark.parametrize("fill", FILLS)
def test_rows_run_from_fill_point_to_fill_point(fill: str) -> None:
    result = finished(fill)
    delay = 0 if fill == "close" else 1
    rows = result.ledger.frame().filter(agent="noise").sort("decided")
    account = result.shadow("noise")
    start = account.fill_equity
    fills = np.arange(delay, BARS - 1)
    assert rows["decided"].to_list() == result.time[fills - delay].tolist()
    assert rows["matured"].to_list() == result.time[fills + 1].tolist()
    opens = np.concatenate([[0], result.time[:-1] + 1])
    assert rows["effective"].to_list() == (opens if fill == "next_open" else result.time)[fills].tolist()
    net = (rows["gross"] - rows["cost"]).to_numpy()
    np.testing.assert_allclose(net, start[fills + 1] / start[fills] - 1, atol=1e-14)
    np.testing.assert_allclose(rows["cost"], account.cost[fills] / start[fills], atol=1e-15)
    growth = np.prod(1 + net) * start[fills[0]]
    assert growth == pytest.approx(start[-1], rel=1e-12)


def test_first_row_by_hand() -> None:
    """Half in A at closes 10, 20, 30, 60 and 1 %: decided at the first close, filled at 20, valued at 30."""

    class Half:
        def decide(self, view: View) -> Decision:
            return Decision(np.array([0.5, 0.0]))

    close = np.array([[10.0, 5.0], [20.0, 5.0], [30.0, 5.0], [60.0, 5.0]])
    panel = Panel({"close": close}, 100 + 10 * np.arange(4), ["A", "B"], periods_per_year=252.0)
    run = Contest(
        [("half", Half())], panel, fill="next_close", costs=Costs(bps=100), initial_cash=1000.0
    ).run()
    first = run.ledger.frame().row(0, named=True)
    invested = 0.5 * 1000 / 1.005
    assert first["cost"] == pytest.approx(invested * 0.01 / 1000)
    assert first["gross"] - first["cost"] == pytest.approx(
        (1000 - invested * 0.01 + invested * 0.5) / 1000 - 1
    )
    assert (first["decided"], first["effective"], first["matured"], first["acted"]) == (100, 110, 120, 1)


def test_who_acted_and_what_it_said() -> None:
    rows = finished().ledger.frame()
    sleeper = rows.filter(agent="sleeper").sort("decided")
    flat = sleeper.filter(acted=0)
    assert 250 < len(flat) < 350
    assert flat["gross"].abs().max() == 0
    assert (flat["exposure"] == 0).all()
    noise = rows.filter(agent="noise")
    assert noise["belief"].is_between(0, 1).all()
    assert set(noise["tokens"]) == {7.0}
    assert noise["usd"].to_list()[0] == pytest.approx(0.01)
    assert rows.filter(agent="tilt5")["belief"].is_nan().all()


def test_capital_is_never_more_than_there_is() -> None:
    result = finished()
    assert (result.shares >= 0).all()
    assert (result.shares.sum(axis=1) <= 1 + 1e-12).all()
    targets = np.nan_to_num(result.targets)
    assert (targets >= 0).all()
    assert (targets.sum(axis=2) <= 1 + 1e-9).all()
    assert not result.shares[:64].any()
    assert result.shares[64:].any(axis=1).mean() > 0.9


def test_targets_are_capital_times_scale_times_what_agents_want() -> None:
    result = finished()
    equal = result.book_names.index("equal_weight")
    for t in (100, 250, 599):
        capital = result.shares[t] * result.scales[t] * result.factors[t]
        np.testing.assert_allclose(result.targets[t, 0], capital @ wanted(result, t), atol=1e-12)
        share = result.scales[t] / len(result.labels)
        np.testing.assert_allclose(result.targets[t, equal], share @ wanted(result, t), atol=1e-12)


def test_what_agents_earn_is_what_the_book_earns() -> None:
    """With complete decisions the netted book earns, after its own costs, its agents' returns after theirs."""
    entrants = [(f"noise{i}", Noise(i)) for i in range(9)]
    panel = market(200)
    whole = Panel({"close": panel.marks()}, panel.time, panel.instruments, periods_per_year=252.0)
    result = Contest(entrants, whole, quick(), fill="next_close", seed=5).run()
    fills = np.arange(1, 199)
    start, cost = result.shadows[:, :, FILL_EQUITY], result.shadows[:, :, COST]
    own = (start[fills + 1] / (start - cost)[fills]) - 1
    book = result.books[:, 0]
    earned = book[fills + 1, FILL_EQUITY] / (book[:, FILL_EQUITY] - book[:, COST])[fills] - 1
    capital = (result.shares * result.scales * result.factors[:, None])[fills - 1]
    np.testing.assert_allclose((capital * own).sum(axis=1), earned, atol=1e-12)
    assert np.abs(earned).max() > 0.001


def test_the_delayed_book_is_a_pipeline_fed_one_bar_later() -> None:
    result = finished()
    twin = Pipeline.from_settings(result.header["pipeline"])
    late = result.targets[:, result.book_names.index("delay_1")]
    seen = 0
    for t in range(1, BARS):
        step = twin.step(result.ledger.as_of(int(result.time[t - 1])), int(result.time[t]))
        n = len(step.weights)
        assert result.shares[t - 1, :n].tolist() == step.weights.tolist()
        seen += bool(step.weights.any())
        if t % 90 == 0:
            capital = result.shares[t - 1] * result.scales[t - 1]
            np.testing.assert_allclose(late[t], capital @ wanted(result, t), atol=1e-12)
    assert seen > 500


def test_a_market_book_buys_once() -> None:
    result = finished()
    market_book = result.targets[:, result.book_names.index("buy_and_hold")]
    assert np.isnan(market_book[1:]).all()
    np.testing.assert_allclose(market_book[0], 1 / 12)


def test_an_agent_that_fails_changes_nothing_for_the_others() -> None:
    silent = contest(entrants=[*agents(), ("odd", Breaking([]))], pipeline=quick()).run()
    failing = contest(
        entrants=[*agents(), ("odd", Breaking([100, 200, 201, 202, 203, 300]))], pipeline=quick()
    ).run()
    np.testing.assert_array_equal(silent.shadows[:, :10], failing.shadows[:, :10])
    same = silent.ledger.frame().filter(agent="tilt40").equals(failing.ledger.frame().filter(agent="tilt40"))
    assert same
    assert [t for t, label, _ in failing.errors if label == "odd"] == [100, 200, 201, 202, 203, 300]
    assert failing.errors[0][2] == "ValueError: no quote today"


def test_a_failed_decision_holds_still_counts_and_three_in_a_row_are_a_fault() -> None:
    failed = [100, 200, 201, 202, 203, 300]
    run = contest(entrants=[*agents(), ("odd", Breaking(failed))], pipeline=quick()).run()
    rows = run.ledger.frame().filter(agent="odd").sort("decided")
    account = run.shadow("odd")
    assert rows.filter(acted=0).height == 0
    net = (rows["gross"] - rows["cost"]).to_numpy()
    earned = account.fill_equity[2 : 2 + len(net)] / account.fill_equity[1 : 1 + len(net)] - 1.0
    np.testing.assert_allclose(
        net, earned, rtol=0, atol=1e-12
    )  # what it held while it failed is in the ledger
    assert account.gross[101] > 0.9
    assert account.traded[101] == 0
    faulty = [json.loads(line)["faulty"] for line in run.trail.lines]
    assert [t for t, who in enumerate(faulty) if who] == [202, 203]
    assert "faulty" in json.loads(run.trail.lines[202])["gates"]["reasons"][10]


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (np.full(12, 0.2), "sum to 2.4"),
        (np.full(12, -0.01), "-0.01"),
        (np.full(12, np.inf), "inf"),
        (np.ones(3) / 3, "shape (12,)"),
        ("all in", "AttributeError"),
    ],
)
def test_impossible_weights_are_a_failed_decision(weights: Any, message: str) -> None:
    class Odd:
        def decide(self, view: View) -> Decision:
            return Decision(weights)

    run = contest(market(30), entrants=["rules/equal_weight", ("odd", Odd())]).run()
    assert len(run.errors) == 30
    assert message in run.errors[0][2]
    assert run.shadows[:, 1, EQUITY].tolist() == [1e6] * 30


@pytest.mark.parametrize(
    "extra", [{"probability": 1.5}, {"probability": np.nan}, {"tokens": -1}, {"usd": np.inf}]
)
def test_impossible_claims_are_a_failed_decision(extra: dict[str, Any]) -> None:
    class Odd:
        def decide(self, view: View) -> Decision:
            return Decision(np.zeros(12), **extra)

    run = contest(market(10), entrants=[("odd", Odd())]).run()
    assert len(run.errors) == 10


def test_an_interrupt_leaves_a_valid_result() -> None:
    class Stop(Tilt):
        def decide(self, view: View) -> Decision:
            if view.n == 151:
                raise KeyboardInterrupt
            return super().decide(view)

    run = contest(entrants=[*agents(), ("stop", Stop(5))], pipeline=quick()).run()
    assert (run.status, run.n_bars) == ("interrupted", 150)
    whole = contest(entrants=[*agents(), ("stop", Tilt(5))], pipeline=quick()).run()
    assert run.trail.lines[:150] == whole.trail.lines[:150]
    assert run.book().equity.tolist() == whole.books[:150, 0, EQUITY].tolist()
    assert run.ledger.frame(int(run.time[-1])).equals(whole.ledger.frame(int(run.time[-1])))


def test_an_interrupt_between_decisions_and_one_before_the_first() -> None:
    def stop(done: int, bars: int) -> None:
        assert bars == 100
        if done > 40:
            raise KeyboardInterrupt

    run = contest(market(100)).run(progress=stop)
    assert (run.status, run.n_bars) == ("interrupted", 65)

    class Never:
        def decide(self, view: View) -> Decision:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        contest(market(20), entrants=[("never", Never())]).run()


def test_bars_are_taken_in_order() -> None:
    made = contest(market(20))
    made.step(0)
    for wrong in (0, 2, 99):
        with pytest.raises(ConfigError, match="expected bar 1"):
            made.step(wrong)
    made.step(1)
    assert made.run().n_bars == 20


def test_without_baselines_the_contest_is_the_same() -> None:
    alone = contest(market(200), baselines=False, pipeline=quick()).run()
    among = contest(market(200), pipeline=quick()).run()
    assert alone.book_names == ("contest",)
    assert alone.trail.lines == among.trail.lines


def test_a_limit_on_exposure_binds_and_is_logged() -> None:
    run = contest(pipeline=quick(target_vol=0.5), max_gross=0.6).run()
    assert (run.factors < 1).any()
    targets = run.targets[:, 0].sum(axis=1)
    assert targets.max() == pytest.approx(0.6)
    t = int(np.flatnonzero(run.factors < 1)[0])
    assert json.loads(run.trail.lines[t])["netting"]["factor"] == run.factors[t]


def test_a_config_becomes_a_contest() -> None:
    config = parse_config(
        {
            "name": "small",
            "seed": 9,
            "data": {"sample": "us20"},
            "backtest": {"fill": "next_close", "costs": {"bps": 3.0}},
            "agents": [
                {"id": "rules/momentum", "name": "m60", "params": {"lookback": 60}},
                {"id": "rules/equal_weight"},
            ],
            "selection": {"half_life": 30.0, "max_gross": 0.5},
        }
    )
    made = build_contest(config, market(30), threads=2)
    assert [e.label for e in made.entrants] == ["m60", "rules/equal_weight"]
    assert made.entrants[0].params["lookback"] == 60
    assert (made.settings.costs.bps, made.max_gross, made.name, made.threads) == (3.0, 0.5, "small", 2)
    assert made.pipeline.settings()["score"]["half_life"] == 30.0


@pytest.mark.parametrize(
    ("entrants", "options", "message"),
    [
        ([], {}, "at least one"),
        (["rules/equal_weight"] * 2, {}, "entered twice"),
        (["rules/nonsense"], {}, "unknown agent"),
        ([7], {}, "expected an agent or a registry id"),
        (["rules/equal_weight"], {"fill": "next_week"}, "fill"),
        (["rules/equal_weight"], {"max_gross": 1.5}, "max_gross"),
        (["rules/equal_weight"], {"initial_cash": -1.0}, "initial_cash"),
    ],
)
def test_bad_settings(entrants: list[Any], options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Contest(entrants, market(10), **{"fill": "next_close", **options})


def test_closes_only_must_name_their_fill() -> None:
    panel = market(10)
    closes = Panel({"close": panel["close"]}, panel.time, panel.instruments, periods_per_year=252.0)
    with pytest.raises(ConfigError, match="next_open needs the column 'open'"):
        Contest(["rules/equal_weight"], closes)


def test_a_result_needs_a_decision() -> None:
    with pytest.raises(ConfigError, match="no decision"):
        ContestResult.of(contest(market(10)))


def test_exposure_is_what_is_held() -> None:
    result = finished()
    rows = result.ledger.frame().filter(agent="tilt40").sort("decided")
    np.testing.assert_array_equal(rows["exposure"], np.maximum(result.shadows[1:-1, 7, GROSS], 0))
    assert Sleeper().decide(result.panel.as_of(int(result.time[2]))).weights.sum() == 0


def test_a_cost_that_rounding_left_below_zero_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the engine may leave it of an order of rounding size."""

    class Rounded(Books):
        def arrive(self, t: int, close: np.ndarray, price: np.ndarray) -> None:
            super().arrive(t, close, price)
            cost = self.history[t, :, COST]
            self.history[t, :, COST] = np.where(cost == 0.0, -5.8e-14, cost)

    plain = contest(market(40), entrants=["rules/buy_and_hold", ("tilt5", Tilt(5))]).run().ledger.frame()
    monkeypatch.setattr("quantrl.selection.field.Books", Rounded)
    rounded = contest(market(40), entrants=["rules/buy_and_hold", ("tilt5", Tilt(5))]).run().ledger.frame()
    assert (rounded["cost"] == 0.0).any()
    assert rounded.equals(plain)
