use super::{Hash, IdIndex};
use crate::types::{NIL, Slot};

/// First id that does not go into the table.
const BOUND: u64 = 1 << 24;

/// One word per id below 2^24, a hash table above: for ids that a venue counts up from a small number.
#[derive(Clone, Debug, Default)]
pub struct Direct {
    slots: Vec<Slot>,
    large: Hash,
}

impl Direct {
    #[cold]
    #[inline(never)]
    fn insert_beyond(&mut self, id: u64, slot: Slot) {
        if id < BOUND {
            let len = (id as usize + 1).next_power_of_two().max(1024);
            self.slots.resize(len, NIL);
            self.slots[id as usize] = slot;
        } else {
            self.large.insert(id, slot);
        }
    }
}

impl IdIndex for Direct {
    #[inline]
    fn get(&self, id: u64) -> Slot {
        match self.slots.get(id as usize) {
            Some(&slot) => slot,
            None if id < BOUND => NIL,
            None => self.large.get(id),
        }
    }

    #[inline]
    fn insert(&mut self, id: u64, slot: Slot) {
        match self.slots.get_mut(id as usize) {
            Some(entry) => *entry = slot,
            None => self.insert_beyond(id, slot),
        }
    }

    #[inline]
    fn remove(&mut self, id: u64) {
        match self.slots.get_mut(id as usize) {
            Some(entry) => *entry = NIL,
            None => self.large.remove(id),
        }
    }

    fn reserve(&mut self, ids: u64, live: usize) {
        let len = ids.min(BOUND) as usize;
        if len > self.slots.len() {
            self.slots.resize(len, NIL);
        }
        self.large.reserve(ids, live);
    }

    fn clear(&mut self) {
        self.slots.fill(NIL);
        self.large.clear();
    }
}
