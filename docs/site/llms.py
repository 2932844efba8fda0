"""llms.txt: the site's table of contents for a reader that is a program."""

from __future__ import annotations

import re

import tree

HEAD = """# quantrl

> A Rust-accelerated Python package that runs trading agents of every kind (rules, reinforcement learning, language models)
> on one engine, ranks them on matured results only, funds the best, and says with intervals how much of it is luck.

Install with `pip install quantrl`; extras are `report`, `rl`, `llm`, `live`, `data` and `baselines`. `import quantrl as q`.
Decisions are target weights by bar (`q.backtest.run_weights(panel, weights, fill="next_close")`), costs are on by default,
an agent is any object with `decide(view) -> Decision`. A decision at t may use only rows with `available_at <= t`. The
command is `quantrl`.
"""


def text() -> str:
    """The file."""
    return "\n".join([HEAD, *(_section(title, pages) for title, pages in tree.sections())])


def _section(title: str, pages: list[tree.Page]) -> str:
    lines = [f"- [{page.title}]({_address(page)}): {_about(page)}" for page in pages]
    return "\n".join([f"## {title}", "", *lines, ""])


def _address(page: tree.Page) -> str:
    path = page.path.removesuffix(".md")
    return tree.SITE + ("" if path == "index" else f"{path}/")


def _about(page: tree.Page) -> str:
    """First sentence below the heading, as plain text."""
    paragraphs = re.split(r"\n\s*\n", tree.without_blocks(page.text()))
    told = (p for p in paragraphs if p.strip() and p.lstrip()[0] not in "#|!<>-:[" and len(p.split()) > 2)
    plain = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", " ".join(next(told, page.title).split())).replace(
        "**", ""
    )
    return re.split(r"(?<=[.?!])\s", plain, maxsplit=1)[0].rstrip(".:")
