//! Orders on their way to two recorded books: each leg's own latency, what it meets on arrival, and what it took before.

use quantrl_rng::{Channel, Counter, Draws, Key};

use crate::pair::account::Account;
use crate::pair::config::{Settings, Theta};
use crate::pair::ledger::{Ledger, Taken};
use crate::pair::tape::{Tape, Touch};

/// From a decision to its orders leaving.
pub const COMPUTE_NS: i64 = 5_000;

/// An order, immediate or cancelled. No lots: none is on its way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Order {
    /// Bought, or sold when negative.
    pub lots: i64,
    /// Worst price it takes.
    pub limit: i64,
    /// When the exchange has it, ns.
    pub arrive: i64,
    /// When the trader knows what became of it, ns.
    pub known: i64,
}

/// Orders and taken lots of both legs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Desk {
    /// One order a leg.
    pub orders: [Order; 2],
    /// By leg.
    pub taken: [Ledger; 2],
}

/// Where the entry latencies of a decision are drawn.
#[derive(Clone, Copy, Debug)]
pub struct Waits {
    mean_ms: f64,
    sigma: f64,
    key: Key,
    row: u64,
    episode: u64,
}

impl Waits {
    /// Of message `nth` of a leg in this decision: log-normal around the mean of theta; never negative.
    pub fn of(&self, leg: usize, nth: u64) -> i64 {
        let channel = [Channel::PairLatency1, Channel::PairLatency2][leg];
        let factor = match self.sigma > 0.0 {
            true => {
                let counter = Counter { block: nth, draw: self.row, channel, episode: self.episode };
                libm::exp(self.sigma * Draws::new(self.key, counter).normal() - 0.5 * self.sigma * self.sigma)
            }
            false => 1.0,
        };
        libm::round(1e6 * self.mean_ms * factor) as i64
    }

    /// Whether execution `nth` of a passive order in this decision happens, of which a share does.
    pub fn happens(&self, nth: u64, share: f64) -> bool {
        let counter =
            Counter { block: nth, draw: self.row, channel: Channel::PairFill, episode: self.episode };
        share >= 1.0 || Draws::new(self.key, counter).uniform() < share
    }
}

/// The time between two decisions on a tape.
#[derive(Clone, Copy, Debug)]
pub struct Passage<'a> {
    /// The tape.
    pub tape: &'a Tape,
    /// When the decision is made and when the next one is, ns.
    pub span: (i64, i64),
    /// Where latencies come from.
    pub waits: Waits,
    /// Entry latency of the first message of each leg, ns.
    pub latency: [i64; 2],
    /// Fees, parts per billion, by leg.
    pub ppb: [i64; 2],
    /// Of the half-spread, charged beyond what the book takes.
    pub extra_spread: f64,
}

impl<'a> Passage<'a> {
    /// Latencies are a draw for each leg.
    pub fn new(
        tape: &'a Tape,
        row: usize,
        settings: &Settings,
        theta: &Theta,
        ppb: [i64; 2],
        key: Key,
        episode: u64,
    ) -> Self {
        let (mean_ms, sigma) = (theta.latency_ms, settings.latency_sigma);
        let waits = Waits { mean_ms, sigma, key, row: row as u64, episode };
        let span = (tape.rows[row].ts, tape.rows[row + 1].ts);
        let latency = [waits.of(0, 0), waits.of(1, 0)];
        Self { tape, span, waits, latency, ppb, extra_spread: theta.spread - 1.0 }
    }

    /// Rows of the logs that the decision has received.
    pub fn seen(&self) -> [Option<usize>; 2] {
        [0, 1].map(|leg| self.tape.logs[leg].seen.partition_point(|&seen| seen <= self.span.0).checked_sub(1))
    }
}

impl Desk {
    /// Send what is missing on each leg that has no order on its way, at the opposite touch the decision saw and so many
    /// ticks beyond.
    pub fn send(&mut self, account: &Account, passage: &Passage<'_>, row: usize, slip_ticks: i64) {
        let tape = passage.tape;
        for (leg, order) in self.orders.iter_mut().enumerate() {
            let missing = account.wanted[leg] - account.legs[leg].lots;
            if order.lots != 0 || missing == 0 {
                continue;
            }
            let arrive = passage.span.0 + COMPUTE_NS + passage.latency[leg];
            *order = Order {
                lots: missing,
                limit: tape.money.limit(leg, &tape.rows[row].quotes[leg], missing, slip_ticks),
                arrive,
                known: arrive + passage.latency[leg],
            };
        }
    }

    /// Book what is known by the next decision, in order of arrival. Returns how often the legs came apart and for how many
    /// nanoseconds they were.
    pub fn settle(&mut self, account: &mut Account, passage: &Passage<'_>) -> (u64, i64) {
        let (start, end) = passage.span;
        let order = if self.orders[0].arrive <= self.orders[1].arrive { [0, 1] } else { [1, 0] };
        let (mut uneven, mut since, mut times, mut apart) = (self.is_apart(account), start, 0, 0);
        for leg in order {
            let done = self.orders[leg];
            if done.lots == 0 || done.known > end {
                continue;
            }
            self.orders[leg] = Order::default();
            let at = done.arrive.clamp(since, end);
            apart += if uneven { at - since } else { 0 };
            since = at;
            if let Some(touch) = passage.tape.logs[leg].at(done.arrive) {
                self.fill(account, leg, &done, touch, passage);
            }
            let now = self.is_apart(account);
            times += u64::from(now && !uneven);
            uneven = now;
        }
        (times, apart + if uneven { end - since } else { 0 })
    }

    /// One leg has what was asked for and the other has not, or an order is over that left them uneven.
    fn is_apart(&self, account: &Account) -> bool {
        let done: [bool; 2] = std::array::from_fn(|leg| account.legs[leg].lots == account.wanted[leg]);
        match done {
            [false, false] => self.orders.iter().any(|order| order.lots == 0) && account.is_uneven(),
            [one, two] => one != two,
        }
    }

    /// Walk the five levels up to the limit, less what this account took from them before.
    fn fill(
        &mut self,
        account: &mut Account,
        leg: usize,
        order: &Order,
        touch: &Touch,
        passage: &Passage<'_>,
    ) {
        let (money, ppb) = (&passage.tape.money, passage.ppb[leg]);
        let way = order.lots.signum();
        let best = touch.best().map(|(bid, ask)| (money.price(leg, bid), money.price(leg, ask)));
        let mut open = order.lots.abs();
        for level in touch.sides[usize::from(way > 0)].iter().take_while(|level| level.lots > 0) {
            let price = money.price(leg, level.tick);
            if open == 0 || way * price > way * order.limit {
                break;
            }
            let lots = open.min(i64::from(level.lots) - self.taken[leg].missing(way, price, order.arrive));
            if lots <= 0 {
                continue;
            }
            // Where the other side is empty there is no mid to be dearer than.
            let mid2 = best.map_or(2 * price, |(bid, ask)| bid + ask);
            account.trade(leg, way * lots, 2 * price, mid2, ppb);
            let spread = best.map_or(0, |(bid, ask)| ask - bid);
            account.charge(leg, libm::round(passage.extra_spread * (lots * spread) as f64) as i64);
            self.taken[leg].take(Taken { price, lots: way * lots, since: order.arrive });
            open -= lots;
        }
    }
}
