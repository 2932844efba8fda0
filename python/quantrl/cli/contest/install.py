"""``quantrl contest install-local-llm``: a small model in this environment, checked and asked once."""

from __future__ import annotations

from typing import Annotated

import typer

from quantrl.cli import options
from quantrl.cli.console import Output

Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


def command(yes: Yes = False, as_json: options.Json = False) -> None:
    """Install a 135M-parameter model and its server: 127 MB, two packages, for plumbing only."""
    from quantrl.contest.llm.install import install, plan
    from quantrl.contest.llm.local import BANNER

    output = Output(as_json)
    if yes:
        output.say(plan())

    def ask(text: str) -> bool:
        output.say(text)
        return typer.confirm("Install?", err=as_json)

    made = install(yes=yes, ask=ask)
    if made is None:
        output.say("nothing was installed")
        output.finish({"installed": None})
        return
    output.say(
        f"{made.model} answers at {made.tokens_per_second:.0f} tokens a second; --llm local uses it", BANNER
    )
    output.finish({"installed": {"model": made.model, "tokens_per_second": made.tokens_per_second}})
