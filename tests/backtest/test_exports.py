from __future__ import annotations

import pkgutil
import subprocess
import sys

import pytest

import quantrl.backtest as backtest


def test_every_name_is_there_and_no_module_takes_one() -> None:
    modules = {module.name for module in pkgutil.iter_modules(backtest.__path__)}
    for name in backtest.__all__:
        assert getattr(backtest, name).__name__ == name
    assert not modules & set(backtest.__all__)
    assert set(dir(backtest)) == set(backtest.__all__)
    with pytest.raises(AttributeError, match="no attribute 'sharpe'"):
        backtest.sharpe  # noqa: B018


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = "import sys, quantrl.backtest; print(sorted({'numpy', 'polars', 'pydantic'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "[]\n"


def test_running_needs_no_config_schema() -> None:
    code = "import sys; from quantrl.backtest import run_weights, audit; print('pydantic' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "False\n"
