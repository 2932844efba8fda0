//! Sizes of an observation; the twin of `quantrl.envs.PairLayout`.

/// Which blocks an observation has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Features {
    /// z, dz1, five of the own position, share of the episode left, cost.
    Core,
    /// Blocks S R V M M O T of the specification.
    Full,
}

impl Features {
    /// Every set with the name Python uses.
    pub const TABLE: [(&'static str, Features); 2] = [("core", Features::Core), ("full", Features::Full)];
}

/// Sizes of an observation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Which blocks.
    pub features: Features,
    /// A: 3 or 5 targets from -1 to 1, by each style.
    pub actions: usize,
    /// 1: aggressive; 2: then passive, action = style x targets + target.
    pub styles: usize,
    /// Whether A and B of the differential Sharpe ratio are shown.
    pub statistics: bool,
    /// Whether theta is shown.
    pub theta: bool,
    /// Whether the stock is shown.
    pub stock: bool,
}

/// Numbers of the own position in `core`.
pub const OWN_CORE: usize = 5;
/// Numbers of the own position in `full`.
pub const OWN_FULL: usize = 9;

impl Layout {
    /// O.
    pub fn own(&self) -> usize {
        match self.features {
            Features::Core => OWN_CORE,
            Features::Full => OWN_FULL,
        }
    }

    /// Numbers before the own position.
    pub fn market(&self) -> usize {
        match self.features {
            Features::Core => 2,
            Features::Full => 38,
        }
    }

    /// Numbers after the own position and before the extras: time and costs.
    pub fn time(&self) -> usize {
        match self.features {
            Features::Core => 2,
            Features::Full => 5,
        }
    }

    /// Numbers after time and costs and before the legality bits.
    pub fn extra(&self) -> usize {
        2 * usize::from(self.statistics)
            + super::config::N_THETA * usize::from(self.theta)
            + usize::from(self.stock)
    }

    /// Numbers in one observation.
    pub fn size(&self) -> usize {
        self.market() + self.own() + self.time() + self.extra() + self.actions
    }

    /// Targets.
    #[inline]
    pub fn targets(&self) -> usize {
        self.actions / self.styles
    }

    /// Position an action asks for: targets evenly from -1 to 1.
    #[inline]
    pub fn target(&self, action: usize) -> f64 {
        let targets = self.targets();
        2.0 * (action % targets) as f64 / (targets - 1) as f64 - 1.0
    }

    /// Whether an action asks for passive orders.
    #[inline]
    pub fn is_passive(&self, action: usize) -> bool {
        action >= self.targets()
    }
}
