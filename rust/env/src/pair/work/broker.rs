//! The trader's side of worked orders: from one message or moment to the next.

use crate::pair::account::Account;
use crate::pair::desk::Passage;
use crate::pair::ledger::Ledger;
use crate::pair::world::Quote;

use super::floor::Floors;
use super::line::{Line, NEVER};
use super::plan::Plan;
use super::terms::Work;

/// What orders are worked with between two decisions.
pub struct Hall<'a> {
    /// The time, and the tape.
    pub passage: &'a Passage<'a>,
    /// Row of the decision.
    pub row: usize,
    /// Settings.
    pub work: &'a Work,
    /// Ticks beyond the touch.
    pub slip_ticks: i64,
    /// Maker fees, parts per billion, by leg.
    pub maker_ppb: [i64; 2],
    /// Share of passive executions that happen.
    pub fill: f64,
    /// The exchange's side.
    pub floors: &'a mut Floors,
    /// Rows of the logs received by now.
    pub seen: [Option<usize>; 2],
}

/// What a trader does about its orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Nothing.
    Idle,
    /// Waits for orders that bring the plan about.
    Working,
    /// Sends the leg behind after the other.
    Chasing,
    /// Takes back what the other has too much.
    Unwinding,
    /// Has given that up until the next decision.
    Legged,
}

impl Phase {
    /// In the order they are saved.
    pub const ALL: [Self; 5] = [Self::Idle, Self::Working, Self::Chasing, Self::Unwinding, Self::Legged];
}

/// Orders of both legs and what they are for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Broker {
    /// The order of each leg.
    pub lines: [Line; 2],
    /// What the account took, by leg.
    pub taken: [Ledger; 2],
    /// What it does.
    pub phase: Phase,
    /// What is being brought about.
    pub plan: Plan,
    /// A new target waits for the orders of the last one to end.
    pub anew: bool,
    /// By passive orders.
    pub passive: bool,
    /// The leg that is quoted.
    pub quoted: usize,
    /// Since when the legs are apart.
    pub since: i64,
    /// Tries of this chase or unwinding.
    pub tries: u32,
    /// When quoting began.
    pub begun: i64,
    /// When the last quote was sent.
    pub last_quote: i64,
    /// The time of passive orders is over.
    pub over: bool,
    /// Lots of the quoted leg that the last hedge was sent for.
    pub hedged: i64,
    /// Share of the queue ahead on each leg, age of the orders over their time.
    pub shown: [f64; 3],
    /// Messages sent on each leg and passive executions since the decision: the addresses of their draws.
    pub counts: [u64; 3],
}

impl Default for Broker {
    fn default() -> Self {
        Self {
            lines: [Line::default(); 2],
            taken: [Ledger::default(); 2],
            phase: Phase::Idle,
            plan: Plan { even: true, ..Plan::default() },
            anew: false,
            passive: false,
            quoted: 0,
            since: NEVER,
            tries: 0,
            begun: 0,
            last_quote: 0,
            over: false,
            hedged: 0,
            shown: [0.0; 3],
            counts: [0; 3],
        }
    }
}

pub(super) fn held(account: &Account) -> [i64; 2] {
    [account.legs[0].lots, account.legs[1].lots]
}

pub(super) fn missing(account: &Account) -> [i64; 2] {
    [0, 1].map(|leg| account.wanted[leg] - account.legs[leg].lots)
}

impl Hall<'_> {
    /// What the trader sees of a leg: the last whole touch received, at a decision that of its row.
    pub(super) fn quote(&self, leg: usize, now: i64) -> Quote {
        let tape = self.passage.tape;
        let of_row = tape.rows[self.row].quotes[leg];
        let touch =
            self.seen[leg].filter(|_| now > self.passage.span.0).map(|row| &tape.logs[leg].touches[row]);
        touch.and_then(|touch| touch.best()).map_or(of_row, |(bid, ask)| {
            let [bid, ask] = [bid, ask].map(|tick| tape.money.price(leg, tick));
            Quote { bid, ask, depth: of_row.depth }
        })
    }

    fn receive(&mut self, now: i64) {
        for (at, log) in self.seen.iter_mut().zip(&self.passage.tape.logs) {
            let next = at.map_or(0, |row| row + 1);
            let more = log.seen[next..].iter().take_while(|&&seen| seen <= now).count();
            *at = (next + more).checked_sub(1);
        }
    }
}

impl Broker {
    /// A decision: whether its target is new, and by which style it is to be had. Then all that happens until the next
    /// one. Returns how often the legs came apart and for how many nanoseconds they were.
    pub fn decide(
        &mut self,
        account: &mut Account,
        hall: &mut Hall<'_>,
        is_new: bool,
        passive: bool,
    ) -> (u64, i64) {
        let now = hall.passage.span.0;
        self.counts = [0; 3];
        let waits = matches!(self.phase, Phase::Idle | Phase::Legged);
        let restyled = self.phase == Phase::Working && passive != self.passive && missing(account) != [0, 0];
        if is_new || waits || restyled {
            // What could not be brought together is not quoted again.
            self.passive = passive && self.phase != Phase::Legged;
            (self.phase, self.anew) = (Phase::Working, true);
            self.act(account, hall, now);
        }
        self.settle(account, hall)
    }

    /// All that happens until the next decision.
    fn settle(&mut self, account: &mut Account, hall: &mut Hall<'_>) -> (u64, i64) {
        let (mut now, end) = hall.passage.span;
        let (mut times, mut apart) = (0, 0);
        loop {
            let next = self.next(account, hall, now, end);
            if self.listen(hall, next.min(end)) {
                continue;
            }
            let was = self.since != NEVER;
            apart += if was { next.min(end) - now } else { 0 };
            now = next.min(end);
            if next > end {
                break;
            }
            hall.receive(now);
            self.arrive(hall, now);
            self.hear(account, now);
            self.act(account, hall, now);
            times += u64::from(!was && self.since != NEVER);
        }
        hall.receive(end);
        self.show(hall, end);
        (times, apart)
    }

    /// When something happens next, executions of passive orders apart.
    fn next(&self, account: &Account, hall: &Hall<'_>, now: i64, end: i64) -> i64 {
        let messages = self.lines.iter().map(|line| line.due().min(line.heard()));
        let next = messages.min().unwrap_or(NEVER);
        if self.phase != Phase::Working || self.anew {
            return next;
        }
        let next = next.min(self.since.saturating_add(hall.work.leg_ns));
        if self.passive {
            next.min(self.quote_due(account, hall, now, end.min(next))).max(now)
        } else {
            next.max(now)
        }
    }

    fn hear(&mut self, account: &mut Account, now: i64) {
        for (leg, line) in self.lines.iter_mut().enumerate() {
            while let Some(news) = line.hear(now) {
                account.book(leg, &news);
            }
        }
    }

    /// An order is on its way or in the book as far as the trader knows.
    pub(super) fn is_busy(&self) -> bool {
        self.lines.iter().any(Line::is_busy)
    }
}
