use quantrl_lob::{OrderRef, Side};

use crate::tick::order::{Op, Outcome, Refusal, Report, Request};
use crate::tick::wire::wire;

/// Where an own order stands, as far as received reports tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Status {
    /// Sent, nothing heard of it.
    PendingNew = 1,
    /// Live.
    Working = 2,
    /// Live, an amend not answered.
    PendingAmend = 3,
    /// Live, a cancel not answered.
    PendingCancel = 4,
    /// Ended: all lots executed.
    Filled = 5,
    /// Ended: on request or by a rule of the venue.
    Cancelled = 6,
    /// Ended: by its lifetime.
    Expired = 7,
    /// Ended: never live.
    Rejected = 8,
}

impl Status {
    /// Whether nothing can happen to the order any more.
    pub fn is_final(self) -> bool {
        self as u8 >= Self::Filled as u8
    }
}

/// An own order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnOrder {
    /// Reference.
    pub order: OrderRef,
    /// Instrument.
    pub instr: u16,
    /// Side.
    pub side: Side,
    /// Where it stands.
    pub status: Status,
    /// Price above the instrument's base; of a market order, 0.
    pub tick: i32,
    /// Open lots.
    pub leaves: u32,
    /// Executed lots, all executions received.
    pub filled: u64,
    /// Amends and cancels not answered.
    pub(super) pending: [u16; 2],
    pub(super) heard: bool,
    /// Reports of it sent by the exchange, and the last of these whose state is in here.
    pub(super) reports: u32,
    pub(super) newest: u32,
    /// Messages about it in flight, both directions.
    pub(super) in_flight: u32,
}

impl OwnOrder {
    pub(super) fn of(request: &Request) -> Self {
        Self {
            order: request.order,
            instr: request.instr,
            side: request.side,
            status: Status::PendingNew,
            tick: request.tick,
            leaves: request.lots,
            filled: 0,
            pending: [0; 2],
            heard: false,
            reports: 0,
            newest: 0,
            in_flight: 1,
        }
    }

    /// Whether a cancel is not answered.
    pub fn cancel_sent(&self) -> bool {
        self.pending[1] > 0
    }

    pub(super) fn live_status(&self) -> Status {
        match (self.heard, self.pending) {
            (false, _) => Status::PendingNew,
            (true, [0, 0]) => Status::Working,
            (true, [_, 0]) => Status::PendingAmend,
            (true, _) => Status::PendingCancel,
        }
    }

    /// Take in report `nth` of this order, an answer to a request of kind `op`. Reports may come in any order: the state
    /// is that of the newest, executions all count.
    pub(super) fn receive(&mut self, report: &Report, op: Op, nth: u32) {
        let answers =
            matches!(report.outcome, Outcome::Amended | Outcome::Cancelled | Outcome::RequestRejected);
        if let (Op::Amend | Op::Cancel, true) = (op, answers) {
            let pending = &mut self.pending[usize::from(op == Op::Cancel)];
            *pending = pending.saturating_sub(1);
        }
        if report.outcome == Outcome::Filled {
            self.filled += u64::from(report.lots);
        }
        if matches!(report.outcome, Outcome::Accepted | Outcome::Filled | Outcome::Amended) {
            self.heard = true;
        }
        let newer = nth >= self.newest && report.outcome != Outcome::RequestRejected;
        if newer {
            self.newest = nth;
            self.leaves = report.leaves;
            if matches!(report.outcome, Outcome::Accepted | Outcome::Amended) {
                self.tick = report.tick;
            }
        }
        self.status = match (self.status.is_final(), newer, report.outcome) {
            (true, ..) => self.status,
            (_, true, Outcome::Filled) if report.leaves == 0 => Status::Filled,
            (_, true, Outcome::Cancelled) => match report.refusal {
                Refusal::Remainder | Refusal::FokUnfilled => Status::Expired,
                _ => Status::Cancelled,
            },
            (_, true, Outcome::Rejected) => Status::Rejected,
            _ => self.live_status(),
        };
    }
}

wire!(OwnOrder {
    order,
    instr,
    side,
    status,
    tick,
    leaves,
    filled,
    pending,
    heard,
    reports,
    newest,
    in_flight
});
