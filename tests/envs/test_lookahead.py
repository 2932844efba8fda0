"""No row after the last visible bar reaches an observation; no row at or after the segment's end is read at all."""

from __future__ import annotations

import numpy as np
import pytest

from envs.markets import panel_of, random_actions, random_panel
from quantrl.envs import Market, PortfolioConfig
from quantrl.envs._batch import Batch, Segment

CONFIG = PortfolioConfig(window=10, episode_len=12, decision_every=3, obs="image")


def poisoned(panel, row):
    """Wild prices from `row` on."""
    columns = {name: np.array(values) for name, values in panel.columns.items()}
    for values in columns.values():
        values[row:] = 1e3 * values[row:][::-1]
    return panel_of(columns)


@pytest.mark.parametrize("base", ["equal", "inverse_vol"])
def test_rows_after_the_segment_change_nothing(base):
    """The poison starts at the segment's end: every byte of training stays."""
    panel, config = random_panel(), CONFIG.replace(base=base)

    def trained_on(data):
        batch = Batch(Market.of(data, config), config, n_envs=16, seed=2, segment=Segment(0, 400))
        parts = [batch.reset().copy()]
        for k in range(40):
            step = batch.step(random_actions((16, 5), seed=k))
            parts += [step.obs.copy(), step.rewards.copy(), step.last_obs.copy()]
        return b"".join(part.tobytes() for part in parts)

    clean, changed = trained_on(panel), trained_on(poisoned(panel, 400))
    assert clean == changed
    assert clean != trained_on(poisoned(panel, 350)), "the test would not notice a leak"


def test_an_observation_ends_with_its_bar():
    """Prices after the visible bar change what is earned later, and not one byte of what is shown now."""
    panel = random_panel()
    shown = []
    for data in (panel, poisoned(panel, 301)):
        batch = Batch(
            Market.of(data, CONFIG), CONFIG, n_envs=1, seed=0, segment=Segment(300, 330), mode="evaluate"
        )
        first = batch.reset().copy()
        later = batch.step(random_actions((1, 5))).obs.copy()
        shown.append((first.tobytes(), later.tobytes()))
    assert shown[0][0] == shown[1][0]
    assert shown[0][1] != shown[1][1]


def test_random_assets_ask_only_for_a_past():
    """A name that disappears after the start row may be drawn; one that is not yet listed may not."""
    panel = random_panel(rows=300, names=6)
    columns = {name: np.array(values) for name, values in panel.columns.items()}
    for values in columns.values():
        values[:150, 0] = np.nan
        values[200:, 1] = np.nan
    config = CONFIG.replace(obs="index", assets="random", n_assets=3)
    batch = Batch(Market.of(panel_of(columns), config), config, n_envs=256, seed=0, segment=Segment(0, 300))
    obs = batch.reset()
    start, ids = obs[:, 0].astype(int), obs[:, batch.layout.ids].astype(int)
    early = start < 150 + config.window - 1
    assert early.any()
    assert not (ids[early] == 0).any()
    assert (ids[~early] == 0).any()
    assert (ids == 1).any()
