"""From the command line to trainings of `dqn_statarb`, and what is said when they end."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quantrl.agents._training.extra import needed
from quantrl.agents.dqn_statarb.config import StatArbTrain, preset
from quantrl.cli.console import Output
from quantrl.cli.pair_config import AGENT, assigned, events_words, pair_from, read
from quantrl.cli.training import ending
from quantrl.cli.training.flags import command
from quantrl.envs import PairConfig
from quantrl.errors import ConfigError

if TYPE_CHECKING:
    from rich.table import Table

    from quantrl.agents.dqn_statarb.train import TrainRun
    from quantrl.runs import Run


@dataclass(frozen=True)
class PairTraining:
    """What to train, and the command line that gives the same again."""

    name: str
    pair: PairConfig
    train: StatArbTrain
    command: str


def plan(
    preset_name: str,
    file: Path | None,
    flags: Mapping[str, Any],
    costs: str | None,
    sets: Sequence[str],
    *,
    events: Sequence[Path] = (),
    facts: Path | None = None,
) -> list[PairTraining]:
    """Preset, then config file, then flags, then ``--set``: the later wins. One training a cost.

    Raises
    ------
    ConfigError
        An unknown key or a value out of range.
    DataError
        Event files or facts that are missing or damaged.
    """
    config = {} if file is None else read(file)
    given: dict[str, dict[str, Any]] = {"pair": {}, "train": {}}
    named = [(*key.split(".", 1), value) for key, value in flags.items()]
    for section, field, value in [*named, *assigned(sets)]:
        given[section][field] = value
    pair, train = preset(preset_name)
    base = pair_from({**pair, **config.get("pair", {})}, given["pair"], events, facts)
    if costs is not None and base.has_tape:
        raise ConfigError("--cost: recorded books have their spreads; fees are pair.fee_bps")
    if preset_name == "robust" and base.has_tape:
        raise ConfigError(
            f"--preset: robust trains on simulated pairs, whose optimum is known; got {base.venue}"
        )
    settings = StatArbTrain(**{**train, **config.get("train", {}), **given["train"]})
    return [
        PairTraining(
            config.get("name", AGENT),
            base if cost is None else base.replace(cost=cost),
            settings,
            _command(preset_name, file, flags, sets, cost, events_words(events, facts)),
        )
        for cost in _costs(costs)
    ]


def start(jobs: Sequence[PairTraining], output: Output, *, out: Path | None, root: Path) -> None:
    """Train each in turn, and say what came out.

    Raises
    ------
    QuantrlError
        Whatever went wrong.
    KeyboardInterrupt
        After every run has written its checkpoint.
    """
    with needed():
        from quantrl.agents.dqn_statarb.train import train_pair
    runs = []
    with ending.resumable(output):
        for job in jobs:
            place = out if out is None or len(jobs) == 1 else out / f"cost{job.pair.cost:g}"
            runs.append(
                train_pair(
                    job.pair,
                    job.train,
                    out=place,
                    root=root,
                    name=job.name,
                    command=job.command,
                    quiet=output.as_json,
                )
            )
    _finish(runs, output)


def go_on(folder: Run, output: Output, *, root: Path, jobs: int | None) -> None:
    """Go on with an interrupted run."""
    with needed():
        from quantrl.agents.dqn_statarb.train import resume
    with ending.resumable(output):
        found = resume(folder.path, root=root, jobs=jobs, quiet=output.as_json)
    _finish([found], output)


def _costs(text: str | None) -> list[float | None]:
    if text is None:
        return [None]
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise ConfigError(f"--cost: expected k / s such as 0,0.1,0.2,0.5, got {text!r}") from None


def _command(
    preset_name: str,
    file: Path | None,
    flags: Mapping[str, Any],
    sets: Sequence[str],
    cost: float | None,
    events: Sequence[str],
) -> str:
    words = command(AGENT, preset_name, file, flags, sets)
    words += f" {shlex.join(events)}" if events else ""
    return words if cost is None else f"{words} --cost {cost:g}"


def _finish(runs: Sequence[TrainRun], output: Output) -> None:
    known = [run.manifest for run in runs]
    for run, manifest in zip(runs, known, strict=True):
        output.say(_table(manifest), *(f"warning: {doubt}" for doubt in run.doubts), f"run: {run.path}")
    output.say("validation chose the policies; 'quantrl evaluate RUN' judges them on fresh paths")
    keys = ("id", "status", "seeds", "runs", "trials", "market_id")
    own = [{key: manifest[key] for key in keys} for manifest in known]
    output.finish(own[0] if len(own) == 1 else {"runs": own}, run=runs[0].path)


def _table(manifest: Mapping[str, Any]) -> Table:
    pair = manifest["pair"]
    unit = pair["kappa_dt"] or 1.0
    return ending.table(
        f"{pair['venue']}, kappa dt {pair['kappa_dt']:g}, cost {pair['cost']:g} s",
        ("seed", "status", "steps", "best at", "validation value"),
        (
            (row["seed"], row["status"], row["steps"] or 0, *ending.best(row, "value", "+.3f", unit))
            for row in manifest["runs"]
        ),
    )
