"""Run folders of ContestTrade, by path or by id; which of them can be asked what."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from quantrl.errors import ConfigError, RunError
from quantrl.runs import Run, open_run

if TYPE_CHECKING:
    from quantrl.contest.contest_run import ContestRun
    from quantrl.contest.evaluate.tables import Tables

KIND = "contest_trade"


def is_trade(run: Run) -> bool:
    """Whether a finished folder is a run of ContestTrade."""
    return bool(run.manifest.get("kind") == KIND)


def trade_folder(name: str, root: Path) -> Path:
    """Folder of a run of ContestTrade, whether it was ended or not.

    Raises
    ------
    RunError
        There is no such folder.
    ConfigError
        It is a run of another kind.
    """
    from quantrl.contest.folder import is_contest

    for candidate in (Path(name), root / name):
        if is_contest(candidate):
            return candidate
    found = open_run(name, root=root)
    raise ConfigError(f"{found.path}: is no contest with documents; this command needs one")


def finished(name: str, root: Path) -> Path:
    """Folder of a run whose tables were written.

    Raises
    ------
    RunError
        No such folder, or a day of it is still open.
    ConfigError
        It is a run of another kind.
    """
    folder = trade_folder(name, root)
    if not (folder / "summary.json").is_file():
        raise RunError(
            f"{folder}: has not come to its tables; 'quantrl contest run' with its config goes on with it"
        )
    return folder


def tables(name: str, root: Path) -> Tables:
    """What a run left behind.

    Raises
    ------
    RunError, DataError, ConfigError
        As `finished`, or a table that was altered.
    """
    from quantrl.contest.evaluate.tables import Tables

    return Tables.read(finished(name, root))


def contest_run(name: str, root: Path) -> ContestRun:
    """A run with its prices and documents loaded again.

    Raises
    ------
    RunError, DataError, ConfigError
        As `finished`; data or documents that are not there any more, or not those of the run.
    """
    from quantrl.contest.config import ContestConfig
    from quantrl.contest.contest_run import ContestRun
    from quantrl.contest.folder import CONFIG
    from quantrl.contest.inputs import load_inputs

    folder = finished(name, root)
    panel, docs = load_inputs(ContestConfig.read(folder / CONFIG))
    return ContestRun.open(folder, panel, docs)
