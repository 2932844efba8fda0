"""The reference of the command line, from what the commands say of themselves."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer.main

from quantrl.cli.main import app

HEAD = """# Command line

Every command has `--help`. Written from the commands themselves by `python docs/site/write.py`. Exit codes:
0 done, 1 a check failed, 2 usage, configuration or a missing extra, 3 data, 4 replay miss, 5 partial (budget),
6 replay mismatch, 7 halted, 8 input or output, 9 daemon not running, 10 already running, 11 journal damaged,
130 interrupted (resumable).
"""


def commands(command: Any = None, name: str = "quantrl") -> Iterator[tuple[str, Any]]:
    """Every command and group with its full name, groups before their members."""
    command = command or typer.main.get_command(app)
    yield name, command
    for member, inner in sorted(getattr(command, "commands", {}).items()):
        yield from commands(inner, f"{name} {member}")


def text() -> str:
    """The page."""
    return "\n".join([HEAD, *(_section(name, command) for name, command in commands())])


def _section(name: str, command: Any) -> str:
    said = [f"{'##' if name.count(' ') < 2 else '###'} {name}", "", inspect.cleandoc(command.help or ""), ""]
    if hasattr(command, "commands"):
        return "\n".join(said)
    told = [one for one in command.params if one.name != "help" and not getattr(one, "hidden", False)]
    places = [one.metavar or one.name.upper() for one in told if one.param_type_name == "argument"]
    usage = " ".join([name, *places, *(["[OPTIONS]"] if len(told) > len(places) else [])])
    table = ["| option | default | meaning |", "|---|---|---|", *map(_row, told), ""]
    return "\n".join([*said, "```text", usage, "```", "", *table])


def _row(parameter: Any) -> str:
    """Only what every version of typer says of a parameter."""
    metavar = parameter.metavar or ""
    if parameter.param_type_name == "argument":
        names = f"`{metavar or parameter.name.upper()}`"
    else:
        names = ", ".join(f"`{name}`" for name in [*parameter.opts, *parameter.secondary_opts])
        names += f" `{metavar}`" if metavar else ""
    default = getattr(parameter.default, "value", parameter.default)
    plain = isinstance(default, str | int | float | Path) and default is not False
    shown = "required" if parameter.required else f"`{default}`" if plain else ""
    cells = [names, shown, parameter.help or ""]
    return "| " + " | ".join(" ".join(cell.replace("|", "\\|").split()) for cell in cells) + " |"
