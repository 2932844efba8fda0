use quantrl_sim::bar::{Costs, Scratch, Traded, Weights};

use crate::portfolio::{Reward, Settings, Statistics};

const NOTHING: Traded = Traded { factor: 1.0, turnover: 0.0 };
const MOST: f64 = 10.0;

/// What happens on one bar: prices move, targets are filled, prices move again.
#[derive(Clone, Copy, Debug)]
pub struct Bar<'a> {
    /// Price relatives up to the fill point, or of the whole bar.
    pub before: &'a [f64],
    /// Target weights of the names, if something is filled; NaN keeps a name.
    pub target: Option<&'a [f64]>,
    /// Price relatives from the fill point to the close, where it lies before the close.
    pub after: Option<&'a [f64]>,
}

/// Wealth, weights and the statistics an observation shows. Episodes and live agents keep the same one.
#[derive(Clone, Debug)]
pub struct Account {
    /// Decisions since the statistics began.
    pub k: usize,
    /// In units of the start.
    pub wealth: f64,
    /// Largest wealth since the statistics began.
    pub peak: f64,
    /// Bought plus sold over wealth before the last trade.
    pub turnover: f64,
    /// Of the bars since the statistics began.
    pub stats: Statistics,
    /// Drifted weights.
    pub weights: Weights,
}

impl Account {
    /// One in cash.
    pub fn new(settings: &Settings) -> Self {
        Self {
            k: 0,
            wealth: 1.0,
            peak: 1.0,
            turnover: 0.0,
            stats: Statistics::new(settings.reward),
            weights: Weights::cash(settings.assets()),
        }
    }

    /// The statistics begin anew; holdings and wealth do not.
    pub fn restart(&mut self, reward: Reward) {
        self.stats = Statistics::new(reward);
        (self.k, self.peak, self.turnover) = (0, self.wealth, 0.0);
    }

    /// One decision is over; the statistics restart every T of them.
    pub fn decided(&mut self, settings: &Settings) {
        self.k += 1;
        if self.k == settings.episode_len {
            self.restart(settings.reward);
        }
    }

    /// One bar; returns its simple net return and what it traded. O(K).
    #[inline(always)]
    pub fn bar(
        &mut self,
        settings: &Settings,
        costs: &Costs,
        scratch: &mut Scratch,
        ones: &[f64],
        bar: Bar<'_>,
    ) -> (f64, f64) {
        let before = self.wealth;
        let mut growth = self.weights.drift(bar.before, settings.growth);
        let traded = match bar.target {
            Some(target) => self.weights.trade(target, ones, costs, settings.sizing, scratch),
            None => NOTHING,
        };
        growth *= traded.factor;
        if let Some(after) = bar.after {
            growth *= self.weights.drift(after, settings.growth);
        }
        if bar.target.is_some() {
            self.turnover = traded.turnover;
        }
        self.wealth = before * growth;
        if self.wealth > self.peak {
            self.peak = self.wealth;
        }
        let log = if settings.reward == Reward::AvgSharpe {
            let guard = settings.growth.guard();
            libm::log((self.wealth + guard) / (before + guard))
        } else {
            0.0
        };
        self.stats.push(settings.reward, growth - 1.0, log);
        (growth - 1.0, traded.turnover)
    }

    /// s: k/T, 100 mean, 100 std, drawdown, last turnover; A / sqrt(B) and 100 sqrt(B) for the differential reward.
    pub fn shown(&self, settings: &Settings) -> [f64; 5] {
        let stats = &self.stats;
        let (mean, std) = if settings.reward == Reward::DifferentialSharpe {
            let root = stats.second.sqrt();
            (stats.first / root, 100.0 * root)
        } else {
            (100.0 * stats.mean, 100.0 * stats.std())
        };
        let clock = self.k as i64 as f64 / settings.episode_len as i64 as f64;
        let drawdown = self.wealth / self.peak - 1.0;
        [clock, mean, std, drawdown, self.turnover].map(|s| s.clamp(-MOST, MOST))
    }
}
