"""What a command says: tables for people, or one JSON object for programs. Never both on stdout."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import typer

from quantrl.runs import finite

if TYPE_CHECKING:
    from rich.console import Console, RenderableType


@dataclass(frozen=True)
class Output:
    """Where a command writes: with `as_json` stdout carries one object and people read stderr."""

    as_json: bool

    @cached_property
    def console(self) -> Console:
        """For people: stdout, or stderr under ``--json``."""
        from rich.console import Console

        console = Console(stderr=self.as_json, highlight=False)
        if not console.is_terminal:
            console.width = max(console.width, 160)
        return console

    def say(self, *things: RenderableType) -> None:
        """Print text without markup, or tables."""
        for thing in things:
            self.console.print(thing, markup=False, soft_wrap=isinstance(thing, str))

    def finish(
        self,
        own: Mapping[str, Any],
        *,
        run: Path | None = None,
        report: Path | None = None,
        code: int = 0,
    ) -> None:
        """End the command: the JSON object, if asked for, and the exit code.

        Raises
        ------
        typer.Exit
            `code` is not 0.
        """
        if self.as_json:
            common = {"ok": code == 0, "run": _text(run), "report": _text(report)}
            sys.stdout.write(encode({**common, **own}) + "\n")
        self.leave_if(code)

    def leave_if(self, code: int) -> None:
        """Stop with an exit code, unless it is 0."""
        if code:
            self.leave(code)

    def leave(self, code: int) -> NoReturn:
        """Stop with an exit code."""
        raise typer.Exit(code)


def encode(value: Any) -> str:
    """JSON on one line; a number that is not finite becomes null."""
    return json.dumps(finite(value), allow_nan=False, ensure_ascii=False)


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)
