//! What a session leaves behind: executions, the log of orders, equity.

use quantrl_lob::{Fnv, OrderRef, Side};

use super::order::{Liquidity, Outcome, Refusal};
use super::orders::Status;
use super::wire::{Wire, wire};

/// An execution, in the order received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fill {
    /// Exchange time, ns.
    pub ts_exch: i64,
    /// When the strategy learnt of it, ns.
    pub ts_local: i64,
    /// Own order.
    pub order: OrderRef,
    /// Instrument.
    pub instr: u16,
    /// Side of the own order.
    pub side: Side,
    /// Whether it rested.
    pub liquidity: Liquidity,
    /// What the venue added, `None` of a plain execution.
    pub reason: Refusal,
    /// Price, absolute ticks.
    pub ticks: i64,
    /// Lots.
    pub lots: u32,
    /// Lots still open.
    pub leaves: u32,
    /// Billionths of a cash unit.
    pub fee: i128,
}

/// A request that was sent or a report that was received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Local time, ns.
    pub ts: i64,
    /// Exchange time of a report, local time of a request, ns.
    pub ts_exch: i64,
    /// Number of the request, or of the one that caused the report.
    pub number: u64,
    /// Own order.
    pub order: OrderRef,
    /// Instrument.
    pub instr: u16,
    /// `Op` of a request; 16 + `Outcome` of a report.
    pub what: u8,
    /// Why, of a report.
    pub refusal: Refusal,
    /// Side.
    pub side: Side,
    /// Where the order stands after it.
    pub status: Status,
    /// Price, absolute ticks.
    pub ticks: i64,
    /// Lots asked for; lots executed or open.
    pub lots: u32,
    /// Lots open after it.
    pub leaves: u32,
}

/// `Entry::what` of a report.
pub(crate) fn received(outcome: Outcome) -> u8 {
    16 + outcome as u8
}

/// An account as the strategy knows it at a sampling time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Equity {
    /// Local time, ns.
    pub ts: i64,
    /// Instrument.
    pub instr: u16,
    /// Lots.
    pub position: i64,
    /// Cash units.
    pub cash: i128,
    /// Billionths of a cash unit.
    pub fee: i128,
    /// Best bid plus best ask of the local book, absolute ticks; `i64::MIN` where a side is empty.
    pub ticks2: i64,
}

wire!(Fill { ts_exch, ts_local, order, instr, side, liquidity, reason, ticks, lots, leaves, fee });
wire!(Entry { ts, ts_exch, number, order, instr, what, refusal, side, status, ticks, lots, leaves });
wire!(Equity { ts, instr, position, cash, fee, ticks2 });

/// Everything recorded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// Executions.
    pub fills: Vec<Fill>,
    /// Requests and reports.
    pub log: Vec<Entry>,
    /// Samples of the accounts.
    pub equity: Vec<Equity>,
}

wire!(Record { fills, log, equity });

impl Record {
    /// Room for so many rows; nothing allocates below that.
    pub fn reserve(&mut self, fills: usize, log: usize, equity: usize) {
        self.fills.reserve(fills.saturating_sub(self.fills.len()));
        self.log.reserve(log.saturating_sub(self.log.len()));
        self.equity.reserve(equity.saturating_sub(self.equity.len()));
    }

    /// FNV-1a over every row, fields in order. O(rows).
    pub fn hash_into(&self, hash: &mut Fnv) {
        let mut row = Vec::with_capacity(128);
        let mut write = |put: &dyn Fn(&mut Vec<u8>)| {
            row.clear();
            put(&mut row);
            hash.write(&row);
        };
        self.fills.iter().for_each(|fill| write(&|row| fill.put(row)));
        self.log.iter().for_each(|entry| write(&|row| entry.put(row)));
        self.equity.iter().for_each(|sample| write(&|row| sample.put(row)));
    }
}
