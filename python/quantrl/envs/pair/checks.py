"""Settings of a pair environment that do not go together."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from quantrl.envs.pair.config import PairConfig


def check(config: PairConfig) -> None:
    """Refuse them.

    Raises
    ------
    ValueError
        In words that follow the name of the settings.
    """
    if config.has_tape:
        _check_replay(config)
    elif config.events or config.alpha or config.beta != 1.0:
        raise ValueError("events, alpha and beta go with venue='replay' or 'flow'")
    elif config.works:
        raise ValueError("styles and leg_ms go with venue='replay' or 'flow'")
    if config.counterfactual and config.styles > 1:
        raise ValueError("counterfactual needs aggressive orders: styles = 1")
    if config.kappa_dt == 0 and config.step_sd is None:
        raise ValueError("kappa_dt = 0 is a random walk and needs step_sd")
    if config.execution == "touch" and config.venue == "ou":
        raise ValueError("execution='touch' needs books")
    if config.hedge != "fixed" and config.venue == "ou":
        raise ValueError(f"hedge={config.hedge!r} needs books: the legs of ou mirror each other")
    _check_wander(config)
    _check_objective(config)
    if config.execution == "mid" and config.venue == "books" and config.cost > 0:
        raise ValueError("execution='mid' is free and needs cost = 0")
    if config.window is None and config.kappa_dt == 0 and config.is_rolling:
        raise ValueError("a random walk has no half-life; give window")
    if any(low > high for low, high in zip(config.theta_low, config.theta_high, strict=True)):
        raise ValueError("theta_low must not exceed theta_high")


def _check_wander(config: PairConfig) -> None:
    if config.hedge != "kalman" and (config.wander is not None or config.noise is not None):
        raise ValueError("wander and noise go with hedge='kalman'")
    if config.hedge == "kalman" and config.variances[0] > config.most_wander:
        raise ValueError(
            f"wander of alpha must not exceed {config.most_wander:g} = 1e-3 kappa_dt s^2: a faster one follows the spread"
        )


def _check_objective(config: PairConfig) -> None:
    if config.objective == "mean":
        if config.stock is not None:
            raise ValueError("stock goes with objective='cvar'")
    elif config.reward != "pnl" or config.risk_aversion:
        raise ValueError("objective='cvar' needs reward='pnl' without risk aversion: a stock counts money")
    if config.stock is not None and config.stock[0] > config.stock[1]:
        raise ValueError("stock must rise")


def _check_replay(config: PairConfig) -> None:
    if len(config.events) not in (1, 2) or len(config.events_sha) != len(config.events):
        raise ValueError(f"venue={config.venue!r} needs one or two events files and their sha256")
    if config.execution == "mid" or config.z == "known":
        raise ValueError("execution='mid' and z='known' are for ou and books")
    if config.theta_low[4] != 1.0 or config.theta_high[4] != 1.0:
        raise ValueError("vol_mult is for ou and books")
    (begin, end), (first, last) = config.span, config.split
    if not begin < first < last < end:
        raise ValueError(f"split must rise within span, {begin:g} to {end:g}")
