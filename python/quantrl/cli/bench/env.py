"""E1 to E6, P1 to P7: how fast environments step and agents train, beside peers that do the same job."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from functools import partial

from quantrl.cli.bench.rate import RateCase, RateResult, run_rate_case
from quantrl.errors import ConfigError

PEERS = ("finrl",)
ROUNDS = 5
NEEDED = ("torch", "stable_baselines3", "gymnasium", "safetensors")


def missing() -> str:
    """Why nothing can be measured here; empty where the extra is installed."""
    absent = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    return f"the extra rl is not installed here (no {', '.join(absent)})" if absent else ""


def measure(size: str, peers: list[str], rounds: int, kind: str = "portfolio") -> Iterator[RateResult]:
    """Results one by one, each as soon as it is there.

    Parameters
    ----------
    size : {"full", "small"}
        How much one round does.
    peers : list of str
        Of `PEERS`.
    rounds : int
        After two warm-ups; medians are reported.
    kind : {"portfolio", "pair"}

    Raises
    ------
    ConfigError
        Unknown size, or without the extra ``rl``.
    """
    if reason := missing():
        raise ConfigError(f"bench env: {reason}; pip install 'quantrl[rl]'")
    from quantrl.cli.bench.env_rows import (
        acting,
        finrl,
        learner,
        market,
        pair,
        pair_events,
        pair_policy,
        reference,
        speed,
    )

    if size not in market.SIZES:
        raise ConfigError(f"--size: expected one of {', '.join(market.SIZES)}, got {size!r}")
    work = market.SIZES[size]
    pairs = (
        partial(pair.core, work, size),
        partial(pair.loop, work, size),
        partial(pair.reference, work, size),
        partial(pair_policy.acting, work, size),
        partial(pair_policy.collecting, work, size),
        partial(pair_policy.trading, work, size),
        partial(pair_events.case, work, size),
    )
    portfolios = (
        partial(speed.core, work),
        partial(speed.loop, work),
        partial(finrl.case, work, "finrl" in peers),
        partial(reference.case, work),
        partial(learner.training, work),
        partial(acting.case, work),
    )
    for make in pairs if kind == "pair" else portfolios:
        case: RateCase = make()
        yield run_rate_case(case, rounds)
