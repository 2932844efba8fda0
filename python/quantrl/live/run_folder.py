"""A book's folder as a run folder, so that every reader of runs can read it too."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from quantrl import __version__, toml
from quantrl.errors import ConfigError, DataError, JournalError
from quantrl.live import inspection, paper_report
from quantrl.live.checking import Verified, chained, rederived
from quantrl.live.frames import fills, orders
from quantrl.live.history import history
from quantrl.live.journal import NAME
from quantrl.live.reading import ClosedBook, kept_closed, opened
from quantrl.live.recover import Folded, fold, linked
from quantrl.live.results import Results
from quantrl.live.state import State
from quantrl.live.storage import Storage
from quantrl.runs import MANIFEST, code_version, new_run, sha256_json
from quantrl.selection._book import EQUITY

if TYPE_CHECKING:
    from quantrl.data import Panel


def fill_run(
    folder: str | Path, to: str | Path | None = None, panel: Panel | None = None, *, rederive: bool = False
) -> Path:
    """Write the files of a run folder: config, tables, measures, report, log and, last, the manifest.

    Parameters
    ----------
    folder : str or Path
        A book that no daemon runs.
    to : str or Path, optional
        Another folder, made aside and renamed; a run folder there is replaced. Without it the files go beside the
        journal, each whole or not at all.
    panel : Panel, optional
        The feed's data, if loaded already.
    rederive : bool
        Also compute every output again, and say so in the report.

    Returns
    -------
    Path
        The run folder; ``quantrl report`` makes its page.

    Raises
    ------
    ConfigError
        No book there, or `to` holds a book of its own.
    RunError
        `to` is there and no run folder.
    DataError
        The book has not taken a bar yet.
    JournalError
        It does not say what it must; nothing is written.
    AlreadyRunning, FeedError
        As `quantrl.live.reading.closed_book`.
    """
    source = Path(folder)
    target = source if to is None else Path(to)
    apart = target.resolve() != source.resolve()
    if apart and (target / NAME).exists():
        raise ConfigError(f"to: {target} holds a paper book of its own; it will not be overwritten")
    with kept_closed(source):
        checked = _sound(source, chained(inspection.verify(source)))
        with opened(source, panel) as book:
            if rederive:
                checked = _sound(source, rederived(book.journal, book.setup, checked))
            files = _made(book, target.resolve().name, checked if rederive else None)
    if apart:
        with new_run(target) as aside:
            for name, data in files.items():
                (aside / name).write_bytes(data)
    else:
        storage = Storage(source)
        storage.remove(MANIFEST)
        for name, data in files.items():
            storage.write_atomic(name, data)
    return target


def _sound(folder: Path, found: Verified) -> Verified:
    if not found.ok:
        raise JournalError(f"{folder}: {found.reason}", found.first_bad_seq)
    return found


def _made(book: ClosedBook, run: str, checked: Verified | None) -> dict[str, bytes]:
    """Every file by name, the manifest last."""
    bars = list(history(book))
    if not bars:
        raise DataError(f"{book.folder}: the book has not taken a bar yet")
    state = _whole_state(book)
    results = Results(book, bars, state)
    command = f"quantrl paper start {run} --config config.toml --speed max --exit-at-end"
    report = paper_report.report(results, run=run, command=command, checked=checked)
    config = book.setup.config.model_dump(mode="json", exclude_none=True)
    files = {
        "config.toml": toml.dump(config).encode(),
        "ledger.parquet": _parquet(state.field.ledger.frame(bars[-1].row.time)),
        "decisions.parquet": _parquet(_decisions(results)),
        "equity.parquet": _parquet(_equity(results)),
        "fills.parquet": _parquet(_fills(book)),
        "metrics.json": _json(paper_report.metrics(results)),
        "report.json": _json(report),
        "log.txt": paper_report.log(results, command).encode(),
    }
    head = book.journal.committed
    manifest = {
        "schema": 1,
        "id": run,
        "kind": "paper",
        "name": book.setup.config.name,
        "status": report["status"],
        "config_sha": sha256_json(config),
        "data_id": book.setup.panel.id,
        "code_version": code_version(),
        "seed": book.setup.config.seed,
        "command": command,
        "files": {name: hashlib.sha256(data).hexdigest() for name, data in files.items()},
        "journal": {
            "seq": head.seq,
            "ord": head.ord,
            "head": head.hash.hex(),
            "content": book.journal.content_digest().hex(),
        },
        "quantrl": __version__,
    }
    return {**files, MANIFEST: _json(manifest)}


def _whole_state(book: ClosedBook) -> State:
    """The state at the journal's end with every result: snapshots have dropped those that were scored.

    Outputs are taken as they are; `rederived` is who computes them again.
    """
    folded = Folded(State(replace(book.setup, keeps_ledger=True)))
    fold(folded, linked(book.journal, 0), set(), accept_upgrade=True)
    return folded.state


def _equity(results: Results) -> pl.DataFrame:
    """``time``, ``book:<name>``, ``agent:<label>``: currency at the end of each bar, agents in accounts of their own."""
    accounts = results.accounts
    columns = {name: accounts.history[:, k, EQUITY] for k, name in enumerate(accounts.names)}
    return pl.DataFrame({"time": _times(results), **columns})


def _decisions(results: Results) -> pl.DataFrame:
    """``decided effective w:<instrument> c:<agent> gross``: what the book holds once its open orders are filled."""
    setup, bars = results.book.setup, results.bars
    timeline, tv = setup.timeline, setup.tv
    weights = np.array(
        [
            [
                lots * mark * each / bar.equity
                for lots, mark, each in zip(bar.wanted, bar.marks, tv, strict=True)
            ]
            for bar in bars
        ]
    )
    effective = [timeline.effective(bar.row.row) for bar in bars]
    return pl.DataFrame(
        {
            "decided": _times(results),
            "effective": pl.Series(effective, dtype=pl.Int64),
            **{f"w:{symbol}": weights[:, inst] for inst, symbol in enumerate(results.book.symbols)},
            **{f"c:{label}": results.shares[:, agent] for agent, label in enumerate(setup.labels)},
            "gross": np.abs(weights).sum(axis=1),
        }
    )


def _fills(book: ClosedBook) -> pl.DataFrame:
    """``time decided instrument units price fee slippage client_id``: price before slippage, as in a backtest."""
    table = book.setup.instruments.table
    sizes = pl.DataFrame(
        {
            "instrument": [one.symbol for one in table],
            "unit": [float(one.lot * one.multiplier) for one in table],
        }
    )
    decided = orders(book).select("client_id", "decided")
    made = fills(book).join(decided, on="client_id", how="left", maintain_order="left")
    signed = pl.when(pl.col("side") == "buy").then(1).otherwise(-1)
    units = signed * pl.col("qty_lots") * pl.col("unit")
    return made.join(sizes, on="instrument", how="left", maintain_order="left").select(
        pl.col("time").cast(pl.Int64),
        pl.col("decided").cast(pl.Int64),
        "instrument",
        units.alias("units"),
        (pl.col("price") - pl.col("slippage") / units).alias("price"),
        "fee",
        "slippage",
        "client_id",
    )


def _times(results: Results) -> pl.Series:
    return pl.Series([bar.row.time for bar in results.bars], dtype=pl.Int64)


def _parquet(frame: pl.DataFrame) -> bytes:
    out = BytesIO()
    frame.write_parquet(out)
    return out.getvalue()


def _json(value: Any) -> bytes:
    return (json.dumps(value, sort_keys=True, indent=1, allow_nan=False) + "\n").encode()
