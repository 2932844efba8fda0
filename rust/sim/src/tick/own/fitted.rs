use std::fmt;

use crate::tick::Error;

/// Bins of the share of a level that lies ahead.
pub const SHARES: usize = 16;
/// Bins of the lots of a level.
pub const SIZES: usize = 4;

/// A queue model measured on a file of orders: the chance that cancelled lots lay behind, by share ahead and lots of the
/// level. Spec 3.8.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Fitted {
    /// First class of every bin of sizes but the first. Of class c are levels from (4 + c % 4) / 4 * 2^(c / 4) lots on.
    pub classes: [u8; SIZES - 1],
    /// In 65,535ths, by size, then by share ahead.
    pub chances: [[u16; SHARES]; SIZES],
}

/// Class of a level's lots: quarters of a doubling, from one lot.
#[inline]
pub(super) fn class(lots: f64) -> usize {
    // Lots are whole, and a level has at most 2^64.
    let lots = lots.max(1.0) as u64;
    let log = lots.ilog2();
    let quarter = if log < 2 { lots << (2 - log) } else { lots >> (log - 2) } & 3;
    4 * log as usize + quarter as usize
}

/// Classes there are.
const CLASSES: usize = 4 * u64::BITS as usize;

/// Bin of the share of `front` in a level of `front + back` lots.
#[inline]
pub(super) fn share(front: f64, back: f64) -> usize {
    let share = front / (front + back);
    // Not a number: an empty level.
    ((share * SHARES as f64).max(0.0) as usize).min(SHARES - 1)
}

impl Fitted {
    /// Bytes of [`Fitted::to_bytes`].
    pub const SIZE: usize = SIZES - 1 + 2 * SHARES * SIZES;

    /// Classes, then chances, little-endian.
    pub fn to_bytes(&self) -> [u8; Self::SIZE] {
        let mut out = [0; Self::SIZE];
        let (classes, chances) = out.split_at_mut(SIZES - 1);
        classes.copy_from_slice(&self.classes);
        for (to, chance) in chances.chunks_exact_mut(2).zip(self.chances.iter().flatten()) {
            to.copy_from_slice(&chance.to_le_bytes());
        }
        out
    }

    /// Inverse of `to_bytes`.
    ///
    /// # Errors
    /// Another number of bytes, or classes that do not ascend.
    pub fn of_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let Ok(bytes) = <&[u8; Self::SIZE]>::try_from(bytes) else {
            return Err(Error::config("queue", format_args!("a table of {} bytes", Self::SIZE), bytes.len()));
        };
        let (classes, chances) = bytes.split_at(SIZES - 1);
        let classes: [u8; SIZES - 1] = std::array::from_fn(|at| classes[at]);
        if !classes.is_sorted() {
            return Err(Error::config("queue", "classes of levels that ascend", format_args!("{classes:?}")));
        }
        let word = |at: usize| u16::from_le_bytes([chances[2 * at], chances[2 * at + 1]]);
        let row = |size| std::array::from_fn(|share| word(size * SHARES + share));
        Ok(Self { classes, chances: std::array::from_fn(row) })
    }

    /// Chance that cancelled lots lay behind an order with `front` lots ahead and `back` behind it. None is ahead: all
    /// did; none is behind: none did.
    #[inline]
    pub(super) fn behind(&self, front: f64, back: f64) -> f64 {
        if front <= 0.0 {
            return 1.0;
        }
        if back <= 0.0 {
            return 0.0;
        }
        let class = class(front + back);
        let size = self.classes.iter().filter(|&&from| class >= usize::from(from)).count();
        f64::from(self.chances[size][share(front, back)]) / f64::from(u16::MAX)
    }
}

/// Short: a hash of the table.
impl fmt::Display for Fitted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut hash = quantrl_lob::Fnv::default();
        hash.write(&self.to_bytes());
        write!(f, "{:08x}", hash.finish() as u32)
    }
}

/// The whole table, as it decides what a session does.
impl fmt::Debug for Fitted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fitted({:?}, {:?})", self.classes, self.chances)
    }
}

/// Lots that vanished from queues, by share ahead and class of the level.
#[derive(Clone, Debug)]
pub(super) struct Vanished {
    /// Behind, all of them, how often.
    cells: Vec<[(u64, u64, u64); SHARES]>,
}

impl Vanished {
    pub fn new() -> Self {
        Self { cells: vec![[(0, 0, 0); SHARES]; CLASSES] }
    }

    /// `lots` were cancelled where `front` were ahead of an order and `back` behind it.
    pub fn count(&mut self, front: u64, back: u64, lots: u64, is_behind: bool) {
        if front == 0 || back == 0 {
            // Every model knows where they lay.
            return;
        }
        let (front, back) = (front as f64, back as f64);
        let cell = &mut self.cells[class(front + back)][share(front, back)];
        cell.0 += if is_behind { lots } else { 0 };
        cell.1 += lots;
        cell.2 += 1;
    }

    /// Cancellations counted.
    pub fn total(&self) -> u64 {
        self.cells.iter().flatten().map(|cell| cell.2).sum()
    }

    /// Sizes in four bins of about as many cancellations each; a bin without any has the share that lies behind.
    pub fn fitted(&self) -> Fitted {
        let mut classes = [u8::MAX; SIZES - 1];
        let (mut seen, mut next) = (0, 0);
        for (class, row) in self.cells.iter().enumerate() {
            while next < SIZES - 1 && SIZES as u64 * seen >= (next as u64 + 1) * self.total() && seen > 0 {
                classes[next] = class as u8;
                next += 1;
            }
            seen += row.iter().map(|cell| cell.2).sum::<u64>();
        }
        let mut chances = [[0; SHARES]; SIZES];
        for (size, row) in chances.iter_mut().enumerate() {
            let from = size.checked_sub(1).map_or(0, |at| usize::from(classes[at]));
            let to = classes.get(size).map_or(self.cells.len(), |&to| usize::from(to));
            for (share, chance) in row.iter_mut().enumerate() {
                let cells = self.cells.get(from..to.min(self.cells.len())).unwrap_or(&[]);
                let (behind, all) = cells.iter().fold((0, 0), |(behind, all), row| {
                    (behind + u128::from(row[share].0), all + u128::from(row[share].1))
                });
                let max = u128::from(u16::MAX);
                // The middle of the bin: lots vanish wherever they lie.
                let rest = (2 * (SHARES - share) as u128 - 1) * max / (2 * SHARES as u128);
                *chance = (behind * max + all / 2).checked_div(all).unwrap_or(rest) as u16;
            }
        }
        Fitted { classes, chances }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_by_hand() {
        assert_eq!([0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 255.0, 256.0].map(class), [0, 0, 4, 6, 8, 9, 31, 32]);
        assert_eq!(class(u64::MAX as f64 * 4.0), CLASSES - 1);
        assert_eq!(
            [(0.0, 9.0), (1.0, 15.0), (8.0, 8.0), (9.0, 0.0)].map(|(f, b)| share(f, b)),
            [0, 1, 8, 15]
        );
        assert_eq!(share(0.0, 0.0), 0);
    }

    #[test]
    fn bytes_go_round_and_others_are_refused() {
        let mut seen = Vanished::new();
        (1..500u64).for_each(|i| seen.count(i % 37 + 1, i % 91 + 1, i, i % 3 == 0));
        let bytes = seen.fitted().to_bytes();
        assert_eq!(Fitted::of_bytes(&bytes), Ok(seen.fitted()));
        assert!(Fitted::of_bytes(&bytes[1..]).unwrap_err().to_string().contains("131 bytes, got 130"));
        for classes in [[3, 2, 4], [1, 255, 254]] {
            let broken = [&classes[..], &bytes[3..]].concat();
            assert!(
                Fitted::of_bytes(&broken).unwrap_err().to_string().starts_with("queue: expected classes")
            );
        }
    }

    #[test]
    fn a_table_by_hand() {
        let mut seen = Vanished::new();
        // Three of four lots lay behind at half of levels of 16 to 19 lots, one of three at levels of 80.
        seen.count(8, 8, 3, true);
        seen.count(9, 9, 1, false);
        seen.count(40, 40, 1, true);
        seen.count(40, 40, 2, false);
        assert_eq!(seen.total(), 4);
        let fitted = seen.fitted();
        assert_eq!(fitted.classes, [17, 17, 26]);
        let chance = |front, back| (fitted.behind(front, back) * 1e4).round() / 1e4;
        assert_eq!([chance(8.0, 8.0), chance(9.5, 9.0)], [0.75; 2]);
        assert_eq!([chance(40.0, 40.0), chance(33.0, 33.0)], [0.3333; 2]);
        // Nothing seen: by the share alone, the middle of the bin.
        assert_eq!(chance(1.0, 15.0), 0.9062);
        assert_eq!([chance(0.0, 5.0), chance(5.0, 0.0), chance(-0.25, 3.0)], [1.0, 0.0, 1.0]);
        assert_eq!(Vanished::new().fitted().behind(3.0, 13.0), 51_199.0 / 65_535.0);
    }
}
