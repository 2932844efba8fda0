//! What an action changes: account, reward statistics and counts. The market does not depend on it.

use crate::pair::account::Account;
use crate::pair::config::Settings;
use crate::pair::desk::{Desk, Passage};
use crate::pair::exec::{self, Terms};
use crate::pair::mask;
use crate::pair::reward::Score;
use crate::pair::work::{Broker, Floors, Hall};
use crate::pair::world::{Quote, Scale};

/// The market around one decision.
pub struct Moment<'a> {
    /// Money and lots.
    pub scale: &'a Scale,
    /// Where orders go.
    pub way: Way<'a>,
    /// Lots of a whole position on each leg.
    pub units: [i64; 2],
    /// Hedge ratio.
    pub beta: f64,
    /// Ticks an order may pay beyond the touch it saw.
    pub slip_ticks: i64,
    /// The session closes with this decision: it asks for flat, whatever was chosen, and what its orders leave until the
    /// next one goes at the touch.
    pub closes: bool,
    /// Quotes the decision saw.
    pub seen: &'a [Quote; 2],
    /// Quotes of the next decision.
    pub next: &'a [Quote; 2],
}

/// Where orders go.
pub enum Way<'a> {
    /// Into simulated books, whose quotes at arrival these are.
    Books {
        /// How they are filled.
        terms: Terms,
        /// What they meet.
        met: &'a [Quote; 2],
    },
    /// Into recorded ones.
    Tape {
        /// The time to the next decision.
        passage: Passage<'a>,
        /// Row of the decision.
        row: usize,
        /// Maker fees, parts per billion, by leg.
        maker_ppb: [i64; 2],
        /// Share of passive executions that happen.
        fill: f64,
    },
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
    /// Nanoseconds they were apart.
    pub apart_ns: u64,
    /// They are now.
    pub is_apart: bool,
    /// Cost of the last decision, half quanta.
    pub last_cost: i64,
    /// Orders on their way to recorded books.
    pub desk: Desk,
    /// The same where they are worked.
    pub broker: Broker,
    /// c: the first stock and what the episode has earned since, in U.
    pub stock: f64,
    /// The account before the close of the session forced what was left of it.
    pub unforced: Option<Account>,
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
            apart_ns: 0,
            is_apart: false,
            last_cost: 0,
            desk: Desk::default(),
            broker: Broker::default(),
            stock: 0.0,
            unforced: None,
        }
    }

    /// Enter `target` free of cost at mid, as an exploring start does.
    pub fn endow(&mut self, target: f64, units: [i64; 2], beta: f64, quotes: &[Quote; 2]) {
        exec::aim(&mut self.account, target, units, beta);
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
        floors: &mut Floors,
    ) -> f64 {
        let is_legal = mask::is_legal(&settings.layout, action, only_flat);
        let mut is_new = false;
        if moment.closes {
            is_new = exec::aim(&mut self.account, 0.0, moment.units, moment.beta);
        } else if is_legal {
            is_new = exec::aim(&mut self.account, settings.layout.target(action), moment.units, moment.beta);
        } else {
            self.illegal += 1;
        }
        if settings.rehedges && is_legal && !is_new && !moment.closes {
            let quote = &moment.seen[1];
            let lots_of_one = moment.scale.lots * moment.scale.ticks / (0.5 * quote.mid2() as f64);
            is_new = exec::rehedge(&mut self.account, moment.units[1], moment.beta, lots_of_one);
        }
        // An action that is not taken asks for no style either.
        let passive = match (moment.closes, is_legal) {
            (true, _) => false,
            (_, true) => settings.layout.is_passive(action),
            _ => self.broker.passive,
        };
        self.trade(settings, moment, is_new, passive, floors);
        let before = self.wealth;
        self.wealth = self.account.wealth(moment.next);
        let gain = moment.scale.in_units(self.wealth - before);
        self.stock += gain; // c' = (c + r) / gamma with gamma 1 (3.10)
        let reward = self.score.settle(settings.reward, gain);
        self.earned += reward;
        reward
    }

    fn trade(
        &mut self,
        settings: &Settings,
        moment: &Moment<'_>,
        is_new: bool,
        passive: bool,
        floors: &mut Floors,
    ) {
        let (cost, side) = (self.account.cost, sign(&self.account));
        let meanwhile = match &moment.way {
            Way::Books { terms, met } => {
                for leg in 0..2 {
                    exec::send(&mut self.account, leg, &moment.seen[leg], &met[leg], terms);
                }
                let apart = self.account.is_legged();
                self.legged += u64::from(apart && !self.is_apart);
                self.apart_ns += if apart { libm::round(1e6 * settings.dt_ms) as u64 } else { 0 };
                met
            }
            &Way::Tape { ref passage, row, maker_ppb, fill } => {
                let slip_ticks = moment.slip_ticks;
                let (times, ns) = match &settings.work {
                    None => {
                        self.desk.send(&self.account, passage, row, slip_ticks);
                        self.desk.settle(&mut self.account, passage)
                    }
                    Some(work) => {
                        let seen = passage.seen();
                        let mut hall = Hall { passage, row, work, slip_ticks, maker_ppb, fill, floors, seen };
                        self.broker.decide(&mut self.account, &mut hall, is_new, passive)
                    }
                };
                self.legged += times;
                self.apart_ns += ns.unsigned_abs();
                moment.seen
            }
        };
        if moment.closes {
            self.unforced = Some(self.account);
            let (ppb, extra) = match &moment.way {
                Way::Books { terms, .. } => (terms.ppb, 0.0),
                Way::Tape { passage, .. } => (passage.ppb, passage.extra_spread),
            };
            self.close(moment.next, ppb, settings.at_mid, extra);
        }
        self.is_apart = self.account.is_legged();
        self.last_cost = self.account.cost - cost;
        if sign(&self.account) == side {
            self.account.age += u64::from(side != 0);
        } else {
            (self.account.opened, self.account.age) = (self.account.wealth(meanwhile), 0);
        }
    }

    /// Trade everything away at the touch of these quotes, whatever rests there, with fees; no order is on its way any more.
    /// `extra_spread` is charged beyond the touch, in half-spreads.
    pub fn close(&mut self, quotes: &[Quote; 2], ppb: [i64; 2], at_mid: bool, extra_spread: f64) {
        let account = &mut self.account;
        account.wanted = [0; 2];
        (self.desk.orders, self.broker) = (Default::default(), Broker::default());
        for (leg, quote) in quotes.iter().enumerate() {
            let lots = -account.legs[leg].lots;
            if lots == 0 {
                continue;
            }
            let touch2 = if lots > 0 { 2 * quote.ask } else { 2 * quote.bid };
            let price2 = if at_mid { quote.mid2() } else { touch2 };
            account.trade(leg, lots, price2, quote.mid2(), ppb[leg]);
            let spread = lots.abs() * (quote.ask - quote.bid);
            account.charge(leg, libm::round(extra_spread * spread as f64) as i64);
        }
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
