//! A book of level sums, for feeds without single orders.

use crate::book::Fnv;
use crate::ladder::{DenseLadder, Ladder};
use crate::types::Side;

/// Lots per price. Never locked or crossed: a quote removes the opposite levels that it reaches.
#[derive(Clone, Debug, Default)]
pub struct L2Book<L = DenseLadder<u64>> {
    ladders: [L; 2],
    purged: u64,
}

impl<L: Ladder<u64>> L2Book<L> {
    /// Room for `levels` a side; nothing allocates below that.
    pub fn reserve(&mut self, levels: usize) {
        self.ladders.iter_mut().for_each(|ladder| ladder.reserve(levels));
    }

    /// State the lots at a price; 0 removes it. Returns the lots that stood there. O(1) near the best.
    #[inline]
    pub fn set(&mut self, side: Side, tick: i32, lots: u64) -> u64 {
        let key = side.key(tick);
        if lots == 0 {
            return self.ladders[side as usize].remove(key).unwrap_or(0);
        }
        let other = side.opposite();
        let bound = other.key(tick);
        while self.ladders[other as usize].best_key().is_some_and(|best| best >= bound) {
            self.ladders[other as usize].pop();
            self.purged += 1;
        }
        self.ladders[side as usize].replace(key, lots).unwrap_or(0)
    }

    /// Best price and its lots.
    #[inline]
    pub fn best(&self, side: Side) -> Option<(i32, u64)> {
        self.ladders[side as usize].best().map(|(key, lots)| (side.tick(key), lots))
    }

    /// Lots at a price, 0 if none.
    #[inline]
    pub fn lots(&self, side: Side, tick: i32) -> u64 {
        self.ladders[side as usize].get(side.key(tick)).unwrap_or(0)
    }

    /// Prices and lots of a side, best first.
    pub fn depth(&self, side: Side) -> impl Iterator<Item = (i32, u64)> + '_ {
        self.ladders[side as usize].iter().map(move |(key, lots)| (side.tick(key), lots))
    }

    /// Number of levels of a side.
    pub fn level_count(&self, side: Side) -> usize {
        self.ladders[side as usize].len()
    }

    /// Levels removed because a quote of the other side reached them.
    pub fn purged(&self) -> u64 {
        self.purged
    }

    /// Remove every level.
    pub fn clear(&mut self) {
        self.ladders.iter_mut().for_each(Ladder::clear);
    }

    /// FNV-1a over side, tick and lots, bids first, best first. O(levels).
    pub fn state_hash(&self) -> u64 {
        let mut hash = Fnv::default();
        for side in Side::BOTH {
            for (tick, lots) in self.depth(side) {
                hash.write(&[side as u8]);
                hash.write(&tick.to_le_bytes());
                hash.write(&lots.to_le_bytes());
            }
        }
        hash.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ladder::{BTreeLadder, BlockLadder, VecLadder};

    type Levels = Vec<(i32, u64)>;

    fn crossing<L: Ladder<u64>>() -> (Levels, Levels, u64, u64) {
        let mut book = L2Book::<L> { ladders: [L::default(), L::default()], purged: 0 };
        for tick in 0..30 {
            assert_eq!(book.set(Side::Buy, -1 - tick, 5), 0);
            assert_eq!(book.set(Side::Sell, 1 + tick, 7), 0);
        }
        assert_eq!(book.set(Side::Buy, -3, 0), 5);
        assert_eq!(book.set(Side::Buy, -3, 0), 0);
        assert_eq!(book.set(Side::Buy, 3, 9), 0);
        assert_eq!(book.set(Side::Buy, 3, 8), 9);
        (
            book.depth(Side::Buy).take(4).collect(),
            book.depth(Side::Sell).take(1).collect(),
            book.purged(),
            book.state_hash(),
        )
    }

    #[test]
    fn a_quote_removes_what_it_reaches() {
        let (bids, asks, purged, hash) = crossing::<VecLadder<u64>>();
        assert_eq!(bids, [(3, 8), (-1, 5), (-2, 5), (-4, 5)]);
        assert_eq!((asks, purged), (vec![(4, 7)], 3));
        assert_eq!(crossing::<BTreeLadder<u64>>().3, hash);
        assert_eq!(crossing::<BlockLadder<u64>>().3, hash);
        assert_eq!(crossing::<DenseLadder<u64>>().3, hash);
    }
}
