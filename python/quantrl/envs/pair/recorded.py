"""Recorded pairs: from event files and the constants of a pair to settings, and from settings to the tape."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quantrl import _core
from quantrl.data.events import EventFile
from quantrl.errors import ConfigError, DataError

if TYPE_CHECKING:
    from quantrl.envs.pair.config import PairConfig

PathLike = str | os.PathLike[str]
Events = PathLike | Sequence[PathLike]
LEAST_DT = 0.1
"""Seconds of the fastest clock that is chosen by itself."""
FEED_MS = 1.0
"""From simulated order flow to the trader, where nothing else is given: its events have no receive times."""
LATENCY_MS = 10.0
"""Mean entry latency where none is given: zero would hide the main risk, legs that arrive apart."""
_OF_THE_TAPE = (
    "events_sha", "dt", "feed_ms", "session_gap", "features", "hedge", "wander", "noise", "z", "alpha", "beta", "s",
    "kappa_dt", "step_sd", "window",
)  # fmt: skip


@dataclass(frozen=True)
class PairFacts:
    """What a formation window says of a pair.

    Attributes
    ----------
    alpha, beta : float
        ln price of the first leg = alpha + beta ln price of the second + x; prices in quote currency.
    kappa : float
        Reversion rate of x, per second.
    s : float
        Stationary standard deviation of x, log units.
    k : float
        Cost of one unit of position change, log units; 0 where it is not known.
    symbols : tuple of str
        Of both legs, empty where they are not named.
    sha256 : tuple of str
        Of the event files, empty where they are not named.
    wander : (float, float), optional
        Of a filtered hedge: variances by which alpha and beta wander in a second.
    noise : float, optional
        Of the same: variance of x around 0; by default that of s.
    """

    alpha: float
    beta: float
    kappa: float
    s: float
    k: float = 0.0
    symbols: tuple[str, ...] = ()
    sha256: tuple[str, ...] = ()
    wander: tuple[float, float] | None = None
    noise: float | None = None


def facts_of(pair: PathLike | Mapping[str, Any]) -> PairFacts:
    """Facts from ``pair.json`` as `select_pairs` writes it, where they lie under ``pair``, or a mapping with the same names;
    other names are passed over.

    Raises
    ------
    DataError
        No such file, or no JSON object.
    ConfigError
        A fact that is missing, no finite number, or out of range: names it.
    """
    if isinstance(pair, Mapping):
        found: Any = pair
    else:
        try:
            found = json.loads(Path(pair).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise DataError(f"{os.fspath(pair)}: expected a JSON object of a pair ({error})") from None
        if not isinstance(found, Mapping):
            raise DataError(f"{os.fspath(pair)}: expected a JSON object, got {type(found).__name__}")
    if "pair" in found:
        found = found["pair"]
        if not isinstance(found, Mapping):
            raise ConfigError(f"pair.pair: expected the facts of a pair that survived, got {found!r}")
    alpha, beta, kappa, s = (_number(found, name) for name in ("alpha", "beta", "kappa", "s"))
    for name, value in (("beta", beta), ("kappa", kappa), ("s", s)):
        if value <= 0:
            raise ConfigError(f"pair.{name}: expected a positive number, got {value}")
    k = _number(found, "k") if found.get("k") is not None else 0.0
    if k < 0:
        raise ConfigError(f"pair.k: expected at least 0, got {k}")
    symbols, sha256 = (_texts(found.get(name) or (), name) for name in ("symbols", "sha256"))
    return PairFacts(alpha, beta, kappa, s, k, symbols, sha256, *_filtered(found))


def _filtered(found: Mapping[str, Any]) -> tuple[tuple[float, float] | None, float | None]:
    """``kalman``: ``q_alpha`` and ``q_beta``, and ``noise`` where it is given."""
    known = found.get("kalman")
    if known is None:
        return None, None
    if not isinstance(known, Mapping):
        raise ConfigError(f"pair.kalman: expected q_alpha, q_beta and noise, got {known!r}")
    wander = _number(known, "q_alpha", "kalman."), _number(known, "q_beta", "kalman.")
    return wander, None if known.get("noise") is None else _number(known, "noise", "kalman.")


def _number(found: Mapping[str, Any], name: str, of: str = "") -> float:
    value = found.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ConfigError(f"pair.{of}{name}: expected a finite number, got {value!r}")
    return float(value)


def _texts(value: Any, name: str) -> tuple[str, ...]:
    texts = (value,) if isinstance(value, str) else tuple(value)
    if not all(isinstance(text, str) for text in texts):
        raise ConfigError(f"pair.{name}: expected texts, got {value!r}")
    return texts


def settings_of(
    events: Events,
    pair: PathLike | Mapping[str, Any],
    dt: float | None,
    hedge: str = "rolling",
) -> dict[str, Any]:
    """Fields of `PairConfig` that recorded books and the facts of a pair decide.

    Raises
    ------
    DataError
        A file that is missing or damaged, or another one than the facts were found on.
    ConfigError
        As `facts_of`; symbols of other instruments.
    """
    facts = facts_of(pair)
    paths = [events] if isinstance(events, str | os.PathLike) else list(events)
    files = [EventFile(path) for path in paths]
    symbols = tuple(row.symbol for file in files for row in file.instruments)
    shas = tuple(file.info.sha256 for file in files)
    if facts.symbols and facts.symbols != symbols:
        raise ConfigError(
            f"pair.symbols: expected {', '.join(symbols)} as in the events, got {facts.symbols}"
        )
    if facts.sha256 and facts.sha256 != shas:
        raise DataError(f"pair.sha256: expected {shas} as of the events, got {facts.sha256}")
    seconds = max(LEAST_DT, math.log(2.0) / facts.kappa / 35.0) if dt is None else dt
    theta = (1.0, 1.0, LATENCY_MS, 1.0, 1.0)
    simulated = any(file.provenance.get("format") == "simulated" for file in files)
    return {
        **({"venue": "flow", "feed_ms": FEED_MS} if simulated else {"venue": "replay"}),
        "events": tuple(os.fspath(path) for path in paths),
        "events_sha": shas,
        "alpha": facts.alpha,
        "beta": facts.beta,
        "kappa_dt": facts.kappa * seconds,
        "s": facts.s,
        "cost": facts.k / facts.s,
        "dt": seconds,
        "z": "rolling",
        "hedge": hedge,
        "theta_low": theta,
        "theta_high": theta,
        **(_filter(facts, seconds) if hedge == "kalman" else {}),
    }


def _filter(facts: PairFacts, seconds: float) -> dict[str, Any]:
    wander = None if facts.wander is None else tuple(seconds * rate for rate in facts.wander)
    return {"wander": wander, "noise": facts.noise}


def tape_of(config: PairConfig) -> _core.PairTape:
    """The tape of recorded books, read once for settings that see the same of it.

    Raises
    ------
    DataError
        A file that is missing, damaged or no longer the one the settings were made with; no receive times and no
        ``feed_ms``; a tape that is too short or whose books are crossed or one-sided at more than 1 % of the decisions.
    ConfigError
        Files that do not hold two instruments paid in one currency.
    """
    return _read(_Keyed(config, config.model_dump_json(include={*_OF_THE_TAPE})))


class _Keyed:
    """Settings that are told apart by what the tape depends on."""

    def __init__(self, config: PairConfig, key: str) -> None:
        self.config, self.key = config, key

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Keyed) and self.key == other.key


@lru_cache(maxsize=4)
def _read(keyed: _Keyed) -> _core.PairTape:
    from quantrl.envs.pair.batch import core_settings

    config = keyed.config
    files = []
    for path, sha in zip(config.events, config.events_sha, strict=True):
        if not Path(path).is_file():
            raise DataError(f"{path}: no such file")
        file = _core.EventFile(path, access="auto", verify=True)
        if file.header()["sha256"] != sha:
            raise DataError(f"{path}: sha256: expected {sha}, got {file.header()['sha256']}")
        files.append(file)
    return _core.PairTape(
        core_settings(config, "evaluate"),
        files,
        dt_ns=round(1e9 * config.dt),
        feed_ns=None if config.feed_ms is None else round(1e6 * config.feed_ms),
        gap_ns=round(1e9 * config.session_gap),
    )
