"""The catalogue: every member of every family that a config can name, from what the members say of themselves."""

from __future__ import annotations

import ast
import importlib.util
from pathlib import Path

import quantrl
from quantrl import registry

HOME = Path(quantrl.__file__).parent
HEAD = """# Catalogue

What a config can name, from what each member says of itself. Written by `python docs/site/write.py`; to add one, see
[contributing](../CONTRIBUTING.md).
"""
FAMILIES = {
    "Scorers": ("selection.score", "`score` of a pipeline: matured results to scores"),
    "Rank aggregators": ("selection.rank", "`rank`: several opinions to one order"),
    "Gates": ("selection.gate", "`gate`: who may hold capital at all"),
    "Selectors": ("selection.select", "`select`: who of those is funded"),
    "Allocators": ("selection.allocate", "`allocate`: how much each gets"),
    "Baselines": ("selection.baselines", "what every contest is compared with, in the same loop"),
    "Data sources": ("data.sources", "files that `quantrl.data.read` takes"),
    "Sources of documents": ("contest.sources", "`documents` of a contest"),
    "Tools of researchers": ("contest.tools", "what a researcher may look up"),
    "Context optimisers": ("contest.context", "which factors are read"),
}


def text() -> str:
    """The page."""
    families = [_family(title, *family) for title, family in FAMILIES.items()]
    return "\n".join([HEAD, _agents(), *families])


def _agents() -> str:
    rows = []
    for name in registry.agent_ids():
        if not Path(registry.agent_module(name).__file__).is_relative_to(HOME):
            continue  # entered by whoever writes the page, such as a test of the daemon
        spec = registry.agent_spec(name)
        settings = ", ".join(f"`{key}={value!r}`" for key, value in spec.params.items())
        said = f"{spec.summary} *{spec.reference}*" if spec.reference else spec.summary
        rows.append(_row(f"`{name}`<br>{spec.kind}", said, settings))
    head = ["## Agents", "", '`agents = [{ id = "rules/momentum", params = { lookback = 126 } }]`', ""]
    return "\n".join([*head, "| id, kind | what it does | parameters |", "|---|---|---|", *rows, ""])


def _family(title: str, package: str, what: str) -> str:
    rows = [
        _row(f"`{name}`", _first_line(f"quantrl.{package}", name))
        for name in registry.members(f"quantrl.{package}")
    ]
    return "\n".join(
        [
            f"## {title}",
            "",
            f"{what[0].upper()}{what[1:]}.",
            "",
            "| name | what it does |",
            "|---|---|",
            *rows,
            "",
        ]
    )


def _first_line(package: str, name: str) -> str:
    """First line of a module's docstring, without running the module."""
    spec = importlib.util.find_spec(f"{package}.{name}")
    assert spec is not None
    assert spec.origin is not None
    said = ast.get_docstring(ast.parse(Path(spec.origin).read_text(encoding="utf-8")))
    assert said, f"{package}.{name} says nothing of itself"
    return said.split("\n\n")[0]


def _row(*cells: str) -> str:
    return "| " + " | ".join(" ".join(cell.replace("|", "\\|").split()) for cell in cells) + " |"
