"""What training needs beyond the base package."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from quantrl.errors import ConfigError

_EXTRA = {"torch", "stable_baselines3", "sb3_contrib", "gymnasium", "safetensors"}


@contextmanager
def needed() -> Iterator[None]:
    """Turn a missing package of the extra ``rl`` into one line that says what to install.

    Raises
    ------
    ConfigError
        One of its packages is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _EXTRA:
            raise
        raise ConfigError(
            f"training needs {error.name}, which comes with the extra rl: pip install 'quantrl[rl]'"
        ) from None
