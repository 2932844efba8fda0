/// Statistics of the episode at the end of an observation: k/T, 100 mean, 100 std, drawdown, last turnover.
pub const N_STATS: usize = 5;

/// What an observation shows of the market.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObsKind {
    /// The row of the last visible bar; whoever reads it has the market.
    Index,
    /// (F, W, K) prices.
    Image,
    /// (F, W + 1, K), the first time row the last target weights: arXiv 2412.18563 as released.
    Released,
}

impl ObsKind {
    /// Every kind with the name a config uses.
    pub const TABLE: [(&'static str, ObsKind); 3] =
        [("index", ObsKind::Index), ("image", ObsKind::Image), ("released", ObsKind::Released)];
}

/// Sizes of an observation; the twin of `quantrl.envs.ObsLayout`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// What it shows of the market.
    pub kind: ObsKind,
    /// F.
    pub features: usize,
    /// W.
    pub window: usize,
    /// K.
    pub assets: usize,
    /// Assets are drawn, so an index names them.
    pub ids: bool,
}

impl Layout {
    /// Numbers before the weights.
    pub fn market_part(&self) -> usize {
        match self.kind {
            ObsKind::Index => 1 + if self.ids { self.assets } else { 0 },
            ObsKind::Image => self.features * self.window * self.assets,
            ObsKind::Released => self.features * (self.window + 1) * self.assets,
        }
    }

    /// Numbers in one observation.
    pub fn size(&self) -> usize {
        match self.kind {
            ObsKind::Released => self.market_part(),
            _ => self.market_part() + self.assets + 1 + N_STATS,
        }
    }
}
