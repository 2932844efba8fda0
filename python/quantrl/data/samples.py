"""Data that come with the package; see ``data/README.md`` for sources, licences and traps."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from quantrl.data.hashing import file_sha256
from quantrl.data.panel import Panel
from quantrl.data.sources import file_grid, grid_panel, request
from quantrl.errors import ConfigError, DataError

FOLDER = Path(__file__).parent / "bundled"
SURVIVORS = "names chosen with hindsight: results are no evidence of skill on an unseen market"


@dataclass(frozen=True)
class Sample:
    """One bundled file.

    Parameters
    ----------
    file : str
        Name in `FOLDER`.
    sha256 : str
        Checked at every load.
    close_time : str
    periods_per_year : float
    adjust : str
    flags : tuple of str
        Passed on to the panel.
    summary : str
        One line for ``quantrl data list``.
    """

    file: str
    sha256: str
    close_time: str
    periods_per_year: float
    adjust: str
    flags: tuple[str, ...]
    summary: str


SAMPLES = {
    "us20": Sample(
        "us20.parquet",
        "5a48bd511ad203f75bb23aab05b0aa9b2e5a07464838aeab4d7929391c3ac18d",
        "16:00 America/New_York",
        252.0,
        "total",
        (SURVIVORS, "closes only, with 3 decimals: early returns carry rounding errors up to 0.5 %"),
        "20 US stocks, adjusted daily closes, 1990-01-02 to 2022-12-28",
    ),
    "us5": Sample(
        "us5.parquet",
        "6d70e57afcc4068e6ec17ffbb108dad680c2acf23532fd47507fe31d8783d685",
        "16:00 America/New_York",
        252.0,
        "raw",
        (
            SURVIVORS,
            "raw prices: closes halve at splits; use adjust = \"total\" or panel.adjusted('adj_close')",
        ),
        "5 US stocks, raw daily bars with adj_close, 2000-03-01 to 2013-03-01",
    ),
}
_SYNTHETIC_SUMMARY = "12 generated stocks, daily bars with price limits, halts and lots, 2015-01-05 on"


def sample_names() -> tuple[str, ...]:
    """Names that `load_sample` knows, sorted."""
    return tuple(sorted([*SAMPLES, "synthetic"]))


def sample_summary(name: str) -> str:
    """One line about a sample."""
    return _SYNTHETIC_SUMMARY if name == "synthetic" else _sample(name).summary


def sample_path(name: str) -> Path:
    """File of a sample.

    Raises
    ------
    ConfigError
        Unknown name, or one that is generated.
    """
    return FOLDER / _sample(name).file


def load_sample(name: str) -> Panel:
    """A bundled panel: ``us20``, ``us5`` or ``synthetic``.

    Raises
    ------
    ConfigError
        Unknown name.
    DataError
        The file of this installation is missing or was changed.
    """
    if name == "synthetic":
        from quantrl.data.sources.synthetic import synthetic

        return synthetic()
    sample = _sample(name)
    path = sample_path(name)
    if not path.is_file():
        raise DataError(f"{path}: the bundled sample {name} is missing from this installation")
    digest = file_sha256(path)
    if digest != sample.sha256:
        raise DataError(
            f"{path}: expected sha256 {sample.sha256}, got {digest}; the bundled sample was changed"
        )
    grid = file_grid(path, request(close_time=sample.close_time, trusted=True))
    settings = {
        "periods_per_year": sample.periods_per_year,
        "adjust": sample.adjust,
        "flags": sample.flags,
        "name": name,
        "source": f"sample {name}",
    }
    return grid_panel(grid, settings)


def _sample(name: str) -> Sample:
    if name not in SAMPLES:
        raise ConfigError(f"unknown sample {name!r}; choose one of: {', '.join(sample_names())}")
    return SAMPLES[name]
