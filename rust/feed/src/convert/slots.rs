/// Slots of one instrument's book, last freed first taken.
#[derive(Clone, Debug, Default)]
pub struct Slots {
    free: Vec<u32>,
    used: u32,
    most: u32,
}

impl Slots {
    /// A free slot.
    #[inline]
    pub fn take(&mut self) -> u32 {
        if let Some(slot) = self.free.pop() {
            return slot;
        }
        self.used += 1;
        self.most = self.most.max(self.used);
        self.used - 1
    }

    /// Make `slot` the next one taken.
    #[inline]
    pub fn put(&mut self, slot: u32) {
        self.free.push(slot);
    }

    /// All are free.
    pub fn clear(&mut self) {
        self.free.clear();
        self.used = 0;
    }

    /// How many a book needs.
    pub fn most(&self) -> u32 {
        self.most
    }

    /// Everything as words: slots ever used, most, then the free ones, last freed last.
    pub fn words(&self) -> impl Iterator<Item = u32> + '_ {
        [self.used, self.most].into_iter().chain(self.free.iter().copied())
    }

    /// Inverse of `words`; None where they are none of ours.
    pub fn of_words(words: &[u32]) -> Option<Self> {
        let (&[used, most], free) = words.split_first_chunk()?;
        let fits = used <= most && free.len() <= used as usize && free.iter().all(|&slot| slot < used);
        fits.then(|| Self { free: free.to_vec(), used, most })
    }
}

#[cfg(test)]
mod tests {
    use super::Slots;

    #[test]
    fn last_freed_first_taken() {
        let mut slots = Slots::default();
        assert_eq!([slots.take(), slots.take(), slots.take()], [0, 1, 2]);
        slots.put(0);
        slots.put(2);
        assert_eq!([slots.take(), slots.take(), slots.take()], [2, 0, 3]);
        slots.put(1);
        let words: Vec<u32> = slots.words().collect();
        assert_eq!(Slots::of_words(&words).unwrap().take(), 1);
        assert!(Slots::of_words(&words[..1]).is_none() && Slots::of_words(&[1, 1, 1]).is_none());
        slots.clear();
        assert_eq!((slots.take(), slots.most()), (0, 4));
    }
}
