use quantrl_lob::{Book, Side};

use super::history::History;
use super::saved::Reader;
use crate::tick::Error;

/// Stamp of an own order: orders of its price with a smaller one are ahead of it.
pub(super) type Stamp = u32;

/// Books of orders as own orders see them.
pub(super) struct Queues<'a>(pub &'a [Book]);

impl History for Queues<'_> {
    type Place = Stamp;

    fn depth(&self, instr: u16, side: Side) -> impl Iterator<Item = (i32, u64)> + '_ {
        self.0[usize::from(instr)].depth(side).map(|level| (level.tick, level.qty))
    }

    /// One above the stamp of the last order there: every later one gets at least that.
    fn join(&self, instr: u16, side: Side, tick: i32) -> Stamp {
        let book = &self.0[usize::from(instr)];
        let tail = book.level(side, tick).and_then(|level| book.order(level.tail));
        tail.map_or(0, |order| order.prio.saturating_add(1))
    }

    fn ahead(&self, instr: u16, side: Side, tick: i32, place: Stamp) -> u64 {
        let book = &self.0[usize::from(instr)];
        let queue = book.level(side, tick).into_iter().flat_map(|level| book.queue(level));
        queue.take_while(|(_, order)| order.prio < place).map(|(_, order)| u64::from(order.qty)).sum()
    }

    /// Orders ahead: stamps differ between a book replayed from the start and one from a checkpoint.
    fn save(&self, instr: u16, side: Side, tick: i32, place: Stamp, out: &mut Vec<u8>) {
        let book = &self.0[usize::from(instr)];
        let queue = book.level(side, tick).into_iter().flat_map(|level| book.queue(level));
        let ahead = queue.take_while(|(_, order)| order.prio < place).count() as u32;
        out.extend(ahead.to_le_bytes());
    }

    fn load(&self, instr: u16, side: Side, tick: i32, from: &mut Reader<'_>) -> Result<Stamp, Error> {
        let ahead = from.u32("ahead")?;
        let book = &self.0[usize::from(instr)];
        let level = book.level(side, tick);
        let count = level.map_or(0, |level| level.count);
        if ahead > count {
            return Err(Error::saved("ahead", format_args!("at most {count} orders at {tick}"), ahead));
        }
        let mut queue = level.into_iter().flat_map(|level| book.queue(level));
        let last = ahead.checked_sub(1).and_then(|n| queue.nth(n as usize));
        Ok(last.map_or(0, |(_, order)| order.prio.saturating_add(1)))
    }
}
