"""What every command must do: a new one is tested here before it has a test of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import typer.main

from quantrl.cli import exits, main


def tree(command: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command line without arguments, groups among them."""
    yield words, command
    for name, below in sorted(getattr(command, "commands", {}).items()):
        yield from tree(below, (*words, name))


EVERY = dict(tree(typer.main.get_command(main.app)))
LEAVES = [words for words, command in EVERY.items() if not hasattr(command, "commands")]


def said(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main.run(words)
    return (code, *capsys.readouterr())


@pytest.mark.parametrize("words", EVERY, ids=" ".join)
def test_help(capsys: pytest.CaptureFixture[str], words: tuple[str, ...]) -> None:
    code, out, err = said(capsys, *words, "--help")
    assert (code, err) == (exits.DONE, "")
    assert " ".join(("Usage: quantrl", *words)) in out
    assert EVERY[words].help, "its docstring says what it does"


@pytest.mark.parametrize("words", LEAVES, ids=" ".join)
def test_an_unknown_option_is_one_line_and_2(
    capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    code, out, err = said(capsys, *words, "--no-such-option")
    assert (code, out) == (exits.USAGE, "")
    assert "--no-such-option" in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize("words", LEAVES, ids=" ".join)
def test_it_speaks_json_and_explains_its_options(words: tuple[str, ...]) -> None:
    options = [given for given in EVERY[words].params if given.param_type_name == "option"]
    assert any("--json" in option.opts for option in options)
    assert all(option.hidden or option.help for option in options)
