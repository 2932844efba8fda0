"""Options that every converter takes."""

from __future__ import annotations

from dataclasses import dataclass

from quantrl import _core
from quantrl.errors import ConfigError


@dataclass(frozen=True)
class ConvertOptions:
    """How a conversion is judged and what it may use.

    Parameters
    ----------
    strict : bool
        The first fault is an error.
    max_fault_share : float
        Most faults per row, 0 to 1.
    recv_offset : "auto" or int
        Nanoseconds added to receive times; "auto" adds what makes the smallest latency 0 where it is negative.
    keep_ids : bool
        Keep the venue's order ids, 8 bytes an event.
    checkpoint_every : int
        Events between checkpoints, 2^10 to 2^24; 0 for none.
    max_line, max_depth, max_events, max_expansion, max_expanded : int
        Limits on the input: bytes of a line, nesting of JSON, events, bytes out of a compressed byte and in all.
    """

    strict: bool = False
    max_fault_share: float = 0.01
    recv_offset: str | int = "auto"
    keep_ids: bool = False
    checkpoint_every: int = 1 << 16
    max_line: int = 1 << 20
    max_depth: int = 16
    max_events: int = (1 << 31) - 1
    max_expansion: int = 200
    max_expanded: int = 64 << 30

    def to_core(self) -> _core.EventOptions:
        """For Rust.

        Raises
        ------
        ConfigError
            Naming the option.
        """
        if isinstance(self.recv_offset, str) and self.recv_offset != "auto":
            raise ConfigError(f"recv_offset: expected auto or nanoseconds, got {self.recv_offset!r}")
        for name in ("max_line", "max_depth", "max_events", "max_expansion", "max_expanded"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name}: expected at least 1, got {getattr(self, name)}")
        try:
            return _core.EventOptions(
                checkpoint_every=self.checkpoint_every,
                keep_ids=self.keep_ids,
                recv_offset=None if isinstance(self.recv_offset, str) else self.recv_offset,
                strict=self.strict,
                max_fault_share=self.max_fault_share,
                max_line=self.max_line,
                max_depth=self.max_depth,
                max_events=min(self.max_events, (1 << 31) - 1),
                max_expansion=self.max_expansion,
                max_expanded=self.max_expanded,
            )
        except OverflowError as error:
            raise ConfigError(f"options: expected numbers of at most 64 bits: {error}") from error
