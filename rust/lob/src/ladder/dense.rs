use super::{BlockLadder, Ladder};

/// Keys of the window.
const SPAN: usize = 4_096;

/// Place of the best key in a new window: most keys to come are worse than it.
const BEST_AT: i64 = SPAN as i64 * 3 / 4;

/// A window moves if that is by more than so many keys.
const STRIDE: u64 = SPAN as u64 / 8;

/// Keys from which on a window pays for its memory.
const FEW: usize = 16;

/// Changes outside the window before it may move, and two more for each key it would take along.
const PATIENCE: usize = 256;

/// No key, below every key.
const NONE: i64 = i64::MIN;

/// Values of neighbouring keys in an array, found without a search, and the others in blocks. The window follows the best
/// key when enough changes have missed it, so that a change costs O(1) wherever the keys lie. Without a window until there
/// are a few keys.
#[derive(Clone, Debug)]
pub struct DenseLadder<V> {
    /// Best key, or `NONE`.
    best: i64,
    /// Key of the first place of the window.
    base: i32,
    /// `SPAN` places, or none.
    values: Vec<V>,
    /// A bit for each place that is taken.
    taken: Vec<u64>,
    count: usize,
    rest: BlockLadder<V>,
    missed: usize,
}

impl<V> Default for DenseLadder<V> {
    fn default() -> Self {
        Self {
            best: NONE,
            base: 0,
            values: Vec::new(),
            taken: Vec::new(),
            count: 0,
            rest: BlockLadder::default(),
            missed: 0,
        }
    }
}

impl<V: Copy + Default> DenseLadder<V> {
    /// Place of a key in the window; at or above its length where the key lies outside.
    #[inline]
    fn place(&self, key: i32) -> usize {
        key.wrapping_sub(self.base) as u32 as usize
    }

    #[inline]
    fn is_taken(&self, place: usize) -> bool {
        self.taken.get(place / 64).is_some_and(|word| word >> (place % 64) & 1 != 0)
    }

    /// Put `value` in the window; the one that stood there.
    #[inline]
    fn put(&mut self, place: usize, value: V) -> Option<V> {
        let old = std::mem::replace(self.values.get_mut(place)?, value);
        let word = self.taken.get_mut(place / 64)?;
        let there = *word >> (place % 64) & 1 != 0;
        *word |= 1 << (place % 64);
        self.count += usize::from(!there);
        there.then_some(old)
    }

    #[inline(never)]
    fn put_outside(&mut self, key: i32, value: V) -> Option<V> {
        let old = self.rest.replace(key, value);
        self.miss();
        old
    }

    /// Take a key out of the window.
    #[inline]
    fn lift(&mut self, place: usize) -> Option<V> {
        let word = self.taken.get_mut(place / 64)?;
        if *word >> (place % 64) & 1 == 0 {
            return None;
        }
        *word &= !(1 << (place % 64));
        self.count -= 1;
        self.values.get(place).copied()
    }

    #[inline(never)]
    fn lift_outside(&mut self, key: i32) -> Option<V> {
        let old = self.rest.remove(key);
        self.miss();
        old
    }

    /// Places of the window that are taken, last first.
    fn places(&self) -> impl Iterator<Item = usize> + '_ {
        self.taken.iter().enumerate().rev().flat_map(|(at, &word)| {
            let mut left = word;
            std::iter::from_fn(move || {
                let bit = left.checked_ilog2()?;
                left ^= 1 << bit;
                Some(at * 64 + bit as usize)
            })
        })
    }

    fn key(&self, place: usize) -> i32 {
        self.base.wrapping_add(place as i32)
    }

    /// Best key of all.
    fn find_best(&self) -> i64 {
        let near = if self.count > 0 { self.places().next() } else { None };
        let near = near.map_or(NONE, |place| i64::from(self.key(place)));
        self.rest.best().map_or(near, |(key, _)| near.max(i64::from(key)))
    }

    /// The best key has left the window, so that no key outside lies above it.
    #[inline]
    fn step_down(&mut self, place: usize) {
        let (at, above) = (place / 64, place % 64);
        let word = self.taken.get(at).map_or(0, |word| word & ((1 << above) - 1));
        self.best = match word.checked_ilog2() {
            Some(bit) => i64::from(self.key(at * 64 + bit as usize)),
            None => self.find_best(),
        };
    }

    fn miss(&mut self) {
        self.missed += 1;
        if self.missed > PATIENCE + 2 * self.count {
            self.missed = 0;
            self.follow();
        }
    }

    /// Move the window to the best key, if it is worth it.
    #[cold]
    fn follow(&mut self) {
        if self.len() < FEW {
            return;
        }
        let highest = i64::from(i32::MAX) - SPAN as i64 + 1;
        let base = (self.best.max(i64::from(i32::MIN)) + 1 - BEST_AT).clamp(i64::from(i32::MIN), highest);
        if !self.values.is_empty() && base.abs_diff(i64::from(self.base)) <= STRIDE {
            return;
        }
        self.open();
        for place in 0..SPAN {
            if let Some(value) = self.lift(place) {
                self.rest.replace(self.key(place), value);
            }
        }
        self.base = base as i32;
        // None is above the window: the best key is in it.
        while let Some((key, value)) = self.rest.best().filter(|&(key, _)| key >= self.base) {
            self.rest.pop();
            self.put(self.place(key), value);
        }
    }

    fn open(&mut self) {
        self.values.resize(SPAN, V::default());
        self.taken.resize(SPAN / 64, 0);
    }
}

impl<V: Copy + Default> Ladder<V> for DenseLadder<V> {
    #[inline]
    fn best(&self) -> Option<(i32, V)> {
        let key = self.best_key()?;
        Some((key, self.get(key)?))
    }

    #[inline]
    fn best_key(&self) -> Option<i32> {
        (self.best != NONE).then_some(self.best as i32)
    }

    #[inline]
    fn get(&self, key: i32) -> Option<V> {
        let place = self.place(key);
        match self.values.get(place) {
            Some(&value) => self.is_taken(place).then_some(value),
            None => self.rest.get(key),
        }
    }

    #[inline]
    fn get_or_insert(&mut self, key: i32, make: impl FnOnce() -> V) -> V {
        if let Some(value) = self.get(key) {
            return value;
        }
        let value = make();
        self.replace(key, value);
        value
    }

    #[inline]
    fn replace(&mut self, key: i32, value: V) -> Option<V> {
        self.best = self.best.max(i64::from(key));
        let place = self.place(key);
        if place < self.values.len() { self.put(place, value) } else { self.put_outside(key, value) }
    }

    #[inline]
    fn remove(&mut self, key: i32) -> Option<V> {
        let place = self.place(key);
        if place >= self.values.len() {
            let old = self.lift_outside(key);
            if i64::from(key) == self.best {
                self.best = self.find_best();
            }
            return old;
        }
        let old = self.lift(place);
        if i64::from(key) == self.best {
            self.step_down(place);
        }
        old
    }

    #[inline]
    fn pop(&mut self) -> Option<(i32, V)> {
        let key = self.best_key()?;
        Some((key, self.remove(key)?))
    }

    fn iter(&self) -> impl Iterator<Item = (i32, V)> + '_ {
        let base = self.base;
        let better = self.rest.iter().take_while(move |&(key, _)| key >= base);
        let near = self.places().map(|place| (self.key(place), self.values[place]));
        let worse = self.rest.iter().skip_while(move |&(key, _)| key >= base);
        better.chain(near).chain(worse)
    }

    fn len(&self) -> usize {
        self.count + self.rest.len()
    }

    fn clear(&mut self) {
        self.taken.fill(0);
        self.rest.clear();
        (self.best, self.count) = (NONE, 0);
    }

    fn reserve(&mut self, n: usize) {
        self.rest.reserve(n);
        if n >= FEW {
            self.open();
        }
    }
}
