"""Where documents come from: one module a source, with ``SOURCE``, imported only when asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, ValidationError

from quantrl import registry
from quantrl.config import Section
from quantrl.contest.documents.store import DocumentStore
from quantrl.errors import ConfigError
from quantrl.units import NS_PER_SECOND

if TYPE_CHECKING:
    from quantrl.data import Panel

PACKAGE = "quantrl.contest.sources"


class SourceConfig(Section):
    """One source of documents.

    `columns` says what the file calls a field: ``{ title = "headline", published_at = "ts" }``. `time_zone` is needed where
    times name none, and where there are dates alone. `symbols` are those whose names are looked for in the text.
    `where` keeps the rows of a file whose columns have one of these values, so that one file can be several sources:
    ``{ publisher = ["Yahoo"] }``.
    """

    source: str
    name: str | None = None
    path: str | None = None
    columns: dict[str, str] = Field(default_factory=dict)
    where: dict[str, list[str]] = Field(default_factory=dict)
    time_zone: str | None = None
    delay_s: Annotated[float, Field(ge=0, le=10 * 86_400, allow_inf_nan=False)] = 60.0
    undated: Literal["refuse", "drop"] = "refuse"
    symbols: tuple[str, ...] = Field(default=(), strict=False)
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0

    @property
    def delay_ns(self) -> int:
        """`delay_s` in ns."""
        return round(self.delay_s * NS_PER_SECOND)


@dataclass(frozen=True)
class Source:
    """How the registry lists a source.

    Parameters
    ----------
    name : str
    summary : str
        One line.
    load : callable
        From a config, and the panel of the run where there is one, to a store.
    needs : {'', 'path', 'panel'}
        What it cannot do without.
    prices : callable, optional
        From its path to the panel that belongs to the documents.
    """

    name: str
    summary: str
    load: Callable[..., DocumentStore]
    needs: Literal["", "path", "panel"] = ""
    prices: Callable[[str], Panel] | None = None


def load_documents(config: SourceConfig | str | dict[str, Any], panel: Panel | None = None) -> DocumentStore:
    """The documents of one source.

    Parameters
    ----------
    config : SourceConfig, str or dict
        A name alone, or the table of a TOML file.
    panel : Panel, optional
        Market data, for sources that are written from them.

    Raises
    ------
    ConfigError
        Unknown source or field, or one that is missing.
    DataError
        Documents that cannot be used; names file or source, and row.
    """
    raw = {"source": config} if isinstance(config, str) else config
    try:
        settings = SourceConfig.model_validate(raw)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        key = ".".join(str(part) for part in problem["loc"])
        raise ConfigError(f"documents: {key}: {problem['msg']}, got {problem['input']!r}") from None
    source = _source(settings.source)
    given = {"": True, "path": settings.path is not None, "panel": panel is not None}
    if not given[source.needs]:
        raise ConfigError(f"documents: source {source.name!r} needs a {source.needs}")
    if settings.where and source.needs != "path":
        raise ConfigError(f"documents: where: source {source.name!r} reads no file; remove it")
    return source.load(settings, panel)


def brings_prices(config: SourceConfig) -> bool:
    """Whether the documents of a source come with prices."""
    return config.path is not None and _source(config.source).prices is not None


def load_prices(config: SourceConfig) -> Panel:
    """The panel that comes with documents.

    Raises
    ------
    ConfigError
        They come without.
    DataError
        Prices that cannot be used.
    """
    prices = _source(config.source).prices
    if prices is None or config.path is None:
        raise ConfigError(f"documents: source {config.source!r} brings no prices; expected data beside it")
    return prices(config.path)


def _source(name: str) -> Source:
    found: Source = registry.load(PACKAGE, name).SOURCE
    return found
