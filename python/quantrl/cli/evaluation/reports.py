"""Reports of training runs: read or made with a progress bar, shown, and put on one page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar

from quantrl.cli.console import Output
from quantrl.cli.progress import bar
from quantrl.runs import Run


class Report(Protocol):
    """What an evaluation of any agent gives."""

    @property
    def results(self) -> dict[str, Any]:
        """What goes to ``results.json``."""

    @property
    def path(self) -> Path | None:
        """Where that is."""

    def table(self) -> Any:
        """For people."""


R = TypeVar("R", bound=Report)
Show = Callable[[int, int, str], None]


def report_of(
    folder: Run,
    file: str,
    *,
    reuse: bool,
    quiet: bool,
    read: Callable[[dict[str, Any], Path], R],
    make: Callable[[Show], R],
) -> R:
    """What a run was judged before if `reuse`, else what `make` finds while a bar shows how far it is."""
    if reuse and (folder.path / file).is_file():
        return read(folder.json(file), folder.path / file)
    with bar(quiet=quiet) as progress:
        task = progress.add_task(f"evaluate {folder.path.name}", total=None, note="")

        def show(done: int, total: int, note: str) -> None:
            progress.update(task, completed=done, total=total, note=note)

        return make(show)


def conclude(
    reports: Sequence[Report],
    output: Output,
    *,
    page: Path | None,
    text: Callable[[list[dict[str, Any]]], str],
    kept: Callable[[Mapping[str, Any]], dict[str, Any]] = dict,
) -> None:
    """Print a table each, write `text` of all results to `page`, and end with what is `kept` of them."""
    for report in reports:
        output.say(report.table(), f"results: {report.path}")
    if page is not None:
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(text([report.results for report in reports]), encoding="utf-8")
        output.say(f"page: {page}")
    found = [kept(report.results) for report in reports]
    first = reports[0].path
    output.finish(
        {"results": found[0] if len(found) == 1 else found},
        run=None if first is None else first.parent,
        report=page,
    )
