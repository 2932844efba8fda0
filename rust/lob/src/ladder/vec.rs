use super::Ladder;

/// How many keys from the back are compared at once before a binary search.
const NEAR: usize = 8;

/// Sorted vectors of keys and values, best at the back: most traffic is within a few keys of the best.
#[derive(Clone, Debug)]
pub struct VecLadder<V> {
    keys: Vec<i32>,
    values: Vec<V>,
}

impl<V> Default for VecLadder<V> {
    fn default() -> Self {
        Self { keys: Vec::new(), values: Vec::new() }
    }
}

impl<V> VecLadder<V> {
    /// Number of keys below `key`: its place, or where it would go.
    #[inline]
    fn place(&self, key: i32) -> usize {
        if let Some((rest, near)) = self.keys.split_last_chunk::<NEAR>() {
            // Compared all at once: a loop that ends early costs a wrong guess of the processor on most calls.
            let above = near.iter().map(|&k| i32::from(k >= key)).sum::<i32>() as usize;
            if above < NEAR {
                return rest.len() + NEAR - above;
            }
            return rest.partition_point(|&k| k < key);
        }
        self.keys.iter().map(|&k| usize::from(k < key)).sum()
    }
}

impl<V: Copy> Ladder<V> for VecLadder<V> {
    #[inline]
    fn best(&self) -> Option<(i32, V)> {
        Some((*self.keys.last()?, *self.values.last()?))
    }

    #[inline]
    fn get(&self, key: i32) -> Option<V> {
        let place = self.place(key);
        if self.keys.get(place) == Some(&key) { self.values.get(place).copied() } else { None }
    }

    #[inline]
    fn get_or_insert(&mut self, key: i32, make: impl FnOnce() -> V) -> V {
        let place = self.place(key);
        if self.keys.get(place) == Some(&key) {
            return self.values[place];
        }
        let value = make();
        self.keys.insert(place, key);
        self.values.insert(place, value);
        value
    }

    #[inline]
    fn replace(&mut self, key: i32, value: V) -> Option<V> {
        let place = self.place(key);
        if self.keys.get(place) == Some(&key) {
            return self.values.get_mut(place).map(|old| std::mem::replace(old, value));
        }
        self.keys.insert(place, key);
        self.values.insert(place, value);
        None
    }

    #[inline]
    fn remove(&mut self, key: i32) -> Option<V> {
        let place = self.place(key);
        if self.keys.get(place) != Some(&key) {
            return None;
        }
        self.keys.remove(place);
        Some(self.values.remove(place))
    }

    #[inline]
    fn pop(&mut self) -> Option<(i32, V)> {
        Some((self.keys.pop()?, self.values.pop()?))
    }

    fn iter(&self) -> impl Iterator<Item = (i32, V)> + '_ {
        self.keys.iter().copied().zip(self.values.iter().copied()).rev()
    }

    fn len(&self) -> usize {
        self.keys.len()
    }

    fn clear(&mut self) {
        self.keys.clear();
        self.values.clear();
    }

    fn reserve(&mut self, n: usize) {
        self.keys.reserve(n.saturating_sub(self.keys.len()));
        self.values.reserve(n.saturating_sub(self.values.len()));
    }
}
