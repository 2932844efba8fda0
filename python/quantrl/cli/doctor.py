"""``quantrl doctor``: is this installation whole, and what is this machine?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from quantrl.cli import options
from quantrl.cli.console import Output
from quantrl.cli.exits import CHECK_FAILED

if TYPE_CHECKING:
    from rich.table import Table

GOLDEN_DIGEST = "6e8c83bd766ef8729970ba0150f14bdaf4016cfd9181110406edf6da371c8f13"
"""Digest of `golden_run`: the same on every machine and for any number of threads."""

_PACKAGES = ("numpy", "polars", "pydantic", "typer", "rich", "plotly")


def command(as_json: options.Json = False) -> None:
    """Check versions, extras, samples and the engine's golden digest; measure the cores there really are."""
    output = Output(as_json)
    found = examine()
    output.say(_table(found))
    failed = [name for name, fine in found["checks"].items() if not fine]
    output.say("failed: " + ", ".join(failed) if failed else "all checks passed")
    output.finish(found, code=CHECK_FAILED if failed else 0)


def examine() -> dict[str, Any]:
    """Everything the command reports; ``checks`` says what must hold."""
    from quantrl import data
    from quantrl.cli import machine
    from quantrl.runs import code_version

    samples = {name: _sample_id(name) for name in data.sample_names()}
    digest = golden_run()
    checks = {f"sample {name}": identity is not None for name, identity in samples.items()}
    return {
        "code": code_version(),
        "versions": machine.versions(*_PACKAGES),
        "extras": machine.extras(),
        "cores": machine.usable_cores(),
        "effective_cores": round(machine.effective_cores(), 2),
        "samples": samples,
        "golden_digest": digest,
        "checks": {**checks, "golden digest": digest == GOLDEN_DIGEST},
    }


def _sample_id(name: str) -> str | None:
    """Panel id of a sample, whose file is checked by sha256 when loaded; None if missing or changed."""
    from quantrl.data import load_sample
    from quantrl.errors import DataError

    try:
        return load_sample(name).id
    except DataError:
        return None


def golden_run() -> str:
    """Digest of a small account with holds, closes, every kind of cost and cash that binds.

    Prices and weights are quotients of small integers, so no machine can round them differently.
    """
    import numpy as np

    from quantrl.backtest import Costs, run_weights

    bars, names = 64, 5
    t, n = np.meshgrid(np.arange(bars), np.arange(names), indexing="ij")
    opens = 50.0 + (t * 7 + n * 13) % 31 / 8.0
    closes = 50.0 + (t * 5 + n * 17) % 29 / 8.0
    weights = np.where((t + n) % 11 == 0, np.nan, ((t * 3 + n * 5) % 7) / 32.0)
    weights[t % 16 == 15] = 0.2
    costs = Costs(buy_bps=8.0, sell_bps=12.0, slippage_bps=5.0, fixed=0.5, minimum=1.0)
    result = run_weights(
        closes, weights, open=opens, costs=costs, initial_cash=100_000.0, periods_per_year=252.0
    )
    return result.digest()


def _table(found: dict[str, Any]) -> Table:
    from rich.table import Table

    table = Table(show_header=False)
    for name, version in found["versions"].items():
        table.add_row(name, version)
    for name, present in found["extras"].items():
        table.add_row(f"extra [{name}]", "present" if present else f"absent: pip install 'quantrl[{name}]'")
    table.add_row("cores", f"{found['effective_cores']} effective of {found['cores']}")
    for name, identity in found["samples"].items():
        table.add_row(f"sample {name}", f"{(identity or '')[:16]} {_verdict(found, f'sample {name}')}")
    table.add_row("golden digest", f"{found['golden_digest'][:16]} {_verdict(found, 'golden digest')}")
    table.add_row("code", found["code"])
    return table


def _verdict(found: dict[str, Any], check: str) -> str:
    return "ok" if found["checks"][check] else "MISSING OR CHANGED"
