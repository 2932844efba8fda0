//! Own orders and taken lots as bytes, little-endian.

use quantrl_lob::{OrderRef, Side};

use super::desk::Desk;
use super::history::History;
use super::ledger::{Ledger, Taken};
use super::orders::{OwnOrders, Resting};
use crate::tick::Error;

/// Takes fields off the front of a saved state.
pub(super) struct Reader<'a>(pub &'a [u8]);

impl Reader<'_> {
    fn bytes<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N], Error> {
        let Some((head, rest)) = self.0.split_first_chunk::<N>() else {
            return Err(Error::saved(field, format_args!("{N} bytes"), self.0.len()));
        };
        self.0 = rest;
        Ok(*head)
    }

    pub fn u16(&mut self, field: &'static str) -> Result<u16, Error> {
        self.bytes(field).map(u16::from_le_bytes)
    }

    pub fn u32(&mut self, field: &'static str) -> Result<u32, Error> {
        self.bytes(field).map(u32::from_le_bytes)
    }

    pub fn u64(&mut self, field: &'static str) -> Result<u64, Error> {
        self.bytes(field).map(u64::from_le_bytes)
    }

    /// A byte that is 0 or 1.
    fn bit(&mut self, field: &'static str) -> Result<bool, Error> {
        match self.bytes::<1>(field)? {
            [0] => Ok(false),
            [1] => Ok(true),
            [other] => Err(Error::saved(field, "0 or 1", other)),
        }
    }

    fn instr(&mut self, count: usize) -> Result<u16, Error> {
        let instr = self.u16("instr")?;
        if usize::from(instr) < count {
            Ok(instr)
        } else {
            Err(Error::saved("instr", format_args!("below {count}"), instr))
        }
    }

    fn side(&mut self) -> Result<Side, Error> {
        Ok(if self.bit("side")? { Side::Sell } else { Side::Buy })
    }
}

impl<P: Copy> Desk<P> {
    /// Orders by instrument and side, best first, then the ledger.
    pub fn save<H: History<Place = P>>(&self, history: &H, out: &mut Vec<u8>) {
        out.extend((self.orders.count() as u32).to_le_bytes());
        for instr in 0..self.orders.instruments() as u16 {
            for side in Side::BOTH {
                for own in self.orders.side(instr, side) {
                    let tick = side.tick(own.key);
                    out.extend(instr.to_le_bytes());
                    out.extend([side as u8, u8::from(own.post_only)]);
                    out.extend(tick.to_le_bytes());
                    out.extend(own.leaves.to_le_bytes());
                    out.extend(own.order.generation().to_le_bytes());
                    out.extend(own.order.slot().to_le_bytes());
                    out.extend(own.number.to_le_bytes());
                    history.save(instr, side, tick, own.place, out);
                }
            }
        }
        out.extend((self.ledger.rows().len() as u32).to_le_bytes());
        for row in self.ledger.rows() {
            out.extend(row.instr.to_le_bytes());
            out.push(row.side as u8);
            out.extend(row.side.tick(row.key).to_le_bytes());
            out.extend(row.lots.to_le_bytes());
            out.extend(row.since.to_le_bytes());
        }
    }

    /// Inverse of `save`.
    ///
    /// # Errors
    /// Bytes that `save` does not write over this history.
    pub fn loaded<H: History<Place = P>>(&self, history: &H, from: &mut Reader<'_>) -> Result<Self, Error> {
        let instruments = self.orders.instruments();
        let mut orders = OwnOrders::new(instruments);
        let mut last = None;
        for _ in 0..from.u32("orders")? {
            let instr = from.instr(instruments)?;
            let side = from.side()?;
            let post_only = from.bit("post_only")?;
            let tick = from.u32("tick")?.cast_signed();
            let leaves = from.u32("leaves")?;
            let (generation, slot) = (from.u32("ref")?, from.u32("ref")?);
            let number = from.u64("number")?;
            let place = history.load(instr, side, tick, from)?;
            let key = side.key(tick);
            let rank = (instr, side as u8, std::cmp::Reverse(key));
            if leaves == 0 {
                return Err(Error::saved("leaves", "at least 1", leaves));
            }
            if last > Some(rank) {
                return Err(Error::saved("tick", "orders by instrument, side and price", tick));
            }
            last = Some(rank);
            let order = OrderRef::new(generation, slot);
            orders.insert(instr, side, Resting { order, number, key, leaves, post_only, place });
        }
        let ledger = self.loaded_ledger(from)?;
        Ok(Self { orders, ledger, config: self.config })
    }

    fn loaded_ledger(&self, from: &mut Reader<'_>) -> Result<Ledger, Error> {
        let mut ledger = Ledger::new(self.config.recovery_ns);
        let rows = from.u32("taken")?;
        if rows > 0 && self.config.recovery_ns.is_none() {
            return Err(Error::saved("taken", "none, as recovery_ns is None", rows));
        }
        for _ in 0..rows {
            let instr = from.instr(self.orders.instruments())?;
            let side = from.side()?;
            let key = side.key(from.u32("tick")?.cast_signed());
            let lots = from.u64("lots")?;
            let since = from.u64("since")?.cast_signed();
            ledger.restore(Taken { instr, side, key, lots, since });
        }
        Ok(ledger)
    }
}
