//! Quantiles by linear interpolation of order statistics, found by selection and not by a full sort.

/// What both tails of a series need, from one pass of selection.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tails {
    /// Lower quantile.
    pub low: f64,
    /// Upper quantile.
    pub high: f64,
    /// Mean of the floor(share (n - 1)) + 1 smallest values.
    pub shortfall: f64,
}

impl Tails {
    /// Tails that hold `share` (below one half) of the values each, or `None` of an empty series. O(n).
    pub fn of(x: &[f64], share: f64) -> Option<Self> {
        Candidates::of(x, share)
            .and_then(|mut candidates| candidates.tails(x.len() - 1, share))
            .or_else(|| Self::selected(&mut x.to_vec(), share))
    }

    /// By selection among all values; `x` is reordered.
    fn selected(x: &mut [f64], share: f64) -> Option<Self> {
        let last = x.len().checked_sub(1)?;
        let (at, weight) = position(last, share);
        if at == last {
            return Some(Self { low: x[last], high: x[last], shortfall: x[last] });
        }
        // Selecting the value above the worst leaves the worst before it and far fewer for the upper tail to search.
        let (worst, &mut next, rest) = x.select_nth_unstable_by(at + 1, f64::total_cmp);
        worst.sort_unstable_by(f64::total_cmp);
        let low = between(worst[at], next, weight);
        let shortfall = worst.iter().sum::<f64>() / worst.len() as f64;
        let (at, weight) = position(last, 1.0 - share);
        let high = match at.checked_sub(worst.len() + 1) {
            Some(at) => interpolate(rest, at, weight),
            None => interpolate(x, at, weight),
        };
        Some(Self { low, high, shortfall })
    }
}

/// Values that a sample places in the tails: a few more than are there, so that little is left to select from.
struct Candidates {
    low: Vec<i64>,
    high: Vec<i64>,
}

impl Candidates {
    const SAMPLE: usize = 64;
    /// Shorter series are selected from as a whole.
    const SHORTEST: usize = 512;

    fn of(x: &[f64], share: f64) -> Option<Self> {
        if x.len() < Self::SHORTEST {
            return None;
        }
        let stride = x.len() / Self::SAMPLE;
        let mut sample: [i64; Self::SAMPLE] = std::array::from_fn(|k| key(x[k * stride]));
        sample.sort_unstable();
        // Three and a half standard deviations above the share of the sample that lies in a tail.
        let expected = share * Self::SAMPLE as f64;
        let rank = (expected + 3.5 * expected.sqrt()).ceil() as usize;
        let (below, above) = (of_key(*sample.get(rank)?), of_key(sample[Self::SAMPLE - 1 - rank]));
        let (mut low, mut high) = (vec![0.0; x.len()], vec![0.0; x.len()]);
        let (mut lows, mut highs) = (0, 0);
        for &value in x {
            // Written always and counted where it is one: no branch that cannot be predicted.
            low[lows] = value;
            lows += usize::from(value <= below);
            high[highs] = value;
            highs += usize::from(value >= above);
        }
        let keys = |values: &[f64]| values.iter().map(|value| key(*value)).collect();
        Some(Self { low: keys(&low[..lows]), high: keys(&high[..highs]) })
    }

    /// Tails of the series whose greatest index is `last`; `None` where they hold more than the candidates.
    fn tails(&mut self, last: usize, share: f64) -> Option<Tails> {
        let (at, weight) = position(last, share);
        if at + 1 >= self.low.len() {
            return None;
        }
        let (worst, &mut next, _) = self.low.select_nth_unstable(at + 1);
        worst.sort_unstable();
        let low = between(of_key(worst[at]), of_key(next), weight);
        let shortfall = worst.iter().map(|key| of_key(*key)).sum::<f64>() / worst.len() as f64;
        let (at, weight) = position(last, 1.0 - share);
        let at = at.checked_sub(last + 1 - self.high.len())?;
        let (_, &mut below, above) = self.high.select_nth_unstable(at);
        let high =
            above.iter().min().map_or(of_key(below), |above| between(of_key(below), of_key(*above), weight));
        Some(Tails { low, high, shortfall })
    }
}

/// Integers in the order of `f64::total_cmp`, which are compared in one step.
fn key(value: f64) -> i64 {
    let bits = value.to_bits() as i64;
    bits ^ ((bits >> 63) as u64 >> 1) as i64
}

/// The value of a key.
fn of_key(key: i64) -> f64 {
    f64::from_bits((key ^ ((key >> 63) as u64 >> 1) as i64) as u64)
}

/// The p-quantile, p in [0, 1], or `None` of an empty series. O(n). `x` is reordered.
pub fn quantile(x: &mut [f64], p: f64) -> Option<f64> {
    let (at, weight) = position(x.len().checked_sub(1)?, p);
    Some(interpolate(x, at, weight))
}

fn position(last: usize, p: f64) -> (usize, f64) {
    let exact = last as f64 * p;
    let at = (exact.floor() as usize).min(last);
    (at, exact - at as f64)
}

fn interpolate(x: &mut [f64], at: usize, weight: f64) -> f64 {
    let (_, &mut low, above) = x.select_nth_unstable_by(at, f64::total_cmp);
    match above.iter().copied().min_by(f64::total_cmp) {
        Some(high) => between(low, high, weight),
        None => low,
    }
}

fn between(low: f64, high: f64, weight: f64) -> f64 {
    if weight > 0.0 { low + (high - low) * weight } else { low }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interpolates() {
        let mut x = [4.0, 1.0, 3.0, 2.0];
        assert_eq!(quantile(&mut x, 0.5), Some(2.5));
        assert_eq!(quantile(&mut x, 0.0), Some(1.0));
        assert_eq!(quantile(&mut x, 1.0), Some(4.0));
        assert_eq!(quantile(&mut [], 0.5), None);
    }

    #[test]
    fn tails_of_a_ladder() {
        let mut x: Vec<f64> = (0..41).rev().map(f64::from).collect();
        let tails = Tails::of(&x, 0.05).unwrap();
        assert_eq!((tails.low, tails.high, tails.shortfall), (2.0, 38.0, 1.0));
        assert_eq!(Tails::of(&[5.0], 0.05).unwrap().shortfall, 5.0);
        x.clear();
        assert_eq!(Tails::of(&x, 0.05), None);
    }

    #[test]
    fn candidates_give_the_bits_of_selection() {
        let mut state = 7u64;
        let mut next = || {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 11) as f64 / (1u64 << 53) as f64 - 0.5
        };
        for n in [512, 513, 700, 2520, 2521] {
            // Smooth, in few steps with many ties, constant, and a sample that misses the tails.
            let smooth: Vec<f64> = (0..n).map(|_| next() * next()).collect();
            let steps: Vec<f64> = smooth.iter().map(|v| (v * 20.0).round() / 20.0).collect();
            let hidden: Vec<f64> =
                (0..n).map(|i| if i % (n / 64) == 0 { next() * 1e-9 } else { next() }).collect();
            for x in [smooth, steps, vec![0.0; n], hidden] {
                for share in [0.01, 0.05, 0.2] {
                    let (found, all) = (Tails::of(&x, share), Tails::selected(&mut x.clone(), share));
                    assert_eq!(format!("{found:?}"), format!("{all:?}"));
                }
            }
            let skipped = Candidates::of(&hidden_tails(n), 0.05).unwrap().tails(n - 1, 0.05);
            assert_eq!(skipped, None);
        }
    }

    /// The sampled values are the extreme ones, all different, so too few values lie beyond the tenth of them.
    fn hidden_tails(n: usize) -> Vec<f64> {
        let stride = n / 64;
        let extreme =
            |i: usize| if (i / stride).is_multiple_of(2) { -9.0 - i as f64 } else { 9.0 + i as f64 };
        (0..n).map(|i| if i % stride == 0 { extreme(i) } else { 0.0 }).collect()
    }
}
