//! What a pair episode is.

use std::sync::Arc;

use crate::Error;
use crate::pair::hedge::{HedgeKind, USABLE};
use crate::pair::kalman::Noise;
use crate::pair::layout::Layout;
use crate::pair::stock::Stocks;
use crate::pair::tape::Stage;
use crate::pair::work::Work;

/// Where a pair is traded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Venue {
    /// An exact Ornstein-Uhlenbeck spread, filled at mid, all costs charged in money.
    Ou,
    /// The same spread and a random walk shared by both legs, in two books with ticks, lots, depth and fees.
    Books,
    /// Two recorded books.
    Replay,
}

impl Venue {
    /// Every venue with the name Python uses.
    pub const TABLE: [(&'static str, Venue); 3] =
        [("ou", Venue::Ou), ("books", Venue::Books), ("replay", Venue::Replay)];
}

/// What kind of episodes a batch runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Start positions uniform over the targets, entered free at mid; first lengths staggered.
    Train,
    /// Flat starts, full lengths.
    Evaluate,
}

impl Mode {
    /// Every mode with the name Python uses.
    pub const TABLE: [(&'static str, Mode); 2] = [("train", Mode::Train), ("evaluate", Mode::Evaluate)];
}

/// What a decision earns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum RewardKind {
    /// R - lambda R^2.
    Pnl {
        /// lambda.
        risk_aversion: f64,
    },
    /// The differential Sharpe ratio of Moody and Saffell (1998) on R.
    DifferentialSharpe,
}

/// Which z an observation shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ZKind {
    /// By the constants of the simulated world.
    Known,
    /// By mean and standard deviation of the last W spreads.
    Rolling,
}

impl ZKind {
    /// Every kind with the name Python uses.
    pub const TABLE: [(&'static str, ZKind); 2] = [("known", ZKind::Known), ("rolling", ZKind::Rolling)];
}

/// Domain parameters of an episode: multipliers, but for the latency.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Theta {
    /// Of fees.
    pub fee: f64,
    /// Of half-spreads.
    pub spread: f64,
    /// Mean entry latency, milliseconds.
    pub latency_ms: f64,
    /// Share of passive fills that happen.
    pub fill: f64,
    /// Of the spread's volatility.
    pub vol: f64,
}

/// Numbers in [`Theta`].
pub const N_THETA: usize = 5;

impl Theta {
    /// What the settings say without change.
    pub const NOMINAL: Self = Self { fee: 1.0, spread: 1.0, latency_ms: 0.0, fill: 1.0, vol: 1.0 };
    /// Names in order.
    pub const NAMES: [&'static str; N_THETA] =
        ["fee_mult", "spread_mult", "latency_ms", "fill_prob", "vol_mult"];

    /// In the order of the names.
    pub fn of(values: [f64; N_THETA]) -> Self {
        let [fee, spread, latency_ms, fill, vol] = values;
        Self { fee, spread, latency_ms, fill, vol }
    }

    /// The inverse of `of`.
    pub fn values(&self) -> [f64; N_THETA] {
        [self.fee, self.spread, self.latency_ms, self.fill, self.vol]
    }

    /// # Errors
    /// A value out of range: its name, what is expected and what came. In a simulated world orders must arrive before the
    /// next decision; a recorded one has the volatility it has.
    pub fn check(&self, settings: &Settings) -> Result<(), Error> {
        // An entry latency is drawn below 1.5 times its mean.
        let slowest = if settings.venue == Venue::Replay { 60_000.0 } else { settings.dt_ms / 1.5 };
        let most = [100.0, 100.0, slowest, 1.0, 100.0];
        for ((name, value), most) in Self::NAMES.into_iter().zip(self.values()).zip(most) {
            if !(value >= 0.0 && value <= most) {
                return Err(Error::Config(format!("theta.{name}: expected 0 to {most}, got {value}")));
            }
        }
        if self.vol == 0.0 {
            return Err(Error::Config("theta.vol_mult: expected a positive number, got 0".into()));
        }
        if settings.venue == Venue::Replay && self.vol != 1.0 {
            return Err(Error::Config(format!(
                "theta.vol_mult: expected 1 on replay, whose volatility is recorded, got {}",
                self.vol
            )));
        }
        Ok(())
    }
}

/// Everything that decides what an episode is; see `quantrl.envs.PairConfig` for the fields.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where it is traded.
    pub venue: Venue,
    /// What kind of episodes.
    pub mode: Mode,
    /// kappa Delta; 0 is a random walk.
    pub kappa_dt: f64,
    /// phi = e^(-kappa Delta).
    pub phi: f64,
    /// sigma_Delta / s.
    pub step_sd: f64,
    /// s, log units.
    pub s: f64,
    /// k, log units for one unit of position change.
    pub cost: f64,
    /// Delta in milliseconds.
    pub dt_ms: f64,
    /// n, quote currency.
    pub notional: f64,
    /// Filled at mid and free of half-spreads.
    pub at_mid: bool,
    /// Ticks an order may pay beyond the touch it saw.
    pub slip_ticks: i64,
    /// Units of position that rest on each level of a book.
    pub depth_units: f64,
    /// T.
    pub episode_len: u64,
    /// Loss in U that ends an episode.
    pub ruin: f64,
    /// Loss in U from which on only flat is legal; infinity = never.
    pub loss_limit: f64,
    /// What is learned from.
    pub reward: RewardKind,
    /// Episodes are sessions that close flat unless they are ruined before, and their P&L on top of a first stock is shown;
    /// `None`: they are cut off.
    pub stock: Option<Stocks>,
    /// Which z.
    pub z: ZKind,
    /// Which hedge ratio.
    pub hedge: HedgeKind,
    /// Intercept of a fixed hedge, and of a rolling one until it has seen W decisions.
    pub alpha: f64,
    /// The same of its ratio; a rolling one is compared with it.
    pub beta: f64,
    /// Of a hedge by `Kalman`.
    pub noise: Noise,
    /// Of `replay`: taker fees, shares of the traded value, by leg.
    pub fees: [f64; 2],
    /// Of `replay`: standard deviation of the logarithm of an entry latency; 0 makes it constant.
    pub latency_sigma: f64,
    /// Of `replay`: the tape and the part of it that is served.
    pub stage: Option<Arc<Stage>>,
    /// Of `replay`: how orders are worked between decisions; None sends what is missing at each and no more.
    pub work: Option<Work>,
    /// The second leg follows a hedge ratio that has moved too far.
    pub rehedges: bool,
    /// W.
    pub window: usize,
    /// Least and largest theta of an episode.
    pub theta: (Theta, Theta),
    /// Sizes of an observation.
    pub layout: Layout,
}

impl Settings {
    /// # Errors
    /// A setting no world can serve.
    pub fn check(&self) -> Result<(), Error> {
        let fail = |message: String| Err(Error::Config(message));
        self.theta.0.check(self)?;
        self.theta.1.check(self)?;
        let positive = [
            ("step_sd", self.step_sd),
            ("s", self.s),
            ("dt", self.dt_ms),
            ("depth", self.depth_units),
            ("ruin", self.ruin),
            ("loss_limit", self.loss_limit),
        ];
        for (name, value) in positive {
            if value.is_nan() || value <= 0.0 {
                return fail(format!("{name}: expected a positive number, got {value}"));
            }
        }
        if !(self.kappa_dt >= 0.0 && self.kappa_dt.is_finite() && self.cost >= 0.0 && self.cost <= 1.0) {
            return fail(format!("kappa_dt, cost: out of range, got {}, {}", self.kappa_dt, self.cost));
        }
        if !(self.notional >= 1.0 && self.notional <= 1e6) {
            return fail(format!(
                "notional: lots round to 0 below 1, and money ends at 1e6; got {}",
                self.notional
            ));
        }
        if !(4..=100_000).contains(&self.window) {
            return fail(format!("window: expected 4 to 100000, got {}", self.window));
        }
        if self.episode_len == 0 || self.slip_ticks < 0 {
            return fail(format!("episode_len, slip_ticks: got {}, {}", self.episode_len, self.slip_ticks));
        }
        if let Some(stock) = &self.stock {
            stock.check()?;
            if self.reward != (RewardKind::Pnl { risk_aversion: 0.0 }) {
                return fail(
                    "objective: a stock counts money, so the reward must be pnl without risk aversion".into(),
                );
            }
        }
        if self.hedge == HedgeKind::Kalman {
            self.noise.check(self.kappa_dt, self.s)?;
        }
        if !self.at_mid && self.venue == Venue::Ou {
            return fail("execution: the world ou fills at mid".into());
        }
        if self.at_mid && self.venue == Venue::Books && self.cost > 0.0 {
            return fail(format!("execution: fills at mid are free, so cost must be 0, got {}", self.cost));
        }
        if self.work.is_none() && self.layout.styles > 1 {
            return fail("styles: passive orders are worked; expected 1 without, got 2".into());
        }
        if self.venue == Venue::Replay {
            return self.check_replay();
        }
        match &self.work {
            Some(_) => {
                fail("styles, leg_ms: orders are worked in recorded books, got a simulated pair".into())
            }
            None => Ok(()),
        }
    }

    fn check_replay(&self) -> Result<(), Error> {
        let fail = |message: String| Err(Error::Config(message));
        if !(USABLE.contains(&self.beta) && self.alpha.is_finite()) {
            return fail(format!(
                "alpha, beta: expected finite and 0.2 to 5, got {}, {}",
                self.alpha, self.beta
            ));
        }
        if self.at_mid || self.z == ZKind::Known {
            return fail(
                "execution, z: expected touch and rolling on replay, whose constants nobody knows".into(),
            );
        }
        if let Some(work) = &self.work {
            work.check()?;
        }
        let rates = self.fees.into_iter().chain([self.latency_sigma]);
        if let Some(rate) = rates.into_iter().find(|rate| !(0.0..=1.0).contains(rate)) {
            return fail(format!("fees, latency_sigma: expected 0 to 1, got {rate}"));
        }
        Ok(())
    }
}

/// phi = e^(-kappa Delta).
pub fn phi(kappa_dt: f64) -> f64 {
    libm::exp(-kappa_dt)
}

/// sigma_Delta / s = sqrt(1 - phi^2).
pub fn stationary_step(kappa_dt: f64) -> f64 {
    (-libm::expm1(-2.0 * kappa_dt)).sqrt()
}
