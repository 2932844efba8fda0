"""Prices and documents of a config."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quantrl.contest.config import ContestConfig
from quantrl.contest.documents.store import DocumentStore
from quantrl.contest.sources import load_documents
from quantrl.errors import ConfigError
from quantrl.units import ns_from_iso

if TYPE_CHECKING:
    from quantrl.data import Panel

PLANTED = "planted"


def load_inputs(config: ContestConfig) -> tuple[Panel, DocumentStore]:
    """What a contest runs on.

    Without `data`, documents of the planted world bring its prices.

    Raises
    ------
    ConfigError
        No data, no documents, or a field of either that does not fit.
    DataError
        Files that cannot be used.
    """
    if not config.documents:
        raise ConfigError(
            "documents: expected at least one source, such as 'fomc' or 'planted'; none is given"
        )
    panel = _panel(config)
    if config.symbols:
        panel = panel.only(*config.symbols)
    stores = [load_documents(one, panel) for one in config.documents]
    return panel, stores[0] if len(stores) == 1 else DocumentStore.join(*stores)


def _panel(config: ContestConfig) -> Panel:
    from quantrl import data

    section = config.data
    planted = next((one for one in config.documents if one.source == PLANTED), None)
    if section is not None and section.sample != PLANTED:
        return data.load(section)
    if section is None and planted is None:
        raise ConfigError(
            "data: expected a sample or a path of prices; only documents = 'planted' bring their own"
        )
    from quantrl.contest.sources.planted import load_planted

    panel, _ = load_planted(0 if planted is None else planted.seed)
    if section is None:
        return panel
    if section.close_time is not None or section.adjust != "raw" or section.periods_per_year is not None:
        raise ConfigError(
            "data: the planted world has its own times and prices; remove close_time, adjust, periods_per_year"
        )
    start = None if section.start is None else ns_from_iso(section.start)
    end = None if section.end is None else ns_from_iso(section.end, end_of_day=True)
    return panel.between(start, end)
