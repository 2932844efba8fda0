/// Slots of one instrument's book, last freed first taken.
#[derive(Clone, Debug, Default)]
pub struct Slots {
    free: Vec<u32>,
    used: u32,
    most: u32,
}

impl Slots {
    /// A free slot.
    #[inline]
    pub fn take(&mut self) -> u32 {
        if let Some(slot) = self.free.pop() {
            return slot;
        }
        self.used += 1;
        self.most = self.most.max(self.used);
        self.used - 1
    }

    /// Make `slot` the next one taken.
    #[inline]
    pub fn put(&mut self, slot: u32) {
        self.free.push(slot);
    }

    /// All are free.
    pub fn clear(&mut self) {
        self.free.clear();
        self.used = 0;
    }

    /// How many a book needs.
    pub fn most(&self) -> u32 {
        self.most
    }
}

#[cfg(test)]
mod tests {
    use super::Slots;

    #[test]
    fn last_freed_first_taken() {
        let mut slots = Slots::default();
        assert_eq!([slots.take(), slots.take(), slots.take()], [0, 1, 2]);
        slots.put(0);
        slots.put(2);
        assert_eq!([slots.take(), slots.take(), slots.take()], [2, 0, 3]);
        slots.clear();
        assert_eq!((slots.take(), slots.most()), (0, 4));
    }
}
