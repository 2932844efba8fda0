//! The exchange side: history and requests in order of exchange time, reports on their way back.

use quantrl_feed::Event;

use super::{Answer, Session};
use crate::tick::account::Execution;
use crate::tick::error::Error;
use crate::tick::local::refused;
use crate::tick::order::{Op, Outcome, Refusal, Report};
use crate::tick::record::Entry;
use crate::tick::record::{Fill, received};
use crate::tick::venue::Venue;

impl<V: Venue> Session<V> {
    /// Everything at the exchange up to and with `target`; with `first`, no further than the next report's arrival.
    pub(super) fn exchange(&mut self, target: i64, first: bool) -> Result<(), Error> {
        loop {
            let report = if first { self.plan.horizon(self.responses.next_time()) } else { target };
            let target = target.min(report);
            let arrival = self.requests.next_time();
            // Events of the time at which a request arrives come before it.
            let until = arrival.min(target).saturating_add(1);
            let events = self.plan.events().get(self.exch_at..).unwrap_or(&[]);
            let stopped = match self.venue.run(events, until, &mut self.reports) {
                Ok(stopped) => stopped,
                Err((applied, fault)) => {
                    self.exch_at += applied;
                    self.answer(None);
                    return Err(refused(&self.plan, self.exch_at, fault));
                }
            };
            self.exch_at += stopped.events;
            if stopped.reported {
                self.answer(None);
                continue;
            }
            let Some(request) = self.requests.due(target) else { return Ok(()) };
            self.latest = self.latest.max(request.ts);
            self.venue.submit(request.ts, &request.message, &mut self.reports);
            self.answer(Some((request.message.number, request.message.op)));
            self.orders.arrived(request.message.order);
        }
    }

    /// Send what the venue has reported. `request`: number and kind of what was just submitted.
    fn answer(&mut self, request: Option<(u64, Op)>) {
        let mut reports = std::mem::take(&mut self.reports);
        for report in &reports {
            let asked = request.filter(|(number, _)| *number == report.number);
            self.respond(report, asked.map_or(Op::New, |(_, op)| op));
        }
        reports.clear();
        self.reports = reports;
    }

    fn respond(&mut self, report: &Report, op: Op) {
        let fee = if report.outcome == Outcome::Filled { self.execute(report) } else { 0 };
        let nth = self.orders.reported(report.order);
        let latency = &self.plan.config().latency;
        let feed = if latency.reads_feed() { self.newest_latency() } else { 0 };
        let ts = report.ts + latency.response(self.key(), report, u64::from(nth), feed);
        self.responses.push(ts, report.instr, Answer { report: *report, op, nth, fee });
    }

    /// Count an execution at the exchange; its fee.
    fn execute(&mut self, report: &Report) -> i128 {
        let Report { instr, side, liquidity, lots, tick, .. } = *report;
        let worth = self.plan.worth(instr);
        let account = &mut self.accounts[0][usize::from(instr)];
        let ticks = worth.ticks(tick);
        let (_, notional) = worth.traded(side, ticks, lots);
        let fee = self.plan.schedule(instr).fee(side, liquidity, notional, lots, account.turnover);
        account.apply(worth, &Execution { side, ticks, lots, fee });
        fee
    }

    /// Feed latency of the newest event at the exchange, ns; 0 before the first where latencies differ.
    fn newest_latency(&self) -> i64 {
        if let Some(lag) = self.plan.lag() {
            return lag;
        }
        let newest = self.exch_at.checked_sub(1).and_then(|at| self.plan.events().get(at));
        newest.map(Event::of_bytes).map_or(0, |event| self.plan.received(&event) - event.ts_exch)
    }

    /// Hand every report that arrives by `target` to the strategy's side.
    #[inline]
    pub(super) fn deliver(&mut self, target: i64) {
        while let Some(timed) = self.responses.due(target) {
            self.take_in(timed.ts, &timed.message);
        }
    }

    fn take_in(&mut self, ts: i64, answer: &Answer) {
        let Answer { report, op, nth, fee } = answer;
        self.latest = self.latest.max(ts);
        let worth = self.plan.worth(report.instr);
        let ticks = worth.ticks(report.tick);
        let filled = report.outcome == Outcome::Filled;
        if filled {
            let execution = Execution { side: report.side, ticks, lots: report.lots, fee: *fee };
            self.accounts[1][usize::from(report.instr)].apply(worth, &execution);
        }
        let status = self.orders.receive(report, *op, *nth);
        self.inbox.push(*report);
        self.inbox_fees.push(*fee);
        if !self.plan.config().record {
            return;
        }
        if filled {
            self.record.fills.push(Fill {
                ts_exch: report.ts,
                ts_local: ts,
                order: report.order,
                instr: report.instr,
                side: report.side,
                liquidity: report.liquidity,
                reason: report.refusal,
                ticks,
                lots: report.lots,
                leaves: report.leaves,
                fee: *fee,
            });
        }
        self.record.log.push(Entry {
            ts,
            ts_exch: report.ts,
            number: report.number,
            order: report.order,
            instr: report.instr,
            what: received(report.outcome),
            refusal: report.refusal,
            side: report.side,
            status,
            ticks,
            lots: report.lots,
            leaves: report.leaves,
        });
    }

    /// A request that never reached the exchange: the strategy learns of it `after` ns.
    pub(super) fn lose(&mut self, report: Report, op: Op, after: i64) {
        let report = Report { refusal: Refusal::Technical, ..report };
        let nth = self.orders.reported(report.order);
        self.orders.arrived(report.order);
        self.responses.push(self.now + after, report.instr, Answer { report, op, nth, fee: 0 });
    }
}
