"""How a benchmark reads: tables for people, plain objects for ``--json``."""

from __future__ import annotations

from typing import Any

from rich.console import RenderableType
from rich.table import Table

from quantrl.cli import machine as this_machine
from quantrl.cli.bench.harness import CaseResult, Timing
from quantrl.cli.bench.imports import LIMIT_MS, PROCESSES

_PACKAGES = (
    "numpy",
    "polars",
    "pandas",
    "numba",
    "vectorbt",
    "vectorbt-rust",
    "raptorbt",
    "torch",
    "stable-baselines3",
    "finrl",
    "apsw",
    "scipy",
    "lightgbm",
    "vaderSentiment",
    "nanobook",
    "nautilus_trader",
    "arch",
)


def printed(result: CaseResult) -> list[RenderableType]:
    """Lines of one case: with a disagreement those lines and nothing else, above all no time."""
    if not result.agree:
        return [str(found) for found in result.disagreements]
    case = result.case
    lines: list[RenderableType] = [_table(result), f"data sha256 {case.sha256}"]
    lines += [f"{name}: {reason}: no ratio" for name, reason in case.absent.items()]
    peer = result.fastest_peer
    if peer is None:
        lines.append("no peer to compare with: no ratio")
    elif case.goals:
        lines += [
            f"ratio to {one.name}: {result.ratio(one.name):.1f}x, goal {case.goal(one.name):g}x"
            for one in case.peers
        ]
    else:
        lines.append(
            f"ratio to the faster of the peers ({peer}): {result.ratio(peer):.1f}x, goal {case.ratio_goal:g}x"
        )
    return lines


def _table(result: CaseResult) -> Table:
    case, ours = result.case, result.timings[result.case.ours.name]
    table = Table(
        "",
        "min ms",
        "median ms",
        "CPU ms",
        "wall ratio",
        "CPU ratio",
        "max difference",
        title=f"{case.id}: {case.title}",
    )
    table.add_row(case.ours.name, *_milliseconds(ours), "", "", "")
    for peer in case.peers:
        timing = result.timings[peer.name]
        ratios = (f"{timing.min_ms / ours.min_ms:.1f}x", f"{timing.cpu_ms / ours.cpu_ms:.1f}x")
        table.add_row(peer.name, *_milliseconds(timing), *ratios, f"{result.worst[peer.name]:.1e}")
    for part in case.beside:
        table.add_row(part.name, *_milliseconds(result.timings[part.name]), "", "", "")
    return table


def _milliseconds(timing: Timing) -> tuple[str, str, str]:
    return f"{timing.min_ms:.2f}", f"{timing.median_ms:.2f}", f"{timing.cpu_ms:.2f}"


def case_json(result: CaseResult) -> dict[str, Any]:
    """The object of one case; times are null and peers empty where engines disagree."""
    case = result.case
    ours = result.timings.get(case.ours.name)
    return {
        "id": case.id,
        "title": case.title,
        "agree": result.agree if case.peers else None,
        "met": result.met,
        "ours_ms": None if ours is None else ours.min_ms,
        "ours": None if ours is None else timing_json(ours),
        "peers": [_peer_json(result, peer.name) for peer in case.peers if peer.name in result.timings],
        "beside": [
            {"name": part.name, **timing_json(result.timings[part.name])}
            for part in case.beside
            if part.name in result.timings
        ],
        "absent": case.absent,
        "disagreements": [vars(found) for found in result.disagreements],
        "limit": case.limit,
        "sha256": case.sha256,
    }


def _peer_json(result: CaseResult, peer: str) -> dict[str, Any]:
    ours, theirs = result.timings[result.case.ours.name], result.timings[peer]
    return {
        "name": peer,
        **timing_json(theirs),
        "ratio": result.ratio(peer),
        "wall_ratio": theirs.min_ms / ours.min_ms,
        "cpu_ratio": theirs.cpu_ms / ours.cpu_ms,
        "max_difference": result.worst[peer],
    }


def timing_json(timing: Timing) -> dict[str, float | int]:
    """Milliseconds of one contender."""
    rounds = len(timing.wall)
    return {"min_ms": timing.min_ms, "median_ms": timing.median_ms, "cpu_ms": timing.cpu_ms, "rounds": rounds}


def imports_table(timings: dict[str, Timing]) -> Table:
    """Fresh processes side by side."""
    table = Table(
        "", "min ms", "median ms", "CPU ms", title=f"P5: import quantrl, {PROCESSES} fresh processes"
    )
    for name, timing in timings.items():
        table.add_row(f"python -c '{name}'", *_milliseconds(timing))
    return table


def imports_json(timings: dict[str, Timing]) -> dict[str, Any]:
    """The object of the import case; there is no answer to agree on."""
    ours, bare = timings["import quantrl"], timings["pass"]
    return {
        "id": "P5",
        "title": f"import quantrl, {PROCESSES} fresh processes",
        "agree": None,
        "met": ours.min_ms <= LIMIT_MS,
        "ours_ms": ours.min_ms,
        "ours": timing_json(ours),
        "peers": [{"name": "python -c pass", **timing_json(bare)}],
        "absent": {},
    }


def machine(threads: int = 1) -> dict[str, Any]:
    """Cores and versions behind the numbers; `threads` is the most that any case uses."""
    return {
        "threads": threads,
        "cores": this_machine.usable_cores(),
        "effective_cores": round(this_machine.effective_cores(), 2),
        "versions": this_machine.versions(*_PACKAGES),
    }


def machine_line(found: dict[str, Any]) -> str:
    """`machine` in one line."""
    names = ", ".join(f"{name} {version}" for name, version in found["versions"].items())
    threads = "one thread" if found["threads"] == 1 else f"up to {found['threads']} threads"
    return f"{threads}; {found['effective_cores']} effective of {found['cores']} cores; {names}"
