"""Where everything lies in a flat observation."""

from __future__ import annotations

from dataclasses import dataclass

from quantrl.envs.portfolio import PortfolioConfig

N_STATS = 5
"""s: k/T, 100 mean, 100 std, drawdown, last turnover (clipped to +-10)."""
STATS = ("clock", "mean", "std", "drawdown", "turnover")


@dataclass(frozen=True)
class ObsLayout:
    """Slices of a float32 observation of `size` numbers.

    ``index`` is ``[t | ids | weights | stats]``: the row of the last visible bar, the assets of the episode where they
    are drawn, the drifted weights with cash first, and `STATS`. ``image`` is ``[image | weights | stats]`` with the
    image (F, W, K) in C order. ``released`` is an image (F, W + 1, K) whose first time row repeats the last *target*
    weights without cash in every channel, and nothing else.

    Attributes
    ----------
    kind : str
        ``index``, ``image`` or ``released``.
    n_features, window, n_assets : int
        F, W and K.
    has_ids : bool
        Assets are drawn per episode, so an index observation names them.
    """

    kind: str
    n_features: int
    window: int
    n_assets: int
    has_ids: bool = False

    @staticmethod
    def of(config: PortfolioConfig, n_features: int, n_all: int) -> ObsLayout:
        """Layout of an environment on a market of `n_all` names and `n_features` price columns."""
        n_assets = n_all if config.n_assets is None else config.n_assets
        return ObsLayout(config.obs, n_features, config.window, n_assets, config.assets == "random")

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(F, W, K), or (F, W + 1, K) for ``released``."""
        return (self.n_features, self.window + (self.kind == "released"), self.n_assets)

    @property
    def image(self) -> slice:
        """Prices; empty for ``index``."""
        if self.kind == "index":
            return slice(0, 0)
        features, rows, assets = self.image_shape
        return slice(0, features * rows * assets)

    @property
    def t(self) -> slice:
        """Row of the last visible bar, exact below 2**24; empty unless ``index``."""
        return slice(0, 1) if self.kind == "index" else slice(0, 0)

    @property
    def ids(self) -> slice:
        """Columns of the market the K assets are; empty unless they are drawn and the kind is ``index``."""
        return slice(1, 1 + self.n_assets) if self.kind == "index" and self.has_ids else slice(0, 0)

    @property
    def weights(self) -> slice:
        """Drifted weights (K + 1), cash first; empty for ``released``."""
        if self.kind == "released":
            return slice(0, 0)
        start = max(self.image.stop, self.t.stop, self.ids.stop)
        return slice(start, start + self.n_assets + 1)

    @property
    def stats(self) -> slice:
        """`STATS`; empty for ``released``."""
        return (
            slice(0, 0) if self.kind == "released" else slice(self.weights.stop, self.weights.stop + N_STATS)
        )

    @property
    def size(self) -> int:
        """Numbers in one observation."""
        size: int = max(self.image.stop, self.stats.stop)
        return size

    @property
    def n_actions(self) -> int:
        """K + 1."""
        return self.n_assets + 1
