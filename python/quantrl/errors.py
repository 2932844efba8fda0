"""One tree of errors. Every message says what was expected, what came, and which field or row."""

from __future__ import annotations


class QuantrlError(Exception):
    """Root of every error quantrl raises on purpose. State is unchanged after any of them."""


class DataError(QuantrlError, ValueError):
    """Data that cannot be used as it is: names the file, argument, row or column."""


class LedgerError(DataError):
    """A row the ledger refuses: names the row, the column and the value."""


class LookAheadError(QuantrlError, IndexError):
    """Something asked for, or was given, what is not yet known at the decision time."""


class OrderError(QuantrlError, ValueError):
    """Target weights that no account of the configured kind can hold."""


class ConfigError(QuantrlError, ValueError):
    """A setting that is unknown, out of range or contradicts another: names the field and the choices."""


class CapitalError(ConfigError):
    """An account of fixed sizes lost more than the capital its returns would be a share of."""


class AuditError(QuantrlError, ArithmeticError):
    """An accounting identity does not hold: names the bar, the identity and the residual."""


class TaskError(QuantrlError, RuntimeError):
    """A task in a process of its own that ended without an answer, or with an error no class here can carry."""


class RunError(QuantrlError, OSError):
    """A run folder that cannot be read or written."""


class LiveError(QuantrlError, RuntimeError):
    """Something the paper-trading daemon cannot go on from, or refuses."""


class RetryableError(LiveError):
    """Worth another try after a pause; nothing has changed."""


class FatalError(LiveError):
    """The daemon stops with the exit code of its cause; the disk holds the truth."""


class JournalError(FatalError):
    """A journal whose bytes do not say what they must: names the first bad seq (attribute `seq`)."""

    def __init__(self, message: str, seq: int = 0) -> None:
        super().__init__(message)
        self.seq = seq


class InvariantError(FatalError):
    """Books that would break an accounting identity or leave the range of 64 bits; unchanged."""


class CommandConflict(LiveError):  # noqa: N818 - a state of the world, not of a value
    """A nonce that was used for another command; nothing has changed."""


class AlreadyRunning(LiveError):  # noqa: N818 - a state of the world, not of a value
    """Another process owns this book's folder."""


class NotRunning(LiveError):  # noqa: N818 - a state of the world, not of a value
    """No daemon answers for this book."""


class StorageError(FatalError):
    """A write or sync the disk refused; `errno` says how."""

    def __init__(self, message: str, errno: int = 0) -> None:
        super().__init__(message)
        self.errno = errno


class ReplayError(QuantrlError):
    """A recorded answer that cannot be used."""


class ReplayMismatch(ReplayError):  # noqa: N818 - named in the exit codes of the command line
    """What was computed again differs from what was stored."""


class ReplayMiss(ReplayError, LookupError):  # noqa: N818 - named in the exit codes of the command line
    """Nothing was recorded for what is asked."""


class ContestError(QuantrlError):
    """Something a contest of data and research agents cannot go on from."""


class BudgetExceeded(ContestError, RuntimeError):  # noqa: N818 - a state of the run, not of a value
    """A cap on calls, tokens, time or money is reached, and the run was told to stop there."""


class LLMError(ContestError, RuntimeError):
    """A language model, or its server, that gives no usable answer."""


class FeedError(DataError):
    """A feed that changed since it was recorded, or a row no market could print: expected and found."""
