"""``quantrl contest replay``: the whole contest again from its record, equal or not."""

from __future__ import annotations

from pathlib import Path

from quantrl.cli import options
from quantrl.cli.console import Output


def command(
    run: options.RunName, root: options.RunsRoot = Path("runs"), as_json: options.Json = False
) -> None:
    """Decide every day again from recorded answers, with no connection, and compare step by step.

    Exit 4: an answer is not in the record. Exit 6: a step came out otherwise. Exit 3: a recorded answer was altered.
    """
    from quantrl.cli.contest import opened, watching

    output = Output(as_json)
    found = opened.contest_run(run, root)
    with watching.stages(1, quiet=as_json) as stage:
        stage(f"replaying {found.folder.name}")
        again = found.replay()
    steps, days = len(again.lines), len({line.day for line in again.lines})
    output.say(f"{steps} steps of {days} days came out equal, digest {again.digest()}")
    own = {"equal": again.digest() == found.digest(), "digest": again.digest(), "steps": steps, "days": days}
    output.finish({**own, "replayed": again.folder}, run=found.folder)
