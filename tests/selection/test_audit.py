"""The trail can be derived again from the ledger, and no byte of it can be changed unseen."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from quantrl.errors import AuditError, RunError
from quantrl.runs import canonical_json
from quantrl.selection import Pipeline, check
from selection.toy import contest, finished, market, quick


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("runs") / "toy"
    root.mkdir()
    finished().write(root)
    finished().seal(root)
    return root


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """90 bars: every check below reads it again from the start."""
    root = tmp_path_factory.mktemp("runs") / "short"
    root.mkdir()
    result = contest(market(90), pipeline=quick()).run()
    result.write(root)
    result.seal(root)
    return root


def copy(source: Path, target: Path) -> Path:
    shutil.copytree(source, target)
    return target


def test_every_line_follows_from_the_ledger(folder: Path) -> None:
    found = check(folder)
    assert (found.ok, found.lines) == (True, 600)
    found.raise_if_broken()


def test_lines_are_canonical_and_chained(folder: Path) -> None:
    previous = "0" * 64
    for number, text in enumerate((folder / "audit.jsonl").read_text().splitlines()):
        line = json.loads(text)
        assert canonical_json(line) == text
        assert (line["seq"], line["prev_sha"]) == (number, previous)
        previous = hashlib.sha256(text.encode()).hexdigest()
    assert json.loads((folder / "report.json").read_text())["audit"]["last_sha"] == previous


def test_any_flipped_byte_is_found(short: Path, tmp_path: Path) -> None:
    raw = (short / "audit.jsonl").read_bytes()
    starts = np.flatnonzero(np.frombuffer(raw, dtype=np.uint8) == ord("\n")) + 1
    rng = np.random.default_rng(4)
    places = {
        0,
        len(raw) - 1,
        len(raw) - 2,
        int(starts[3]) - 1,
        *rng.choice(len(raw), 16, replace=False).tolist(),
    }
    root = copy(short, tmp_path / "run")
    (root / "manifest.json").unlink()
    for place in sorted(places):
        spoilt = bytearray(raw)
        spoilt[place] ^= 1 << int(rng.integers(7))
        (root / "audit.jsonl").write_bytes(bytes(spoilt))
        found = check(root)
        assert not found.ok, f"byte {place}"
        line = int(np.searchsorted(starts, place, side="right")) + 1
        assert found.line is not None
        assert line <= found.line <= line + 1
    (root / "audit.jsonl").write_bytes(raw)
    assert check(root).ok


def test_a_changed_score_is_named(short: Path, tmp_path: Path) -> None:
    root = copy(short, tmp_path / "run")
    lines = (root / "audit.jsonl").read_text().splitlines()
    line = json.loads(lines[70])
    line["scores"]["mean"][8] += 1e-9
    lines[70] = canonical_json(line)
    (root / "audit.jsonl").write_text("\n".join(lines) + "\n")
    found = check(root)
    assert (found.line, found.field) == (71, "scores.mean")
    with pytest.raises(AuditError, match=r"audit.jsonl line 71, scores.mean: expected"):
        found.raise_if_broken()


def test_a_changed_or_missing_row_is_found(short: Path, tmp_path: Path) -> None:
    root = copy(short, tmp_path / "run")
    rows = pl.read_parquet(root / "ledger.parquet")
    changed = rows.with_columns(
        gross=pl.when((pl.col("agent") == "noise") & (pl.int_range(pl.len()) > 400))
        .then(pl.col("gross") * (1 + 1e-12))
        .otherwise("gross")
    )
    changed.write_parquet(root / "ledger.parquet")
    found = check(root)
    assert found.field == "ledger.sha"
    rows.head(700).write_parquet(root / "ledger.parquet")
    assert check(root).field == "ledger.rows"
    (root / "ledger.parquet").unlink()
    assert check(root).field == "ledger"


def test_a_shortened_trail_and_foreign_ends_are_found(short: Path, tmp_path: Path) -> None:
    root = copy(short, tmp_path / "run")
    raw = (root / "audit.jsonl").read_bytes()
    (root / "audit.jsonl").write_bytes(b"".join(raw.splitlines(keepends=True)[:-1]))
    assert check(root).field == "sha256"
    (root / "audit.jsonl").write_bytes(raw[:-1])
    assert check(root).field == "end"
    (root / "audit.jsonl").write_bytes(raw)
    report = json.loads((root / "report.json").read_text())
    report["audit"]["last_sha"] = "0" * 64
    (root / "report.json").write_text(json.dumps(report))
    assert check(root).field == "sha256"


def test_another_pipeline_or_none_is_refused(short: Path, tmp_path: Path) -> None:
    assert check(short, Pipeline.from_settings(quick().settings())).ok
    assert check(short, Pipeline.default()).field == "header.pipeline"
    with pytest.raises(RunError, match="cannot be read"):
        check(tmp_path)


def test_an_interrupted_run_is_a_valid_trail(tmp_path: Path) -> None:
    def stop(done: int, bars: int) -> None:
        if done > 70:
            raise KeyboardInterrupt

    result = contest(pipeline=quick()).run(progress=stop)
    result.write(tmp_path)
    result.seal(tmp_path)
    assert result.status == "interrupted"
    assert check(tmp_path).lines == result.n_bars == 97
    assert check(tmp_path).ok


def test_a_result_changed_by_hand_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    result = contest(market(150)).run()
    result.write(folder)
    result.seal(folder)
    assert check(folder).ok
    for name in ("report.json", "equity.parquet", "decisions.parquet", "metrics.json"):
        good = (folder / name).read_bytes()
        (folder / name).write_bytes(good[:-40] + good[-40:].replace(b"e", b"f", 1) + b" ")
        assert check(folder).field in (name, "sha256")
        (folder / name).write_bytes(good)
