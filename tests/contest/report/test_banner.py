"""Honest naming: who answered stands in the first line of terminal, Markdown, page and JSON."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pytest
from rich.console import Console

from contest.evaluate.fake_tables import AGENTS, FakeRun
from quantrl.contest.report import terminal, write
from report.reading import Page

LINES = {
    "rules": "Deterministic rules and a word list. No language model was used.",
    "local": "135M-parameter model: schema-valid noise, for plumbing only.",
    "replay": "Replay of the language model some-model-1, recorded 2026-02-03.",
    "scripted": "TEST DOUBLE: scripted replies stand in for a language model.",
    "llm": "Language model: some-model-1.",
}


def written(kind: str, folder: Path, **summary: object) -> Path:
    FakeRun(n_days=8, seeds=2, kind=kind, summary=dict(summary)).write(folder)
    write(folder)
    return folder


def first_lines(folder: Path) -> dict[str, str]:
    report = json.loads((folder / "report.json").read_text())
    out = io.StringIO()
    console = Console(file=out, width=400, color_system=None)
    for part in terminal(report):
        console.print(part)
    page = Page.read(folder / "report.html")
    body = re.sub(r"^.*?To the content", "", page.all("body")[0].text, count=1, flags=re.S)
    head = next(e for e in page.elements if e.attributes.get("class") == "banner")
    assert body.lstrip().startswith(head.text)
    return {
        "terminal": out.getvalue().splitlines()[0].strip(),
        "markdown": (folder / "report.md").read_text().splitlines()[0],
        "page": head.text,
        "json": json.loads((folder / "report.json").read_text().splitlines()[0].rstrip(",") + "}")["banner"],
    }


@pytest.mark.parametrize("kind", list(LINES))
def test_first_line_of_four_artefacts(kind: str, tmp_path: Path) -> None:
    assert first_lines(written(kind, tmp_path / "run")) == dict.fromkeys(
        ("terminal", "markdown", "page", "json"), LINES[kind]
    )


def test_a_mixed_run_lists_every_agent(tmp_path: Path) -> None:
    kinds = {AGENTS[0]: "llm", AGENTS[1]: "rules", AGENTS[2]: "rules"}
    folder = written("rules", tmp_path / "run", kinds=kinds, models={AGENTS[0]: "m-1"})
    said = first_lines(folder)["json"]
    assert said.startswith("Mixed run. Language model: m-1: " + AGENTS[0])
    assert all(agent in said for agent in AGENTS[:3])
    assert len(set(first_lines(folder).values())) == 1


def test_nobody_was_asked(tmp_path: Path) -> None:
    assert first_lines(written("rules", tmp_path / "run", kinds={}))["page"].startswith(
        "No analyst was asked"
    )


def test_rules_are_called_no_model(rules_run: Path) -> None:
    page = Page.read(rules_run / "report.html")
    settings = next(e for e in page.all("section") if e.attributes.get("id") == "settings")
    shown = page.all("body")[0].text
    for script in page.all("script"):
        shown = shown.replace(script.text, "")
    shown = shown.replace(settings.text, "").replace(LINES["rules"], "")
    markdown = (rules_run / "report.md").read_text().replace(LINES["rules"], "").partition("\n## Settings")[0]
    for text in (shown, markdown):
        assert not re.search(r"\bLLM|\bGPT|language model", text)
