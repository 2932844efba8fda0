"""From the command line to trainings and evaluations of `dqn_statarb`, and what is said when they end."""

from __future__ import annotations

import shlex
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quantrl.agents._training.extra import needed
from quantrl.agents.dqn_statarb.config import StatArbTrain, preset
from quantrl.cli.console import Output
from quantrl.cli.job import assignment
from quantrl.envs import PairConfig
from quantrl.errors import ConfigError
from quantrl.runs import open_run

if TYPE_CHECKING:
    from rich.table import Table

    from quantrl.agents.dqn_statarb.evaluate import EvalReport
    from quantrl.agents.dqn_statarb.train import TrainRun

AGENT = "dqn_statarb"
_SECTIONS = ("pair", "train")
_MAX_BYTES = 1 << 20


@dataclass(frozen=True)
class PairTraining:
    """What to train, and the command line that gives the same again."""

    name: str
    pair: PairConfig
    train: StatArbTrain
    command: str


def plan(
    preset_name: str, file: Path | None, flags: Mapping[str, Any], costs: str | None, sets: Sequence[str]
) -> list[PairTraining]:
    """Preset, then config file, then flags, then ``--set``: the later wins. One training a cost.

    Raises
    ------
    ConfigError
        An unknown key or a value out of range.
    """
    from quantrl.agents.dqn_statarb.train import pair_of

    pair, train = preset(preset_name)
    read = {} if file is None else _read(file)
    found = {"pair": {**pair, **read.get("pair", {})}, "train": {**train, **read.get("train", {})}}
    for key, value in [*flags.items(), *(assignment(text) for text in sets)]:
        section, dot, field = key.partition(".")
        if section not in _SECTIONS or not dot:
            raise ConfigError(f"--set {key}: expected pair.FIELD or train.FIELD")
        found[section][field] = value
    base = pair_of(found["pair"])
    settings = StatArbTrain(**found["train"])
    words = _words(preset_name, file, flags, sets)
    return [
        PairTraining(
            read.get("name", AGENT),
            base if cost is None else base.replace(cost=cost),
            settings,
            shlex.join([*words, *([] if cost is None else ["--cost", f"{cost:g}"])]),
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
    with _resumable(output):
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


def go_on(run: str, output: Output, *, root: Path, jobs: int | None) -> None:
    """Go on with an interrupted run."""
    with needed():
        from quantrl.agents.dqn_statarb.train import resume
    folder = open_run(run, root=root)
    with _resumable(output):
        found = resume(folder.path, root=root, jobs=jobs, quiet=output.as_json)
    _finish([found], output)


def agent_of(run: str, root: Path) -> str | None:
    """The agent a training run says it is of."""
    found = open_run(run, root=root).manifest
    return found.get("agent") if isinstance(found, dict) else None


def judge(
    runs: Sequence[str], output: Output, *, root: Path, page: Path | None, reuse: bool, seed: int
) -> None:
    """Evaluate training runs, print a table each, and write the results page of all of them."""
    reports = [_report(run, root, reuse=reuse, seed=seed, quiet=output.as_json) for run in runs]
    for report in reports:
        output.say(report.table(), f"results: {report.path}")
    if page is not None:
        from quantrl.agents.dqn_statarb.page import results_page

        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(results_page([report.results for report in reports]), encoding="utf-8")
        output.say(f"page: {page}")
    kept = [report.results for report in reports]
    first = reports[0].path
    output.finish(
        {"results": kept[0] if len(kept) == 1 else kept},
        run=None if first is None else first.parent,
        report=page,
    )


def _report(run: str, root: Path, *, reuse: bool, seed: int, quiet: bool) -> EvalReport:
    with needed():
        from quantrl.agents.dqn_statarb.evaluate import RESULTS, EvalReport, evaluate
    from quantrl.cli.progress import bar

    folder = open_run(run, root=root)
    if reuse and (folder.path / RESULTS).is_file():
        return EvalReport(folder.json(RESULTS), folder.path / RESULTS)
    words = ["quantrl", "evaluate", Path(run).name, *([] if seed == 0 else ["--seed", str(seed)])]
    with bar(quiet=quiet) as progress:
        task = progress.add_task(f"evaluate {folder.path.name}", total=None, note="")

        def show(done: int, total: int, note: str) -> None:
            progress.update(task, completed=done, total=total, note=note)

        return evaluate(folder.path, seed=seed, progress=show, command=shlex.join(words))


def _read(file: Path) -> dict[str, Any]:
    """A config with ``name``, ``agent``, ``[pair]`` and ``[train]``."""
    try:
        raw = file.read_bytes()
        if len(raw) > _MAX_BYTES:
            raise ConfigError(f"{file}: expected at most {_MAX_BYTES} bytes, got {len(raw)}")
        found = tomllib.loads(raw.decode())
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise ConfigError(f"{file}: not TOML: {error}") from None
    for key, value in found.items():
        if key not in ("name", "agent", *_SECTIONS):
            raise ConfigError(f"{file}: {key}: unknown key; known here: name, agent, pair, train")
        if isinstance(value, dict) != (key in _SECTIONS):
            raise ConfigError(f"{file}: {key}: expected {'a table' if key in _SECTIONS else 'a name'}")
    if found.get("agent", AGENT) != AGENT:
        raise ConfigError(f"{file}: agent: expected {AGENT}, got {found['agent']!r}")
    return found


def _costs(text: str | None) -> list[float | None]:
    if text is None:
        return [None]
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise ConfigError(f"--cost: expected k / s such as 0,0.1,0.2,0.5, got {text!r}") from None


def _words(preset_name: str, file: Path | None, flags: Mapping[str, Any], sets: Sequence[str]) -> list[str]:
    words = ["quantrl", "train", AGENT]
    words += [] if preset_name == "default" else ["--preset", preset_name]
    words += [] if file is None else ["--config", str(file)]
    for key, value in flags.items():
        if key != "train.jobs":
            words += [f"--{key.partition('.')[2]}", str(value)]
    for text in sets:
        words += ["--set", text]
    return words


@contextmanager
def _resumable(output: Output) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        output.say("interrupted; the same command, or --resume with the run folder, goes on")
        raise


def _finish(runs: Sequence[TrainRun], output: Output) -> None:
    known = [run.manifest for run in runs]
    for run, manifest in zip(runs, known, strict=True):
        output.say(_table(manifest), f"run: {run.path}")
    output.say("validation chose the policies; 'quantrl evaluate RUN' judges them on fresh paths")
    keys = ("id", "status", "seeds", "runs", "trials", "market_id")
    own = [{key: manifest[key] for key in keys} for manifest in known]
    output.finish(own[0] if len(own) == 1 else {"runs": own}, run=runs[0].path)


def _table(manifest: Mapping[str, Any]) -> Table:
    from rich.table import Table

    pair = manifest["pair"]
    title = f"{pair['venue']}, kappa dt {pair['kappa_dt']:g}, cost {pair['cost']:g} s"
    table = Table(title=title, title_justify="left")
    for name in ("seed", "status", "steps", "best at", "validation value"):
        table.add_column(name, justify="left" if name == "status" else "right")
    unit = pair["kappa_dt"] or 1.0
    for row in manifest["runs"]:
        best = row["best"] or {}
        value = f"{best['value'] / unit:+.3f}" if best else "not defined"
        cells = (row["seed"], row["status"], row["steps"] or 0, best.get("steps", "last"), value)
        table.add_row(*(str(cell) for cell in cells))
    return table
