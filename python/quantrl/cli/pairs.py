"""``quantrl pairs``: which two instruments have a spread worth trading."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from quantrl.cli import options
from quantrl.cli.console import Output
from quantrl.cli.exits import CHECK_FAILED
from quantrl.errors import ConfigError, LookAheadError
from quantrl.units import iso_time, ns_from_iso

if TYPE_CHECKING:
    from rich.table import Table

    from quantrl.agents.dqn_statarb.pairs import PairSelection

app = typer.Typer(name="pairs", help="Pairs of instruments.", no_args_is_help=True)

Folder = Annotated[
    Path,
    typer.Argument(
        metavar="DIR",
        help="Folder of event files (.qev) and tables of mids, or one of them.",
        show_default=False,
    ),
]
Sample = Annotated[str, typer.Option("--sample", metavar="TIME", help="Between rows: 10s, 500ms, 1min.")]
OutFile = Annotated[
    Path | None, typer.Option("--out", metavar="FILE", help="Write the best pair and all tests as JSON.")
]
From = Annotated[
    str | None,
    typer.Option("--from", metavar="TIME", help="First time of the window, ISO, UTC.", show_default=False),
]
To = Annotated[
    str | None,
    typer.Option("--to", metavar="TIME", help="Last time of the window, ISO, UTC.", show_default=False),
]
TestFrom = Annotated[
    str | None,
    typer.Option(
        "--test-from", metavar="TIME", help="Where the test segment begins; nothing from there is read."
    ),
]
Zone = Annotated[
    str | None, typer.Option("--time-zone", metavar="ZONE", help="Of times in tables that name none.")
]
HalfSpread = Annotated[
    float, typer.Option("--half-spread-bps", min=0.0, help="Of instruments of which only mids are known.")
]
Fee = Annotated[float, typer.Option("--fee-bps", min=0.0, help="Fee of each leg, basis points.")]
Draws = Annotated[int, typer.Option("--draws", min=20, help="Bootstrap replicates of each survivor.")]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Of the bootstrap.")]
SHOWN = 20


@app.callback()
def _pairs() -> None:
    """Pairs of instruments."""


@app.command("select")
def select(
    folder: Folder,
    sample: Sample = "10s",
    out: OutFile = None,
    start: From = None,
    end: To = None,
    test_from: TestFrom = None,
    time_zone: Zone = None,
    half_spread_bps: HalfSpread = 1.0,
    fee_bps: Fee = 1.0,
    draws: Draws = 500,
    seed: Seed = 0,
    as_json: options.Json = False,
) -> None:
    """Test every pair for a spread that reverts and pays; exit 1, and no file, where none survives."""
    from quantrl.agents.dqn_statarb.pairs import read_candidates, select_pairs
    from quantrl.cli.progress import bar

    if out is not None and not out.absolute().parent.is_dir():
        raise ConfigError(f"--out: {out.parent} is no folder")
    output = Output(as_json)
    window = (
        None if start is None else ns_from_iso(start),
        None if end is None else ns_from_iso(end, end_of_day=True),
    )
    kept_ns = None if test_from is None else ns_from_iso(test_from)
    if kept_ns is not None:
        if window[1] is not None and window[1] >= kept_ns:
            raise LookAheadError(
                f"window: ends at {iso_time(window[1])}, in the test segment from {iso_time(kept_ns)}"
            )
        window = (window[0], kept_ns - 1 if window[1] is None else window[1])
    candidates = read_candidates(
        folder, sample=sample, start_ns=window[0], end_ns=window[1], time_zone=time_zone
    )
    with bar(quiet=as_json) as progress:
        task = progress.add_task("pairs", total=None, note="")
        found = select_pairs(
            candidates,
            half_spread_bps=half_spread_bps,
            fee_bps=fee_bps,
            test_from_ns=kept_ns,
            draws=draws,
            seed=seed,
            progress=lambda done, total: progress.update(task, completed=done, total=total),
        )
    if out is not None and found.survivors:
        found.write(out)
    output.say(_table(found), *_words(found, out))
    written = str(out) if out is not None and found.survivors else None
    output.finish({**found.to_dict(), "file": written}, code=0 if found.survivors else CHECK_FAILED)


@app.command("simulate")
def simulate(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where the files go.", show_default=False)],
    seconds: Annotated[
        float, typer.Option("--seconds", min=1.0, help="From the opening to the end.")
    ] = 100_000.0,
    kappa: Annotated[float, typer.Option("--kappa", help="Reversion of the spread, per second.")] = 0.004,
    s_bps: Annotated[float, typer.Option("--s-bps", help="Its deviation, basis points.")] = 20.0,
    pull: Annotated[float, typer.Option("--pull", help="Of a mid to its reference, 0 to 2.")] = 0.3,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of flows and references.")] = 0,
    as_json: options.Json = False,
) -> None:
    """Write two books of simulated order flow around a spread that reverts: first.qev, second.qev and pair.json."""
    from quantrl.data.events import FlowPair, simulate_pair

    output = Output(as_json)
    law = FlowPair(kappa=kappa, s=1e-4 * s_bps, pull=pull)
    made = simulate_pair(folder, law, seconds=seconds, seed=seed)
    for leg in made.legs:
        output.say(f"{leg.path}: {leg.info.events:,} events, sha256 {leg.info.sha256[:12]}")
    one, two = made.events
    output.say(
        f"pair: {made.facts}",
        f"next: quantrl train dqn_statarb --events {one} --events {two} --pair {made.facts}",
    )
    output.finish(
        {
            "files": [str(one), str(two)],
            "pair": str(made.facts),
            "events": [leg.info.events for leg in made.legs],
            "sha256": [leg.info.sha256 for leg in made.legs],
        }
    )


def _words(found: PairSelection, out: Path | None) -> list[str]:
    tests, left = len(found.tested), len(found.survivors)
    words = [
        f"{left} of {tests} pairs left, on {found.rows} rows from {found.window[0]} to {found.window[1]}; "
        "a past window only: what it earns from here on is for a test segment to say"
    ]
    assumed = [
        name
        for name in found.settings["half_spread_bps"]
        if name not in found.settings["half_spreads_measured"]
    ]
    if assumed:
        words.append(f"half-spreads assumed, not measured: {', '.join(assumed)}")
    if out is not None:
        words.append(f"pair: {out}" if left else f"{out} is not written")
    return words


def _table(found: PairSelection) -> Table:
    from rich.table import Table

    table = Table(title=f"pairs tested: {len(found.tested)}", title_justify="left")
    for name in (
        "pair",
        "beta",
        "p",
        "half p",
        "half-life s",
        "s bp",
        "k bp",
        "J* bp/h",
        "5 %",
        "refused for",
    ):
        table.add_column(name, justify="left" if name in ("pair", "refused for") else "right", no_wrap=True)
    for test in found.tested[:SHOWN]:
        numbers = (test.half_life_s, test.s * 1e4, test.k * 1e4, test.j * 1e4, test.j_low * 1e4)
        table.add_row(
            f"{test.first} - {test.second}",
            f"{test.beta:.4f}",
            f"{test.p:.3g}",
            _cell(test.half_p, ".3g"),
            *(_cell(number, ".4g") for number in numbers),
            test.reason or "-",
        )
    if len(found.tested) > SHOWN:
        table.caption = f"the first {SHOWN}; all are in the JSON"
    return table


def _cell(value: float, form: str) -> str:
    return format(value, form) if value == value else "-"
