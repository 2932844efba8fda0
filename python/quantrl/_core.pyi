"""The compiled core. Thin wrappers in the package add names, checks and docstrings; use those."""

from collections.abc import Callable, Mapping, Sequence
from os import PathLike
from typing import Any, final, overload

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "MEASURES",
    "REASONS",
    "BarAccount",
    "BarConfig",
    "BarTerms",
    "BookReport",
    "EventFile",
    "EventOptions",
    "EventReplay",
    "EventStream",
    "LevelBook",
    "NativePolicy",
    "NativeQ",
    "NormalScore",
    "OrderBook",
    "PairBatch",
    "PairSettings",
    "PairTape",
    "PairWork",
    "PortfolioBatch",
    "PortfolioMarket",
    "PortfolioSettings",
    "PortfolioTracker",
    "RankDraws",
    "TickBatch",
    "TickPlan",
    "TickSession",
    "bar_signals",
    "bar_sweep",
    "bar_venue_fill",
    "bar_venue_reasons",
    "bar_weights",
    "book_conformance",
    "book_tables",
    "bootstrap_blocks",
    "bootstrap_improvement",
    "bootstrap_iqm",
    "bootstrap_measures",
    "calibrate_queue",
    "centred_p_value",
    "cusum_step",
    "dawson",
    "deflated_sharpe",
    "drawdown_series",
    "drop_reasons",
    "effective_number",
    "elo_modes",
    "elo_performances",
    "events_convert",
    "events_merge",
    "events_of_columns",
    "events_simulate",
    "events_simulate_pair",
    "events_tables",
    "expected_max_z",
    "false_discovery",
    "holm",
    "iqm",
    "kendall_tau",
    "knapsack",
    "knapsack_curve",
    "lab_claims",
    "lab_pools",
    "lab_run",
    "lab_table",
    "log_evidence",
    "measure_table",
    "min_backtest_length",
    "min_track_record",
    "normal_cdf",
    "normal_quantile",
    "null_probability",
    "null_share",
    "optimal_block",
    "ou_continuous",
    "ou_on_clock",
    "ou_shifted",
    "overfitting",
    "overfitting_of_sums",
    "pair_record",
    "philox_block",
    "portfolio_replay",
    "psr",
    "rng_channels",
    "sharpe_moments",
    "sharpe_standard_error",
    "shrink",
    "superiority",
    "sweep_families",
    "sweep_signals",
    "tick_policies",
    "tick_tables",
    "worst_drawdowns",
]

_F = NDArray[np.float64]
_I = NDArray[np.int64]

# --- rng

def rng_channels() -> dict[str, int]: ...
def philox_block(seed: int, stream: int, counter: tuple[int, int, int, int]) -> tuple[int, int, int, int]: ...
def normal_quantile(probabilities: _F) -> _F: ...

# --- bar engine

@final
class BarConfig:
    def __new__(
        cls,
        n: int,
        *,
        fill: str,
        sizing: str,
        buy_bps: float,
        sell_bps: float,
        slippage_bps: _F,
        fixed: float,
        minimum: float,
        initial_cash: float,
        size_at: str = "fill",
        lot: _F | None = None,
    ) -> BarConfig: ...

def drop_reasons() -> list[str]: ...
@overload
def bar_weights(
    close: _F,
    weights: _F,
    open: _F | None = None,
    *,
    config: BarConfig,
    terms: BarTerms | None = None,
    years: _F | None = None,
    told: dict[str, NDArray[Any]] | None = None,
    full: bool = False,
    threads: int = 1,
) -> dict[str, NDArray[Any]]: ...
@overload
def bar_weights(
    close: _F,
    weights: list[tuple[_I | None, _F]],
    open: _F | None = None,
    *,
    config: BarConfig,
    terms: BarTerms | None = None,
    years: _F | None = None,
    told: dict[str, NDArray[Any]] | None = None,
    full: bool = False,
    threads: int = 1,
) -> list[dict[str, NDArray[Any]]]: ...

@final
class BarTerms:
    def __new__(
        cls,
        config: BarConfig,
        *,
        max_gross: float | None,
        maintenance: float,
        on_call: str,
        lend: float,
        borrow: float,
        short_fee: _F,
        band: _F,
        min_order: float,
        participation: float,
        max_turnover: float,
    ) -> BarTerms: ...

def bar_signals(
    close: _F,
    price: _F,
    entries: NDArray[np.bool_],
    exits: NDArray[np.bool_],
    config: BarConfig,
    *,
    terms: BarTerms | None = None,
    years: _F | None = None,
    told: dict[str, NDArray[Any]] | None = None,
    full: bool,
    threads: int,
) -> list[dict[str, NDArray[Any]]]: ...
def sweep_families() -> list[tuple[str, list[str]]]: ...
def bar_sweep(
    family: str,
    close: _F,
    price: _F,
    params: _F,
    config: BarConfig,
    *,
    high: _F | None = None,
    low: _F | None = None,
    tie_rtol: float,
    blocks: int,
    threads: int,
) -> dict[str, NDArray[Any]]: ...
def sweep_signals(
    family: str,
    close: _F,
    params: _F,
    *,
    high: _F | None = None,
    low: _F | None = None,
    tie_rtol: float,
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]: ...
def bar_venue_fill(
    instrument: _I, side: _I, lots: _I, prices: _I, tick_values: _I, cash: int, config: BarConfig
) -> tuple[_I, _I, _I, NDArray[np.uint8]]: ...
def bar_venue_reasons() -> list[str]: ...

@final
class BarAccount:
    def __new__(cls, config: BarConfig, terms: BarTerms | None = None) -> BarAccount: ...
    def step(
        self,
        close: _F,
        price: _F,
        weights: _F | None = None,
        *,
        years: float = 0.0,
        told: dict[str, NDArray[Any]] | None = None,
    ) -> tuple[float, ...]: ...
    def fills(self) -> dict[str, NDArray[Any]]: ...
    def drops(self) -> list[tuple[int, str]]: ...
    def units(self) -> _F: ...
    def weights(self) -> _F: ...
    def pending(self) -> _F | None: ...
    @property
    def cash(self) -> float: ...
    @property
    def equity(self) -> float: ...
    @property
    def n_bars(self) -> int: ...
    def state(self) -> bytes: ...
    @staticmethod
    def from_state(config: BarConfig, state: bytes, terms: BarTerms | None = None) -> BarAccount: ...

# --- stats

MEASURES: list[str]
REASONS: list[str]

def measure_table(
    returns: _F, periods_per_year: float, risk_free: float = 0.0, rows: Sequence[int] | None = None
) -> tuple[_F, NDArray[np.uint8]]: ...
def drawdown_series(returns: _F) -> _F: ...
def worst_drawdowns(returns: _F, count: int) -> tuple[_F, _I, _I, _I]: ...
def normal_cdf(z: _F) -> _F: ...
def sharpe_moments(returns: _F) -> tuple[float, float, float, float]: ...
def sharpe_standard_error(
    sharpe: float,
    n: float,
    skew: float,
    kurtosis: float,
    benchmark: float = 0.0,
    autocorrelation: float | None = None,
) -> float: ...
def psr(
    sharpe: float,
    n: float,
    skew: float,
    kurtosis: float,
    benchmark: float = 0.0,
    autocorrelation: float | None = None,
) -> float: ...
def deflated_sharpe(
    sharpe: float, n: float, skew: float, kurtosis: float, trials: float, sd_trials: float
) -> float: ...
def min_track_record(
    sharpe: float, n: float, skew: float, kurtosis: float, benchmark: float, confidence: float
) -> float: ...
def expected_max_z(n: float, exact: bool = False) -> float: ...
def min_backtest_length(n: float, sharpe: float) -> float: ...
def bootstrap_measures(
    returns: _F,
    *,
    periods_per_year: float,
    draws: int,
    block: float,
    seed: int,
    stream: int = 0,
    threads: int = 1,
    risk_free: float = 0.0,
) -> dict[str, _F]: ...
def bootstrap_blocks(n: int, block: float, seed: int, stream: int, replicate: int) -> tuple[_I, _I]: ...
def optimal_block(returns: _F) -> float: ...
def centred_p_value(draws: _F, value: float, two_sided: bool) -> float: ...
def holm(p: _F) -> _F: ...
def overfitting(returns: _F, blocks: int) -> dict[str, Any]: ...
def overfitting_of_sums(lengths: list[int], sums: _F) -> dict[str, Any]: ...
def false_discovery(p: _F, any_dependence: bool) -> _F: ...
def null_share(p: _F, above: float) -> float: ...
def null_probability(
    value: float, null: tuple[float, float], other: tuple[float, float], share: float
) -> float: ...
def superiority(
    differences: _F, draws: int, block: float, seed: int, stream: int, long_run: bool
) -> dict[str, Any]: ...
def log_evidence(returns: _F) -> float: ...
def effective_number(returns: _F) -> float: ...
def iqm(values: _F) -> float: ...
def bootstrap_iqm(values: _F, labels: _I, draws: int, seed: int, stream: int) -> _F: ...
def bootstrap_improvement(
    values: _F, labels: _I, others: _F, other_labels: _I, draws: int, seed: int, stream: int
) -> tuple[float, _F]: ...
def kendall_tau(x: _F, y: _F) -> float: ...
def knapsack(values: _F, weights: NDArray[np.uint64], capacity: int) -> _I: ...
def knapsack_curve(values: _F, weights: NDArray[np.uint64], capacity: int) -> _F: ...
def dawson(x: _F) -> _F: ...
def ou_continuous(cost: float) -> tuple[float, float]: ...
def ou_shifted(cost: float, kappa_dt: float) -> float: ...
def ou_on_clock(
    cost: float, kappa_dt: float, threshold: float | None = None
) -> tuple[float, float, bool]: ...
def cusum_step(sums: _F, x: _F, sigma: float) -> _F: ...
def shrink(scores: _F, variances: _F) -> tuple[_F, _F]: ...
def elo_performances(mean: _F, variance: _F, result: _F, tie: float) -> _F: ...
def elo_modes(normal: list[_F], modes: _F, backs: _F, a: float) -> _F: ...

_Rules = list[tuple[str, dict[str, float], list[int]]]

def lab_pools(
    kind: str, seed: int, first: int, count: int, days: int, threads: int
) -> dict[str, NDArray[Any]]: ...
def lab_table(
    kind: str,
    rules: _Rules,
    *,
    seed: int,
    first: int,
    count: int,
    days: int,
    delay: int = 1,
    threads: int = 1,
) -> list[dict[str, _F]]: ...
def lab_claims(
    kind: str, *, seed: int, first: int, count: int, days: int, draws: int, threads: int = 1
) -> dict[str, _F]: ...
def lab_run(
    returns: _F,
    acted: NDArray[np.uint8],
    truth: _F,
    born: NDArray[np.uint8],
    rules: _Rules,
    *,
    delay: int = 1,
    flip: tuple[int, int, int] | None = None,
    weights: bool = False,
    threads: int = 1,
) -> list[dict[str, _F]]: ...

@final
class NormalScore:
    def __new__(
        cls, half_life: float, target_vol_daily: float, periods_per_year: float = 252.0
    ) -> NormalScore: ...
    def __len__(self) -> int: ...
    def fold(
        self,
        agent: NDArray[np.uint32],
        net: _F,
        acted: NDArray[np.uint8],
        elapsed: float = 1.0,
        overlap: float = 1.0,
    ) -> _F: ...
    def scores(self) -> dict[str, NDArray[Any]]: ...
    def state(self) -> dict[str, list[Any]]: ...
    @staticmethod
    def from_state(state: dict[str, list[Any]]) -> NormalScore: ...

@final
class RankDraws:
    def __new__(cls, seed: int, stream: int, draws: int, n_agents: int) -> RankDraws: ...
    def top_k(self, mean: _F, sd: _F, k: int) -> _F: ...
    def positions(self, mean: _F, sd: _F) -> tuple[_F, _F, _F]: ...

# --- environments

_F32 = NDArray[np.float32]
_U8 = NDArray[np.uint8]

@final
class PortfolioMarket:
    def __new__(
        cls, features: _F32, cc: _F, co: _F | None, oc: _F | None, can_buy: _U8, can_sell: _U8, first: _I
    ) -> PortfolioMarket: ...

@final
class PortfolioSettings:
    def __new__(
        cls,
        *,
        window: int,
        n_features: int,
        n_assets: int,
        random_assets: bool,
        obs: str,
        norm: str,
        episode_len: int,
        decision_every: int,
        at_open: bool,
        growth: str,
        sizing: str,
        buy_bps: _F,
        sell_bps: _F,
        action_map: str,
        temperature: float,
        base_rows: _F | None,
        base_weights: _F | None,
        reward: str,
        turnover_penalty: float,
        gamma: float,
        periods_per_year: float,
        ruin_level: float,
        start_cash: bool,
        mode: str,
    ) -> PortfolioSettings: ...
    def weights(self, action: _F32, log_base: _F) -> _F: ...

@final
class PortfolioTracker:
    def __new__(cls, settings: PortfolioSettings) -> PortfolioTracker: ...
    def bar(self, before: _F, after: _F | None, held: _F) -> None: ...
    def decided(self) -> None: ...
    def state(self) -> bytes: ...
    def restore(self, state: bytes) -> None: ...
    def stats(self) -> _F32: ...

@final
class PortfolioBatch:
    def __new__(
        cls,
        market: PortfolioMarket,
        settings: PortfolioSettings,
        *,
        n_envs: int,
        seed: int,
        env_id0: int,
        start: int,
        end: int,
        threads: int,
        record: bool,
        fingerprint: bytes,
    ) -> PortfolioBatch: ...
    def reset_into(self, obs: _F32, seed: int | None = None, mask: _U8 | None = None) -> None: ...
    def step_into(
        self,
        actions: _F32,
        obs: _F32,
        rewards: _F32,
        terminated: _U8,
        truncated: _U8,
        fin_idx: NDArray[np.int32],
        fin_obs: _F32,
        ep_stats: _F,
        active: _U8 | None = None,
    ) -> int: ...
    def observe_into(self, obs: _F32) -> None: ...
    def bench(self, actions: _F32, steps: int) -> float: ...
    def holdings(self) -> _F: ...
    def targets(self) -> _F: ...
    def visible(self) -> _I: ...
    def wealth(self) -> _F: ...
    def recorded(self, env: int) -> _F: ...
    def set_segment(self, start: int, end: int) -> None: ...
    def state_bytes(self) -> bytes: ...
    def load_state_bytes(self, state: bytes) -> None: ...

@final
class PairSettings:
    def __new__(
        cls,
        *,
        venue: str,
        mode: str,
        kappa_dt: float,
        step_sd: float | None,
        s: float,
        cost: float,
        dt_ms: float,
        notional: float,
        at_mid: bool,
        slip_ticks: int,
        depth_units: float,
        n_actions: int,
        features: str,
        z: str,
        hedge: str,
        alpha: float,
        beta: float,
        fees: Sequence[float],
        latency_sigma: float,
        window: int,
        episode_len: int,
        ruin: float,
        loss_limit: float,
        reward: str,
        risk_aversion: float,
        stock: Sequence[float] | None,
        noise: Sequence[float],
        theta_low: Sequence[float],
        theta_high: Sequence[float],
        theta_in_obs: bool,
        styles: int = 1,
        rehedges: bool = False,
        work: PairWork | None = None,
    ) -> PairSettings: ...

@final
class PairWork:
    def __new__(
        cls,
        *,
        leg_ns: int,
        chase_max: int,
        requote_ns: int,
        passive_ns: int,
        time_out: str,
        maker_fees: Sequence[float],
        queue: str,
        always_events: bool,
    ) -> PairWork: ...

@final
class PairTape:
    def __new__(
        cls,
        settings: PairSettings,
        files: Sequence[EventFile],
        *,
        dt_ns: int,
        feed_ns: int | None,
        gap_ns: int,
    ) -> PairTape: ...
    def __len__(self) -> int: ...
    def rows(self) -> dict[str, NDArray[Any]]: ...
    def columns(self) -> _F32: ...
    def touches(self, leg: int) -> dict[str, NDArray[Any]]: ...
    def runs(self, segment: tuple[float, float]) -> list[tuple[int, int]]: ...
    @property
    def warm_up(self) -> int: ...
    @property
    def broken(self) -> int: ...
    @property
    def money(self) -> tuple[float, list[int]]: ...

@final
class PairBatch:
    def __new__(
        cls,
        settings: PairSettings,
        *,
        n_envs: int,
        seed: int,
        env_id0: int,
        threads: int,
        fingerprint: bytes,
        tape: PairTape | None = None,
        segment: tuple[float, float] | None = None,
    ) -> PairBatch: ...
    def reset_into(self, obs: _F32, seed: int | None = None, mask: _U8 | None = None) -> None: ...
    def step_into(
        self,
        actions: NDArray[np.int32],
        obs: _F32,
        rewards: _F32,
        terminated: _U8,
        truncated: _U8,
        fin_idx: NDArray[np.int32],
        fin_obs: _F32,
        ep_stats: _F,
        active: _U8 | None = None,
        all_rewards: _F32 | None = None,
        all_own: _F32 | None = None,
    ) -> int: ...
    def observe_into(self, obs: _F32) -> None: ...
    def bench(self, actions: NDArray[np.int32], steps: int) -> float: ...
    def run_rule(self, rule: str, numbers: Sequence[float], decisions: int) -> _F: ...
    def rule_actions(self, rule: str, numbers: Sequence[float]) -> NDArray[np.int32]: ...
    def run_policy(self, policy: NativeQ, decisions: int) -> _F: ...
    def action_masks(self) -> _U8: ...
    def truth(self) -> _F: ...
    def totals(self) -> _F: ...
    def ledger(self) -> _I: ...
    @property
    def reward_unit(self) -> float: ...
    def set_theta(self, theta: _F | None = None) -> None: ...
    def stand_down(self, mask: _U8) -> None: ...
    def fork(self, env: int, n_envs: int) -> PairBatch: ...
    def state_bytes(self) -> bytes: ...
    def load_state_bytes(self, state: bytes) -> None: ...

def portfolio_replay(
    relatives: _F,
    targets: _F,
    *,
    buy: _F,
    sell: _F,
    growth: str,
    guarded: bool,
    sizing: str,
    periods_per_year: float,
    episode_len: int,
) -> dict[str, _F]: ...

# --- trained policies

@final
class NativeQ:
    """A policy folder of kind ``q``, run without torch: the action of the largest value that is legal."""

    @staticmethod
    def load(folder: str) -> NativeQ: ...
    def values(self, obs: _F32) -> _F32: ...
    def act(self, obs: _F32) -> _I: ...
    def spec(self) -> dict[str, Any]: ...

@final
class NativePolicy:
    """A policy folder, run without torch. `bind` gives a policy that also has a market for index observations, `over`
    one for another number of names, all of them seen.
    """

    @staticmethod
    def load(folder: str | PathLike[str]) -> NativePolicy: ...
    def bind(self, features: NDArray[np.float32]) -> NativePolicy: ...
    def over(self, n_assets: int) -> NativePolicy: ...
    def act(self, obs: NDArray[np.float32]) -> NDArray[np.float32]: ...
    def act_window(
        self, window: NDArray[np.float32], weights: NDArray[np.float32], stats: NDArray[np.float32]
    ) -> NDArray[np.float32]: ...
    def spec(self) -> dict[str, Any]: ...

# --- order book

@final
class BookReport:
    """What happened to an order: one line of a book's answer."""

    @property
    def kind(self) -> str: ...
    @property
    def side(self) -> str: ...
    @property
    def reason(self) -> str: ...
    @property
    def seq(self) -> int: ...
    @property
    def id(self) -> int: ...
    @property
    def price_ticks(self) -> int | None: ...
    @property
    def qty_lots(self) -> int: ...
    @property
    def maker(self) -> int | None: ...
    @property
    def taker(self) -> int | None: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...

@final
class OrderBook:
    def __new__(
        cls, *, base_tick: int, step: int, modify: str, post_only: str, stp: str, collar_ticks: int | None
    ) -> OrderBook: ...
    def submit(
        self,
        id: int,
        side: int,
        price: int | None,
        qty: int,
        market: bool,
        tif: int,
        expires: int,
        owner: int,
        post_only: bool,
        ts: int | None,
    ) -> list[BookReport]: ...
    def cancel(self, id: int, ts: int | None) -> list[BookReport]: ...
    def modify(self, id: int, price: int, qty: int, side: int | None, ts: int | None) -> list[BookReport]: ...
    def close(self, ts: int) -> list[BookReport]: ...
    def advance(self, ts: int) -> list[BookReport]: ...
    def apply(
        self,
        op: _U8,
        id: NDArray[np.uint64],
        side: _U8,
        price: _I,
        qty: _I,
        market: _U8 | None,
        tif: _U8 | None,
        expires: _I | None,
        owner: NDArray[np.uint16] | None,
        post_only: _U8 | None,
        ts: _I | None,
    ) -> _U8: ...
    def best(self) -> tuple[int | None, int | None]: ...
    def depth(self, out: _I) -> None: ...
    def lots_at(self, side: int, price: int) -> int: ...
    def queue(self, side: int, price: int) -> tuple[NDArray[np.uint64], _I]: ...
    def order_count(self) -> int: ...
    def hash(self) -> int: ...
    def validate(self) -> None: ...
    def copy(self) -> OrderBook: ...
    @property
    def seq(self) -> int: ...
    @property
    def now_ns(self) -> int | None: ...

@final
class LevelBook:
    def __new__(cls, base_tick: int) -> LevelBook: ...
    def set(self, side: int, price: int, lots: int) -> int: ...
    def apply(self, side: _U8, price: _I, lots: _I) -> None: ...
    def clear(self) -> None: ...
    def best(self) -> tuple[int | None, int | None]: ...
    def depth(self, out: _I) -> None: ...
    def lots_at(self, side: int, price: int) -> int: ...
    def hash(self) -> int: ...
    @property
    def purged(self) -> int: ...

def book_tables() -> dict[str, list[str]]: ...
def book_conformance() -> list[tuple[str, str, int, str]]: ...

# --- event files

@final
class EventOptions:
    def __new__(
        cls,
        *,
        checkpoint_every: int,
        keep_ids: bool,
        recv_offset: int | None,
        strict: bool,
        max_fault_share: float,
        max_line: int,
        max_depth: int,
        max_events: int,
        max_expansion: int,
        max_expanded: int,
    ) -> EventOptions: ...

@final
class EventFile:
    def __new__(cls, path: str | PathLike[str], *, access: str, verify: bool) -> EventFile: ...
    def __len__(self) -> int: ...
    def header(self) -> dict[str, Any]: ...
    def instruments(self) -> list[dict[str, Any]]: ...
    def told(self) -> tuple[str, str]: ...
    def kinds(self) -> list[int]: ...
    def columns(self, start: int, stop: int) -> dict[str, NDArray[Any]]: ...
    def bbo(self, instrument: int) -> dict[str, NDArray[Any]]: ...
    def check(self, *, told: Callable[[int], None] | None = None) -> list[tuple[str, int]]: ...
    def stylised_facts(
        self, instrument: int, interval_ns: int, *, told: Callable[[int], None] | None = None
    ) -> dict[str, Any]: ...
    def replay(self) -> EventReplay: ...

@final
class EventReplay:
    def seek(self, event: int) -> None: ...
    def seek_time(self, ts: int) -> None: ...
    def step(self, events: int) -> int: ...
    @property
    def at(self) -> int: ...
    @property
    def ts_ns(self) -> int | None: ...
    def best(self, instrument: int) -> tuple[int | None, int | None]: ...
    def depth(self, out: _I, instrument: int) -> None: ...
    def hash(self) -> int: ...

def events_tables() -> tuple[list[str], list[tuple[str, int]]]: ...
def events_convert(
    format: str,
    src: Sequence[str | PathLike[str]],
    dst: str | PathLike[str],
    options: EventOptions,
    *,
    tick_size: str | None,
    lot_size: str | None,
    symbols: list[str],
    date: str | None,
    step: int | None,
    told: Callable[[int], None] | None = None,
) -> None: ...
def events_of_columns(
    dst: str | PathLike[str],
    options: EventOptions,
    *,
    level: int,
    symbols: list[str],
    tick_size: str,
    lot_size: str,
    ts: _I,
    kind: _U8,
    flags: _U8,
    tick: _I,
    qty: NDArray[np.uint64],
    received: _I | None,
    instr: NDArray[np.uint16] | None,
    order: NDArray[np.uint64] | None,
    new_order: NDArray[np.uint64] | None,
    told: Callable[[int], None] | None = None,
) -> None: ...
def events_merge(
    files: Sequence[str | PathLike[str]],
    dst: str | PathLike[str],
    checkpoint_every: int,
    *,
    told: Callable[[int], None] | None = None,
) -> None: ...
def events_simulate(
    dst: str | PathLike[str],
    flow: str,
    options: EventOptions,
    *,
    rates: tuple[float, float, float],
    size: int,
    window: int,
    seed: int,
    stream: int,
    episode: int,
    messages: int,
    start_ns: int,
    symbol: str,
    tick_size: str,
    lot_size: str,
    opening: tuple[int, int, int, int],
    told: Callable[[int], None] | None = None,
) -> None: ...
def events_simulate_pair(
    dst: Sequence[str | PathLike[str]],
    options: EventOptions,
    *,
    rates: tuple[float, float, float],
    size: int,
    window: int,
    pull: float,
    paths: tuple[float, float, float, float],
    clock: tuple[int, int, int],
    seed: int,
    symbols: Sequence[str],
    tick_size: str,
    lot_size: str,
    opening: tuple[int, int, int],
    told: Callable[[int], None] | None = None,
) -> None: ...

@final
class EventStream:
    def __new__(
        cls,
        flow: str,
        *,
        rates: tuple[float, float, float],
        size: int,
        window: int,
        seed: int,
        start_ns: int,
        symbols: Sequence[str],
        tick_size: str,
        lot_size: str,
        opening: tuple[int, int, int, int],
    ) -> EventStream: ...
    def run(self, until_ns: int) -> bytes: ...
    def bests(self) -> list[tuple[int | None, int | None]]: ...
    def most_live(self) -> list[int]: ...
    def save(self) -> bytes: ...
    def restore(self, bytes: bytes) -> None: ...
    def window(self, events: bytes, first_ns: int, last_ns: int, most_live: Sequence[int]) -> EventFile: ...

# --- tick engine

@final
class TickPlan:
    def __new__(
        cls,
        file: EventFile,
        *,
        mode: str,
        queue: tuple[str, float, bytes | None] | None,
        fill: str,
        through: str | None,
        remainder: str,
        recovery_ns: int | None,
        feed: tuple[bool, int | None],
        latency: Sequence[Any],
        fees: Mapping[str, Any],
        allow_reorder: bool,
        max_own_orders: int,
        seed: int,
        equity_every: int,
        record: bool,
    ) -> TickPlan: ...
    def told(self) -> tuple[str, str | None]: ...
    def sha256(self) -> str: ...

@final
class TickSession:
    def __new__(cls, plan: TickPlan, stream: int, start: int | None) -> TickSession: ...
    @staticmethod
    def restore(plan: TickPlan, bytes: bytes) -> TickSession: ...
    def snapshot(self) -> bytes: ...
    def fork(self) -> TickSession: ...
    def advance(self, plan: TickPlan, skipped: int) -> None: ...
    def step(self, until: str, value: int) -> bool: ...
    def send(self, rows: bytes) -> list[int]: ...
    def replay(self, name: str, values: Sequence[int], told: Callable[[int], None] | None) -> None: ...
    @property
    def now_ns(self) -> int: ...
    @property
    def ended(self) -> bool: ...
    @property
    def received(self) -> int: ...
    def best(self, instr: int) -> tuple[int | None, int | None]: ...
    def depth(self, out: _I, instr: int) -> None: ...
    def event(self, nth: int) -> tuple[int, int, int, int, int, int, int, int]: ...
    def account(self, instr: int) -> dict[str, Any]: ...
    def orders(self) -> dict[str, NDArray[Any]]: ...
    def ahead(self, instr: int, side: int, order: int) -> float | None: ...
    def reports(self) -> dict[str, NDArray[Any]]: ...
    def fills(self) -> dict[str, NDArray[Any]]: ...
    def log(self) -> dict[str, NDArray[Any]]: ...
    def equity(self) -> dict[str, NDArray[Any]]: ...
    def hash(self) -> int: ...

@final
class TickBatch:
    def __new__(cls, plans: Sequence[TickPlan], n: int, threads: int) -> TickBatch: ...
    def step(
        self, actions: _U8, dt: int, depth: _I, account: _I, refs: NDArray[np.uint64], done: _U8
    ) -> None: ...
    def hashes(self) -> list[int]: ...
    def snapshot(self, number: int) -> bytes: ...

def calibrate_queue(
    file: EventFile, instr: int, every_ns: int, told: Callable[[int], None] | None
) -> dict[str, Any]: ...
def pair_record(
    batch: PairBatch,
    *,
    decisions: int | None = None,
    policy: NativeQ | None = None,
    rule: tuple[str, Sequence[float]] | None = None,
) -> list[dict[str, Any]]: ...
def tick_policies() -> list[tuple[str, list[tuple[str, bool, int]]]]: ...
def tick_tables() -> dict[str, list[str]]: ...
