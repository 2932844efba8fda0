use quantrl_rng::{Channel, Counter, Draws, Key};
use quantrl_sim::bar::{Costs, Scratch, Weights};

use crate::market::{Market, padded};
use crate::portfolio::account::{Account, Bar};
use crate::portfolio::{Mode, Settings};

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
    before: Vec<f64>,
    after: Vec<f64>,
    ones: Vec<f64>,
    scratch: Scratch,
}

impl Work {
    /// For K assets.
    pub fn new(k: usize) -> Self {
        Self {
            before: vec![1.0; padded(k)],
            after: vec![1.0; padded(k)],
            ones: vec![1.0; padded(k)],
            scratch: Scratch::new(k),
        }
    }
}

/// NaN in the padding: nothing is decided there.
pub(super) fn padded_target(mut target: Vec<f64>) -> Vec<f64> {
    target.resize(1 + padded(target.len() - 1), f64::NAN);
    target
}

/// State of one environment.
#[derive(Clone, Debug)]
pub struct Episode {
    pub(super) key: Key,
    pub(super) number: u64,
    pub(super) row: usize,
    pub(super) decisions: usize,
    pub(super) earned: f64,
    pub(super) account: Account,
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
            decisions: 0,
            earned: 0.0,
            account: Account::new(settings),
            target: padded_target(vec![0.0; k + 1]),
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
        self.account.wealth
    }

    /// (reward sum, decisions, wealth) of the episode so far.
    pub fn totals(&self) -> [f64; 3] {
        [self.earned, self.decisions as f64, self.account.wealth]
    }

    /// Drifted weights.
    pub fn weights(&self) -> &Weights {
        &self.account.weights
    }

    /// Last target, cash first; NaN where a name was kept.
    pub fn target(&self) -> &[f64] {
        &self.target[..=self.ids.len()]
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
        self.account = Account::new(settings);
        if !settings.start_cash {
            self.account.weights.set(&self.dirichlet(settings.assets() + 1));
        }
        self.target[0] = self.account.weights.in_cash();
        self.target[1..].iter_mut().zip(self.account.weights.held()).for_each(|(out, w)| *out = w);
        (self.decisions, self.earned) = (0, 0.0);
        if let Some(bars) = &mut self.recorded {
            bars.clear();
        }
        self.number += 1;
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
        let bars = settings.decision_every.min(end - 1 - self.row);
        if bars > 0 && self.account.wealth > settings.ruin_level {
            let target = &mut self.target[..=self.ids.len()];
            settings.action.target(action, &settings.base, market, self.row, &self.ids, target);
            self.bar(market, settings, true, work);
        }
        for _ in 1..bars {
            if self.account.wealth <= settings.ruin_level {
                break;
            }
            self.bar(market, settings, false, work);
        }
        self.account.weights.normalise();
        self.decisions += 1;
        let full = self.account.k + 1 == settings.episode_len;
        let done = self.done(settings, full, end);
        let account = &mut self.account;
        let (root, last) = (settings.periods_per_year.sqrt(), full || done != Done::Running);
        let reward = account.stats.settle(settings.reward, root, settings.episode_len, settings.gamma, last)
            - settings.turnover_penalty * account.turnover;
        self.earned += reward;
        if done == Done::Running {
            account.decided(settings);
        } else {
            account.k += 1;
        }
        (reward, done)
    }

    fn done(&self, settings: &Settings, full: bool, end: usize) -> Done {
        let over = match settings.mode {
            Mode::Evaluate => self.row + 1 >= end,
            _ => full,
        };
        match (self.account.wealth <= settings.ruin_level, over, settings.reward.terminates()) {
            (true, _, _) | (_, true, true) => Done::Terminated,
            (_, true, false) => Done::Truncated,
            _ => Done::Running,
        }
    }

    /// Twice in a step, because without a trade little of it is left.
    #[inline(always)]
    fn bar(&mut self, market: &Market, settings: &Settings, trades: bool, work: &mut Work) {
        let row = self.row + 1;
        let at_open = trades && settings.at_open;
        let before = if at_open { market.co(row) } else { market.cc(row) };
        let after = at_open.then(|| market.oc(row));
        if trades {
            self.block(market, row, before);
        }
        let Work { before: own_before, after: own_after, ones, scratch } = work;
        let bar = Bar {
            before: self.pick(before, own_before, settings),
            target: trades.then_some(&self.target[1..]),
            after: after.map(|after| self.pick(after, own_after, settings)),
        };
        let costs = self.costs.as_ref().unwrap_or(&settings.costs);
        let (simple, turnover) = self.account.bar(settings, costs, scratch, ones, bar);
        self.row = row;
        if let Some(bars) = &mut self.recorded {
            bars.push(Recorded { row, wealth: self.account.wealth, simple, turnover });
        }
    }

    /// The assets' own columns of a row.
    fn pick<'a>(&self, row: &'a [f64], own: &'a mut [f64], settings: &Settings) -> &'a [f64] {
        if !settings.layout.ids {
            return row;
        }
        own.iter_mut().zip(&self.ids).for_each(|(y, &id)| *y = row[id as usize]);
        own
    }

    /// A name that cannot be traded in the direction of its target is kept.
    fn block(&mut self, market: &Market, row: usize, before: &[f64]) {
        if !market.is_blocked(row) {
            return;
        }
        let grown = |i: usize, id: u32| self.account.weights.of(i) * before[id as usize];
        let wealth = self.account.weights.in_cash()
            + self.ids.iter().enumerate().map(|(i, &id)| grown(i, id)).sum::<f64>();
        for (i, &id) in self.ids.iter().enumerate() {
            let buying = self.target[1 + i] > grown(i, id) / wealth;
            if !market.can_trade(row, id as usize, buying) {
                self.target[1 + i] = f64::NAN;
            }
        }
    }
}
