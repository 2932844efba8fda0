//! What a strategy asks of a venue, and what the venue answers.

use quantrl_lob::{OrderRef, Side};

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Op {
    /// A new order.
    New = 1,
    /// Another price or another open quantity for a live order.
    Amend = 2,
    /// The end of a live order.
    Cancel = 3,
}

/// Worst price a new order accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum OrderType {
    /// Trade up to `Request::tick`, then rest there if the lifetime allows.
    Limit = 0,
    /// Trade at any price; never rest.
    Market = 1,
}

/// How long an order lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Tif {
    /// Good till cancelled.
    Gtc = 0,
    /// Immediate or cancel.
    Ioc = 1,
    /// Fill or kill.
    Fok = 2,
}

/// One message of a strategy to a venue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// Number of the request in its session, from 0: the address of its latency draws.
    pub number: u64,
    /// Own order concerned.
    pub order: OrderRef,
    /// Instrument, a row of the file's table.
    pub instr: u16,
    /// What is asked.
    pub op: Op,
    /// Side of the order.
    pub side: Side,
    /// Type of a new order.
    pub kind: OrderType,
    /// Lifetime of a new order.
    pub tif: Tif,
    /// A new order that never takes.
    pub post_only: bool,
    /// Limit in ticks above the instrument's `base_tick`; not read for market orders and cancels.
    pub tick: i32,
    /// Lots of a new order; new open lots of an amended one.
    pub lots: u32,
}

/// Whether an execution added liquidity or took it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Liquidity {
    /// The own order rested.
    Maker = 0,
    /// The own order was the aggressor.
    Taker = 1,
}

/// What a report says of an own order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Outcome {
    /// It is live at the venue.
    Accepted = 1,
    /// `lots` of it traded at `tick`.
    Filled = 2,
    /// It has a new price or new open lots.
    Amended = 3,
    /// It ended with `leaves` lots not filled.
    Cancelled = 4,
    /// It was never live.
    Rejected = 5,
    /// An amend or a cancel was refused; the order, if live, is as it was.
    RequestRejected = 6,
}

/// Why a venue refused or ended something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Refusal {
    /// As asked.
    None = 0,
    /// A post-only order would take.
    WouldTake = 1,
    /// Less could be filled than a fill-or-kill order asked for.
    FokUnfilled = 2,
    /// Nothing more could be filled at once.
    Remainder = 3,
    /// The order is not live at the venue.
    NotLive = 4,
    /// It would trade with another own order: the newest is cancelled.
    SelfTrade = 5,
    /// The request was lost on its way: negative latency.
    Technical = 6,
    /// The venue takes no orders in this phase.
    Closed = 7,
}

/// One message of a venue about an own order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    /// Exchange time, nanoseconds.
    pub ts: i64,
    /// Number of the request that caused it; of a passive fill, of the request the order came from.
    pub number: u64,
    /// Own order concerned.
    pub order: OrderRef,
    /// Instrument.
    pub instr: u16,
    /// Side of the order.
    pub side: Side,
    /// What happened.
    pub outcome: Outcome,
    /// Why.
    pub refusal: Refusal,
    /// Of a fill: whether the order rested.
    pub liquidity: Liquidity,
    /// Price: of the execution, or of the order.
    pub tick: i32,
    /// Lots: executed, or now open.
    pub lots: u32,
    /// Lots still open after it.
    pub leaves: u32,
}
