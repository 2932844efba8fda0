//! Passive orders: at the own touch of the leg with the wider spread, each execution hedged on the other leg.

use crate::pair::account::Account;
use crate::pair::desk::COMPUTE_NS;

use super::broker::{Broker, Hall, Phase, held, missing};
use super::line::{NEVER, Stage};
use super::terms::TimeOut;

impl Broker {
    /// Begin to quote the leg with the wider relative spread, or the only one that is missing something.
    pub(super) fn begin_quotes(&mut self, missing: [i64; 2], hall: &Hall<'_>, now: i64) {
        let spread = |leg: usize| {
            let quote = hall.quote(leg, now);
            (quote.ask - quote.bid) as f64 / quote.mid2() as f64
        };
        self.quoted = match missing.map(|lots| lots != 0) {
            [true, false] => 0,
            [false, true] => 1,
            _ => usize::from(spread(1) > spread(0)),
        };
        (self.begun, self.over) = (now, false);
        self.hedged = self.plan.from[self.quoted];
        self.post(missing[self.quoted], hall, now);
    }

    fn post(&mut self, lots: i64, hall: &Hall<'_>, now: i64) {
        let leg = self.quoted;
        let quote = hall.quote(leg, now);
        let latency = self.latency(leg, hall);
        let limit = if lots > 0 { quote.bid } else { quote.ask };
        self.lines[leg].send(true, lots, limit, now + COMPUTE_NS, latency);
        self.lines[leg].ahead = i64::MAX;
        self.last_quote = now;
    }

    /// Ask for the end of every passive order.
    pub(super) fn end_quotes(&mut self, hall: &Hall<'_>, now: i64) {
        for leg in 0..2 {
            if self.lines[leg].is_quoted() {
                let latency = self.latency(leg, hall);
                self.lines[leg].end(now + COMPUTE_NS, latency);
            }
        }
    }

    /// When a quote has to be looked at: its time is over, a new one may be sent, or the touch has moved away from it.
    pub(super) fn quote_due(&self, account: &Account, hall: &Hall<'_>, now: i64, until: i64) -> i64 {
        if self.over {
            return NEVER;
        }
        let over = self.begun.saturating_add(hall.work.passive_ns);
        let again = self.last_quote.saturating_add(hall.work.requote_ns).max(now);
        let line = &self.lines[self.quoted];
        let look = match (line.is_busy(), line.is_quoted()) {
            (false, _) if missing(account)[self.quoted] != 0 => again,
            (true, true) if again <= until => self.moves(hall, again, until),
            _ => NEVER,
        };
        over.min(look)
    }

    /// When, from a time on, the touch received is not where the quote is.
    fn moves(&self, hall: &Hall<'_>, from: i64, until: i64) -> i64 {
        let (leg, tape) = (self.quoted, hall.passage.tape);
        let (line, log) = (&self.lines[leg], &tape.logs[leg]);
        let side = usize::from(line.lots < 0);
        let first = hall.seen[leg].unwrap_or(0);
        let mut at = first + log.seen[first..].iter().skip(1).take_while(|&&seen| seen <= from).count();
        let mut ts = from;
        loop {
            let best = log.touches[at].sides[side][0];
            if best.lots > 0 && tape.money.price(leg, best.tick) != line.limit {
                return ts;
            }
            at += 1;
            match log.seen.get(at) {
                Some(&seen) if seen <= until => ts = seen,
                _ => return NEVER,
            }
        }
    }

    /// Hedge what was filled, follow the touch, end in time.
    pub(super) fn quote(&mut self, account: &mut Account, hall: &mut Hall<'_>, now: i64) {
        let (leg, other) = (self.quoted, 1 - self.quoted);
        let lots = held(account);
        if lots[leg] != self.hedged && !self.lines[other].is_busy() {
            self.hedged = lots[leg];
            let hedge = self.plan.matching(lots, other) - lots[other];
            self.send(other, hedge, 0, hall, now);
        }
        if !self.over && now >= self.begun.saturating_add(hall.work.passive_ns) {
            self.over = true;
            self.end_quotes(hall, now);
        }
        let left = missing(account);
        if self.over || left[leg] == 0 {
            return self.conclude(account, hall, now);
        }
        if now < self.last_quote.saturating_add(hall.work.requote_ns) {
            return;
        }
        if !self.lines[leg].is_busy() {
            self.post(left[leg], hall, now);
        } else if self.lines[leg].is_quoted() && self.moves(hall, now, now) <= now {
            self.end_quotes(hall, now);
        }
    }

    /// No quote is to come: wait for the orders to end, then take or give up the rest.
    fn conclude(&mut self, account: &mut Account, hall: &mut Hall<'_>, now: i64) {
        if self.is_busy() {
            return;
        }
        let rest = self.over && missing(account) != [0, 0];
        if rest && hall.work.time_out == TimeOut::Cross {
            self.passive = false;
            return self.start(account, hall, now);
        }
        if self.since != NEVER {
            return;
        }
        match rest {
            true => self.give_up(account),
            false => self.phase = Phase::Idle,
        }
    }

    /// What observations show: by what was received, at most so large a share of the queue is ahead.
    pub(super) fn show(&mut self, hall: &Hall<'_>, now: i64) {
        let quotes = self.passive && self.phase == Phase::Working && !self.anew;
        let age = (now - self.begun) as f64 / hall.work.passive_ns as f64;
        self.shown = [0.0, 0.0, if quotes { age } else { 0.0 }];
        let tape = hall.passage.tape;
        for (leg, line) in self.lines.iter_mut().enumerate() {
            if line.stage == Stage::Free || !line.is_known(now) {
                continue;
            }
            let log = &tape.logs[leg];
            let accepted = line.arrive + line.latency;
            let Some(last) = hall.seen[leg] else { continue };
            let from = accepted.max(hall.passage.span.0);
            let mut row = last;
            // Rows received since it was accepted or last looked at.
            loop {
                line.ahead =
                    line.ahead.min(displayed(&log.touches[row].sides[usize::from(line.lots < 0)], |tick| {
                        line.lots.signum() * (tape.money.price(leg, tick) - line.limit)
                    }));
                if row == 0 || log.seen[row] <= from {
                    break;
                }
                row -= 1;
            }
            if line.ahead < i64::MAX {
                let (ahead, own) = (line.ahead as f64, line.open[1].max(1) as f64);
                self.shown[leg] = ahead / (ahead + own);
            }
        }
    }
}

/// Lots displayed at a price, `better` giving how much better a tick is than it; no bound where it lies behind the levels.
fn displayed(levels: &[crate::pair::tape::Level], better: impl Fn(i32) -> i64) -> i64 {
    for level in levels {
        if level.lots == 0 {
            return 0;
        }
        match better(level.tick) {
            0 => return i64::from(level.lots),
            worse if worse < 0 => return 0,
            _ => {}
        }
    }
    i64::MAX
}
