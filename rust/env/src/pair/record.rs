//! A backtest: a policy or a rule led through environments, every decision and fill kept.

use crate::Error;
use crate::batch::each;
use crate::pair::account::Account;
use crate::pair::baseline::Rule;
use crate::pair::batch::PairBatch;
use crate::pair::clock::Done;
use crate::pair::config::{Settings, Venue};
use crate::pair::episode::Pair;
use crate::pair::lead::Leader;
use crate::pair::world::{Quote, Scale};
use crate::policy::QPolicy;

/// One decision and what had become of it by the next one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Decision {
    /// When it was made, ns: UTC on a tape, since the first one in a simulated world.
    pub ts: i64,
    /// When the next one was due: everything below is as it was then.
    pub end: i64,
    /// What was chosen.
    pub action: usize,
    /// Lots held on each leg.
    pub lots: [i64; 2],
    /// Change of wealth since the beginning, half quanta.
    pub wealth: i64,
    /// Fees and distances to mid since the beginning, half quanta.
    pub cost: i64,
    /// Best prices of both legs.
    pub quotes: [Quote; 2],
}

/// What one leg traded between two decisions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fill {
    /// Row of the decision it followed.
    pub decision: usize,
    /// 0 or 1.
    pub leg: usize,
    /// Bought, net of what was sold.
    pub lots: i64,
    /// Paid for them, half quanta; negative when received.
    pub value: i64,
    /// Fees and other charges, half quanta.
    pub paid: i64,
    /// Whether the end of a session forced it.
    pub closing: bool,
}

/// Everything one environment did.
#[derive(Clone, Debug, Default)]
pub struct Record {
    /// A row a decision.
    pub decisions: Vec<Decision>,
    /// A row a leg and decision that traded.
    pub fills: Vec<Fill>,
    /// How often the legs came apart.
    pub legged: u64,
    /// Nanoseconds they were apart.
    pub apart_ns: u64,
    /// Illegal actions.
    pub illegal: u64,
    wealth: i64,
    cost: i64,
}

impl PairBatch {
    /// Decisions of the part of a tape that is served, all sessions together; a simulated world has no end.
    pub fn whole(&self) -> Option<usize> {
        let stage = self.settings.stage.as_ref()?;
        Some(stage.runs.iter().map(|run| run.len() - 1).sum())
    }

    /// `decisions` of a trained policy in every environment, without anything crossing into the caller. Where an episode
    /// ends, at the latest at the end of a session and of the whole, what is held is closed at the touch with all costs.
    ///
    /// # Errors
    /// Other observations or actions than it was trained on, or numbers beyond its clip.
    pub fn record_policy(&mut self, policy: &QPolicy, decisions: usize) -> Result<Vec<Record>, Error> {
        self.fits(policy)?;
        Ok(self.record(policy, decisions))
    }

    /// The same of a rule.
    pub fn record_rule(&mut self, rule: Rule, decisions: usize) -> Vec<Record> {
        self.record(&rule, decisions)
    }

    fn record<L: Leader>(&mut self, leader: &L, decisions: usize) -> Vec<Record> {
        let Self { settings, scale, pairs, pool, .. } = self;
        let begin = |pair| (pair, leader.room(), Record::default());
        let mut work: Vec<_> = pairs.iter_mut().map(begin).collect();
        each(pool.as_ref(), &mut work, |(pair, room, record)| {
            record.decisions.reserve_exact(decisions);
            for k in 0..decisions {
                let (ts, end) = pair.span(settings, k);
                let before = pair.trader.account;
                let action = leader.act(room, pair, settings, scale);
                let (_, done) = pair.step(settings, scale, action, None);
                let unforced = pair.trader.unforced.unwrap_or(pair.trader.account);
                record.note_fills(&before, &unforced, false);
                let ended = done != Done::Running || k + 1 == decisions;
                if ended {
                    pair.close(settings);
                    record.note_fills(&unforced, &pair.trader.account, true);
                }
                record.note(Decision { ts, end, action, ..Decision::of(pair) });
                if ended {
                    record.leave(pair, settings, scale);
                }
            }
        });
        work.into_iter().map(|(_, _, record)| record).collect()
    }
}

impl Decision {
    /// As it is now; times and action are the caller's.
    fn of(pair: &Pair) -> Self {
        let (account, quotes) = (&pair.trader.account, pair.world.quotes);
        let lots = account.legs.map(|leg| leg.lots);
        let (wealth, cost) = (account.wealth(&quotes), account.cost);
        Self { ts: 0, end: 0, action: 0, lots, wealth, cost, quotes }
    }
}

impl Record {
    fn note(&mut self, now: Decision) {
        let (wealth, cost) = (self.wealth + now.wealth, self.cost + now.cost);
        self.decisions.push(Decision { wealth, cost, ..now });
    }

    /// What each leg traded since `before`, of the decision whose row comes next.
    fn note_fills(&mut self, before: &Account, after: &Account, closing: bool) {
        for (leg, (was, is)) in before.legs.iter().zip(&after.legs).enumerate() {
            let (lots, paid) = (is.lots - was.lots, is.paid - was.paid);
            let value = was.cash - is.cash - paid;
            if lots != 0 || value != 0 || paid != 0 {
                let decision = self.decisions.len();
                self.fills.push(Fill { decision, leg, lots, value, paid, closing });
            }
        }
    }

    /// Keep what the account came to and begin the next.
    fn leave(&mut self, pair: &mut Pair, settings: &Settings, scale: &Scale) {
        let trader = &pair.trader;
        self.legged += trader.legged;
        self.apart_ns += trader.apart_ns;
        self.illegal += trader.illegal;
        self.wealth += trader.account.wealth(&pair.world.quotes);
        self.cost += trader.account.cost;
        pair.reset(settings, scale);
    }
}

impl Pair {
    /// When the next decision is made and when the one after it is due; `k` counts those of a simulated world.
    fn span(&self, settings: &Settings, k: usize) -> (i64, i64) {
        match &settings.stage {
            Some(stage) => {
                let row = self.world.row();
                (stage.tape.rows[row].ts, stage.tape.rows[row + 1].ts)
            }
            None => {
                let dt = libm::round(1e6 * settings.dt_ms) as i64;
                (k as i64 * dt, (k as i64 + 1) * dt)
            }
        }
    }

    /// Trade everything away at the touch as it stands.
    fn close(&mut self, settings: &Settings) {
        let extra = if settings.venue == Venue::Replay { self.theta.spread - 1.0 } else { 0.0 };
        self.trader.close(&self.world.quotes, self.ppb, settings.at_mid, extra);
    }
}
