"""What lies in the folder of a contest beside its journal."""

from __future__ import annotations

import hashlib
import json
import platform
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from quantrl import __version__, toml
from quantrl.contest.config import ContestConfig
from quantrl.contest.frames import Frames
from quantrl.contest.journal import IDENTITY, JOURNAL
from quantrl.contest.standing import Standing
from quantrl.contest.world import World
from quantrl.runs import MANIFEST, TrialLedger, canonical_json, code_version, write_json
from quantrl.typing import JsonObject
from quantrl.units import iso_date

SUMMARY, CONFIG, CALLS = "summary.json", "config.toml", "calls.jsonl"


def write_config(folder: Path, config: ContestConfig) -> None:
    """The config as TOML, with what was not said left out: read again it says the same."""
    said = config.model_dump(mode="json", exclude_unset=True)
    (folder / CONFIG).write_text(toml.dump(_said(said)), encoding="utf-8")


def write_tables(folder: Path, frames: Frames, standing: Standing, *, threads: int = 1) -> None:
    """Every table of a run; see `quantrl.contest.evaluate.layout` for what reads them."""
    standing.settle()
    ledger = standing.field.ledger.frame()
    returns = frames.returns(threads=threads)
    tables = {
        "ledger": ledger,
        "factor_ledger": standing.factor_ledger.frame(),
        "capital": frames.capital(),
        "returns": returns,
        "attribution": frames.attribution(ledger, returns),
        "signals": frames.signals(),
        "factors": frames.factors(),
        "judgements": frames.judgements(),
        "predictions": frames.predictions(ledger),
        "weights": frames.weights(),
    }
    test = frames.world.clock.d(frames.world.calendar.test)
    for name, table in tables.items():
        kept = table.filter(pl.col("decided") >= test) if name.endswith("ledger") else table
        kept.write_parquet(folder / f"{name}.parquet")


def summary(
    frames: Frames, standing: Standing, *, run: str, command: str, status: str, digest: str
) -> JsonObject:
    """Contents of ``summary.json``."""
    world = frames.world
    waves = world.desk.waves
    lines, budgets = waves.lines, waves.budgets
    config, mechanism, panel = world.config, world.mechanism, world.panel
    spent = budgets.spent()
    caps = budgets.caps["run"]
    used = {**{name: getattr(spent, name) for name in ("input_tokens", "output_tokens", "calls", "seconds")}}
    calendar = world.calendar
    return {
        "name": config.name,
        "run": run,
        "command": command,
        "status": status,
        "kinds": {line["agent"]: line["kind"] for line in lines},
        "models": {line["agent"]: line["model_reported"] or line["model"] for line in lines},
        "model_cutoff": _cutoff(config),
        "calibration_end": calendar.test - 1 if calendar.calibrated else None,
        "preset_name": config.preset,
        "preset": [{"field": key, "value": str(value)} for key, value in config.resolved().items()],
        "partial": list(budgets.partial_days()),
        "cuts": [list(vars(cut).values()) for cut in budgets.cuts],
        "fallback": sum(row["fallback"] for day in frames.days for row in day["FACTORS"]["factors"]),
        "abstentions": dict(sorted(_abstentions(frames).items())),
        "rejections": dict(sorted(_rejections(frames).items())),
        "flags": [*panel.flags, *_flags(world, status)],
        "warnings": _errors(standing),
        "digest": digest,
        "audit": {**frames.audited(), "last_sha": digest},
        "versions": {
            "quantrl": __version__,
            "code": code_version(),
            "numpy": np.__version__,
            "polars": pl.__version__,
            "python": platform.python_version(),
        },
        "spend": {
            **{name: {"used": value, "cap": getattr(caps, name)} for name, value in used.items()},
            "usd": {"used": spent.usd, "cap": caps.usd},
        },
        "trials": {},
        "days": {
            "first": calendar.first,
            "test": calendar.test,
            "last": calendar.first + len(frames.days) - 1,
            "start": calendar.date(calendar.test),
            "end": calendar.date(calendar.first + len(frames.days) - 1),
        },
        "data": {
            "id": panel.id,
            "source": panel.source,
            "start": iso_date(int(panel.time[0])),
            "end": iso_date(int(panel.time[-1])),
            "bars": panel.n_bars,
            "instruments": list(panel.instruments),
            "periods_per_year": world.periods_per_year,
            "documents": len(world.docs),
            "flags": list(panel.flags),
        },
        "settings": {
            "fill": world.settings.fill,
            "sizing": world.settings.sizing,
            "costs": world.settings.costs.to_config(),
            "seed": config.seed,
            "initial_cash": world.settings.initial_cash,
        },
        "data_contest": {
            "context": mechanism.context.name if mechanism.context else "knapsack",
            "params": mechanism.context.params if mechanism.context else {},
            "capacity": mechanism.context.capacity if mechanism.context else 0,
            "every": mechanism.context.every if mechanism.context else 1,
            "phase": mechanism.context.phase if mechanism.context else 0,
            "horizon": mechanism.data_predictor.n if mechanism.data_predictor else 3,
            "engine": mechanism.data_engine,
        },
        "research_contest": {
            "horizon": mechanism.research_predictor.n if mechanism.research_predictor else 5,
            "engine": mechanism.research_engine,
        },
    }


def write_summary(folder: Path, contents: JsonObject, lines: list[JsonObject], trials: TrialLedger) -> None:
    """``summary.json`` and ``calls.jsonl``."""
    contents["trials"] = {"this_run": 1, "on_data": max(1, trials.count(data_id=contents["data"]["id"]))}
    write_json(folder / SUMMARY, contents)
    text = "".join(canonical_json(line) + "\n" for line in lines)
    (folder / CALLS).write_text(text, encoding="utf-8")


def seal(folder: Path, contents: JsonObject, config: ContestConfig) -> None:
    """The manifest: the last file, with a sha256 of every table."""
    files = {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.iterdir())
        if file.is_file() and file.name != MANIFEST and not file.name.startswith(".")
    }
    write_json(
        folder / MANIFEST,
        {
            "schema": 1,
            "id": contents["run"],
            "kind": "contest_trade",
            "name": config.name,
            "status": contents["status"],
            "config_sha": config.sha256,
            "data_id": contents["data"]["id"],
            "code_version": code_version(),
            "seed": config.seed,
            "command": contents["command"],
            "digest": contents["digest"],
            "files": files,
            "quantrl": __version__,
        },
    )


def is_contest(folder: Path) -> bool:
    """Whether a folder holds a contest, finished or not."""
    return (folder / IDENTITY).is_file() or (folder / JOURNAL).is_file()


def read_summary(folder: Path) -> JsonObject:
    """``summary.json``."""
    found: JsonObject = json.loads((folder / SUMMARY).read_text(encoding="utf-8"))
    return found


def _said(value: Any) -> Any:
    if isinstance(value, dict):
        # An empty table stays: `costs = {}` asks for the default costs, where nothing said means those of the market.
        return {key: _said(one) for key, one in value.items() if one is not None and one != []}
    return [_said(one) for one in value] if isinstance(value, list) else value


def _cutoff(config: ContestConfig) -> dict[str, str]:
    return {config.llm.model: config.llm.model_cutoff} if config.llm.model_cutoff else {}


def _abstentions(frames: Frames) -> Counter[str]:
    found: Counter[str] = Counter()
    for day in frames.days:
        for row in [*day["FACTORS"]["factors"], *day["SIGNALS"]["works"]]:
            if row["abstained"]:
                found[row["abstained"].partition(":")[0]] += 1
    return found


def _rejections(frames: Frames) -> Counter[str]:
    works = (work for day in frames.days for work in day["SIGNALS"]["works"])
    return Counter(reason for work in works for _, reason in work["rejected"])


def _flags(world: World, status: str) -> list[str]:
    flags = []
    if world.settings.costs.is_zero:
        flags.append("zero_cost")
    if world.panel.adjust != "total":
        flags.append("prices are not known to hold splits and dividends: returns may be wrong on those days")
    if status != "done":
        flags.append(status)
    flags += [f"{label}: {'; '.join(said)}" for label, said in world.roster.entrants.flags.items()]
    return flags


def _errors(standing: Standing) -> list[str]:
    found: dict[str, list[tuple[int, str]]] = {}
    for row, label, message in standing.field.errors:
        found.setdefault(label, []).append((row, message))
    calendar = standing.world.calendar
    return [
        f"{label}: {len(cases)} decisions failed, first on {calendar.date(calendar.first + cases[0][0])}: {cases[0][1]}"
        for label, cases in found.items()
    ]
