/// A block that leaves the half and one that enters it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Swap {
    /// Leaves.
    pub out: usize,
    /// Enters.
    pub into: usize,
}

/// All choices of t from 0 .. n, each one swap away from the one before. Starts at 0 .. t; `next` tells the swap to
/// the following choice. Payne and Ives, as algorithm R in Knuth, The Art of Computer Programming 4A, 7.2.1.3.
#[derive(Clone, Debug)]
pub struct RevolvingDoor {
    // c[1..=t] is the choice, rising; c[t + 1] is n and c[0] is not used, so that the indices are those of the book.
    c: Vec<usize>,
    t: usize,
}

impl RevolvingDoor {
    /// The first choice, 0 < t < n.
    pub fn new(n: usize, t: usize) -> Self {
        let mut c: Vec<usize> = std::iter::once(0).chain(0..t).collect();
        c.push(n);
        Self { c, t }
    }

    /// The present choice, rising.
    pub fn chosen(&self) -> &[usize] {
        &self.c[1..=self.t]
    }

    // R3: the easy case, a move of the lowest element.
    fn easy(&mut self) -> Option<Swap> {
        let low = self.c[1];
        if self.t % 2 == 1 && low + 1 < self.c[2] {
            self.c[1] = low + 1;
        } else if self.t.is_multiple_of(2) && low > 0 {
            self.c[1] = low - 1;
        } else {
            return None;
        }
        Some(Swap { out: low, into: self.c[1] })
    }

    // R4: lower c[j], whose neighbour below is c[j] - 1.
    fn lower(&mut self, j: usize) -> Option<Swap> {
        let c = &mut self.c;
        if c[j] < j {
            return None;
        }
        let out = c[j];
        c[j] = c[j - 1];
        c[j - 1] = j - 2;
        Some(Swap { out, into: j - 2 })
    }

    // R5: raise c[j], while c[j - 1] is j - 2.
    fn raise(&mut self, j: usize) -> Option<Swap> {
        let c = &mut self.c;
        if c[j] + 1 >= c[j + 1] {
            return None;
        }
        let out = c[j - 1];
        c[j - 1] = c[j];
        c[j] += 1;
        Some(Swap { out, into: c[j] })
    }
}

impl Iterator for RevolvingDoor {
    type Item = Swap;

    fn next(&mut self) -> Option<Swap> {
        if let Some(swap) = self.easy() {
            return Some(swap);
        }
        let mut lowering = self.t % 2 == 1;
        for j in 2..=self.t {
            let swap = if lowering { self.lower(j) } else { self.raise(j) };
            if swap.is_some() {
                return swap;
            }
            lowering = !lowering;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_choice_once() {
        for (n, t, count) in [(2, 1, 2), (4, 2, 6), (5, 3, 10), (6, 3, 20), (8, 4, 70), (16, 8, 12870)] {
            let mut door = RevolvingDoor::new(n, t);
            let mut mine: BTreeSet<usize> = (0..t).collect();
            let mut seen = BTreeSet::from([mine.clone()]);
            while let Some(Swap { out, into }) = door.next() {
                assert!(mine.remove(&out) && mine.insert(into));
                assert!(door.chosen().iter().eq(mine.iter()), "{n} {t}");
                assert!(seen.insert(mine.clone()));
            }
            assert_eq!(seen.len(), count);
        }
    }
}
