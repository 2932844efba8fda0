use quantrl_lob::Side;

use crate::event::Kind;

/// One event before it is sorted.
#[derive(Clone, Copy, Debug)]
pub struct Raw {
    /// Exchange time, ns.
    pub ts: i64,
    /// Receive time, ns.
    pub received: i64,
    /// Price in ticks.
    pub tick: i64,
    /// Quantity.
    pub lots: u64,
    /// Line.
    pub row: u64,
    /// Update id that the book has after this event; 0 within a group.
    pub update: i64,
    /// Kind.
    pub kind: Kind,
    /// Flags.
    pub flags: u8,
}

/// A best quote with its update id: bid and ask, ticks and lots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quote {
    /// Update id.
    pub update: i64,
    /// Bid.
    pub bid: (i64, u64),
    /// Ask.
    pub ask: (i64, u64),
}

/// A depth update that waits for the snapshot.
#[derive(Clone, Debug)]
pub struct Update {
    /// `U`, `u` and `pu`.
    pub ids: (i64, i64, Option<i64>),
    /// Exchange time, ns.
    pub ts: i64,
    /// Receive time, ns.
    pub received: i64,
    /// Line.
    pub row: u64,
    /// Side, price in ticks, quantity.
    pub changes: Vec<(Side, i64, u64)>,
}
