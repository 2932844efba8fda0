"""Other engines, each behind a small adapter: what it is asked, and how its answer is read.

None of them is a dependency. A peer that cannot be imported here gives no ratio, and the reason is said.
"""

from __future__ import annotations

import importlib
import os
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from quantrl.cli.bench.harness import Contender
from quantrl.errors import ConfigError
from quantrl.typing import FloatArray

Adapter = Callable[[FloatArray, FloatArray, float, float], list[Contender]]


def rebalance_peers(
    names: list[str], close: FloatArray, weights: FloatArray, bps: float, initial_cash: float
) -> tuple[list[Contender], dict[str, str]]:
    """Contenders that rebalance to `weights` at every close, and the reason for each peer that is absent.

    Parameters
    ----------
    names : list of str
        Keys of `REBALANCE`.
    close, weights : (T, N) float64
        Closing prices; target fractions of equity before costs.
    bps : float
        Proportional cost per side.
    initial_cash : float
        Starting equity.

    Raises
    ------
    ConfigError
        A name that is not a peer.
    """
    for name in names:
        if name not in REBALANCE:
            raise ConfigError(f"--peers: unknown peer {name!r}; choose from: {', '.join(REBALANCE)}")
    return installed(REBALANCE, names, close, weights, bps, initial_cash)


def installed(
    peers: Mapping[str, Callable[..., list[Contender]]], names: list[str], *inputs: object
) -> tuple[list[Contender], dict[str, str]]:
    """Contenders of the named peers on `inputs`, and why the others are absent here."""
    found: list[Contender] = []
    absent: dict[str, str] = {}
    for name in names:
        try:
            found += peers[name](*inputs)
        except ImportError as error:
            absent[name] = f"not installed here ({error})"
    return found, absent


def vectorbt_engines() -> list[str]:
    """Engines the installed vectorbt has: ``rust`` where vectorbt-rust is installed too."""
    rust = importlib.import_module("vectorbt._engine").is_rust_available()
    return ["numba", "rust"] if rust else ["numba"]


def vectorbt(close: FloatArray, weights: FloatArray, bps: float, initial_cash: float) -> list[Contender]:
    """vectorbt's ``Portfolio.from_orders`` to target percents of shared cash, on each engine it has."""
    pandas: Any = importlib.import_module("pandas")
    package: Any = importlib.import_module("vectorbt")
    prices, targets = pandas.DataFrame(close), pandas.DataFrame(weights)

    def contender(engine: str) -> Contender:
        def call() -> FloatArray:
            portfolio = package.Portfolio.from_orders(
                prices,
                size=targets,
                size_type="targetpercent",
                group_by=True,
                cash_sharing=True,
                call_seq="auto",
                fees=bps * 1e-4,
                init_cash=initial_cash,
                freq="1D",
                engine=engine,
            )
            equity: FloatArray = portfolio.value().to_numpy()
            return equity

        return Contender(f"vectorbt-{engine}", call)

    return [contender(engine) for engine in vectorbt_engines()]


def vectorbt_kernels(
    close: FloatArray, weights: FloatArray, bps: float, initial_cash: float
) -> list[Contender]:
    """The simulation inside `vectorbt` alone: order records and no equity, its inputs laid out before."""
    dispatch: Any = importlib.import_module("vectorbt.portfolio.dispatch")
    enums: Any = importlib.import_module("vectorbt.portfolio.enums")
    numba: Any = importlib.import_module("vectorbt.portfolio.nb")
    groups, cash = np.array([close.shape[1]]), np.array([initial_cash])

    def contender(engine: str) -> Contender:
        def call() -> object:
            order = numba.build_call_seq(close.shape, groups, enums.CallSeqType.Default)
            return dispatch.simulate_from_orders(
                close.shape,
                groups,
                cash,
                order,
                size=weights,
                price=close,
                size_type=np.asarray(enums.SizeType.TargetPercent),
                fees=np.asarray(bps * 1e-4),
                close=close,
                auto_call_seq=True,
                engine=engine,
            )

        return Contender(f"vectorbt-{engine}, bare kernel", call)

    return [contender(engine) for engine in vectorbt_engines()]


def raptorbt(close: FloatArray, weights: FloatArray, initial_cash: float) -> list[Contender]:
    """raptorbt's ``simulate_rebalance_policy`` on every bar, at the proportional rates of its ``equity_delivery``."""
    os.environ.setdefault("RAPTORBT_NO_VERSION_CHECK", "1")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        package: Any = importlib.import_module("raptorbt")

    def call() -> FloatArray:
        found = package.simulate_rebalance_policy(
            close, weights, initial_cash, "calendar", 1.0, "equity_delivery", 0.0, 0.0, 252.0
        )
        equity: FloatArray = found.equity_curve()
        return equity

    return [Contender("raptorbt", call)]


RAPTORBT_BUY_BPS = 11.87406
RAPTORBT_SELL_BPS = 10.37406
"""Its ``equity_delivery``: duties, taxes and exchange fees as one rate a side."""

REBALANCE: dict[str, Adapter] = {"vectorbt": vectorbt}
"""Peers of the rebalance case by name."""

KERNELS: dict[str, Adapter] = {"vectorbt": vectorbt_kernels}
"""Their bare kernels, where they can be called."""

RATED: dict[str, Callable[[FloatArray, FloatArray, float], list[Contender]]] = {"raptorbt": raptorbt}
"""Peers whose rates cannot be chosen."""
