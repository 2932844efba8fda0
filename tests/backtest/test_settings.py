from __future__ import annotations

from typing import get_args

import pytest

from quantrl import config
from quantrl.backtest import Costs, Settings
from quantrl.backtest.settings import FILLS, SIZINGS
from quantrl.errors import ConfigError


def test_choices_are_those_of_the_config() -> None:
    assert get_args(config.Fill) == FILLS
    assert get_args(config.Sizing) == SIZINGS


@pytest.mark.parametrize(
    ("field", "value"),
    [("fill", "next"), ("sizing", "net"), ("costs", 10), ("initial_cash", 0), ("initial_cash", float("nan"))],
)
def test_unknown_choices_name_the_field(field: str, value: object) -> None:
    with pytest.raises(ConfigError, match=f"^{field}: expected"):
        Settings(**{field: value})


def test_config_round_trip() -> None:
    settings = Settings("close", "first_order", Costs(fixed=2, slippage_bps=(1.0, 2.0)), 5e3)
    assert Settings.from_config(settings.to_config()) == settings


def test_only_the_same_bar_fill_has_no_delay() -> None:
    assert [Settings(fill).delay for fill in FILLS] == [1, 1, 1, 0]
