//! Own orders as the strategy knows them: moved by received reports alone.

mod own;
#[cfg(test)]
mod tests;

use quantrl_lob::OrderRef;

use super::order::{Op, Report, Request};
use super::wire::Wire;

pub use own::{OwnOrder, Status};

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
            Some(taken) if !*taken => {
                *taken = true;
                Ok(())
            }
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
