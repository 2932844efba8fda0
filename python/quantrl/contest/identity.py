"""What a run must be equal in before it may be gone on with."""

from __future__ import annotations

import hashlib
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import TYPE_CHECKING

from quantrl.contest.config import ContestConfig
from quantrl.contest.documents.store import DocumentStore
from quantrl.contest.fundamentals import Fundamentals
from quantrl.runs import code_version

if TYPE_CHECKING:
    from quantrl.data import Panel


def identity(
    config: ContestConfig, panel: Panel, docs: DocumentStore, fundamentals: Fundamentals | None = None
) -> dict[str, str]:
    """Digests of config, prompts, data, documents, figures where there are any, and code."""
    figures = {} if fundamentals is None else {"fundamentals": fundamentals.sha256}
    return {
        "config": config.sha256,
        "prompts": prompts_sha256(),
        "data": panel.id,
        "documents": docs.sha256,
        **figures,
        "code": code_version(),
    }


def prompts_sha256() -> str:
    """Digest of every instruction, word list and belief."""
    digest = hashlib.sha256()
    for name, file in sorted(_texts(files("quantrl.contest.analysts"), "")):
        digest.update(f"{name}\n".encode() + file.read_bytes() + b"\n")
    return digest.hexdigest()


def _texts(folder: Traversable, before: str) -> list[tuple[str, Traversable]]:
    found: list[tuple[str, Traversable]] = []
    for entry in folder.iterdir():
        name = f"{before}{entry.name}"
        if entry.is_dir():
            found += _texts(entry, f"{name}/")
        elif name.endswith((".md", ".toml")):
            found.append((name, entry))
    return found
