//! From wishes to requests on their way.

use quantrl_lob::OrderRef;

use super::Session;
use crate::tick::action::Action;
use crate::tick::error::Error;
use crate::tick::order::{Liquidity, Op, OrderType, Outcome, Refusal, Report, Request, Tif};
use crate::tick::orders::Status;
use crate::tick::record::Entry;
use crate::tick::venue::Venue;

impl<V: Venue> Session<V> {
    /// Send actions in order; `LocalView::opened` then holds the references of the new orders.
    ///
    /// # Errors
    /// The first action no venue would be sent; none of them has been then.
    pub fn send(&mut self, actions: &[Action]) -> Result<(), Error> {
        self.check(actions)?;
        self.send_checked(actions)
    }

    /// Send what `check` has passed.
    pub(crate) fn send_checked(&mut self, actions: &[Action]) -> Result<(), Error> {
        if self.plan.config().latency.reads_feed() {
            self.sync()?;
        }
        self.opened.clear();
        for action in actions {
            match *action {
                Action::New { instr, side, kind, tif, post_only, ticks, lots } => {
                    let order = self.orders.next_ref().unwrap_or(OrderRef::new(0, u32::MAX));
                    let tick = if kind == OrderType::Market { 0 } else { self.stored(instr, ticks)? };
                    self.opened.push(order);
                    let lots = lots as u32;
                    self.request(Request {
                        number: 0,
                        order,
                        instr,
                        op: Op::New,
                        side,
                        kind,
                        tif,
                        post_only,
                        tick,
                        lots,
                    });
                }
                Action::Amend { order, ticks, lots } => {
                    let instr = self.orders.get(order).map_or(0, |own| own.instr);
                    let tick = self.stored(instr, ticks)?;
                    self.again(order, Op::Amend, Some((tick, lots as u32)));
                }
                Action::Cancel { order } => self.again(order, Op::Cancel, None),
                Action::CancelAll { instr } => {
                    let mut place = 0;
                    while let Some(own) = self.orders.open_at(place) {
                        if !own.cancel_sent() && instr.is_none_or(|instr| instr == own.instr) {
                            self.again(own.order, Op::Cancel, None);
                        }
                        place += 1;
                    }
                }
            }
        }
        Ok(())
    }

    /// Check all of `actions` against what the strategy knows, without a change.
    ///
    /// # Errors
    /// The first that is wrong, by place and field.
    pub(crate) fn check(&self, actions: &[Action]) -> Result<(), Error> {
        let mut opened = 0;
        for (at, action) in actions.iter().enumerate() {
            let named = |error: Error| error.nth(at);
            match *action {
                Action::New { instr, kind, ticks, lots, .. } => {
                    opened += 1;
                    if opened > self.orders.room() {
                        let most = self.plan.config().max_own_orders;
                        let expected = format_args!("at most {most} own orders (max_own_orders)");
                        return Err(named(Error::order("orders", expected, self.orders.len() + opened)));
                    }
                    let asked = (kind == OrderType::Limit).then_some(ticks);
                    self.priced(instr, asked, lots).map_err(named)?;
                }
                Action::Amend { order, ticks, lots } => {
                    let instr = self.known(order).map_err(named)?;
                    self.priced(instr, Some(ticks), lots).map_err(named)?;
                }
                Action::Cancel { order } => self.known(order).map(drop).map_err(named)?,
                Action::CancelAll { instr } => {
                    instr.map_or(Ok(()), |instr| self.listed(instr)).map_err(named)?
                }
            }
        }
        Ok(())
    }

    fn listed(&self, instr: u16) -> Result<(), Error> {
        let count = self.plan.instruments();
        if usize::from(instr) < count {
            return Ok(());
        }
        Err(Error::order("instr", format_args!("below {count}"), instr))
    }

    fn known(&self, order: OrderRef) -> Result<u16, Error> {
        let got = || {
            Error::order("ref", "a live own order", format_args!("{}.{}", order.generation(), order.slot()))
        };
        self.orders.live(order).map(|own| own.instr).ok_or_else(got)
    }

    fn priced(&self, instr: u16, ticks: Option<i64>, lots: i64) -> Result<(), Error> {
        self.listed(instr)?;
        if !(1..=i64::from(u32::MAX)).contains(&lots) {
            return Err(Error::order("qty", "1 to 4294967295 lots", lots));
        }
        let Some(ticks) = ticks else { return Ok(()) };
        let step = i64::from(self.plan.file().instruments()[usize::from(instr)].step);
        if ticks % step != 0 {
            return Err(Error::order("tick", format_args!("a multiple of {step}"), ticks));
        }
        self.stored(instr, ticks).map(drop)
    }

    /// Ticks above the instrument's base.
    fn stored(&self, instr: u16, ticks: i64) -> Result<i32, Error> {
        let base = self.plan.file().instruments()[usize::from(instr)].base_tick;
        let stored = ticks.checked_sub(base).and_then(|tick| i32::try_from(tick).ok());
        stored.ok_or_else(|| Error::order("tick", format_args!("within 2^31 of {base}"), ticks))
    }

    /// A request about an order that the table knows.
    fn again(&mut self, order: OrderRef, op: Op, target: Option<(i32, u32)>) {
        let Some(own) = self.orders.live(order).copied() else { return };
        let (tick, lots) = target.unwrap_or((own.tick, own.leaves));
        let (kind, tif) = (OrderType::Limit, Tif::Gtc);
        let (instr, side) = (own.instr, own.side);
        self.request(Request { number: 0, order, instr, op, side, kind, tif, post_only: false, tick, lots });
    }

    fn request(&mut self, request: Request) {
        let request = Request { number: self.sent, ..request };
        let Request { number, order, instr, op, side, tick, lots, .. } = request;
        self.sent += 1;
        self.orders.sent(&request);
        let latency = &self.plan.config().latency;
        let feed = if latency.reads_feed() { self.local.latency(&self.plan) } else { 0 };
        let entry = latency.entry(self.key(), self.now, &request, feed);
        if entry < 0 {
            let outcome = if op == Op::New { Outcome::Rejected } else { Outcome::RequestRejected };
            let (refusal, liquidity) = (Refusal::Technical, Liquidity::Maker);
            let leaves = self.orders.get(order).map_or(0, |own| own.leaves);
            let leaves = if op == Op::New { 0 } else { leaves };
            let ts = self.now;
            let report =
                Report { ts, number, order, instr, side, outcome, refusal, liquidity, tick, lots, leaves };
            self.lose(report, op, -entry);
        } else {
            self.requests.push(self.now + entry, instr, request);
        }
        if self.plan.config().record {
            let own = self.orders.get(order);
            self.record.log.push(Entry {
                ts: self.now,
                ts_exch: self.now,
                number,
                order,
                instr,
                what: op as u8,
                refusal: Refusal::None,
                side,
                status: own.map_or(Status::PendingNew, |own| own.status),
                ticks: self.plan.worth(instr).ticks(tick),
                lots,
                leaves: own.map_or(0, |own| own.leaves),
            });
        }
    }
}
