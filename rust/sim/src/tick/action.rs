//! What a strategy wants, before it is checked and becomes requests.

use quantrl_lob::{OrderRef, Side};

use super::order::{OrderType, Tif};

/// One wish. Ticks are absolute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// A new order.
    New {
        /// Instrument.
        instr: u16,
        /// Side.
        side: Side,
        /// Type.
        kind: OrderType,
        /// Lifetime.
        tif: Tif,
        /// Never takes.
        post_only: bool,
        /// Limit; not read for market orders.
        ticks: i64,
        /// Lots.
        lots: i64,
    },
    /// Another price and another open quantity for a live order.
    Amend {
        /// Own order.
        order: OrderRef,
        /// New limit.
        ticks: i64,
        /// New open lots.
        lots: i64,
    },
    /// The end of a live order.
    Cancel {
        /// Own order.
        order: OrderRef,
    },
    /// The end of every order not already asked to end.
    CancelAll {
        /// Of this instrument only.
        instr: Option<u16>,
    },
}

/// Wishes of one wake, sent in this order.
#[derive(Clone, Debug, Default)]
pub struct Actions(Vec<Action>);

impl Actions {
    /// Room for `n`.
    pub fn with_capacity(n: usize) -> Self {
        Self(Vec::with_capacity(n))
    }

    /// Append.
    #[inline]
    pub fn push(&mut self, action: Action) {
        self.0.push(action);
    }

    /// A limit order, good till cancelled.
    #[inline]
    pub fn limit(&mut self, instr: u16, side: Side, ticks: i64, lots: i64, post_only: bool) {
        self.push(Action::New { instr, side, kind: OrderType::Limit, tif: Tif::Gtc, post_only, ticks, lots });
    }

    /// A market order; what cannot be filled at once ends.
    #[inline]
    pub fn market(&mut self, instr: u16, side: Side, lots: i64) {
        let (kind, tif) = (OrderType::Market, Tif::Ioc);
        self.push(Action::New { instr, side, kind, tif, post_only: false, ticks: 0, lots });
    }

    /// End an order.
    #[inline]
    pub fn cancel(&mut self, order: OrderRef) {
        self.push(Action::Cancel { order });
    }

    /// Forget all.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}

impl std::ops::Deref for Actions {
    type Target = [Action];

    fn deref(&self) -> &[Action] {
        &self.0
    }
}
