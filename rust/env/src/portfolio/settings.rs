use quantrl_sim::bar::{Costs, Growth, Sizing};

use crate::Error;
use crate::market::{Base, Market};
use crate::portfolio::{ActionMap, Layout, Norm, Reward};

/// What kind of episodes a batch runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Random starts, T decisions.
    Train,
    /// As `Train`, with the start rows of the code released with arXiv 2412.18563.
    Released,
    /// One episode from a given row to the end of the segment; statistics restart every T decisions.
    Evaluate,
}

impl Mode {
    /// Every mode with the name Python uses.
    pub const TABLE: [(&'static str, Mode); 3] =
        [("train", Mode::Train), ("released", Mode::Released), ("evaluate", Mode::Evaluate)];
}

/// Everything that decides what an episode is; see `quantrl.envs.PortfolioConfig` for the fields.
#[derive(Clone, Debug)]
pub struct Settings {
    /// T.
    pub episode_len: usize,
    /// Bars between decisions.
    pub decision_every: usize,
    /// Filled at the next open, else at the next close.
    pub at_open: bool,
    /// How wealth compounds.
    pub growth: Growth,
    /// What weights are fractions of.
    pub sizing: Sizing,
    /// One rate per name of the market.
    pub costs: Costs,
    /// From action to target.
    pub action: ActionMap,
    /// What action 0 of `tilt` holds.
    pub base: Base,
    /// What is learned from.
    pub reward: Reward,
    /// lambda.
    pub turnover_penalty: f64,
    /// Discount that shapes `terminal_sharpe`.
    pub gamma: f64,
    /// A.
    pub periods_per_year: f64,
    /// Wealth that ends an episode.
    pub ruin_level: f64,
    /// Start in cash, else with Dirichlet(1) weights.
    pub start_cash: bool,
    /// Scale of an image.
    pub norm: Norm,
    /// What an observation is.
    pub layout: Layout,
    /// What kind of episodes.
    pub mode: Mode,
}

impl Settings {
    /// K.
    pub fn assets(&self) -> usize {
        self.layout.assets
    }

    /// First and last-plus-one start row in a segment: the window lies in it, and no row at or after its end is read.
    ///
    /// # Errors
    /// The segment is too short: what is needed and what there is.
    pub fn starts(&self, segment: (usize, usize)) -> Result<(usize, usize), Error> {
        let (start, end) = segment;
        let (window, bars) = (self.layout.window, self.episode_len * self.decision_every);
        let (low, high) = match self.mode {
            // idx is uniform on [W + 1, rows - T - 3) and the last visible row is idx - 1; T counts bars.
            Mode::Released => (start + window, end.saturating_sub(bars + 4)),
            Mode::Train => (start + window - 1, end.saturating_sub(bars)),
            Mode::Evaluate => (start, start + 1),
        };
        let needed = window + bars + 2;
        let short = self.mode != Mode::Evaluate && (high <= low || end - start < needed);
        if short {
            return Err(Error::Data(format!(
                "segment: expected at least {needed} rows (window + episode_len x decision_every + 2), got {}",
                end - start
            )));
        }
        Ok((low, high))
    }

    /// # Errors
    /// A setting that the market cannot serve.
    pub fn check(&self, market: &Market) -> Result<(), Error> {
        let (n, k) = (market.n_all(), self.assets());
        let fail = |message: String| Err(Error::Config(message));
        if k == 0 || k > n || (!self.layout.ids && k != n) {
            return fail(format!("n_assets: expected 1 to {n}, got {k}"));
        }
        if self.costs.n() != n {
            return fail(format!("cost_bps: expected one rate or {n}, got {}", self.costs.n()));
        }
        if self.layout.features != market.n_features() {
            return fail(format!("features: the market has {}", market.n_features()));
        }
        if self.at_open && !market.has_opens() {
            return Err(Error::Data("fill: next_open needs opens, and the panel has none".into()));
        }
        match &self.base {
            Base::Rows(rows) if rows.len() != market.rows() * n => fail("base: wrong shape".into()),
            Base::Fixed(weights) if weights.len() != n + 1 => {
                fail(format!("base: expected {} weights, cash first, got {}", n + 1, weights.len()))
            }
            _ if self.layout.window < 2 || self.episode_len == 0 || self.decision_every == 0 => {
                fail("window, episode_len, decision_every: expected at least 2, 1, 1".into())
            }
            _ => Ok(()),
        }
    }
}
