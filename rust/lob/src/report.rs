//! What an engine answers: 64 bytes a report.

use crate::types::Side;

/// Price of a report about an order without one.
pub const NO_PRICE: i64 = i64::MAX;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Kind {
    /// A new order was accepted.
    OrderAck = 0,
    /// Two orders traded at the maker's price, under the aggressor's number.
    Trade = 1,
    /// An order, or what was left of it, was cancelled.
    CancelAck = 2,
    /// An order has a new price or new open lots.
    ModifyAck = 3,
    /// A cancel was refused.
    CancelReject = 4,
    /// A modify was refused.
    ModifyReject = 5,
    /// A new order or a command was refused.
    Reject = 6,
    /// An order reached the end of its life.
    Expired = 7,
    /// A stop fired.
    Triggered = 8,
}

/// Why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Reason {
    /// As asked.
    None = 0,
    /// No live order has this id.
    UnknownId = 1,
    /// A live order has this id.
    DuplicateId = 2,
    /// Lots are not within 1 and `u32::MAX`.
    Quantity = 3,
    /// The price is more than 2^31 ticks from the base.
    PriceOutOfRange = 4,
    /// The order stands on the other side.
    WrongSide = 5,
    /// A post-only order would take.
    WouldTake = 6,
    /// The message is older than the one before.
    ClockBackwards = 7,
    /// The expiry is not after the message.
    AlreadyExpired = 8,
    /// Post-only and an order that never rests.
    Contradiction = 9,
    /// Equal owners met.
    SelfTrade = 10,
    /// Less could be filled than a fill-or-kill order asked for.
    FokUnfilled = 11,
    /// Nothing more could be filled at once.
    Remainder = 12,
}

/// One event of the report stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Report {
    /// What happened.
    pub kind: Kind,
    /// Side of the order; of a trade, of the aggressor.
    pub side: Side,
    /// Why.
    pub reason: Reason,
    /// Always 0.
    pub pad: [u8; 5],
    /// Number of the message that caused it.
    pub seq: u64,
    /// Order concerned; of a trade, the aggressor.
    pub id: u64,
    /// Absolute price in ticks, [`NO_PRICE`] if there is none.
    pub price: i64,
    /// Lots: traded, cancelled, or now open.
    pub qty: u32,
    /// Always 0.
    pub pad_qty: u32,
    /// Resting order of a trade, else 0.
    pub maker: u64,
    /// Aggressor of a trade, else 0.
    pub taker: u64,
    /// Always 0.
    pub pad_end: u64,
}

const _: () = assert!(size_of::<Report>() == 64);

impl Report {
    /// A report about one order.
    #[inline]
    pub fn order(kind: Kind, side: Side, seq: u64, id: u64, price: i64, qty: u32) -> Self {
        Self {
            kind,
            side,
            reason: Reason::None,
            pad: [0; 5],
            seq,
            id,
            price,
            qty,
            pad_qty: 0,
            maker: 0,
            taker: 0,
            pad_end: 0,
        }
    }

    /// A trade.
    #[inline]
    pub fn trade(side: Side, seq: u64, price: i64, qty: u32, maker: u64, taker: u64) -> Self {
        Self { maker, taker, ..Self::order(Kind::Trade, side, seq, taker, price, qty) }
    }

    /// The same with a reason.
    #[inline]
    pub fn because(self, reason: Reason) -> Self {
        Self { reason, ..self }
    }

    /// The 64 bytes, little-endian.
    pub fn bytes(&self) -> [u8; 64] {
        let mut bytes = [0; 64];
        bytes[0] = self.kind as u8;
        bytes[1] = self.side as u8;
        bytes[2] = self.reason as u8;
        bytes[8..16].copy_from_slice(&self.seq.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.id.to_le_bytes());
        bytes[24..32].copy_from_slice(&self.price.to_le_bytes());
        bytes[32..36].copy_from_slice(&self.qty.to_le_bytes());
        bytes[40..48].copy_from_slice(&self.maker.to_le_bytes());
        bytes[48..56].copy_from_slice(&self.taker.to_le_bytes());
        bytes
    }
}

/// Where reports go.
pub trait ReportSink {
    /// Take one report.
    fn push(&mut self, report: Report);
}

impl ReportSink for Vec<Report> {
    #[inline]
    fn push(&mut self, report: Report) {
        Vec::push(self, report);
    }
}
