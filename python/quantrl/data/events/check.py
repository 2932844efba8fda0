"""Whether an event file is what its converter said, and whether that is good enough."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from quantrl.errors import ConfigError

# Counts that a replay gives again. Spans of a merged file end at its last event, not at those of its sources.
_RECOUNTED = ("events", "crossed_spans", "crossed_ns", "locked_spans", "locked_ns", "purged_levels")
_OF_A_MERGE = ("events", "purged_levels")
_UNWANTED = ("crossed_spans", "purged_levels")


@dataclass(frozen=True)
class EventBreach:
    """One thing that is not as it must be."""

    what: str
    expected: str
    got: str

    def __str__(self) -> str:
        return f"{self.what}: expected {self.expected}, got {self.got}"


@dataclass(frozen=True)
class EventCheck:
    """`counts` of the replay and what was found wrong."""

    counts: dict[str, int]
    fault_share: float
    breaches: tuple[EventBreach, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing was."""
        return not self.breaches


def judge(
    counts: dict[str, int], quality: Mapping[str, Any], *, max_fault_share: float, strict: bool
) -> EventCheck:
    """Compare the counts of a replay with what the converter stored, and both with the limits.

    Raises
    ------
    ConfigError
        `max_fault_share` is not within 0 and 1.
    """
    if not 0.0 <= max_fault_share <= 1.0:
        raise ConfigError(f"max_fault_share: expected 0 to 1, got {max_fault_share}")
    sources = list(_sources(quality))
    rows = sum(_number(source, "rows") for source in sources)
    faults = sum(float(source.get("fault_share", 0.0)) * _number(source, "rows") for source in sources)
    share = faults / rows if rows else 0.0
    most = 0.0 if strict else max_fault_share
    breaches = [*_recounted(counts, sources)]
    if share > most:
        breaches.append(EventBreach("faults", f"at most {most:g} a row", f"{share:.6f}"))
    checked, equal = (
        sum(_number(source, name) for source in sources) for name in ("bbo_checked", "bbo_equal")
    )
    if equal < checked:
        breaches.append(EventBreach("best quotes", f"{checked} equal to the book", f"{equal}"))
    if strict:
        for name in _UNWANTED:
            found = counts.get(name) or sum(_number(source, name) for source in sources)
            if found:
                breaches.append(EventBreach(name, "none under strict", str(found)))
    return EventCheck(counts, share, tuple(breaches))


def _recounted(counts: Mapping[str, int], sources: list[Mapping[str, Any]]) -> Iterator[EventBreach]:
    for name in _RECOUNTED if len(sources) == 1 else _OF_A_MERGE:
        stored = sum(_number(source, name) for source in sources)
        if stored != counts[name]:
            yield EventBreach(name, f"{stored}, as the converter counted", str(counts[name]))
    off = sum(_number(source, "off_grid") for source in sources)
    if counts["off_grid"] > off:
        yield EventBreach(
            "off_grid", f"at most {off} resting prices off the venue's step", str(counts["off_grid"])
        )


def _sources(quality: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The files behind a merge, however deep."""
    if "sources" in quality:
        for source in quality["sources"]:
            yield from _sources(source)
    else:
        yield quality


def _number(quality: Mapping[str, Any], name: str) -> int:
    value = quality.get(name, 0)
    return value if isinstance(value, int) else 0
