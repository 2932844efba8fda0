"""The one random generator, addressed and not advanced: Philox4x64-10, the twin of ``rust/rng``.

The key is (seed, stream); the counter is (block, draw, channel, episode). Two draws with different addresses are
independent, and an address gives the same number in any thread, process or order.
"""

from __future__ import annotations

import numpy as np

from quantrl import _core
from quantrl.errors import ConfigError

CHANNELS: dict[str, int] = _core.rng_channels()
"""Channel numbers by name; the table lives in ``rust/rng/src/channel.rs``."""


def generator(
    seed: int, stream: int, channel: str, *, draw: int = 0, episode: int = 0
) -> np.random.Generator:
    """A NumPy generator at one address.

    Parameters
    ----------
    seed, stream : int
        The key: the run's seed, and an agent, environment or pool id.
    channel : str
        What the numbers are for; a key of `CHANNELS`.
    draw, episode : int
        Words one and three of the counter; word zero counts the blocks drawn.

    Raises
    ------
    ConfigError
        A number that is not whole or does not fit 64 bits without a sign, or an unknown channel.

    Notes
    -----
    NumPy adds one to the counter before each block, so its first output is block 1 of ``rust/rng``.
    """
    if channel not in CHANNELS:
        raise ConfigError(f"channel: expected one of {', '.join(CHANNELS)}; got {channel!r}")
    words = [
        _word(*one) for one in (("seed", seed), ("stream", stream), ("draw", draw), ("episode", episode))
    ]
    counter = np.array([0, words[2], CHANNELS[channel], words[3]], dtype=np.uint64)
    key = np.array(words[:2], dtype=np.uint64)
    return np.random.Generator(np.random.Philox(counter=counter, key=key))


def _word(name: str, value: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or not 0 <= value < 2**64:
        raise ConfigError(f"{name}: expected a whole number below 2^64, got {value!r}")
    return int(value)
