//! Ends of life: good-till-time orders by (time, arrival), day orders by arrival.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::slab::Slab;
use crate::types::{EXPIRES, Order, Slot};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Due {
    at: i64,
    arrival: u64,
    slot: Slot,
}

/// Entries of ended orders stay until their time or the next full house, so that ending an order costs nothing here.
#[derive(Clone, Debug)]
pub struct Expiries {
    timed: BinaryHeap<Reverse<Due>>,
    day: Vec<Due>,
    /// Arrival of the last order with an end in each slot; tells an entry from one of an earlier user of the slot.
    arrivals: Vec<u64>,
    arrived: u64,
    next: i64,
}

impl Default for Expiries {
    fn default() -> Self {
        let (timed, day, arrivals) = (BinaryHeap::new(), Vec::new(), Vec::new());
        Self { timed, day, arrivals, arrived: 0, next: i64::MAX }
    }
}

fn live(arrivals: &[u64], orders: &Slab<Order>, due: &Due) -> bool {
    let order = &orders[due.slot];
    !order.is_free() && order.flags & EXPIRES != 0 && arrivals[due.slot as usize] == due.arrival
}

impl Expiries {
    /// Room for `orders` live orders at a time.
    pub fn reserve(&mut self, orders: usize) {
        // Twice: a full house is swept first, and grows only if more than half of it is live.
        self.timed.reserve((2 * orders).saturating_sub(self.timed.len()));
        self.day.reserve((2 * orders).saturating_sub(self.day.len()));
        if self.arrivals.len() < orders {
            self.arrivals.resize(orders, 0);
        }
    }

    /// Earliest time at which something may be due.
    #[inline]
    pub fn next(&self) -> i64 {
        self.next
    }

    /// The order in `slot` ends at time `at`, or with the day. It is linked already.
    pub fn add(&mut self, orders: &Slab<Order>, slot: Slot, at: Option<i64>) {
        self.arrived += 1;
        let due = Due { at: at.unwrap_or(i64::MAX), arrival: self.arrived, slot };
        if self.arrivals.len() <= slot as usize {
            self.arrivals.resize(slot as usize + 1, 0);
        }
        self.arrivals[slot as usize] = due.arrival;
        let Self { timed, day, arrivals, .. } = self;
        if at.is_none() {
            if day.len() == day.capacity() {
                day.retain(|due| live(arrivals, orders, due));
                day.reserve(day.len());
            }
            day.push(due);
            return;
        }
        if timed.len() == timed.capacity() {
            timed.retain(|Reverse(due)| live(arrivals, orders, due));
            timed.reserve(timed.len());
        }
        timed.push(Reverse(due));
        self.next = self.next.min(due.at);
    }

    /// Slot of the next live order whose time is not after `now`, taken out.
    pub fn pop_due(&mut self, orders: &Slab<Order>, now: i64) -> Option<Slot> {
        while let Some(&Reverse(due)) = self.timed.peek() {
            self.next = due.at;
            if due.at > now {
                return None;
            }
            self.timed.pop();
            if live(&self.arrivals, orders, &due) {
                return Some(due.slot);
            }
        }
        self.next = i64::MAX;
        None
    }

    /// Slot of the `n`-th day order entered since the last close, if it is live.
    pub fn day(&self, orders: &Slab<Order>, n: usize) -> Option<Option<Slot>> {
        self.day.get(n).map(|due| live(&self.arrivals, orders, due).then_some(due.slot))
    }

    /// Forget the day's orders.
    pub fn end_day(&mut self) {
        self.day.clear();
    }
}
