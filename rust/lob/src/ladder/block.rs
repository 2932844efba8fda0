use super::Ladder;

/// Keys of one block.
const ROOM: usize = 64;

/// How many keys from the back are compared at once before the others of a block.
const NEAR: usize = 8;

/// Up to `ROOM` neighbours, best at the back.
#[derive(Clone, Copy, Debug)]
struct Block<V> {
    len: usize,
    keys: [i32; ROOM],
    values: [V; ROOM],
}

impl<V: Copy + Default> Block<V> {
    fn empty() -> Self {
        Self { len: 0, keys: [0; ROOM], values: [V::default(); ROOM] }
    }

    /// Number of keys below `key`.
    #[inline]
    fn place(&self, key: i32) -> usize {
        let keys = &self.keys[..self.len];
        if let Some((rest, near)) = keys.split_last_chunk::<NEAR>() {
            let above = near.iter().map(|&k| i32::from(k >= key)).sum::<i32>() as usize;
            if above < NEAR {
                return rest.len() + NEAR - above;
            }
            return rest.partition_point(|&k| k < key);
        }
        keys.iter().map(|&k| usize::from(k < key)).sum()
    }

    #[inline]
    fn insert(&mut self, place: usize, key: i32, value: V) {
        self.keys.copy_within(place..self.len, place + 1);
        self.values.copy_within(place..self.len, place + 1);
        (self.keys[place], self.values[place]) = (key, value);
        self.len += 1;
    }

    #[inline]
    fn remove(&mut self, place: usize) -> V {
        let value = self.values[place];
        self.keys.copy_within(place + 1..self.len, place);
        self.values.copy_within(place + 1..self.len, place);
        self.len -= 1;
        value
    }

    /// Move the keys from `from` on to the front of an empty block.
    fn split(&mut self, from: usize) -> Self {
        let mut rest = Self::empty();
        rest.len = self.len - from;
        rest.keys[..rest.len].copy_from_slice(&self.keys[from..self.len]);
        rest.values[..rest.len].copy_from_slice(&self.values[from..self.len]);
        self.len = from;
        rest
    }

    /// Put the keys of `next`, all above ours, behind them.
    fn append(&mut self, next: &Self) {
        let end = self.len + next.len;
        self.keys[self.len..end].copy_from_slice(&next.keys[..next.len]);
        self.values[self.len..end].copy_from_slice(&next.values[..next.len]);
        self.len = end;
    }
}

/// Blocks of neighbours, best at the back: a change moves keys of its own block only, so a level deep in a book of
/// thousands costs what one near the best does. Two neighbouring blocks hold at least half of one together.
#[derive(Clone, Debug)]
pub struct BlockLadder<V> {
    blocks: Vec<Block<V>>,
    /// Lowest key of each block.
    lows: Vec<i32>,
    len: usize,
}

impl<V> Default for BlockLadder<V> {
    fn default() -> Self {
        Self { blocks: Vec::new(), lows: Vec::new(), len: 0 }
    }
}

impl<V: Copy + Default> BlockLadder<V> {
    /// The block that holds `key` or would take it; None where there is none.
    #[inline]
    fn block(&self, key: i32) -> Option<usize> {
        match self.lows.last() {
            None => None,
            Some(&low) if key >= low => Some(self.lows.len() - 1),
            Some(_) => Some(self.lows.partition_point(|&low| low <= key).saturating_sub(1)),
        }
    }

    /// Block, place, and whether `key` stands there.
    #[inline]
    fn find(&self, key: i32) -> Option<(usize, usize, bool)> {
        let at = self.block(key)?;
        let block = &self.blocks[at];
        let place = block.place(key);
        Some((at, place, place < block.len && block.keys[place] == key))
    }

    #[inline]
    fn insert(&mut self, spot: Option<(usize, usize, bool)>, key: i32, value: V) {
        self.len += 1;
        let Some((mut at, mut place, _)) = spot else {
            self.blocks.push(Block::empty());
            self.lows.push(key);
            return self.blocks[0].insert(0, key, value);
        };
        if self.blocks[at].len == ROOM {
            let upper = self.blocks[at].split(ROOM / 2);
            self.lows.insert(at + 1, upper.keys[0]);
            self.blocks.insert(at + 1, upper);
            if place > ROOM / 2 {
                (at, place) = (at + 1, place - ROOM / 2);
            }
        }
        self.blocks[at].insert(place, key, value);
        self.lows[at] = self.blocks[at].keys[0];
    }

    #[inline]
    fn take(&mut self, at: usize, place: usize) -> V {
        self.len -= 1;
        let block = &mut self.blocks[at];
        let value = block.remove(place);
        if place == 0 || block.len < ROOM / 4 {
            self.settle(at);
        }
        value
    }

    /// After a block shrank: its lowest key, and one block of two that fit in half of one.
    fn settle(&mut self, at: usize) {
        if self.blocks[at].len == 0 {
            self.blocks.remove(at);
            self.lows.remove(at);
            return;
        }
        self.lows[at] = self.blocks[at].keys[0];
        for low in [at, at.wrapping_sub(1)] {
            let Some([lower, upper]) = self.blocks.get_mut(low..low.saturating_add(2)) else { continue };
            if lower.len + upper.len <= ROOM / 2 {
                lower.append(upper);
                self.blocks.remove(low + 1);
                self.lows.remove(low + 1);
                return;
            }
        }
    }
}

impl<V: Copy + Default> Ladder<V> for BlockLadder<V> {
    #[inline]
    fn best(&self) -> Option<(i32, V)> {
        let block = self.blocks.last()?;
        let last = block.len - 1;
        Some((block.keys[last], block.values[last]))
    }

    #[inline]
    fn get(&self, key: i32) -> Option<V> {
        let (at, place, there) = self.find(key)?;
        there.then(|| self.blocks[at].values[place])
    }

    #[inline]
    fn get_or_insert(&mut self, key: i32, make: impl FnOnce() -> V) -> V {
        let spot = self.find(key);
        if let Some((at, place, true)) = spot {
            return self.blocks[at].values[place];
        }
        let value = make();
        self.insert(spot, key, value);
        value
    }

    #[inline]
    fn replace(&mut self, key: i32, value: V) -> Option<V> {
        let spot = self.find(key);
        if let Some((at, place, true)) = spot {
            return Some(std::mem::replace(&mut self.blocks[at].values[place], value));
        }
        self.insert(spot, key, value);
        None
    }

    #[inline]
    fn remove(&mut self, key: i32) -> Option<V> {
        let (at, place, there) = self.find(key)?;
        there.then(|| self.take(at, place))
    }

    #[inline]
    fn pop(&mut self) -> Option<(i32, V)> {
        let (at, place) = (self.blocks.len().checked_sub(1)?, self.blocks.last()?.len - 1);
        let key = self.blocks[at].keys[place];
        Some((key, self.take(at, place)))
    }

    fn iter(&self) -> impl Iterator<Item = (i32, V)> + '_ {
        self.blocks.iter().rev().flat_map(|block| {
            let pairs = block.keys[..block.len].iter().zip(&block.values[..block.len]);
            pairs.rev().map(|(&key, &value)| (key, value))
        })
    }

    fn len(&self) -> usize {
        self.len
    }

    fn clear(&mut self) {
        self.blocks.clear();
        self.lows.clear();
        self.len = 0;
    }

    fn reserve(&mut self, n: usize) {
        // Two neighbours hold at least half of one, and one more may split.
        let blocks = 4 * n / ROOM + 2;
        self.blocks.reserve(blocks.saturating_sub(self.blocks.len()));
        self.lows.reserve(blocks.saturating_sub(self.lows.len()));
    }
}
