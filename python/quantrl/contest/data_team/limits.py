"""How much a data agent reads and writes in a day."""

from __future__ import annotations

from dataclasses import dataclass, fields

from quantrl.errors import ConfigError

MAX_LINE = 400
MAX_REFS = 4
MAX_SYMBOLS = 3
LEAST_MASS = 2.0


@dataclass(frozen=True)
class Limits:
    """Tokens, but where it says otherwise.

    Parameters
    ----------
    document : int
        Kept of each document.
    context : int
        Of the documents of one request.
    batches : int
        Requests that read the documents of one agent and day; a count.
    summary : int
        Of the lines made of one batch.
    factor : int
        Of a factor, in all.
    rate_lines : int
        Lines rated in one request; a count.
    max_doc_share : float in (0, 1]
        Largest part of a factor's rating mass, the sum of |rating|, that may rest on one document.

    Raises
    ------
    ConfigError
        A limit that leaves no room.
    """

    document: int = 500
    context: int = 28_000
    batches: int = 6
    summary: int = 4_666
    factor: int = 4_000
    rate_lines: int = 20
    max_doc_share: float = 0.34

    def __post_init__(self) -> None:
        for field in fields(self):
            if not getattr(self, field.name) > 0:
                raise ConfigError(
                    f"limits, {field.name}: expected more than 0, got {getattr(self, field.name)}"
                )
        if self.max_doc_share > 1:
            raise ConfigError(f"limits, max_doc_share: expected at most 1, got {self.max_doc_share}")
        if self.context < self.document:
            raise ConfigError(
                f"limits, context: expected at least one document of {self.document} tokens, got {self.context}"
            )

    @property
    def per_batch(self) -> int:
        """Documents of one request: as many as fit at full length, and 200 at most."""
        return min(self.context // self.document, 200)


DEFAULT = Limits()
