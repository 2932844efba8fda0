//! What an action changes: account, reward statistics and counts. The market does not depend on it.

use crate::pair::account::Account;
use crate::pair::config::Settings;
use crate::pair::exec::{self, Terms};
use crate::pair::mask;
use crate::pair::reward::Score;
use crate::pair::world::{Quote, Scale};

/// The market around one decision.
pub struct Moment<'a> {
    /// Money and lots.
    pub scale: &'a Scale,
    /// How orders are filled.
    pub terms: Terms,
    /// Lots of a whole position on each leg.
    pub units: [i64; 2],
    /// Quotes the decision saw.
    pub seen: &'a [Quote; 2],
    /// Quotes its orders met.
    pub met: &'a [Quote; 2],
    /// Quotes of the next decision.
    pub next: &'a [Quote; 2],
}

/// One trader in one episode.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trader {
    /// Cash and lots.
    pub account: Account,
    /// Reward statistics.
    pub score: Score,
    /// W at the last decision, half quanta.
    pub wealth: i64,
    /// Sum of rewards.
    pub earned: f64,
    /// Illegal actions.
    pub illegal: u64,
    /// How often the legs came apart.
    pub legged: u64,
    /// Decisions they were apart.
    pub apart: u64,
    /// They are now.
    pub is_apart: bool,
    /// Cost of the last decision, half quanta.
    pub last_cost: i64,
}

impl Trader {
    /// Flat and without a past.
    pub fn new(settings: &Settings) -> Self {
        Self {
            account: Account::default(),
            score: Score::new(settings.kappa_dt, settings.step_sd),
            wealth: 0,
            earned: 0.0,
            illegal: 0,
            legged: 0,
            apart: 0,
            is_apart: false,
            last_cost: 0,
        }
    }

    /// Enter `target` free of cost at mid, as an exploring start does.
    pub fn endow(&mut self, target: f64, units: [i64; 2], quotes: &[Quote; 2]) {
        exec::aim(&mut self.account, target, units);
        for (leg, quote) in quotes.iter().enumerate() {
            let lots = self.account.wanted[leg];
            self.account.legs[leg].fill(lots, quote.mid2());
        }
    }

    /// Whether only flat may be asked for.
    pub fn only_flat(&self, settings: &Settings, scale: &Scale, stands_down: bool) -> bool {
        stands_down || scale.in_units(self.wealth) <= -settings.loss_limit
    }

    /// One decision: the reward. An illegal action holds and is counted.
    pub fn decide(
        &mut self,
        settings: &Settings,
        moment: &Moment<'_>,
        action: usize,
        only_flat: bool,
    ) -> f64 {
        if mask::is_legal(&settings.layout, action, only_flat) {
            exec::aim(&mut self.account, settings.layout.target(action), moment.units);
        } else {
            self.illegal += 1;
        }
        self.trade(moment);
        let before = self.wealth;
        self.wealth = self.account.wealth(moment.next);
        let reward = self.score.settle(settings.reward, moment.scale.in_units(self.wealth - before));
        self.earned += reward;
        reward
    }

    fn trade(&mut self, moment: &Moment<'_>) {
        let (cost, side) = (self.account.cost, sign(&self.account));
        for leg in 0..2 {
            exec::send(&mut self.account, leg, &moment.seen[leg], &moment.met[leg], &moment.terms);
        }
        self.last_cost = self.account.cost - cost;
        if sign(&self.account) == side {
            self.account.age += u64::from(side != 0);
        } else {
            (self.account.opened, self.account.age) = (self.account.wealth(moment.met), 0);
        }
        let was_apart = self.is_apart;
        self.is_apart = self.account.is_legged();
        self.apart += u64::from(self.is_apart);
        self.legged += u64::from(self.is_apart && !was_apart);
    }

    /// P&L since the position was opened, its costs apart; half quanta.
    pub fn unrealised(&self) -> i64 {
        if self.account.is_flat() { 0 } else { self.wealth - self.account.opened }
    }
}

/// Which way the spread is held.
fn sign(account: &Account) -> i8 {
    let position = account.position();
    i8::from(position > 0.0) - i8::from(position < 0.0)
}
