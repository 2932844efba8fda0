//! Messages as C sees them: sizes and order of fields are part of the interface.

use crate::orders::{Cancel, Config, Modify, ModifyRule, NewOrder, PostOnlyRule, Price, Stp, Tif};
use crate::report::NO_PRICE;
use crate::types::{Lots, Nanos, Side, Ticks};

/// `qlob_config`: settings and capacity of an engine.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct CConfig {
    /// Price stored as 0.
    pub base_tick: i64,
    /// Ids are below this, if counted up; else 0.
    pub max_ids: u64,
    /// Live orders that fit without allocating.
    pub max_orders: u32,
    /// Levels a side that fit without allocating.
    pub max_levels: u32,
    /// Price step in ticks.
    pub step: u32,
    /// Reach of market orders in ticks, `UINT32_MAX` = any.
    pub collar_ticks: u32,
    /// 0 keep on decrease, 1 always requeue.
    pub modify: u8,
    /// 0 reject, 1 slide.
    pub post_only: u8,
    /// 0 off, 1 cancel newest, 2 cancel oldest, 3 cancel both, 4 decrement.
    pub stp: u8,
    /// Id index: 0 direct, 1 paged, 2 hash.
    pub ids: u8,
    /// 0.
    pub pad: [u8; 4],
}

impl CConfig {
    /// The settings, if every choice is one of those listed.
    pub(super) fn config(&self) -> Option<Config> {
        let modify = match self.modify {
            0 => ModifyRule::KeepOnDecrease,
            1 => ModifyRule::AlwaysRequeue,
            _ => return None,
        };
        let post_only = match self.post_only {
            0 => PostOnlyRule::Reject,
            1 => PostOnlyRule::Slide,
            _ => return None,
        };
        let stp = match self.stp {
            0 => Stp::Off,
            1 => Stp::CancelNewest,
            2 => Stp::CancelOldest,
            3 => Stp::CancelBoth,
            4 => Stp::Decrement,
            _ => return None,
        };
        let collar_ticks = Some(self.collar_ticks).filter(|&ticks| ticks != u32::MAX);
        let (base_tick, step) = (Ticks(self.base_tick), self.step);
        Some(Config { base_tick, step, modify, post_only, stp, collar_ticks })
    }
}

const MARKET: u8 = 0x10;
const POST: u8 = 0x20;

/// `qlob_new_order`, 32 bytes.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct CNewOrder {
    /// Order.
    pub id: u64,
    /// Message.
    pub seq: u64,
    /// Limit; `INT64_MAX` = none, for a market order.
    pub price: i64,
    /// Lots.
    pub qty: u32,
    /// 0 buy, 1 sell.
    pub side: u8,
    /// 0 GTC, 1 IOC, 2 FOK, 3 DAY; plus 0x10 market, 0x20 post-only.
    pub tif: u8,
    /// 0 = nobody in particular.
    pub owner: u16,
}

/// `qlob_cancel`, 16 bytes.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct CCancel {
    /// Order.
    pub id: u64,
    /// Message.
    pub seq: u64,
}

/// `qlob_modify`, 32 bytes.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct CModify {
    /// Order.
    pub id: u64,
    /// Message.
    pub seq: u64,
    /// New limit.
    pub price: i64,
    /// New open lots.
    pub qty: u32,
    /// 0 buy, 1 sell.
    pub side: u8,
    /// 0.
    pub pad: [u8; 3],
}

const _: () = assert!(size_of::<CNewOrder>() == 32 && size_of::<CCancel>() == 16);
const _: () = assert!(size_of::<CModify>() == 32 && size_of::<CConfig>() == 40);

#[inline]
pub(super) fn side(side: u8) -> Option<Side> {
    Side::BOTH.get(usize::from(side)).copied()
}

impl CNewOrder {
    #[inline]
    pub(super) fn order(&self, ts: Nanos) -> Option<NewOrder> {
        let limit = Ticks(self.price);
        let price = match self.tif & MARKET {
            0 => Price::Limit(limit),
            _ => Price::Market(Some(limit).filter(|limit| limit.0 != NO_PRICE)),
        };
        let tif = match self.tif & !(MARKET | POST) {
            0 => Tif::Gtc,
            1 => Tif::Ioc,
            2 => Tif::Fok,
            3 => Tif::Day,
            _ => return None,
        };
        let &Self { id, seq, owner, .. } = self;
        let (qty, side, post_only) = (Lots(self.qty.into()), side(self.side)?, self.tif & POST != 0);
        Some(NewOrder { id, seq, ts, price, qty, tif, owner, side, post_only })
    }
}

impl CCancel {
    #[inline]
    pub(super) fn cancel(&self, ts: Nanos) -> Cancel {
        Cancel { id: self.id, seq: self.seq, ts }
    }
}

impl CModify {
    #[inline]
    pub(super) fn modify(&self, ts: Nanos) -> Option<Modify> {
        let &Self { id, seq, price, qty, .. } = self;
        Some(Modify { id, seq, ts, price: Ticks(price), qty: Lots(qty.into()), side: side(self.side)? })
    }
}
