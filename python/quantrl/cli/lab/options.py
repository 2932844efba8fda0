"""Options of the lab."""

from __future__ import annotations

from typing import Annotated

import typer

PoolNames = Annotated[str, typer.Option("--pools", metavar="P,P", help="Pools P0 to P8, by comma, or all.")]
Selectors = Annotated[
    str, typer.Option("--selectors", metavar="S,S", help="Rows of the table, separated by ';', or all.")
]
Seeds = Annotated[int, typer.Option("--seeds", min=2, max=10_000, help="Pools of each kind.")]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Address of the pools.")]
Threads = Annotated[
    int, typer.Option("--threads", min=1, max=1024, help="Threads; results do not depend on it.")
]


def names(text: str, separator: str = ",") -> str | list[str]:
    """``all``, or the names in a list."""
    found = [word.strip() for word in text.split(separator) if word.strip()]
    return "all" if found == ["all"] else found
