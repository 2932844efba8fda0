//! A vector with a last-in-first-out free list threaded through its vacant entries.

use std::ops::{Index, IndexMut};

use crate::types::{Level, NIL, Order};

/// What a slab holds: plain data with one field that carries the free list while vacant.
pub trait Node: Copy {
    /// A vacant entry.
    const FREE: Self;
    /// Next vacant entry.
    fn link(&self) -> u32;
    /// Make vacant, before the entry `next` in the free list.
    fn vacate(&mut self, next: u32);
}

impl Node for Order {
    const FREE: Self = Order::FREE;

    #[inline]
    fn link(&self) -> u32 {
        self.next
    }

    #[inline]
    fn vacate(&mut self, next: u32) {
        self.level = NIL;
        self.next = next;
    }
}

impl Node for Level {
    const FREE: Self = Level::FREE;

    #[inline]
    fn link(&self) -> u32 {
        self.tail
    }

    #[inline]
    fn vacate(&mut self, next: u32) {
        self.generation = self.generation.wrapping_add(1);
        self.count = 0;
        self.head = NIL;
        self.tail = next;
    }
}

/// Slots are reused last in, first out, so the same calls give the same slots.
#[derive(Clone, Debug)]
pub struct Slab<T> {
    nodes: Vec<T>,
    free: u32,
    fixed: u32,
}

impl<T: Node> Slab<T> {
    /// `fixed` slots that the caller hands out itself; [`Slab::take`] gives slots from there on.
    pub fn new(fixed: u32) -> Self {
        Self { nodes: vec![T::FREE; fixed as usize], free: NIL, fixed }
    }

    /// Let the caller hand out slots below `n` too. Only before [`Slab::take`] has given one.
    pub fn admit(&mut self, n: u32) {
        if self.nodes.len() == self.fixed as usize && n > self.fixed {
            self.nodes.resize(n as usize, T::FREE);
            self.fixed = n;
        }
    }

    /// Room for `n` entries in all.
    pub fn reserve(&mut self, n: usize) {
        self.nodes.reserve(n.saturating_sub(self.nodes.len()));
    }

    /// A slot whose content the caller overwrites. O(1), amortised if it grows.
    #[inline]
    pub fn take(&mut self) -> u32 {
        let slot = self.free;
        if slot == NIL {
            return self.grow();
        }
        self.free = self.nodes[slot as usize].link();
        slot
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self) -> u32 {
        self.nodes.push(T::FREE);
        (self.nodes.len() - 1) as u32
    }

    /// Free `slot`; it is the next to be taken unless the caller hands it out itself.
    #[inline]
    pub fn put(&mut self, slot: u32) {
        let free = self.free;
        if slot < self.fixed {
            self.nodes[slot as usize].vacate(NIL);
        } else {
            self.nodes[slot as usize].vacate(free);
            self.free = slot;
        }
    }

    /// The entry of `slot`, vacant or not.
    #[inline]
    pub fn get_mut(&mut self, slot: u32) -> Option<&mut T> {
        self.nodes.get_mut(slot as usize)
    }

    /// Entries, vacant ones too.
    pub fn nodes(&self) -> &[T] {
        &self.nodes
    }

    /// Slots in the free list, next one first. Ends after as many steps as there are entries.
    pub fn vacant(&self) -> impl Iterator<Item = u32> + '_ {
        let first = (self.free != NIL).then_some(self.free);
        std::iter::successors(first, |&slot| Some(self.nodes[slot as usize].link()).filter(|&s| s != NIL))
            .take(self.nodes.len())
    }

    /// Slots the caller hands out itself.
    pub fn fixed(&self) -> u32 {
        self.fixed
    }

    /// Back to the state after [`Slab::new`], with its memory kept.
    pub fn clear(&mut self) {
        self.nodes.truncate(self.fixed as usize);
        self.nodes.fill(T::FREE);
        self.free = NIL;
    }
}

impl<T> Index<u32> for Slab<T> {
    type Output = T;

    #[inline]
    fn index(&self, slot: u32) -> &T {
        &self.nodes[slot as usize]
    }
}

impl<T> IndexMut<u32> for Slab<T> {
    #[inline]
    fn index_mut(&mut self, slot: u32) -> &mut T {
        &mut self.nodes[slot as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn last_freed_is_first_taken() {
        let mut slab = Slab::<Order>::new(2);
        assert_eq!([slab.take(), slab.take(), slab.take()], [2, 3, 4]);
        slab.put(2);
        slab.put(4);
        assert_eq!(slab.vacant().collect::<Vec<_>>(), [4, 2]);
        assert_eq!([slab.take(), slab.take(), slab.take()], [4, 2, 5]);
        slab.put(1);
        assert_eq!(slab.take(), 6);
    }
}
