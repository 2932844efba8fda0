"""What an agent adds to the others: nothing if it is their book, its own part if it has one."""

from __future__ import annotations

import numpy as np
import pytest

from quantrl.errors import ConfigError
from quantrl.selection import Ledger
from quantrl.selection.score.mmc import Mmc


def ledger(returns: np.ndarray, acted: np.ndarray | None = None) -> Ledger:
    days, n = returns.shape
    made = Ledger([f"a{i}" for i in range(n)], overlap=1)
    for day in range(days):
        own = {"agent": np.arange(n), "decided": day, "effective": day, "matured": day + 1}
        made.append(
            {**own, "gross": returns[day], "acted": np.ones(n, bool) if acted is None else acted[day]}
        )
    return made


def pool(days: int = 240, n: int = 7) -> np.ndarray:
    """Equal volatilities, a common part, a good agent 1."""
    rng = np.random.default_rng(7)
    returns = 0.006 * rng.standard_normal((days, 1)) + 0.006 * rng.standard_normal((days, n))
    returns[:, 1] += 0.002
    return returns


def meta(returns: np.ndarray) -> np.ndarray:
    """The mean of the pool's scaled returns, as net returns of an agent that is scaled like the others."""
    scorer = Mmc()
    rounds = scorer.update(ledger(returns).as_of(len(returns))).rounds
    book, made, scale = np.array([r.x.mean() for r in rounds]), [], 0.5
    for day, x in enumerate(book):
        made.append(x / scale)
        last = np.array(made[-63:])
        floor = 0.02 / np.sqrt(252)
        scale = 0.5 if day < 4 else min(10.0, 0.10 / np.sqrt(252) / max(np.sqrt((last**2).mean()), floor))
    return np.array(made)


def test_the_meta_model_contributes_nothing() -> None:
    returns = pool()
    scorer = Mmc()
    scorer.update(ledger(np.column_stack([returns, meta(returns)])).as_of(len(returns)))
    found = scorer.contributions()
    assert abs(found[-1]) < 1e-9
    assert np.nanargmax(scorer.scores().mean) == 1


def test_equals_a_regression_on_the_others() -> None:
    returns = pool()
    scorer = Mmc(half_life=60.0)
    x = np.array([r.x for r in scorer.update(ledger(returns).as_of(len(returns))).rounds])
    w = 0.5 ** (np.arange(len(x))[::-1] / 60)
    for i in range(x.shape[1]):
        book = np.delete(x, i, axis=1).mean(axis=1)
        design = np.column_stack([np.ones(len(x)), book]) * np.sqrt(w)[:, None]
        (alpha, beta), *_ = np.linalg.lstsq(design, x[:, i] * np.sqrt(w), rcond=None)
        rest = x[:, i] - alpha - beta * book
        expected = alpha / np.sqrt(w @ rest**2 / w.sum())
        assert scorer.contributions()[i] == pytest.approx(expected, rel=1e-9)


def test_absences_are_masked() -> None:
    """An agent that acts every third day is judged on those days alone."""
    returns = pool()
    acted = np.ones(returns.shape, dtype=bool)
    acted[:, 2] = np.arange(len(returns)) % 3 == 0
    rare = np.where(acted, returns, 0.0)
    scorer = Mmc(half_life=np.inf)
    x = np.array([r.x for r in scorer.update(ledger(rare, acted).as_of(len(returns))).rounds])
    mine, book = x[acted[:, 2], 2], np.delete(x, 2, axis=1).mean(axis=1)[acted[:, 2]]
    beta, alpha = np.polyfit(book, mine, 1)
    expected = alpha / np.std(mine - beta * book)
    assert scorer.contributions()[2] == pytest.approx(expected, rel=1e-9)
    assert scorer.scores().n_eff[2] == pytest.approx(80)


def test_alone_there_are_no_others() -> None:
    scorer = Mmc()
    scorer.update(ledger(pool(100, 1 + 1)[:, :1]).as_of(100))
    assert np.isnan(scorer.contributions()).all()


@pytest.mark.parametrize(
    ("mode", "text"), [("signal", "targets and the outcome per instrument"), ("x", "mode")]
)
def test_modes(mode: str, text: str) -> None:
    with pytest.raises(ConfigError, match=text):
        Mmc(mode)
