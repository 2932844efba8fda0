use foldhash::fast::FixedState;
use hashbrown::HashMap;

use super::IdIndex;
use crate::types::{NIL, Slot};

const SEED: u64 = 0x51_0B;

/// A hash table with a fixed seed: for ids without structure.
#[derive(Clone, Debug)]
pub struct Hash(HashMap<u64, Slot, FixedState>);

impl Default for Hash {
    fn default() -> Self {
        Self(HashMap::with_hasher(FixedState::with_seed(SEED)))
    }
}

impl IdIndex for Hash {
    #[inline]
    fn get(&self, id: u64) -> Slot {
        self.0.get(&id).copied().unwrap_or(NIL)
    }

    #[inline]
    fn insert(&mut self, id: u64, slot: Slot) {
        self.0.insert(id, slot);
    }

    #[inline]
    fn remove(&mut self, id: u64) {
        self.0.remove(&id);
    }

    fn reserve(&mut self, _: u64, live: usize) {
        // Twice the room: a table more than half full grows instead of clearing its tombstones in place.
        self.0.reserve((2 * live + 16).saturating_sub(self.0.len()));
    }

    fn clear(&mut self) {
        self.0.clear();
    }
}
