"""Every error is one line and an exit code."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from quantrl import errors
from quantrl.cli import doctor, exits, main


@pytest.mark.parametrize(
    "words", [["nonsense"], ["contest", "nonsense"], ["doctor", "--nonsense"], ["contest", "run"]]
)
def test_wrong_usage_is_one_line_and_2(cli: Any, words: list[str]) -> None:
    said = cli(*words)
    assert said.code == exits.USAGE
    assert said.out == ""
    assert said.error


def test_wrong_usage_as_json(cli: Any) -> None:
    said = cli("doctor", "--nonsense", "--json")
    assert said.json["ok"] is False
    assert said.json["exit"] == exits.USAGE
    assert "--nonsense" in said.json["error"]["message"]
    assert said.error


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.ConfigError("x"), 2),
        (errors.DataError("x"), 3),
        (errors.LedgerError("x"), 3),
        (errors.OrderError("x"), 3),
        (errors.AuditError("x"), 1),
        (errors.LookAheadError("x"), 1),
        (errors.RunError("x"), 8),
        (errors.StorageError("x"), 8),
        (errors.NotRunning("x"), 9),
        (errors.AlreadyRunning("x"), 10),
        (errors.JournalError("x"), 11),
        (errors.ReplayMismatch("x"), 6),
        (errors.FeedError("x"), 3),
        (OSError(28, "No space left on device"), 8),
        (KeyboardInterrupt(), 130),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else str(value),
)
def test_each_error_has_its_exit_code(
    cli: Any, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(doctor, "examine", fail)
    said = cli("doctor", "--json")
    assert said.code == code
    assert said.json["exit"] == code
    assert said.json["ok"] is False
    assert "Traceback" not in said.err
    assert said.error


def test_debug_shows_the_traceback(cli: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise errors.DataError("row 3 is bad")

    monkeypatch.setattr(doctor, "examine", fail)
    said = cli("doctor", "--debug")
    assert said.code == exits.DATA
    assert "Traceback" in said.err
    assert said.err.endswith("error: row 3 is bad\n")


def test_a_message_of_several_lines_becomes_one(cli: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise errors.ConfigError("first\n  second")

    monkeypatch.setattr(doctor, "examine", fail)
    assert cli("doctor").error == "error: first second"


def test_a_bug_keeps_its_traceback(cli: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise ZeroDivisionError("oops")

    monkeypatch.setattr(doctor, "examine", fail)
    said = cli("doctor", "--json")
    assert said.code == exits.CHECK_FAILED
    assert "Traceback" in said.err
    assert said.json["error"] == {"type": "ZeroDivisionError", "message": "oops"}


def test_version(cli: Any) -> None:
    from quantrl import __version__

    assert cli("--version").out == f"{__version__}\n"


def test_no_words_show_the_help(cli: Any) -> None:
    said = cli()
    assert "Usage: quantrl" in said.out + said.err
    assert "contest" in said.out + said.err


@pytest.mark.parametrize("start", [["-m", "quantrl"], ["-c", "from quantrl.cli.main import main; main()"]])
def test_a_true_process_exits_with_the_code(start: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, *start, "report", "nowhere"], capture_output=True, text=True, check=False
    )
    assert done.returncode == exits.IO
    assert done.stdout == ""
    assert done.stderr.startswith("error: nowhere: no run folder")


def test_a_reader_that_goes_away_is_no_traceback() -> None:
    script = f"{sys.executable} -m quantrl --help | head -c 0"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)
    assert done.stderr == ""


def test_help_does_not_load_the_engine() -> None:
    script = (
        "import sys; from quantrl.cli.main import run; run(['contest', '--help']); run(['paper', '--help']); "
        "print(sorted({'numpy', 'polars', 'plotly', 'quantrl._core'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_main_is_the_console_script() -> None:
    assert callable(main.main)
