//! Own orders as the strategy knows them: moved by received reports alone.

use quantrl_lob::{OrderRef, Side};

use super::order::{Op, Outcome, Refusal, Report, Request};
use super::wire::{Wire, wire};

/// Where an own order stands, as far as received reports tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Status {
    /// Sent, nothing heard of it.
    PendingNew = 1,
    /// Live.
    Working = 2,
    /// Live, an amend not answered.
    PendingAmend = 3,
    /// Live, a cancel not answered.
    PendingCancel = 4,
    /// Ended: all lots executed.
    Filled = 5,
    /// Ended: on request or by a rule of the venue.
    Cancelled = 6,
    /// Ended: by its lifetime.
    Expired = 7,
    /// Ended: never live.
    Rejected = 8,
}

impl Status {
    /// Whether nothing can happen to the order any more.
    pub fn is_final(self) -> bool {
        self as u8 >= Self::Filled as u8
    }
}

/// An own order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnOrder {
    /// Reference.
    pub order: OrderRef,
    /// Instrument.
    pub instr: u16,
    /// Side.
    pub side: Side,
    /// Where it stands.
    pub status: Status,
    /// Price above the instrument's base; of a market order, 0.
    pub tick: i32,
    /// Open lots.
    pub leaves: u32,
    /// Executed lots, all executions received.
    pub filled: u64,
    /// Amends and cancels not answered.
    pending: [u16; 2],
    heard: bool,
    /// Reports of it sent by the exchange, and the last of these whose state is in here.
    reports: u32,
    newest: u32,
    /// Messages about it in flight, both directions.
    in_flight: u32,
}

impl OwnOrder {
    fn of(request: &Request) -> Self {
        Self {
            order: request.order,
            instr: request.instr,
            side: request.side,
            status: Status::PendingNew,
            tick: request.tick,
            leaves: request.lots,
            filled: 0,
            pending: [0; 2],
            heard: false,
            reports: 0,
            newest: 0,
            in_flight: 1,
        }
    }

    /// Whether a cancel is not answered.
    pub fn cancel_sent(&self) -> bool {
        self.pending[1] > 0
    }

    fn live_status(&self) -> Status {
        match (self.heard, self.pending) {
            (false, _) => Status::PendingNew,
            (true, [0, 0]) => Status::Working,
            (true, [_, 0]) => Status::PendingAmend,
            (true, _) => Status::PendingCancel,
        }
    }

    /// Take in report `nth` of this order, an answer to a request of kind `op`. Reports may come in any order: the state
    /// is that of the newest, executions all count.
    fn receive(&mut self, report: &Report, op: Op, nth: u32) {
        let answers =
            matches!(report.outcome, Outcome::Amended | Outcome::Cancelled | Outcome::RequestRejected);
        if let (Op::Amend | Op::Cancel, true) = (op, answers) {
            let pending = &mut self.pending[usize::from(op == Op::Cancel)];
            *pending = pending.saturating_sub(1);
        }
        if report.outcome == Outcome::Filled {
            self.filled += u64::from(report.lots);
        }
        if matches!(report.outcome, Outcome::Accepted | Outcome::Filled | Outcome::Amended) {
            self.heard = true;
        }
        let newer = nth >= self.newest && report.outcome != Outcome::RequestRejected;
        if newer {
            self.newest = nth;
            self.leaves = report.leaves;
            if matches!(report.outcome, Outcome::Accepted | Outcome::Amended) {
                self.tick = report.tick;
            }
        }
        self.status = match (self.status.is_final(), newer, report.outcome) {
            (true, ..) => self.status,
            (_, true, Outcome::Filled) if report.leaves == 0 => Status::Filled,
            (_, true, Outcome::Cancelled) => match report.refusal {
                Refusal::Remainder | Refusal::FokUnfilled => Status::Expired,
                _ => Status::Cancelled,
            },
            (_, true, Outcome::Rejected) => Status::Rejected,
            _ => self.live_status(),
        };
    }
}

/// The table of own orders: slots used last in, first out, generations so that an old reference fits no new order.
#[derive(Clone, Debug)]
pub struct Orders {
    slots: Vec<Option<OwnOrder>>,
    generations: Vec<u32>,
    free: Vec<u32>,
    /// Slots of orders that have not ended, in the order sent.
    open: Vec<u32>,
}

impl Orders {
    /// Room for `limit` orders.
    pub fn new(limit: u32) -> Self {
        let free = (0..limit).rev().collect();
        Self {
            slots: vec![None; limit as usize],
            generations: vec![0; limit as usize],
            free,
            open: Vec::with_capacity(limit as usize),
        }
    }

    /// Orders that may still be opened.
    pub fn room(&self) -> usize {
        self.free.len()
    }

    /// Orders in the table: live, or ended with a message still in flight.
    pub fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    /// Live orders of an instrument, as far as is known.
    pub fn live_count(&self, instr: u16) -> usize {
        self.iter().filter(|own| own.instr == instr).count()
    }

    /// Whether the table is empty.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The order, as long as the table knows it.
    #[inline]
    pub fn get(&self, order: OrderRef) -> Option<&OwnOrder> {
        self.slots.get(order.slot() as usize)?.as_ref().filter(|own| own.order == order)
    }

    fn get_mut(&mut self, order: OrderRef) -> Option<&mut OwnOrder> {
        self.slots.get_mut(order.slot() as usize)?.as_mut().filter(|own| own.order == order)
    }

    /// The order, if it has not ended as far as is known.
    #[inline]
    pub fn live(&self, order: OrderRef) -> Option<&OwnOrder> {
        self.get(order).filter(|own| !own.status.is_final())
    }

    /// All that have not ended, in the order sent.
    pub fn iter(&self) -> impl Iterator<Item = &OwnOrder> {
        self.open.iter().filter_map(|&slot| self.slots[slot as usize].as_ref())
    }

    /// Number `place` of `iter`.
    pub(crate) fn open_at(&self, place: usize) -> Option<&OwnOrder> {
        self.slots[*self.open.get(place)? as usize].as_ref()
    }

    /// Reference of the next order; None when the table is full.
    pub fn next_ref(&self) -> Option<OrderRef> {
        self.free.last().map(|&slot| OrderRef::new(self.generations[slot as usize], slot))
    }

    /// A request has been sent. A new order's reference must be that of `next_ref`, others must be live.
    pub fn sent(&mut self, request: &Request) {
        if request.op == Op::New {
            self.free.pop();
            self.open.push(request.order.slot());
            self.slots[request.order.slot() as usize] = Some(OwnOrder::of(request));
        } else if let Some(own) = self.get_mut(request.order) {
            own.pending[usize::from(request.op == Op::Cancel)] += 1;
            own.in_flight += 1;
            own.status = own.live_status();
        }
    }

    /// The exchange sends a report; its number among those of its order.
    #[inline]
    pub fn reported(&mut self, order: OrderRef) -> u32 {
        let Some(own) = self.get_mut(order) else { return 0 };
        own.in_flight += 1;
        own.reports += 1;
        own.reports - 1
    }

    /// A request has reached the exchange, or was lost.
    #[inline]
    pub fn arrived(&mut self, order: OrderRef) {
        self.landed(order);
    }

    /// One message about the order less is in flight; its slot is free again once it has ended and none is left.
    fn landed(&mut self, order: OrderRef) {
        let Some(own) = self.get_mut(order) else { return };
        own.in_flight = own.in_flight.saturating_sub(1);
        if own.status.is_final() && own.in_flight == 0 {
            let slot = order.slot();
            self.slots[slot as usize] = None;
            self.generations[slot as usize] = self.generations[slot as usize].wrapping_add(1);
            self.free.push(slot);
        }
    }

    /// A report has been received. The order's status after it.
    #[inline]
    pub fn receive(&mut self, report: &Report, op: Op, nth: u32) -> Status {
        let Some(own) = self.get_mut(report.order) else { return Status::Rejected };
        let before = own.status;
        own.receive(report, op, nth);
        let status = own.status;
        if status.is_final() && !before.is_final() {
            self.open.retain(|&slot| slot != report.order.slot());
        }
        self.landed(report.order);
        status
    }

    /// Into a snapshot.
    pub(crate) fn save(&self, out: &mut Vec<u8>) {
        self.generations.put(out);
        self.free.put(out);
        self.open.put(out);
        self.slots.iter().flatten().count().put(out);
        self.slots.iter().flatten().for_each(|own| own.put(out));
    }

    /// From a snapshot of a table of the same size.
    pub(crate) fn load(bytes: &mut &[u8], limit: u32) -> Result<Self, String> {
        let mut orders = Self::new(limit);
        orders.generations = Wire::take(bytes)?;
        orders.free = Wire::take(bytes)?;
        orders.open = Wire::take(bytes)?;
        let own: Vec<OwnOrder> = Wire::take(bytes)?;
        let mut taken = vec![false; limit as usize];
        let mut take = |slot: u32| match taken.get_mut(slot as usize) {
            Some(taken) if !*taken => Ok(*taken = true),
            _ => Err(format!("own order in slot {slot}: expected every slot once, below {limit}")),
        };
        orders.free.iter().try_for_each(|&slot| take(slot))?;
        own.iter().try_for_each(|own| take(own.order.slot()))?;
        if orders.generations.len() != limit as usize || orders.free.len() + own.len() != limit as usize {
            return Err(format!("own orders: expected {limit} slots, got {}", orders.generations.len()));
        }
        for order in own {
            orders.slots[order.order.slot() as usize] = Some(order);
        }
        let is_open = |own: &&OwnOrder| !own.status.is_final();
        let open = orders.slots.iter().flatten().filter(is_open).count();
        let listed = orders.open.iter().filter_map(|&slot| orders.slots.get(slot as usize)?.as_ref());
        if listed.filter(is_open).count() != open || orders.open.len() != open {
            return Err(format!("own orders: expected {open} open ones, got {}", orders.open.len()));
        }
        orders.open.reserve(limit as usize);
        Ok(orders)
    }
}

wire!(OwnOrder {
    order,
    instr,
    side,
    status,
    tick,
    leaves,
    filled,
    pending,
    heard,
    reports,
    newest,
    in_flight
});

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tick::{Liquidity, OrderType, Tif};

    fn request(order: OrderRef, number: u64, op: Op) -> Request {
        Request {
            number,
            order,
            instr: 0,
            op,
            side: Side::Buy,
            kind: OrderType::Limit,
            tif: Tif::Gtc,
            post_only: false,
            tick: 100,
            lots: 10,
        }
    }

    fn report(order: OrderRef, outcome: Outcome, refusal: Refusal, lots: u32, leaves: u32) -> Report {
        Report {
            ts: 0,
            number: 0,
            order,
            instr: 0,
            side: Side::Buy,
            outcome,
            refusal,
            liquidity: Liquidity::Maker,
            tick: 100,
            lots,
            leaves,
        }
    }

    /// `n`, `a`, `c` send a new order, an amend, a cancel; others are reports: outcome, then refusal, and what was asked.
    fn statuses(script: &str) -> Vec<Status> {
        use Outcome::{Accepted, Amended, Cancelled, Filled, Rejected, RequestRejected};
        let mut orders = Orders::new(4);
        let order = orders.next_ref().unwrap();
        let mut out = Vec::new();
        let mut leaves = 10;
        for word in script.split(' ') {
            let op = match word {
                "n" => Some(Op::New),
                "a" => Some(Op::Amend),
                "c" => Some(Op::Cancel),
                _ => None,
            };
            if let Some(op) = op {
                orders.sent(&request(order, 0, op));
                out.push(orders.get(order).unwrap().status);
                continue;
            }
            let (outcome, refusal, op, lots) = match word {
                "ack" => (Accepted, Refusal::None, Op::New, 10),
                "rej" => (Rejected, Refusal::WouldTake, Op::New, 0),
                "ioc" => (Cancelled, Refusal::Remainder, Op::New, 0),
                "fok" => (Cancelled, Refusal::FokUnfilled, Op::New, 0),
                "stp" => (Cancelled, Refusal::SelfTrade, Op::New, 0),
                "amended" => (Amended, Refusal::None, Op::Amend, 10),
                "notamended" => (RequestRejected, Refusal::WouldTake, Op::Amend, 0),
                "cancelled" => (Cancelled, Refusal::None, Op::Cancel, 0),
                "late" => (RequestRejected, Refusal::NotLive, Op::Cancel, 0),
                "fill4" => (Filled, Refusal::None, Op::New, 4),
                "fillall" => (Filled, Refusal::None, Op::New, leaves),
                other => panic!("{other}"),
            };
            leaves = match outcome {
                Filled => leaves - lots,
                Amended => 10,
                _ => leaves,
            };
            let nth = orders.reported(order);
            orders.get_mut(order).unwrap().in_flight += 1;
            out.push(orders.receive(&report(order, outcome, refusal, lots, leaves), op, nth));
        }
        out
    }

    #[test]
    fn the_table() {
        use Status::{
            Cancelled, Expired, Filled, PendingAmend, PendingCancel, PendingNew, Rejected, Working,
        };
        for (script, expected) in [
            ("n ack", vec![PendingNew, Working]),
            ("n rej", vec![PendingNew, Rejected]),
            ("n fill4", vec![PendingNew, Working]),
            ("n ioc", vec![PendingNew, Expired]),
            ("n fok", vec![PendingNew, Expired]),
            ("n ack stp", vec![PendingNew, Working, Cancelled]),
            ("n fillall", vec![PendingNew, Filled]),
            ("n c ack cancelled", vec![PendingNew, PendingNew, PendingCancel, Cancelled]),
            ("n ack c fill4 cancelled", vec![PendingNew, Working, PendingCancel, PendingCancel, Cancelled]),
            ("n ack c fillall late", vec![PendingNew, Working, PendingCancel, Filled, Filled]),
            ("n ack a amended", vec![PendingNew, Working, PendingAmend, Working]),
            ("n ack a notamended", vec![PendingNew, Working, PendingAmend, Working]),
            ("n ack a fill4 amended", vec![PendingNew, Working, PendingAmend, PendingAmend, Working]),
            (
                "n ack a c amended late",
                vec![PendingNew, Working, PendingAmend, PendingCancel, PendingCancel, Working],
            ),
            (
                "n ack a a amended amended",
                vec![PendingNew, Working, PendingAmend, PendingAmend, PendingAmend, Working],
            ),
            ("n a rej notamended", vec![PendingNew, PendingNew, Rejected, Rejected]),
        ] {
            assert_eq!(statuses(script), expected, "{script}");
        }
    }

    #[test]
    fn executions_count_in_any_order() {
        let mut orders = Orders::new(1);
        let order = orders.next_ref().unwrap();
        orders.sent(&request(order, 0, Op::New));
        let nth: Vec<u32> = (0..3).map(|_| orders.reported(order)).collect();
        orders.arrived(order);
        let fill = |lots, leaves| report(order, Outcome::Filled, Refusal::None, lots, leaves);
        let ack = report(order, Outcome::Accepted, Refusal::None, 10, 10);
        assert_eq!(orders.receive(&fill(6, 0), Op::New, nth[2]), Status::Filled);
        assert_eq!(orders.receive(&ack, Op::New, nth[0]), Status::Filled);
        assert_eq!((orders.get(order).unwrap().leaves, orders.next_ref()), (0, None));
        assert_eq!(orders.live(order), None);
        assert_eq!(orders.receive(&fill(4, 6), Op::New, nth[1]), Status::Filled);
        assert_eq!((orders.get(order), orders.len()), (None, 0));
        assert_eq!(orders.next_ref(), Some(OrderRef::new(1, 0)));
    }

    #[test]
    fn saved_and_loaded() {
        let mut orders = Orders::new(3);
        for number in 0..2 {
            let order = orders.next_ref().unwrap();
            orders.sent(&request(order, number, Op::New));
        }
        let mut bytes = Vec::new();
        orders.save(&mut bytes);
        let loaded = Orders::load(&mut &bytes[..], 3).unwrap();
        assert!(loaded.iter().eq(orders.iter()));
        assert_eq!(loaded.next_ref(), orders.next_ref());
        assert!(Orders::load(&mut &bytes[..], 4).is_err());
        assert!(Orders::load(&mut &bytes[..bytes.len() - 1], 3).is_err());
    }
}
