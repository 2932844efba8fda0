"""``quantrl data``: what the bundled samples and your own files hold, and whether they can be trusted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from quantrl.cli import options
from quantrl.cli.console import Output
from quantrl.cli.exits import CHECK_FAILED, DATA
from quantrl.errors import ConfigError, DataError

if TYPE_CHECKING:
    from rich.table import Table

    from quantrl.data import Panel, QualityReport

app = typer.Typer(
    name="data", help="Samples and files: list, check, show, convert, hash.", no_args_is_help=True
)
Source = Annotated[
    str, typer.Argument(metavar="F", help="Name of a sample, or a CSV or Parquet file.", show_default=False)
]
DOCUMENTS = ("fomc", "planted")
Calendar = Annotated[
    str | None,
    typer.Option(
        "--calendar",
        metavar="X",
        help="Exchange, such as XNYS, whose sessions should all be there (Q11).",
        show_default=False,
    ),
]
CloseTime = Annotated[
    str | None,
    typer.Option(
        "--close-time", metavar="T", help="When bars of bare dates end, such as '16:00 America/New_York'."
    ),
]
TimeZone = Annotated[
    str | None,
    typer.Option("--time-zone", metavar="Z", help="Zone of times that name none, such as Asia/Tokyo."),
]
Target = Annotated[
    Path, typer.Argument(metavar="DST", help="New file: .parquet or .csv, in long form.", show_default=False)
]
Strict = Annotated[bool, typer.Option("--strict", help="A warning fails too (exit 1).")]


@app.command("list")
def list_samples(as_json: options.Json = False) -> None:
    """List the bundled samples: prices, and documents for a contest."""
    from quantrl import data

    output = Output(as_json)
    samples = [_summary(data.load_sample(name)) for name in data.sample_names()]
    texts = _texts()
    output.say(_table(samples), *(f"{name}: {data.sample_summary(name)}" for name in data.sample_names()))
    output.say("documents for a contest:", *(f"{row['name']}: {row['summary']}" for row in texts))
    output.finish({"samples": samples, "documents": texts})


@app.command("check")
def check(
    source: Source, strict: Strict = False, calendar: Calendar = None, as_json: options.Json = False
) -> None:
    """Judge a sample or file: errors refuse it (exit 3), warnings are for you to judge."""
    output = Output(as_json)
    report = _judge(source, calendar)
    output.say(
        *(
            f"{found.severity}: {found.line(report.word)}"
            + (f" ({found.n_rows} rows)" if found.n_rows else "")
            for found in report.findings
        )
    )
    counts = {name: len(getattr(report, name)) for name in ("errors", "warnings", "infos")}
    output.say(f"{report.source}: " + ", ".join(f"{count} {name}" for name, count in counts.items()))
    code = DATA if report.errors else CHECK_FAILED if strict and report.warnings else 0
    if code:
        typer.echo(f"error: {_worst(report)}", err=True)
    output.finish({**counts, "findings": report.table().to_dicts()}, code=code)


@app.command("show")
def show(source: Source, as_json: options.Json = False) -> None:
    """Show the size, dates, columns and instruments of a sample or file."""
    output = Output(as_json)
    panel = load(source)
    summary = _summary(panel)
    detail = {"columns": list(panel.columns), "symbols": list(panel.instruments)}
    output.say(
        _table([summary]),
        f"columns: {', '.join(panel.columns)}",
        f"instruments: {', '.join(panel.instruments)}",
    )
    output.finish({"data": summary | detail})


@app.command("convert")
def convert(
    source: Source,
    target: Target,
    close_time: CloseTime = None,
    calendar: Calendar = None,
    time_zone: TimeZone = None,
    as_json: options.Json = False,
) -> None:
    """Write a sample or file as another file that gives the same panel; one with errors is refused (exit 3)."""
    from quantrl import data

    output = Output(as_json)
    if source in (*data.sample_names(), *DOCUMENTS) and not Path(source).exists():
        if close_time or calendar or time_zone:
            raise ConfigError(f"{source}: a sample has its own times; leave out --close-time and the like")
        panel = load(source)
    else:
        panel = data.read(source, close_time=close_time, calendar=calendar, time_zone=time_zone)
    data.write(panel, target)
    output.say(f"{target}: {panel.n_bars:,} bars, {panel.n_instruments:,} instruments, id {panel.id[:16]}")
    output.finish({"data": _summary(panel), "file": str(target)})


@app.command("hash")
def hash_(source: Source, as_json: options.Json = False) -> None:
    """Print the sha256 of a panel: names, shapes and every value."""
    output = Output(as_json)
    panel = load(source)
    output.say(panel.id)
    output.finish({"id": panel.id})


def load(source: str) -> Panel:
    """Panel of a sample or a file.

    Raises
    ------
    DataError
        No such file, or one that cannot be used.
    """
    from quantrl import data
    from quantrl.cli.job import source as section
    from quantrl.config import DataConfig

    if source == "planted" and not Path(source).exists():
        from quantrl.contest import load_planted

        return load_planted()[0]
    if source in DOCUMENTS and not Path(source).exists():
        raise DataError(f"{source}: is a sample of documents, without prices; 'quantrl data list' shows it")
    return data.load(DataConfig.model_validate(section(source)))


def _texts() -> list[dict[str, Any]]:
    """Bundled documents; those of a generated world are not made to be counted."""
    from quantrl import registry
    from quantrl.contest import load_documents
    from quantrl.contest.sources import PACKAGE

    summaries = {name: registry.load(PACKAGE, name).SOURCE.summary for name in DOCUMENTS}
    store = load_documents("fomc")
    known = {"fomc": {"documents": len(store), "id": store.sha256}}
    unknown = {"documents": None, "id": None}
    return [{"name": name, "summary": text, **known.get(name, unknown)} for name, text in summaries.items()]


def _judge(source: str, calendar: str | None) -> QualityReport:
    from quantrl import data
    from quantrl.cli.job import source as section

    if source == "planted" and not Path(source).exists():
        return data.check_quality(load(source), calendar=calendar)
    given = section(source)
    judged = data.load_sample(source) if "sample" in given else given["path"]
    return data.check_quality(judged, calendar=calendar)


def _worst(report: QualityReport) -> str:
    worst = (*report.errors, *report.warnings)[0]
    return f"{report.source}: {worst.line(report.word)}"


def _summary(panel: Panel) -> dict[str, Any]:
    from quantrl.units import iso_date

    return {
        "name": panel.name,
        "bars": panel.n_bars,
        "instruments": panel.n_instruments,
        "start": iso_date(int(panel.time[0])),
        "end": iso_date(int(panel.time[-1])),
        "periods_per_year": panel.periods_per_year,
        "flags": list(panel.flags),
        "source": panel.source,
        "id": panel.id,
    }


def _table(rows: list[dict[str, Any]]) -> Table:
    from rich.table import Table

    table = Table()
    for name in ("name", "bars", "instruments", "start", "end", "per year", "id"):
        table.add_column(
            name, no_wrap=True, justify="right" if name in ("bars", "instruments", "per year") else "left"
        )
    for row in rows:
        counts = (str(row["bars"]), str(row["instruments"]))
        per_year = "-" if row["periods_per_year"] is None else f"{row['periods_per_year']:g}"
        table.add_row(row["name"], *counts, row["start"], row["end"], per_year, row["id"][:16])
    return table
