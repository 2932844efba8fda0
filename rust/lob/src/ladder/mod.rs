//! The prices of one side, best last. A ladder knows keys only: larger = better, see [`crate::Side::key`].

mod block;
mod btree;
mod dense;
mod vec;

pub use block::BlockLadder;
pub use btree::BTreeLadder;
pub use dense::DenseLadder;
pub use vec::VecLadder;

/// A sorted map from keys to what stands there: a level's place in [`crate::Book`], its lots in [`crate::L2Book`].
pub trait Ladder<V: Copy>: Clone + Default {
    /// Best key and its value.
    fn best(&self) -> Option<(i32, V)>;

    /// Best key.
    #[inline]
    fn best_key(&self) -> Option<i32> {
        self.best().map(|(key, _)| key)
    }

    /// Value at `key`.
    fn get(&self, key: i32) -> Option<V>;

    /// Value at `key`; if there is none, what `make` returns is put there.
    fn get_or_insert(&mut self, key: i32, make: impl FnOnce() -> V) -> V;

    /// Set the value at `key`; returns the one that stood there.
    fn replace(&mut self, key: i32, value: V) -> Option<V>;

    /// Take `key` out.
    fn remove(&mut self, key: i32) -> Option<V>;

    /// Take the best key out.
    fn pop(&mut self) -> Option<(i32, V)>;

    /// Keys and values, best first.
    fn iter(&self) -> impl Iterator<Item = (i32, V)> + '_;

    /// Number of keys.
    fn len(&self) -> usize;

    /// Whether there is no key.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Take everything out, keep the memory.
    fn clear(&mut self);

    /// Room for `n` keys in all.
    fn reserve(&mut self, n: usize);
}

#[cfg(test)]
mod tests {
    use super::*;

    type Answer = (Option<u32>, Vec<(i32, u32)>);

    fn walk<L: Ladder<u32>>(ops: &[(u8, i32)]) -> Vec<Answer> {
        let mut ladder = L::default();
        let mut serial = 0;
        ops.iter()
            .map(|&(op, key)| {
                serial += 1;
                let answer = match op {
                    0 => Some(ladder.get_or_insert(key, || serial)),
                    1 => ladder.remove(key),
                    2 => ladder.replace(key, serial),
                    3 => ladder.pop().map(|(_, v)| v),
                    _ => ladder.get(key),
                };
                assert_eq!(ladder.best(), ladder.iter().next());
                assert_eq!(ladder.len(), ladder.iter().count());
                (answer, ladder.iter().collect())
            })
            .collect()
    }

    /// Grown to thousands of keys and emptied again, in an order that leaves blocks of every size.
    #[test]
    fn many_blocks_equal_tree() {
        let (mut blocks, mut tree) = (BlockLadder::<u32>::default(), BTreeLadder::<u32>::default());
        blocks.reserve(5_000);
        let mut state = 7_u64;
        for step in 0..60_000_u32 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let key = ((state >> 33) % 5_000) as i32;
            let grows = (step / 15_000) % 2 == 0;
            match (state >> 20) % 8 {
                0..6 if grows => assert_eq!(blocks.replace(key, step), tree.replace(key, step)),
                0..6 => assert_eq!(blocks.remove(key), tree.remove(key)),
                6 => assert_eq!(blocks.pop(), tree.pop()),
                _ => assert_eq!(blocks.get(key), tree.get(key)),
            }
            assert_eq!((blocks.len(), blocks.best()), (tree.len(), tree.best()));
            if step % 1_000 == 0 {
                assert!(blocks.iter().eq(tree.iter()), "{step}");
            }
        }
    }

    /// A best key that wanders slowly, jumps by thousands now and then, and meets both ends of the keys: the window of a
    /// dense ladder moves, with keys on both sides of it.
    #[test]
    fn windows_equal_tree() {
        for (seed, reserved) in [(1_u64, 0), (2, 4_000), (3, 0)] {
            let (mut dense, mut tree) = (DenseLadder::<u32>::default(), BTreeLadder::<u32>::default());
            dense.reserve(reserved);
            let (mut state, mut mid) = (seed, 0_i32);
            for step in 0..60_000_u32 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                mid = match (state >> 50) % 4_000 {
                    0 => [i32::MAX - 40, i32::MIN + 40, 0, 3_000_000][(state >> 40) as usize % 4],
                    1..4 => mid.saturating_add(((state >> 30) % 9_000) as i32 - 4_500),
                    _ => mid,
                };
                let key = match (state >> 45) % 16 {
                    0 => mid.saturating_sub(((state >> 20) % 6_000) as i32),
                    _ => mid.saturating_add(30 - ((state >> 20) % 64) as i32),
                };
                match (state >> 60) % 8 {
                    0..4 => assert_eq!(dense.replace(key, step), tree.replace(key, step)),
                    4 => assert_eq!(dense.get_or_insert(key, || step), tree.get_or_insert(key, || step)),
                    5 => assert_eq!(dense.remove(key), tree.remove(key)),
                    6 => assert_eq!(dense.pop(), tree.pop()),
                    _ => assert_eq!(dense.get(key), tree.get(key)),
                }
                assert_eq!(
                    (dense.len(), dense.best(), dense.best_key()),
                    (tree.len(), tree.best(), tree.best_key())
                );
                if step % 500 == 0 {
                    assert!(dense.iter().eq(tree.iter()), "{step}");
                }
                if step % 25_000 == 24_999 {
                    dense.clear();
                    tree.clear();
                }
            }
        }
    }

    #[test]
    fn vectors_equal_tree() {
        let mut state = 1_u64;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as u32
        };
        for spread in [3, 20, 200] {
            let ops: Vec<_> = (0..2_000)
                .map(|_| {
                    let op = [0, 0, 0, 1, 1, 2, 3, 4][next() as usize % 8];
                    (op, [i32::MIN, i32::MAX, -5 + (next() % spread) as i32][2.min(next() as usize % 40)])
                })
                .collect();
            let tree = walk::<BTreeLadder<u32>>(&ops);
            assert_eq!(walk::<VecLadder<u32>>(&ops), tree);
            assert_eq!(walk::<BlockLadder<u32>>(&ops), tree);
            assert_eq!(walk::<DenseLadder<u32>>(&ops), tree);
        }
    }
}
