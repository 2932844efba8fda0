"""What a policy is backtested on: its own pair, other recorded books, other fees and latencies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quantrl._exact import nanoseconds
from quantrl.agents.dqn_statarb.value import endless
from quantrl.envs import PairConfig
from quantrl.envs.pair.config import TAPED
from quantrl.envs.pair.recorded import Events, PathLike, settings_of
from quantrl.errors import ConfigError

ENDLESS = 10**7 - 1
"""Decisions of an episode that no session outlasts."""
_OF_THE_POLICY = (
    "features", "actions", "notional", "reward", "theta_in_obs", "slip_ticks", "loss_limit",
    "objective", "stock", "stock_unit",
)  # fmt: skip
"""What a policy takes along from a simulated pair to recorded books."""
_OF_THE_BOOKS = ("venue", "events", "events_sha", "alpha", "beta", "kappa_dt", "s", "cost", "wander", "noise")
"""What one that was trained on recorded books leaves behind."""


def market(
    own: PairConfig,
    events: Events | None = None,
    facts: PathLike | Mapping[str, Any] | None = None,
    *,
    latency: str | float | None = None,
    fee_bps: tuple[float, float] | None = None,
    first_stock: float | None = None,
    **changes: Any,
) -> PairConfig:
    """The pair of a backtest.

    Parameters
    ----------
    own : PairConfig
        What the policy was trained on.
    events : path, or two paths, optional
        Recorded books; without them the pair is `own`.
    facts : path or mapping, optional
        ``pair.json`` of `events`; not needed by a policy that was trained on recorded books.
    latency : str or float, optional
        Mean entry latency, ``"10ms"`` or milliseconds; by default that of `own`, in the middle of its range.
    fee_bps : (float, float), optional
        Taker fee of each leg of recorded books.
    first_stock : float, optional
        Of a policy that reads its stock: what each session begins with, U.
    **changes
        Fields of `PairConfig`; they win.

    Returns
    -------
    PairConfig
        Without ends but those of sessions, which are as long as the policy's where it was trained on sessions that close.
        Books the policy was trained on are served from their test part, others whole, unless `segment` says otherwise.
        Multipliers of theta are 1 unless `changes` has them.

    Raises
    ------
    ConfigError
        Facts without events or missing, fees of a simulated pair, a field that is unknown or out of range.
    DataError
        A file that is missing or damaged.
    """
    if facts is not None and events is None:
        raise ConfigError("pair: facts go with events; give --events too")
    found = own.model_dump() if events is None else _recorded(own, events, facts, changes.get("hedge"))
    if found["venue"] in TAPED:
        known = set(own.events_sha) & set(found["events_sha"])
        found["segment"] = "test" if known else "all"
        if not known:
            found["span"] = (0.0, 1.0)
        found["fee_bps"] = fee_bps or found.get("fee_bps", PairConfig.model_fields["fee_bps"].default)
    elif fee_bps is not None:
        raise ConfigError("fees: those of a simulated pair are half of pair.cost; change that")
    delay = _milliseconds(latency, found)
    found["theta_low"] = found["theta_high"] = (1.0, 1.0, delay, 1.0, 1.0)
    if first_stock is not None:
        found["stock"] = (first_stock, first_stock)
    config = PairConfig.of(**{**found, **changes})
    return endless(config, config.episode_len - 1 if config.objective == "cvar" else ENDLESS)


def _recorded(
    own: PairConfig, events: Events, facts: PathLike | Mapping[str, Any] | None, hedge: str | None
) -> dict[str, Any]:
    if own.has_tape:
        found = settings_of(events, _facts(own) if facts is None else facts, own.dt, hedge or own.hedge)
        # Without facts of their own the books are those of the pair, and so is what its hedge ratio was found to do.
        left = _OF_THE_BOOKS if facts is not None else _OF_THE_BOOKS[:-2]
        return {**own.model_dump(), **{name: found.get(name) for name in left}}
    if facts is None:
        raise ConfigError("pair: needed with events, as the policy was trained on a simulated pair")
    kept = {name: getattr(own, name) for name in _OF_THE_POLICY}
    return {**kept, **settings_of(events, facts, None, hedge or "rolling")}


def _facts(own: PairConfig) -> dict[str, float]:
    kappa, k = own.kappa_dt / own.dt, own.cost * own.s
    return {"alpha": own.alpha, "beta": own.beta, "kappa": kappa, "s": own.s, "k": k}


def _milliseconds(latency: str | float | None, found: Mapping[str, Any]) -> float:
    if isinstance(latency, str):
        return 1e-6 * nanoseconds("latency", latency)
    if latency is not None:
        return latency
    low, high = (found.get(name, (0.0,) * 5)[2] for name in ("theta_low", "theta_high"))
    return 0.5 * (float(low) + float(high))
