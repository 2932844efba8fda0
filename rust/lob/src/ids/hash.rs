use super::IdIndex;
use crate::types::{NIL, Slot};

/// [`Table`] with a hash that is fixed.
pub type Hash = Table<Fixed>;
/// [`Table`] for ids from strangers, who could choose them to meet in one place of a hash that is known.
pub type SeededHash = Table<Seeded>;

/// A hash table for ids without structure, as large as the orders that live: few of them stay in the nearest cache.
///
/// Open addressing, linear probing, at most two thirds full; an id that ends closes its gap, so there are no
/// tombstones. No answer depends on the keys.
#[derive(Clone, Debug, Default)]
pub struct Table<K> {
    keys: K,
    /// As many as a power of two, or none.
    places: Vec<Place>,
    live: usize,
    /// Empty but while the table grows.
    moving: Vec<Place>,
}

/// What ids are combined with, and an odd number they are multiplied by.
pub trait Keys: Clone + Default {
    /// Both.
    fn keys(&self) -> [u64; 2];
}

/// Keys without a seed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Fixed;

/// Keys that a seed gives; strangers must not know it.
#[derive(Clone, Copy, Debug)]
pub struct Seeded([u64; 2]);

impl Keys for Fixed {
    #[inline]
    fn keys(&self) -> [u64; 2] {
        [0x9e37_79b9_7f4a_7c15, 0xd6e8_feb8_6659_fd93]
    }
}

impl Keys for Seeded {
    #[inline]
    fn keys(&self) -> [u64; 2] {
        self.0
    }
}

impl Default for Seeded {
    fn default() -> Self {
        Self(Fixed.keys())
    }
}

#[derive(Clone, Copy, Debug)]
struct Place {
    id: u64,
    /// `NIL` where nothing stands.
    slot: Slot,
}

const VACANT: Place = Place { id: 0, slot: NIL };
const LEAST: usize = 64;

/// Places for so many ids.
fn room(live: usize) -> usize {
    (live + live / 2 + 1).next_power_of_two().max(LEAST)
}

/// Both halves of a product.
#[inline]
fn folded(id: u64, [flip, factor]: [u64; 2]) -> u64 {
    let product = u128::from(id ^ flip) * u128::from(factor);
    product as u64 ^ (product >> 64) as u64
}

impl SeededHash {
    /// An empty table whose places depend on a seed.
    pub fn seeded(seed: u64) -> Self {
        Self { keys: Seeded([seed, folded(seed, Fixed.keys()) | 1]), ..Self::default() }
    }
}

impl<K: Keys> Table<K> {
    /// Where the probing for an id starts, before it is cut to the table.
    #[inline]
    fn home(&self, id: u64) -> usize {
        folded(id, self.keys.keys()) as usize
    }

    #[inline]
    fn mask(&self) -> usize {
        self.places.len().wrapping_sub(1)
    }

    /// Place of an id, or the vacant one where it would go; None in a table without places.
    #[inline]
    fn find(&self, id: u64) -> Option<(usize, Place)> {
        let mask = self.mask();
        let mut at = self.home(id) & mask;
        loop {
            let place = *self.places.get(at)?;
            if place.id == id || place.slot == NIL {
                return Some((at, place));
            }
            at = (at + 1) & mask;
        }
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self) {
        let mut moving = std::mem::take(&mut self.moving);
        moving.extend(self.places.iter().filter(|place| place.slot != NIL));
        let room = room(self.live + 1);
        self.places.clear();
        self.places.resize(room, VACANT);
        for place in moving.drain(..) {
            if let Some((at, _)) = self.find(place.id) {
                self.places[at] = place;
            }
        }
        self.moving = moving;
    }
}

impl<K: Keys> IdIndex for Table<K> {
    #[inline]
    fn get(&self, id: u64) -> Slot {
        self.find(id).map_or(NIL, |(_, place)| place.slot)
    }

    #[inline]
    fn insert(&mut self, id: u64, slot: Slot) {
        if self.live + self.live / 2 + 1 >= self.places.len() {
            self.grow();
        }
        if let Some((at, _)) = self.find(id) {
            self.places[at] = Place { id, slot };
            self.live += 1;
        }
    }

    #[inline]
    fn remove(&mut self, id: u64) {
        let Some((mut gap, _)) = self.find(id).filter(|(_, place)| place.slot != NIL) else { return };
        let mask = self.mask();
        let mut at = gap;
        loop {
            at = (at + 1) & mask;
            let place = self.places[at];
            if place.slot == NIL {
                break;
            }
            // It may close the gap unless its own probing starts behind the gap.
            let probed = at.wrapping_sub(self.home(place.id)) & mask;
            if probed >= at.wrapping_sub(gap) & mask {
                self.places[gap] = place;
                gap = at;
            }
        }
        self.places[gap] = VACANT;
        self.live -= 1;
    }

    fn reserve(&mut self, _: u64, live: usize) {
        self.places.reserve(room(live).saturating_sub(self.places.len()));
        self.moving.reserve(live);
    }

    fn clear(&mut self) {
        self.places.fill(VACANT);
        self.live = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_chosen_to_meet_do_not_meet_under_a_seed() {
        let fixed = Hash::default();
        let chosen: Vec<u64> = (0..).filter(|&id| fixed.home(id) % 4_096 == 7).take(300).collect();
        for seed in [1, 2, u64::MAX, 0x0123_4567_89ab_cdef] {
            let hash = SeededHash::seeded(seed);
            let mut homes: Vec<_> = chosen.iter().map(|&id| hash.home(id) % 4_096).collect();
            homes.sort_unstable();
            homes.dedup();
            assert!(homes.len() > 250, "seed {seed}: {} places", homes.len());
        }
    }
}
