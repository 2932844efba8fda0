"""The engine, one bar at a time: what a backtest, a contest and a live book all loop over."""

from __future__ import annotations

import hashlib
import json
import math
import struct
from typing import Any, NamedTuple

from numpy.typing import NDArray

from quantrl import _core
from quantrl.backtest.bars import float_array
from quantrl.backtest.costs import Costs
from quantrl.backtest.feed import Day
from quantrl.backtest.settings import Settings, sizing_for
from quantrl.backtest.terms import Terms
from quantrl.errors import ConfigError, DataError, QuantrlError
from quantrl.runs import canonical_json
from quantrl.typing import FloatArray

MAGIC = b"QBS1"
VERSION = 1
_HEAD = struct.Struct("<4sI32sI")
_SHA = 32
_TEN_BP = Costs()
_PLAIN = Terms()


class Bar(NamedTuple):
    """Prices of one bar.

    Parameters
    ----------
    close : (N,) float64
        Marks the account; NaN: the last known price does.
    price : (N,) float64
        Fill prices: open, typical price or close, as the session's fill says; NaN: not tradable.
    day : Day, optional
        Time, actions, volume and price limits, for an account under terms that ask for them.
    """

    close: FloatArray
    price: FloatArray
    day: Day | None = None


class StepOut(NamedTuple):
    """What one bar did to the account; `Result` says what each number is."""

    equity: float
    cash: float
    cost: float
    traded: float
    gross: float
    scale: float
    fill_equity: float
    dividends: float = 0.0
    interest: float = 0.0
    short_fees: float = 0.0


class BarSession:
    """One account, stepped bar by bar; equal bit for bit to `run_weights` over the same bars and decisions.

    Parameters
    ----------
    n_instruments : int
    fill, sizing, costs, initial_cash, size_at, lot, terms
        As in `run_weights`.

    Raises
    ------
    ConfigError
        A setting that is unknown or out of range.
    """

    def __init__(
        self,
        n_instruments: int,
        *,
        fill: str = "next_open",
        sizing: str | None = None,
        costs: Costs = _TEN_BP,
        initial_cash: float = 1_000_000.0,
        size_at: str = "fill",
        lot: float | tuple[float, ...] = 0.0,
        terms: Terms = _PLAIN,
    ) -> None:
        if isinstance(n_instruments, bool) or not isinstance(n_instruments, int) or n_instruments < 1:
            raise ConfigError(f"n_instruments: expected a number of at least 1, got {n_instruments!r}")
        self.settings = Settings(
            fill, sizing_for(size_at) if sizing is None else sizing, costs, initial_cash, size_at, lot, terms
        )
        self.n_instruments = n_instruments
        self._config = self.settings.core(n_instruments)
        self._account = _core.BarAccount(self._config, self.settings.core_terms(self._config, n_instruments))

    def step(self, bar: Bar, weights: FloatArray | None = None) -> StepOut:
        """One bar, and what was decided after its close.

        Parameters
        ----------
        bar : Bar
        weights : (N,) float64, optional
            Target weights decided after this close; filled on the next bar, with fill ``close`` on this one.
            To decide on what is held, ask `look` first.

        Raises
        ------
        DataError
            Another number of instruments, or a price that is not positive and finite. Nothing has changed.
        OrderError
            Weights that the account cannot hold. Nothing has changed.
        ConfigError
            The settings ask for something that ``bar.day`` lacks. Nothing has changed.
        """
        decision = None if weights is None else float_array("weights", weights, (1,))
        close, price = float_array("close", bar.close, (1,)), float_array("price", bar.price, (1,))
        if self.settings.is_plain:
            return StepOut(*self._account.step(close, price, decision))
        day = self._asked_of(bar.day)
        return StepOut(*self._account.step(close, price, decision, years=day.years, told=day.told()))

    def look(self, bar: Bar) -> FloatArray:
        """Weights (N,) that will be held at the close of `bar` before anything is decided there.

        The account itself does not move: follow with ``step(bar, weights)``.
        """
        ahead = self.fork()
        ahead.step(bar)
        return ahead.held

    def fork(self) -> BarSession:
        """An independent session in the same state."""
        return self._resumed(self.settings, self.n_instruments, self._account.state())

    @property
    def held(self) -> FloatArray:
        """(N,) fractions of equity held at the last mark, drifted since the last fill."""
        return self._account.weights()

    @property
    def units(self) -> FloatArray:
        """(N,) units held."""
        return self._account.units()

    @property
    def equity(self) -> float:
        """Currency at the last mark; the starting cash before the first bar."""
        return self._account.equity

    @property
    def cash(self) -> float:
        """Currency not invested."""
        return self._account.cash

    @property
    def n_bars(self) -> int:
        """Bars stepped."""
        return self._account.n_bars

    @property
    def fills(self) -> dict[str, NDArray[Any]]:
        """Fills of the last bar: ``bar decided instrument units price fee slippage``."""
        return {name.removeprefix("fill_"): column for name, column in self._account.fills().items()}

    @property
    def drops(self) -> list[tuple[int, str]]:
        """Targets the last bar could not fill: (instrument, reason)."""
        return self._account.drops()

    @property
    def pending(self) -> FloatArray | None:
        """(N,) decision that waits for the next bar."""
        return self._account.pending()

    def snapshot(self) -> bytes:
        """Everything later bars depend on: magic, version, config sha256, payload, sha256 of it all."""
        config = canonical_json({"n": self.n_instruments, **self.settings.to_config()}).encode()
        head = _HEAD.pack(MAGIC, VERSION, hashlib.sha256(config).digest(), len(config))
        body = head + config + self._account.state()
        return body + hashlib.sha256(body).digest()

    @staticmethod
    def restore(snapshot: bytes) -> BarSession:
        """The session `snapshot` was taken from; it continues bit for bit.

        Raises
        ------
        DataError
            Not a snapshot of a bar session, of another version, or damaged.
        """
        config, state = _opened(snapshot)
        try:
            return BarSession._resumed(Settings.from_config(config), config["n"], state)
        except (QuantrlError, KeyError, TypeError, ValueError) as error:
            raise DataError(f"snapshot: cannot be restored: {error}") from None

    @staticmethod
    def _resumed(settings: Settings, n: int, state: bytes) -> BarSession:
        session = BarSession.__new__(BarSession)
        session.settings, session.n_instruments = settings, n
        session._config = settings.core(n)
        session._account = _core.BarAccount.from_state(
            session._config, state, settings.core_terms(session._config, n)
        )
        return session

    def _asked_of(self, day: Day | None) -> Day:
        """What the settings ask for of a day."""
        terms, costs = self.settings.terms, self.settings.costs
        if day is None and (terms.needs_time or terms.actions or terms.price_limits):
            raise ConfigError(
                "bar.day: expected with terms of interest, fees of shorts, actions or price limits"
            )
        asked = dict.fromkeys(("split", "dividend", "delisted"), terms.actions)
        asked |= dict.fromkeys(("can_buy", "can_sell"), terms.price_limits)
        asked["volume"] = math.isfinite(terms.participation)
        by_bar = {"slippage_bps": costs.by_bar is not None, "short_fee": terms.short_fee_by_bar is not None}
        told = day or Day()
        for name, wanted in by_bar.items():
            if wanted and getattr(told, name) is None:
                raise ConfigError(f"bar.day.{name}: expected, for it was given by bar")
        left: dict[str, Any] = {name: None for name, wanted in (asked | by_bar).items() if not wanted}
        return told._replace(**left)


def _opened(snapshot: bytes) -> tuple[dict[str, Any], bytes]:
    if not isinstance(snapshot, (bytes, bytearray, memoryview)):
        raise DataError(f"snapshot: expected bytes, got {type(snapshot).__name__}")
    data = bytes(snapshot)
    if data[:4] != MAGIC:
        raise DataError(f"snapshot: expected it to start with {MAGIC!r}, got {data[:4]!r}")
    if len(data) < _HEAD.size + _SHA or hashlib.sha256(data[:-_SHA]).digest() != data[-_SHA:]:
        raise DataError(f"snapshot: damaged: the checksum of its {len(data)} bytes does not fit")
    _, version, config_sha, size = _HEAD.unpack_from(data)
    if version != VERSION:
        raise DataError(f"snapshot: expected version {VERSION}, got {version}")
    config, state = data[_HEAD.size : _HEAD.size + size], data[_HEAD.size + size : -_SHA]
    if hashlib.sha256(config).digest() != config_sha:
        raise DataError("snapshot: damaged: its config does not fit its checksum")
    try:
        parsed = json.loads(config)
    except (ValueError, RecursionError):
        raise DataError("snapshot: its config is not JSON") from None
    if not isinstance(parsed, dict):
        raise DataError("snapshot: its config is not a JSON object")
    return parsed, state
