//! Which slot an order id has. An index is looked up, never iterated: no order of a hash reaches an output.

mod direct;
mod hash;
mod paged;

pub use direct::Direct;
pub use hash::{Hash, SeededHash};
pub use paged::Paged;

use crate::types::Slot;

/// From live order ids to slots. Any `u64` is a valid id.
pub trait IdIndex: Clone + Default {
    /// Slot of `id`, `NIL` if it is not live.
    fn get(&self, id: u64) -> Slot;

    /// Make `id` live at `slot`. It must not be live.
    fn insert(&mut self, id: u64, slot: Slot);

    /// End `id`, which must be live.
    fn remove(&mut self, id: u64);

    /// Room for ids below `ids` and, of larger ones, for `live` at a time.
    fn reserve(&mut self, ids: u64, live: usize);

    /// End every id, keep the memory.
    fn clear(&mut self);
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::types::NIL;

    fn behaves<I: IdIndex>(mut index: I) {
        let mut truth = HashMap::new();
        let mut state = 9_u64;
        for step in 0..40_000_u32 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let small = state >> 33;
            let id =
                [small % 50, small % 60_000, (1 << 24) - 5 + small % 10, u64::MAX - small % 9, small << 30]
                    [step as usize % 5];
            match truth.remove(&id) {
                Some(slot) => {
                    assert_eq!(index.get(id), slot);
                    index.remove(id);
                }
                None => {
                    assert_eq!(index.get(id), NIL);
                    index.insert(id, step);
                    truth.insert(id, step);
                }
            }
        }
        assert!(truth.iter().all(|(&id, &slot)| index.get(id) == slot));
        index.clear();
        assert!(truth.keys().all(|&id| index.get(id) == NIL));
    }

    #[test]
    fn direct_is_a_map() {
        behaves(Direct::default());
    }

    #[test]
    fn paged_is_a_map() {
        behaves(Paged::default());
    }

    #[test]
    fn hash_is_a_map() {
        behaves(Hash::default());
        behaves(SeededHash::seeded(0));
        behaves(SeededHash::seeded(0x0123_4567_89ab_cdef));
    }
}
