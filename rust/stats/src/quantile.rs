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
    /// Tails that hold `share` (below one half) of the values each, or `None` of an empty series. O(n). `x` is reordered.
    pub fn of(x: &mut [f64], share: f64) -> Option<Self> {
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
        let tails = Tails::of(&mut x, 0.05).unwrap();
        assert_eq!((tails.low, tails.high, tails.shortfall), (2.0, 38.0, 1.0));
        assert_eq!(Tails::of(&mut [5.0], 0.05).unwrap().shortfall, 5.0);
    }
}
