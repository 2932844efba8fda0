//! What may be asked of a matching engine, and how an engine is set.

use crate::types::{Lots, Nanos, Side, Ticks};

/// Worst price a new order accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Price {
    /// Trade up to here, then rest here.
    Limit(Ticks),
    /// Trade, up to a price if one is given; never rest.
    Market(Option<Ticks>),
}

/// How long an order lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tif {
    /// Good till cancelled.
    Gtc,
    /// Immediate or cancel.
    Ioc,
    /// Fill or kill.
    Fok,
    /// Good till a time, at which it no longer trades.
    Gtd(Nanos),
    /// Good till the close.
    Day,
}

/// Enter an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewOrder {
    /// Any number that is not the id of a live order.
    pub id: u64,
    /// Number of the message, repeated in its reports.
    pub seq: u64,
    /// Time of the message.
    pub ts: Nanos,
    /// Worst price accepted.
    pub price: Price,
    /// Lots, 1 to `u32::MAX`.
    pub qty: Lots,
    /// Lifetime.
    pub tif: Tif,
    /// Whose it is, for self-trade prevention; 0 = nobody in particular.
    pub owner: u16,
    /// Side.
    pub side: Side,
    /// Never take.
    pub post_only: bool,
}

impl NewOrder {
    /// A good-till-cancelled limit order of nobody in particular at time 0.
    pub fn limit(id: u64, seq: u64, side: Side, price: Ticks, qty: Lots) -> Self {
        let price = Price::Limit(price);
        Self { id, seq, ts: Nanos(0), price, qty, tif: Tif::Gtc, owner: 0, side, post_only: false }
    }
}

/// End an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cancel {
    /// Order to end.
    pub id: u64,
    /// Number of the message.
    pub seq: u64,
    /// Time of the message.
    pub ts: Nanos,
}

/// Give a live order a price and open lots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Modify {
    /// Order to change.
    pub id: u64,
    /// Number of the message.
    pub seq: u64,
    /// Time of the message.
    pub ts: Nanos,
    /// New limit.
    pub price: Ticks,
    /// New open lots, 1 to `u32::MAX`.
    pub qty: Lots,
    /// Side of the order, which cannot change.
    pub side: Side,
}

/// When a modified order keeps its place (R17).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum ModifyRule {
    /// At the same price and not larger.
    #[default]
    KeepOnDecrease = 0,
    /// Never: cancel and reinsert.
    AlwaysRequeue = 1,
}

/// What becomes of a post-only order that would take (R16).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum PostOnlyRule {
    /// Refused.
    #[default]
    Reject = 0,
    /// Moved one step off the opposite touch.
    Slide = 1,
}

/// What happens instead of a trade between equal owners (R22).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum Stp {
    /// They trade.
    #[default]
    Off = 0,
    /// The aggressor's remainder is cancelled.
    CancelNewest = 1,
    /// The resting order is cancelled.
    CancelOldest = 2,
    /// Both are cancelled.
    CancelBoth = 3,
    /// Both lose the smaller of the two quantities; an emptied one is cancelled.
    Decrement = 4,
}

/// Settings of an engine, fixed for its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// Price stored as 0; prices reach 2^31 ticks from it.
    pub base_tick: Ticks,
    /// Price step of the venue in ticks, used by [`PostOnlyRule::Slide`].
    pub step: u32,
    /// Queue place of modified orders.
    pub modify: ModifyRule,
    /// Post-only orders that would take.
    pub post_only: PostOnlyRule,
    /// Self-trade prevention.
    pub stp: Stp,
    /// How far from the touch at arrival a market order may trade, in ticks (R15).
    pub collar_ticks: Option<u32>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            base_tick: Ticks(0),
            step: 1,
            modify: ModifyRule::default(),
            post_only: PostOnlyRule::default(),
            stp: Stp::default(),
            collar_ticks: None,
        }
    }
}

/// What an engine shall hold without allocating (R28).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capacity {
    /// Orders at a time.
    pub orders: usize,
    /// Price levels a side at a time.
    pub levels: usize,
    /// First id that does not occur, if ids are counted up from a small number; else 0.
    pub ids: u64,
}
