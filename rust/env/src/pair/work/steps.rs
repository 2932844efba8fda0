//! What the trader does at a moment (3.6): begin, chase the leg behind, take back what the other has too much.

use crate::pair::account::Account;
use crate::pair::desk::COMPUTE_NS;

use super::broker::{Broker, Hall, Phase, held, missing};
use super::line::NEVER;
use super::plan::Plan;

impl Broker {
    /// Do what the moment asks for.
    pub(super) fn act(&mut self, account: &mut Account, hall: &mut Hall<'_>, now: i64) {
        if !self.plan.is_apart(held(account)) {
            self.since = NEVER;
        } else if self.since == NEVER {
            self.since = now;
        }
        if self.anew {
            self.end_quotes(hall, now);
            if !self.is_busy() {
                self.start(account, hall, now);
            }
            return;
        }
        match self.phase {
            Phase::Idle | Phase::Legged => {}
            Phase::Working if self.since.saturating_add(hall.work.leg_ns) <= now => {
                (self.phase, self.tries) = (Phase::Chasing, 0);
                self.chase(account, hall, now);
            }
            Phase::Working if self.passive => self.quote(account, hall, now),
            Phase::Working if !self.is_busy() && self.since == NEVER => self.phase = Phase::Idle,
            Phase::Working => {}
            Phase::Chasing => self.chase(account, hall, now),
            Phase::Unwinding => self.unwind(account, hall, now),
        }
    }

    /// Begin to bring about what is wanted.
    pub(super) fn start(&mut self, account: &mut Account, hall: &mut Hall<'_>, now: i64) {
        self.plan = Plan {
            from: held(account),
            goal: account.wanted,
            units: account.units,
            even: self.since == NEVER,
        };
        (self.anew, self.phase) = (false, Phase::Working);
        let missing = missing(account);
        if missing == [0, 0] {
            (self.phase, self.since) = (Phase::Idle, NEVER);
        } else if self.passive {
            self.begin_quotes(missing, hall, now);
        } else {
            for (leg, lots) in missing.into_iter().enumerate() {
                self.send(leg, lots, 0, hall, now);
            }
        }
    }

    /// Send the leg behind after the other, a tick wider at each try.
    fn chase(&mut self, account: &mut Account, hall: &mut Hall<'_>, now: i64) {
        self.end_quotes(hall, now);
        if self.is_busy() {
            return;
        }
        let (leg, lots) = self.plan.chase(held(account));
        if self.since == NEVER {
            self.phase = Phase::Idle;
        } else if self.tries < hall.work.chase_max {
            self.tries += 1;
            self.send(leg, lots, i64::from(self.tries), hall, now);
        } else {
            (self.phase, self.tries) = (Phase::Unwinding, 0);
            self.unwind(account, hall, now);
        }
    }

    /// Take back what the leg ahead has too much, a tick wider at each try.
    fn unwind(&mut self, account: &mut Account, hall: &mut Hall<'_>, now: i64) {
        if self.is_busy() {
            return;
        }
        if self.since == NEVER {
            return self.give_up(account);
        }
        match self.plan.unwind(held(account)) {
            Some((leg, lots)) if self.tries < hall.work.chase_max => {
                self.tries += 1;
                self.send(leg, lots, i64::from(self.tries), hall, now);
            }
            _ => self.phase = Phase::Legged,
        }
    }

    /// What is held is what was wanted: the next decision asks anew.
    pub(super) fn give_up(&mut self, account: &mut Account) {
        account.wanted = held(account);
        account.target = account.position();
        self.phase = Phase::Idle;
    }

    /// Send an order that takes, so many ticks wider than any.
    pub(super) fn send(&mut self, leg: usize, lots: i64, wider: i64, hall: &Hall<'_>, now: i64) {
        if lots == 0 {
            return;
        }
        let quote = hall.quote(leg, now);
        let limit = hall.passage.tape.money.limit(leg, &quote, lots, hall.slip_ticks + wider);
        let latency = self.latency(leg, hall);
        self.lines[leg].send(false, lots, limit, now + COMPUTE_NS, latency);
    }

    /// Of the next message of a leg.
    pub(super) fn latency(&mut self, leg: usize, hall: &Hall<'_>) -> i64 {
        let nth = self.counts[leg];
        self.counts[leg] += 1;
        if nth == 0 { hall.passage.latency[leg] } else { hall.passage.waits.of(leg, nth) }
    }
}
