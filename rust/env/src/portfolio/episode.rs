use quantrl_rng::{Channel, Counter, Draws, Key};
use quantrl_sim::bar::{Costs, Scratch, Traded, Weights};

use crate::market::Market;
use crate::portfolio::{Mode, Reward, Settings, Statistics};

/// How a decision left its episode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// It goes on.
    Running,
    /// Ruin, or the end of a finite horizon.
    Terminated,
    /// Cut off: the value of the last state still counts.
    Truncated,
}

/// One bar of an episode, kept where a batch records.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Recorded {
    /// Row the bar ends on.
    pub row: usize,
    /// Wealth at its close, in units of the start.
    pub wealth: f64,
    /// Simple net return.
    pub simple: f64,
    /// Bought plus sold over wealth before the trade.
    pub turnover: f64,
}

/// Buffers of one thread.
#[derive(Clone, Debug)]
pub struct Work {
    target: Vec<f64>,
    relatives: Vec<f64>,
    ones: Vec<f64>,
    scratch: Scratch,
}

impl Work {
    /// For K assets.
    pub fn new(k: usize) -> Self {
        Self {
            target: vec![0.0; k + 1],
            relatives: vec![1.0; k],
            ones: vec![1.0; k],
            scratch: Scratch::new(k),
        }
    }
}

/// State of one environment.
#[derive(Clone, Debug)]
pub struct Episode {
    pub(super) key: Key,
    pub(super) number: u64,
    pub(super) row: usize,
    pub(super) k: usize,
    pub(super) decisions: usize,
    pub(super) wealth: f64,
    pub(super) peak: f64,
    pub(super) turnover: f64,
    pub(super) earned: f64,
    pub(super) stats: Statistics,
    pub(super) weights: Weights,
    pub(super) target: Vec<f64>,
    pub(super) ids: Vec<u32>,
    costs: Option<Costs>,
    /// Bars since the reset, if the batch records.
    pub recorded: Option<Vec<Recorded>>,
}

impl Episode {
    /// An environment that waits for its first reset.
    pub fn new(key: Key, settings: &Settings, record: bool) -> Self {
        let k = settings.assets();
        Self {
            key,
            number: 0,
            row: 0,
            k: 0,
            decisions: 0,
            wealth: 1.0,
            peak: 1.0,
            turnover: 0.0,
            earned: 0.0,
            stats: Statistics::new(settings.reward),
            weights: Weights::cash(k),
            target: vec![0.0; k + 1],
            ids: (0..k as u32).collect(),
            costs: None,
            recorded: record.then(Vec::new),
        }
    }

    /// Row of the last visible bar.
    pub fn row(&self) -> usize {
        self.row
    }

    /// Wealth in units of the start.
    pub fn wealth(&self) -> f64 {
        self.wealth
    }

    /// (reward sum, decisions, wealth) of the episode so far.
    pub fn totals(&self) -> [f64; 3] {
        [self.earned, self.decisions as f64, self.wealth]
    }

    /// Drifted weights.
    pub fn weights(&self) -> &Weights {
        &self.weights
    }

    /// Last target, cash first; NaN where a name was kept.
    pub fn target(&self) -> &[f64] {
        &self.target
    }

    /// Columns of the market that the assets are.
    pub fn ids(&self) -> &[u32] {
        &self.ids
    }

    /// Start a stream of episodes anew.
    pub fn reseed(&mut self, seed: u64) {
        self.key.seed = seed;
        self.number = 0;
    }

    /// Begin the next episode: its start row, assets and weights come from the address (seed, env, episode).
    pub fn reset(&mut self, market: &Market, settings: &Settings, starts: (usize, usize)) {
        let (low, high) = starts;
        self.row = low + self.draws(Channel::StartRow).below((high - low) as u64) as usize;
        if settings.layout.ids {
            self.draw_assets(market, settings);
        }
        self.weights = Weights::cash(settings.assets());
        if !settings.start_cash {
            self.weights.set(&self.dirichlet(settings.assets() + 1));
        }
        self.target[0] = self.weights.in_cash();
        self.target[1..].copy_from_slice(self.weights.held());
        (self.k, self.decisions, self.earned) = (0, 0, 0.0);
        self.wealth = 1.0;
        self.restart(settings.reward);
        if let Some(bars) = &mut self.recorded {
            bars.clear();
        }
        self.number += 1;
    }

    /// The statistics an observation shows begin anew; holdings and wealth do not.
    fn restart(&mut self, reward: Reward) {
        self.stats = Statistics::new(reward);
        (self.k, self.peak, self.turnover) = (0, self.wealth, 0.0);
    }

    fn draws(&self, channel: Channel) -> Draws {
        Draws::new(self.key, Counter { block: 0, draw: 0, channel, episode: self.number })
    }

    /// K of the names that have a full window at the start row; later rows are not consulted.
    fn draw_assets(&mut self, market: &Market, settings: &Settings) {
        let opens = (self.row + 1) as i64 - settings.layout.window as i64;
        let mut eligible: Vec<u32> =
            (0..market.n_all() as u32).filter(|&i| market.first(i as usize) <= opens).collect();
        let mut draws = self.draws(Channel::Assets);
        for i in 0..self.ids.len() {
            let j = i + draws.below((eligible.len() - i) as u64) as usize;
            eligible.swap(i, j);
        }
        eligible.truncate(self.ids.len());
        self.adopt(eligible, settings);
    }

    pub(super) fn adopt(&mut self, ids: Vec<u32>, settings: &Settings) {
        self.ids = ids;
        if settings.layout.ids {
            self.costs = Some(settings.costs.pick(&self.ids));
        }
    }

    fn dirichlet(&self, n: usize) -> Vec<f64> {
        let mut draws = self.draws(Channel::StartWeights);
        let exponential: Vec<f64> = (0..n).map(|_| -libm::log(draws.uniform_open())).collect();
        let sum: f64 = exponential.iter().sum();
        exponential.iter().map(|e| e / sum).collect()
    }

    /// One decision: trade on its first bar, drift on the others. Rows at or after `end` are not read.
    pub fn step(
        &mut self,
        market: &Market,
        settings: &Settings,
        action: &[f32],
        end: usize,
        work: &mut Work,
    ) -> (f64, Done) {
        settings.action.target(action, &settings.base, market, self.row, &self.ids, &mut work.target);
        for bar in 0..settings.decision_every.min(end - 1 - self.row) {
            if self.wealth <= settings.ruin_level {
                break;
            }
            self.bar(market, settings, bar == 0, work);
        }
        self.k += 1;
        self.decisions += 1;
        let done = self.done(settings, end);
        let last = done != Done::Running || self.k == settings.episode_len;
        let root = settings.periods_per_year.sqrt();
        let reward = self.stats.settle(settings.reward, root, settings.episode_len, settings.gamma, last)
            - settings.turnover_penalty * self.turnover;
        self.earned += reward;
        if done == Done::Running && self.k == settings.episode_len {
            self.restart(settings.reward);
        }
        (reward, done)
    }

    fn done(&self, settings: &Settings, end: usize) -> Done {
        let over = match settings.mode {
            Mode::Evaluate => self.row + 1 >= end,
            _ => self.k == settings.episode_len,
        };
        match (self.wealth <= settings.ruin_level, over, settings.reward.terminates()) {
            (true, _, _) | (_, true, true) => Done::Terminated,
            (_, true, false) => Done::Truncated,
            _ => Done::Running,
        }
    }

    fn bar(&mut self, market: &Market, settings: &Settings, trades: bool, work: &mut Work) {
        let row = self.row + 1;
        let before = self.wealth;
        let mut turnover = 0.0;
        let growth = if trades && settings.at_open {
            let to_open = self.drift(market.co(row), settings, work);
            let traded = self.trade(market, settings, row, work);
            turnover = traded.turnover;
            to_open * traded.factor * self.drift(market.oc(row), settings, work)
        } else {
            let whole = self.drift(market.cc(row), settings, work);
            let traded = if trades { self.trade(market, settings, row, work) } else { NOTHING };
            turnover += traded.turnover;
            whole * traded.factor
        };
        if trades {
            self.turnover = turnover;
        }
        self.wealth = before * growth;
        self.peak = self.peak.max(self.wealth);
        self.row = row;
        let log = if settings.reward == Reward::AvgSharpe {
            let guard = settings.growth.guard();
            libm::log((self.wealth + guard) / (before + guard))
        } else {
            0.0
        };
        self.stats.push(settings.reward, growth - 1.0, log);
        if let Some(bars) = &mut self.recorded {
            bars.push(Recorded { row, wealth: self.wealth, simple: growth - 1.0, turnover });
        }
    }

    fn drift(&mut self, relatives: &[f64], settings: &Settings, work: &mut Work) -> f64 {
        if !settings.layout.ids && self.ids.len() == relatives.len() {
            return self.weights.drift(relatives, settings.growth);
        }
        for (y, &id) in work.relatives.iter_mut().zip(&self.ids) {
            *y = relatives[id as usize];
        }
        self.weights.drift(&work.relatives, settings.growth)
    }

    fn trade(&mut self, market: &Market, settings: &Settings, row: usize, work: &mut Work) -> Traded {
        if market.is_blocked(row) {
            for (i, &id) in self.ids.iter().enumerate() {
                let wanted = work.target[1 + i];
                if !market.can_trade(row, id as usize, wanted > self.weights.of(i)) {
                    work.target[1 + i] = f64::NAN;
                }
            }
        }
        self.target.copy_from_slice(&work.target);
        let costs = self.costs.as_ref().unwrap_or(&settings.costs);
        self.weights.trade(&work.target[1..], &work.ones, costs, settings.sizing, &mut work.scratch)
    }
}

const NOTHING: Traded = Traded { factor: 1.0, turnover: 0.0 };
