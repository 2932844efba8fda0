use quantrl_lob::{OrderRef, Side};

use super::{FillRule, ThroughRule};
use crate::tick::{Liquidity, Outcome, Refusal, Report};

/// An own order that rests. `P` is its place in the queue of its price.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Resting<P> {
    /// Who it is.
    pub order: OrderRef,
    /// Request it came from.
    pub number: u64,
    /// Rank of its price on its side, larger = better.
    pub key: i32,
    /// Open lots, at least 1.
    pub leaves: u32,
    /// Whether it must never take.
    pub post_only: bool,
    /// Where it stands.
    pub place: P,
}

/// What an event offers to one own order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Offer {
    /// Lots, less those that the event has given to own orders before it.
    Lots(u64),
    /// As many as the order has open.
    Whole,
}

impl Offer {
    /// Of an execution at the own price that reaches the order with `lots`.
    #[inline]
    pub fn at(rule: FillRule, lots: u64) -> Self {
        match rule {
            FillRule::Partial => Self::Lots(lots),
            FillRule::Full => Self::Whole,
        }
    }

    /// Of an event of `lots` past the own price.
    #[inline]
    pub fn past(rule: ThroughRule, lots: u64) -> Self {
        match rule {
            ThroughRule::Volume => Self::Lots(lots),
            ThroughRule::Full => Self::Whole,
        }
    }
}

/// Whose orders of which instrument an event meets, and when.
#[derive(Clone, Copy, Debug)]
pub(super) struct Meeting {
    /// Exchange time.
    pub ts: i64,
    /// Instrument.
    pub instr: u16,
    /// Side of the own orders.
    pub side: Side,
    /// Worst rank of a price that the event reaches.
    pub bound: i32,
}

/// Own orders of one side, best price first, then by acceptance.
#[derive(Clone, Debug)]
struct Queue<P> {
    orders: Vec<Resting<P>>,
    /// Ranks of the best and worst price; the worst above the best without an order.
    best: i32,
    worst: i32,
}

impl<P: Copy> Queue<P> {
    fn new() -> Self {
        Self { orders: Vec::with_capacity(ROOM), best: i32::MIN, worst: i32::MAX }
    }

    fn measure(&mut self) {
        self.best = self.orders.first().map_or(i32::MIN, |own| own.key);
        self.worst = self.orders.last().map_or(i32::MAX, |own| own.key);
    }
}

/// Orders of a side of an instrument that nothing allocates below.
const ROOM: usize = 8;

/// Own orders of every instrument and side.
#[derive(Clone, Debug)]
pub(super) struct OwnOrders<P> {
    sides: Vec<[Queue<P>; 2]>,
    count: usize,
}

impl<P: Copy> OwnOrders<P> {
    pub fn new(instruments: usize) -> Self {
        Self { sides: (0..instruments).map(|_| [Queue::new(), Queue::new()]).collect(), count: 0 }
    }

    /// Orders of all instruments.
    #[inline]
    pub fn count(&self) -> usize {
        self.count
    }

    /// Instruments.
    pub fn instruments(&self) -> usize {
        self.sides.len()
    }

    #[inline]
    pub fn side(&self, instr: u16, side: Side) -> &[Resting<P>] {
        &self.sides[usize::from(instr)][side as usize].orders
    }

    /// Whether a change at a price of `side` may concern any order: one of that side at or between whose prices it lies,
    /// or one of the other side that it reaches. Never false where it does.
    #[inline]
    pub fn may_concern(&self, instr: u16, side: Side, key: i32) -> bool {
        let queues = &self.sides[usize::from(instr)];
        let (own, other) = (&queues[side as usize], &queues[side.opposite() as usize]);
        // One branch that is seldom taken instead of two that cannot be guessed. A rank of the other side is the complement.
        (own.worst <= key) & (key <= own.best) | (other.best >= !key)
    }

    /// Orders at one price, by acceptance.
    #[inline]
    pub fn at_mut(&mut self, instr: u16, side: Side, key: i32) -> &mut [Resting<P>] {
        let Queue { orders, best, worst } = &mut self.sides[usize::from(instr)][side as usize];
        if key < *worst || *best < key {
            return &mut [];
        }
        let from = orders.partition_point(|own| own.key > key);
        let to = from + orders[from..].partition_point(|own| own.key == key);
        &mut orders[from..to]
    }

    #[inline]
    pub fn side_mut(&mut self, instr: u16, side: Side) -> &mut [Resting<P>] {
        &mut self.sides[usize::from(instr)][side as usize].orders
    }

    /// Whether an event that reaches prices down to `bound` meets any order.
    #[inline]
    pub fn meets(&self, instr: u16, side: Side, bound: i32) -> bool {
        let queue = &self.sides[usize::from(instr)][side as usize];
        queue.best >= bound && !queue.orders.is_empty()
    }

    pub fn find(&self, instr: u16, side: Side, order: OrderRef) -> Option<usize> {
        self.sides.get(usize::from(instr))?[side as usize].orders.iter().position(|own| own.order == order)
    }

    pub fn insert(&mut self, instr: u16, side: Side, own: Resting<P>) {
        let queue = &mut self.sides[usize::from(instr)][side as usize];
        queue.orders.insert(queue.orders.partition_point(|other| other.key >= own.key), own);
        queue.measure();
        self.count += 1;
    }

    pub fn remove(&mut self, instr: u16, side: Side, at: usize) -> Resting<P> {
        self.count -= 1;
        let queue = &mut self.sides[usize::from(instr)][side as usize];
        let own = queue.orders.remove(at);
        queue.measure();
        own
    }

    /// Offer an event to the orders it meets; `offer` is asked for each with the lots given so far. Returns the lots
    /// given. Spec 3.8: one event's lots are one budget, taken by price, then acceptance.
    pub fn fill(
        &mut self,
        meeting: Meeting,
        mut offer: impl FnMut(&mut Resting<P>, u64) -> Offer,
        reports: &mut Vec<Report>,
    ) -> u64 {
        let Meeting { ts, instr, side, bound } = meeting;
        let queue = &mut self.sides[usize::from(instr)][side as usize];
        let (mut given, mut gone) = (0, false);
        for own in queue.orders.iter_mut().take_while(|own| own.key >= bound) {
            let lots = match offer(own, given) {
                Offer::Lots(lots) => lots.saturating_sub(given).min(u64::from(own.leaves)) as u32,
                Offer::Whole => own.leaves,
            };
            if lots == 0 {
                continue;
            }
            given += u64::from(lots);
            own.leaves -= lots;
            gone |= own.leaves == 0;
            reports.push(Report {
                ts,
                number: own.number,
                order: own.order,
                instr,
                side,
                outcome: Outcome::Filled,
                refusal: Refusal::None,
                liquidity: Liquidity::Maker,
                tick: side.tick(own.key),
                lots,
                leaves: own.leaves,
            });
        }
        if gone {
            let before = queue.orders.len();
            queue.orders.retain(|own| own.leaves > 0);
            queue.measure();
            self.count -= before - queue.orders.len();
        }
        given
    }
}
