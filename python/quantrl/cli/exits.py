"""Exit codes, and which error ends in which."""

from __future__ import annotations

from quantrl import errors

DONE = 0
CHECK_FAILED = 1
USAGE = 2
DATA = 3
REPLAY_MISS = 4
PARTIAL = 5
REPLAY_MISMATCH = 6
HALTED = 7
IO = 8
NOT_RUNNING = 9
ALREADY_RUNNING = 10
JOURNAL = 11
INTERRUPTED = 130

# The first class that matches decides: `RunError` is also an `OSError`, `LedgerError` also a `DataError`.
_TABLE: tuple[tuple[type[BaseException], int], ...] = (
    (errors.ConfigError, USAGE),
    (errors.DataError, DATA),
    (errors.OrderError, DATA),
    (errors.AuditError, CHECK_FAILED),
    (errors.LookAheadError, CHECK_FAILED),
    (errors.ReplayMiss, REPLAY_MISS),
    (errors.BudgetExceeded, PARTIAL),
    (errors.ReplayMismatch, REPLAY_MISMATCH),
    (errors.LLMError, IO),
    (errors.StorageError, IO),
    (errors.NotRunning, NOT_RUNNING),
    (errors.AlreadyRunning, ALREADY_RUNNING),
    (errors.JournalError, JOURNAL),
    (KeyboardInterrupt, INTERRUPTED),
    (OSError, IO),
)


def exit_code(error: BaseException) -> int:
    """Exit code of an error that ended a command; anything unknown is a failed check."""
    return next((code for kind, code in _TABLE if isinstance(error, kind)), CHECK_FAILED)


def one_line(error: BaseException) -> str:
    """The message of an error without line breaks, or its class where it has none."""
    return " ".join(str(error).split()) or type(error).__name__
