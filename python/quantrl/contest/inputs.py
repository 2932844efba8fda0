"""Prices and documents that a config names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quantrl.config import DataConfig
from quantrl.contest.config import ContestConfig
from quantrl.contest.documents.store import DocumentStore
from quantrl.contest.sources import SourceConfig, brings_prices, load_documents, load_prices
from quantrl.contest.sources.planted import load_planted
from quantrl.data import load
from quantrl.errors import ConfigError

if TYPE_CHECKING:
    from quantrl.data import Panel

PLANTED = "planted"


def load_inputs(config: ContestConfig) -> tuple[Panel, DocumentStore]:
    """The panel of ``data``, or those of its instruments that ``symbols`` names, and all of ``documents`` as one store.

    Documents of a data set that has prices of its own bring them where ``data`` is not given; ``data = { sample =
    "planted" }`` is the generated world, of the seed that its source of documents has.

    Raises
    ------
    ConfigError
        One of the two is missing, or cannot be had.
    DataError
        Data that cannot be used.
    """
    brings = any(source.source == PLANTED for source in config.documents)
    data = config.data or (DataConfig(sample=PLANTED) if brings else None)
    own = [source for source in config.documents if brings_prices(source)] if data is None else []
    if not config.documents or (data is None and not own):
        raise ConfigError(
            "contest: expected data and documents, such as data = { sample = 'us5' }, documents = 'fomc'"
        )
    if data is not None and data.sample == PLANTED:
        return _planted(data, config.documents, config.symbols)
    panel = _only(_brought(own) if data is None else load(data), config.symbols)
    return panel, _joined([load_documents(_named(source, panel), panel) for source in config.documents])


def _brought(own: list[SourceConfig]) -> Panel:
    """The one panel that documents bring."""
    places = {(source.source, source.path) for source in own}
    if len(places) > 1:
        raise ConfigError(f"data: documents bring {len(places)} sets of prices; name one of them as data")
    return load_prices(own[0])


def _planted(
    data: DataConfig, sources: list[SourceConfig], symbols: list[str]
) -> tuple[Panel, DocumentStore]:
    """The generated world, made once for prices and text."""
    other = sorted(data.model_fields_set - {"sample"})
    seeds = sorted({source.seed for source in sources if source.source == PLANTED})
    if other or len(seeds) > 1:
        raise ConfigError(
            f"data: planted is generated from the one seed of its documents, got {other or seeds}"
        )
    panel, text = load_planted(seeds[0] if seeds else 0)
    panel = _only(panel, symbols)
    return panel, _joined(
        [text if one.source == PLANTED else load_documents(_named(one, panel), panel) for one in sources]
    )


def _only(panel: Panel, symbols: list[str]) -> Panel:
    return panel.only(*symbols) if symbols else panel


def _joined(stores: list[DocumentStore]) -> DocumentStore:
    return stores[0] if len(stores) == 1 else DocumentStore.join(*stores)


def _named(source: SourceConfig, panel: Panel) -> SourceConfig:
    """The symbols of the panel are looked for where none are named."""
    wanted = not source.symbols and source.source == "frame"
    return source.model_copy(update={"symbols": panel.instruments}) if wanted else source
