use super::{Matcher, lots};
use crate::ids::IdIndex;
use crate::ladder::Ladder;
use crate::matcher::take::Taker;
use crate::orders::{NewOrder, PostOnlyRule, Price, Tif};
use crate::report::{Kind, NO_PRICE, Reason, Report, ReportSink};
use crate::types::{EXPIRES, NIL, Order, POST_ONLY, Side};

/// Price of an order as it was sent.
#[inline]
pub(super) fn stated(order: &NewOrder) -> i64 {
    match order.price {
        Price::Limit(price) | Price::Market(Some(price)) => price.0,
        Price::Market(None) => NO_PRICE,
    }
}

impl<L: Ladder<u32>, I: IdIndex> Matcher<L, I> {
    /// Accept an order, let it trade, rest or cancel what is left. An error leaves the book as it was (R10).
    #[inline]
    pub(super) fn enter<S: ReportSink>(&mut self, order: &NewOrder, out: &mut S) -> Result<(), Reason> {
        let &NewOrder { id, seq, owner, side, .. } = order;
        self.clock(seq, order.ts, out)?;
        if self.ids.get(id) != NIL {
            return Err(Reason::DuplicateId);
        }
        let entered = lots(order.qty)?;
        let mut tick = match order.price {
            Price::Limit(price) | Price::Market(Some(price)) => self.relative(price)?,
            Price::Market(None) => side.tick(i32::MAX),
        };
        let rests = match (order.price, order.tif) {
            (_, Tif::Gtd(at)) if at <= order.ts => return Err(Reason::AlreadyExpired),
            (Price::Market(_), _) | (_, Tif::Ioc | Tif::Fok) => false,
            _ => true,
        };
        let mut price = stated(order);
        if order.post_only {
            if !rests {
                return Err(Reason::Contradiction);
            }
            tick = self.passive(side, tick)?;
            price = self.absolute(tick);
        }
        let bound = self.bound(order, tick);
        out.push(Report::order(Kind::OrderAck, side, seq, id, price, entered));
        let mut taker = Taker { id, seq, price, left: entered, owner, side };
        if order.tif == Tif::Fok && !self.fillable(&taker, bound) {
            out.push(taker.cancelled(Reason::FokUnfilled));
            return Ok(());
        }
        let ended = self.take(&mut taker, bound, out);
        if taker.left == 0 || ended {
            return Ok(());
        }
        if rests {
            self.rest(order, tick, taker.left);
        } else {
            // R13
            out.push(taker.cancelled(Reason::Remainder));
        }
        Ok(())
    }

    /// Lowest key of the other side that the order accepts (R03, R15).
    #[inline]
    fn bound(&self, order: &NewOrder, tick: i32) -> i32 {
        let other = order.side.opposite();
        let limit = other.key(tick);
        match (order.price, self.config.collar_ticks) {
            (Price::Market(_), Some(collar)) => {
                let touch = self.book.ladder(other).best().map_or(i32::MAX, |(key, _)| key);
                limit.max(touch.saturating_sub_unsigned(collar))
            }
            _ => limit,
        }
    }

    /// R16: a price at which the order does not take, `tick` itself if it can be.
    pub(super) fn passive(&self, side: Side, tick: i32) -> Result<i32, Reason> {
        let other = side.opposite();
        let Some((touch, _)) = self.book.ladder(other).best().filter(|&(key, _)| key >= other.key(tick))
        else {
            return Ok(tick);
        };
        if self.config.post_only == PostOnlyRule::Reject {
            return Err(Reason::WouldTake);
        }
        let key = side.key(other.tick(touch)).checked_sub_unsigned(self.config.step);
        let tick = side.tick(key.ok_or(Reason::PriceOutOfRange)?);
        let absolute = self.config.base_tick.0.checked_add(i64::from(tick));
        absolute.map(|_| tick).ok_or(Reason::PriceOutOfRange)
    }

    #[inline]
    fn rest(&mut self, order: &NewOrder, tick: i32, qty: u32) {
        let ends = match order.tif {
            Tif::Gtd(at) => Some(Some(at.0)),
            Tif::Day => Some(None),
            _ => None,
        };
        let flags = (u16::from(order.post_only) * POST_ONLY) | (u16::from(ends.is_some()) * EXPIRES);
        let slot = self.book.orders.take();
        self.book.orders[slot] = Order { id: order.id, qty, owner: order.owner, flags, ..Order::FREE };
        self.ids.insert(order.id, slot);
        self.book.enqueue(slot, order.side, tick);
        if let Some(at) = ends {
            self.expiries.add(&self.book.orders, slot, at);
        }
    }
}
