"""The mixture from its definition: four default scorers, their paper books, and weights that follow them."""

from __future__ import annotations

import numpy as np
import pytest

from quantrl.errors import ConfigError
from quantrl.selection import Ledger
from quantrl.selection.score.half_life_mix import HALF_LIVES, HalfLifeMix
from quantrl.selection.score.normal_score_eb import NormalScoreEB

SIGMA = 0.10 / np.sqrt(252)


DAYS = 230


def ledger(matured: int, n: int = 10) -> Ledger:
    """Half of the agents are good at first, the other half later."""
    rng, made = np.random.default_rng(4), Ledger([f"a{i}" for i in range(n)])
    for day in range(DAYS):
        skill = 0.002 * ((np.arange(n) < n // 2) == (day < 110))
        own = {"agent": np.arange(n), "decided": day, "effective": day, "matured": day + matured}
        made.append({**own, "gross": rng.standard_normal(n) * 0.01 + skill})
    return made


@pytest.mark.parametrize("matured", [1, 4])
def test_equals_the_definition(matured: int) -> None:
    """A round is earned by the book of the newest round that had matured when it was decided."""
    k, made = 2, ledger(matured)
    mix, experts = HalfLifeMix(top_k=k), [NormalScoreEB(half_life=h) for h in HALF_LIVES]
    books: dict[int, list[list[int]]] = {}
    held: list[list[int]] = [[] for _ in HALF_LIVES]
    weight = np.full(4, 0.25)
    for day in range(DAYS):
        mix.update(made.as_of(day + matured))
        rounds = [expert.update(made.as_of(day + matured)).rounds[0] for expert in experts]
        if day - matured in books:
            earned = np.array([rounds[0].x[book].sum() / k for book in books[day - matured]])
            weight = weight * np.exp(0.3 * np.clip(earned / (SIGMA / 2), -4, 4))
            weight = (1 - 1 / 252) * weight / weight.sum() + 1 / 1008
        frames = [expert.scores() for expert in experts]
        for at, frame in enumerate(frames):
            key = frame.mean + 0.5 * frame.sd * np.isin(np.arange(10), held[at])
            held[at] = np.argsort(-key, kind="stable")[:k].tolist() if frame.n_ready else []
        books[day] = [list(book) for book in held]
    found = mix.scores()
    assert np.ptp(weight) > 0.01
    for name in ("mean", "sd"):
        expected = sum(w * getattr(frame, name) for w, frame in zip(weight, frames, strict=True))
        np.testing.assert_allclose(getattr(found, name), expected, rtol=1e-12)
    for name in ("psr_abs", "scale", "n_eff"):
        assert getattr(found, name).tobytes() == getattr(frames[1], name).tobytes()


def test_a_changed_agent_leaves_every_book() -> None:
    made, mix = ledger(1), HalfLifeMix(top_k=3)
    mix.update(made.as_of(DAYS))
    best = int(np.nanargmax(mix.scores().mean))
    own = {"agent": [f"a{best}"], "version": 1, "decided": DAYS, "effective": DAYS, "matured": DAYS + 1}
    made.append({**own, "gross": 0.0})
    mix.update(made.as_of(DAYS + 1))
    assert all(best not in book for *_, each in mix.state_dict()["books"] for book in each)
    assert not mix.scores().ready[best]


@pytest.mark.parametrize("bad", [{"top_k": 0}, {"hysteresis": -1.0}, {"hysteresis": np.nan}])
def test_settings_out_of_range(bad: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match=next(iter(bad))):
        HalfLifeMix(**bad)  # type: ignore[arg-type]
