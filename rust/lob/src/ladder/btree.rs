use std::collections::BTreeMap;

use super::Ladder;

/// The standard library's tree: the slow, obvious ladder that tests and benches compare with. It allocates.
#[derive(Clone, Debug)]
pub struct BTreeLadder<V>(BTreeMap<i32, V>);

impl<V> Default for BTreeLadder<V> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<V: Copy> Ladder<V> for BTreeLadder<V> {
    fn best(&self) -> Option<(i32, V)> {
        self.0.last_key_value().map(|(&k, &v)| (k, v))
    }

    fn get(&self, key: i32) -> Option<V> {
        self.0.get(&key).copied()
    }

    fn get_or_insert(&mut self, key: i32, make: impl FnOnce() -> V) -> V {
        *self.0.entry(key).or_insert_with(make)
    }

    fn replace(&mut self, key: i32, value: V) -> Option<V> {
        self.0.insert(key, value)
    }

    fn remove(&mut self, key: i32) -> Option<V> {
        self.0.remove(&key)
    }

    fn pop(&mut self) -> Option<(i32, V)> {
        self.0.pop_last()
    }

    fn iter(&self) -> impl Iterator<Item = (i32, V)> + '_ {
        self.0.iter().rev().map(|(&k, &v)| (k, v))
    }

    fn len(&self) -> usize {
        self.0.len()
    }

    fn clear(&mut self) {
        self.0.clear();
    }

    fn reserve(&mut self, _: usize) {}
}
