//! What the messages of a flow do to a book, wherever the events of it go.

use quantrl_lob::{Book, Side};

use super::{Msg, Opening};
use crate::convert::recorder::Stamp;
use crate::error::Error;
use crate::event::Kind;

/// A book whose every change becomes an event.
pub(super) trait Tape {
    /// The book.
    fn book(&mut self) -> Result<&Book, Error>;

    /// An event that names no order and changes nothing.
    fn plain(&mut self, stamp: Stamp, kind: Kind) -> Result<(), Error>;

    /// A new order at the tail of its price.
    fn add(&mut self, stamp: Stamp, side: Side, tick: i32, qty: u32) -> Result<(), Error>;

    /// At most `lots` of the order in a slot leave; its price and how many. None where the slot is empty.
    fn take(&mut self, stamp: Stamp, slot: u32, lots: u32, kind: Kind) -> Result<Option<(i32, u32)>, Error>;

    /// The events since the last call were one message.
    fn end_group(&mut self);
}

/// A book and the price of its last trade.
#[derive(Clone, Debug)]
pub(super) struct Market<T> {
    pub(super) tape: T,
    pub(super) anchor: i32,
}

impl<T: Tape> Market<T> {
    /// The opening, as a snapshot.
    pub(super) fn open(&mut self, opening: Opening, stamp: Stamp) -> Result<(), Error> {
        self.tape.plain(stamp, Kind::SnapBegin)?;
        for side in Side::BOTH {
            for level in 0..opening.levels {
                let tick = match side {
                    Side::Buy => opening.bid.saturating_sub_unsigned(level),
                    Side::Sell => opening.bid.saturating_add(1).saturating_add_unsigned(level),
                };
                for _ in 0..opening.orders {
                    self.tape.add(stamp, side, tick, opening.lots)?;
                }
            }
        }
        self.tape.plain(stamp, Kind::SnapEnd)?;
        self.tape.end_group();
        Ok(())
    }

    /// One message.
    pub(super) fn apply(&mut self, message: Msg, stamp: Stamp) -> Result<(), Error> {
        match message {
            Msg::Limit { side, tick, qty } => self.tape.add(stamp, side, tick, qty),
            Msg::Cancel { slot } => self.tape.take(stamp, slot, u32::MAX, Kind::Delete).map(drop),
            Msg::Market { side, mut qty } => {
                while qty > 0 {
                    let Some(head) = self.tape.book()?.best(side.opposite()).map(|level| level.head) else {
                        break;
                    };
                    let Some((tick, lots)) = self.tape.take(stamp, head, qty, Kind::Exec)? else { break };
                    self.anchor = tick;
                    qty -= lots;
                }
                Ok(())
            }
        }
    }
}
