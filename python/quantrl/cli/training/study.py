"""From the command line to a study: several trainings on one pair, and a page of what came out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quantrl.agents._training.extra import needed
from quantrl.cli.console import Output
from quantrl.cli.training import ending
from quantrl.cli.training.pair import PairTraining
from quantrl.errors import ConfigError

if TYPE_CHECKING:
    from rich.table import Table

Load = Callable[[], tuple[Callable[..., Any], Callable[..., Path], Callable[[Any], str]]]
"""Import what needs torch: the study, its folder, its page."""
Tell = Callable[[Mapping[str, Any]], tuple[list["str | Table"], dict[str, Any]]]
"""Results as lines to show, and as the object of ``--json``."""


def start(
    preset: str,
    load: Load,
    tell: Tell,
    jobs: Sequence[PairTraining],
    output: Output,
    *,
    out: Path | None,
    root: Path,
) -> None:
    """Train, and say what came out; the page is ``PRESET.md`` in the study's folder.

    Raises
    ------
    ConfigError
        Several costs, or a pair that the study is not for.
    QuantrlError
        Whatever went wrong.
    KeyboardInterrupt
        After every run has written its checkpoint.
    """
    if len(jobs) > 1:
        raise ConfigError(f"--cost: preset {preset} takes one cost")
    job = jobs[0]
    with needed():
        study, folder_of, page = load()
    folder = folder_of(job.pair, job.train, out=out, root=root)
    with ending.resumable(output):
        results = study(
            job.pair,
            job.train,
            out=folder,
            root=root,
            command=job.command,
            quiet=output.as_json,
            say=output.say,
        )
    report = folder / f"{preset}.md"
    report.write_text(page(results), encoding="utf-8")
    lines, found = tell(results)
    output.say(*lines, f"page: {report}")
    output.finish(found, run=folder, report=report)
