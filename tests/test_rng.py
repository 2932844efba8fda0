"""The Python generator and the Rust one give the same numbers at the same address."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.stats import norm

from quantrl import _core, rng
from quantrl.errors import ConfigError


@pytest.mark.parametrize("channel", sorted(rng.CHANNELS))
def test_numpy_and_rust_agree_block_by_block(channel: str) -> None:
    words = rng.generator(7, 3, channel, draw=11, episode=5).bit_generator.random_raw(12)
    blocks = [_core.philox_block(7, 3, (k, 11, rng.CHANNELS[channel], 5)) for k in (1, 2, 3)]
    assert words.tolist() == [word for block in blocks for word in block]


@pytest.mark.parametrize("name", ["seed", "stream", "draw", "episode"])
@pytest.mark.parametrize("wrong", [-1, 2**64, 1.5, True])
def test_an_address_that_is_none_is_refused_by_name(name: str, wrong: Any) -> None:
    address: dict[str, Any] = {"seed": 1, "stream": 2, "draw": 3, "episode": 4, "channel": "agent"}
    with pytest.raises(ConfigError, match=f"{name}: expected a whole number below 2.64, got {wrong}"):
        rng.generator(**{**address, name: wrong})


def test_an_unknown_channel_is_refused() -> None:
    with pytest.raises(ConfigError, match="channel: expected one of agent, .*; got 'dice'"):
        rng.generator(1, 2, "dice")


def test_addresses_do_not_overlap() -> None:
    first = {
        (seed, stream, draw, episode, channel): rng.generator(
            seed, stream, channel, draw=draw, episode=episode
        ).random()
        for seed in (0, 1)
        for stream in (0, 1)
        for draw in (0, 1)
        for episode in (0, 1)
        for channel in rng.CHANNELS
    }
    assert len(set(first.values())) == len(first)


def test_normal_quantile_matches_scipy() -> None:
    p = np.concatenate([10.0 ** -np.arange(1, 300, 3), np.linspace(0.001, 0.999, 998)])
    np.testing.assert_allclose(_core.normal_quantile(p), norm.ppf(p), rtol=2e-15)
    assert np.isnan(_core.normal_quantile(np.array([0.0, 1.0, -1.0, np.nan]))).all()
