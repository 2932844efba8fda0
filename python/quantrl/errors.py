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


class AuditError(QuantrlError, ArithmeticError):
    """An accounting identity does not hold: names the bar, the identity and the residual."""


class TaskError(QuantrlError, RuntimeError):
    """A task in a process of its own that ended without an answer, or with an error no class here can carry."""


class RunError(QuantrlError, OSError):
    """A run folder that cannot be read or written."""
