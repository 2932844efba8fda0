//! Which bars a comparison holds on, one bit a bar, and scans from one such bar to the next.

use crate::bar::lanes::{LANES, Lanes};

const WORD: usize = 64;

/// One bit a bar.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bits(Vec<u64>);

impl Bits {
    /// None of `bars` set.
    pub fn new(bars: usize) -> Self {
        Self(vec![0; bars.div_ceil(WORD)])
    }

    /// Those that hold.
    pub fn of(holds: impl ExactSizeIterator<Item = bool>) -> Self {
        let mut bits = Self::new(holds.len());
        for (t, _) in holds.enumerate().filter(|(_, holds)| *holds) {
            bits.0[t / WORD] |= 1 << (t % WORD);
        }
        bits
    }

    /// First set bar at or after `from`.
    #[inline]
    pub fn next(&self, from: usize) -> Option<usize> {
        let mut word = from / WORD;
        let mut left = self.0.get(word)? & (u64::MAX << (from % WORD));
        while left == 0 {
            word += 1;
            left = *self.0.get(word)?;
        }
        Some(word * WORD + left.trailing_zeros() as usize)
    }
}

/// Where `a` is above `b` and where it is below, by more than `tie` of |b|; never where either is NaN.
pub fn compare(a: &[f64], b: &[f64], tie: f64, above: &mut Bits, below: &mut Bits) {
    debug_assert_eq!(a.len(), b.len());
    let tie = Lanes::splat(tie);
    let words = above.0.iter_mut().zip(&mut below.0);
    for ((a, b), (above, below)) in a.chunks(WORD).zip(b.chunks(WORD)).zip(words) {
        (*above, *below) = (0, 0);
        let (whole_a, rest_a) = a.as_chunks::<LANES>();
        let (whole_b, rest_b) = b.as_chunks::<LANES>();
        for (k, (a, b)) in whole_a.iter().zip(whole_b).enumerate() {
            let (up, down) = sides(Lanes::new(*a), Lanes::new(*b), tie);
            *above |= up << (k * LANES);
            *below |= down << (k * LANES);
        }
        if !rest_a.is_empty() {
            let pad = |rest: &[f64]| {
                Lanes::new(std::array::from_fn(|lane| rest.get(lane).copied().unwrap_or(f64::NAN)))
            };
            let (up, down) = sides(pad(rest_a), pad(rest_b), tie);
            *above |= up << (whole_a.len() * LANES);
            *below |= down << (whole_a.len() * LANES);
        }
    }
}

#[inline(always)]
fn sides(a: Lanes, b: Lanes, tie: Lanes) -> (u64, u64) {
    let (apart, noise) = (a - b, tie * b.abs());
    (u64::from(apart.simd_gt(noise).to_bitmask()), u64::from((-apart).simd_gt(noise).to_bitmask()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn next_finds_every_set_bar() {
        let set = |t: &usize| t.is_multiple_of(13) || *t == 64 || *t == 199;
        let bits = Bits::of((0..200).map(|t| set(&t)));
        for from in 0..260 {
            assert_eq!(bits.next(from), (from..200).find(set), "{from}");
        }
    }

    #[test]
    fn comparison_is_that_of_scalars() {
        for n in [1, 3, 4, 63, 64, 65, 130] {
            let number = |i: usize| if i.is_multiple_of(11) { f64::NAN } else { ((i * 37) % 23) as f64 };
            let a: Vec<f64> = (0..n).map(number).collect();
            let b: Vec<f64> = (0..n).map(|i| number(i + 5) * (1.0 + 1e-13 * (i % 3) as f64)).collect();
            for tie in [0.0, 1e-12] {
                let (mut above, mut below) = (Bits::new(n), Bits::new(n));
                compare(&a, &b, tie, &mut above, &mut below);
                let scalar =
                    |sign: f64| Bits::of(a.iter().zip(&b).map(move |(a, b)| sign * (a - b) > tie * b.abs()));
                assert_eq!((above, below), (scalar(1.0), scalar(-1.0)), "{n} {tie}");
            }
        }
    }
}
