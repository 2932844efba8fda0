//! The 0/1 knapsack, exactly: every total weight up to a capacity with the best value it can have.

/// Bits kept of the largest value. Sums of up to [`MAX_ITEMS`] values then fit an `i64` without rounding.
const BITS: i32 = 52;
/// Most items of one problem.
pub const MAX_ITEMS: usize = 1_024;
/// Most item x weight cells of one problem.
pub const MAX_CELLS: u64 = 1 << 30;

const UNREACHABLE: i64 = i64::MIN / 2;

/// Why a problem is refused: the item, and what it holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Refused {
    /// Values and weights differ in number.
    Lengths(usize, usize),
    /// A value that is negative, NaN or infinite.
    Value(usize, f64),
    /// More items, or more cells, than there is room for.
    TooLarge(usize, u64),
}

/// A solved problem. The value is the largest; of equal values the lightest set counts, of equally light ones the one
/// whose first differing index is lowest.
///
/// Values are taken in units of 2^-52 of the largest one's binade, so that equal sums are equal whatever their order.
#[derive(Clone, Debug)]
pub struct Knapsack {
    unit: f64,
    weights: Vec<u64>,
    /// Best value of the items with each exact total weight.
    best: Vec<i64>,
    /// Whether item i is in the best set, of items i and above, with an exact total weight.
    taken: Vec<Vec<bool>>,
}

impl Knapsack {
    /// Fills the table. O(n capacity) time and memory.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn new(values: &[f64], weights: &[u64], capacity: u64) -> Result<Self, Refused> {
        let n = values.len();
        if n != weights.len() {
            return Err(Refused::Lengths(n, weights.len()));
        }
        if let Some(i) = values.iter().position(|v| !v.is_finite() || v.is_sign_negative() && *v != 0.0) {
            return Err(Refused::Value(i, values[i]));
        }
        let reach = weights.iter().fold(0u64, |sum, w| sum.saturating_add(*w)).min(capacity);
        let cells = reach.saturating_add(1).saturating_mul(n.max(1) as u64);
        if n > MAX_ITEMS || cells > MAX_CELLS {
            return Err(Refused::TooLarge(n, cells));
        }
        let unit = unit_of(values.iter().copied().fold(0.0, f64::max));
        let mut best = vec![UNREACHABLE; reach as usize + 1];
        best[0] = 0;
        let mut taken = vec![Vec::new(); n];
        for i in (0..n).rev() {
            if weights[i] <= reach {
                taken[i] = take(&mut best, (values[i] / unit).round() as i64, weights[i] as usize);
            }
        }
        Ok(Self { unit, weights: weights.to_vec(), best, taken })
    }

    /// Best value with each exact total weight from 0 on; NaN where no set has that weight.
    pub fn curve(&self) -> Vec<f64> {
        self.best.iter().map(|&v| if v < 0 { f64::NAN } else { v as f64 * self.unit }).collect()
    }

    /// Ascending indices of the best set. O(n + capacity).
    pub fn chosen(&self) -> Vec<usize> {
        let mut left = (0..self.best.len()).rev().max_by_key(|&w| self.best[w]).unwrap_or(0);
        let mut chosen = Vec::new();
        for (i, taken) in self.taken.iter().enumerate() {
            if taken.get(left).copied().unwrap_or(false) {
                chosen.push(i);
                left -= self.weights[i] as usize;
            }
        }
        chosen
    }
}

/// A power of two, so that dividing by it loses nothing of the largest value.
fn unit_of(largest: f64) -> f64 {
    if largest == 0.0 {
        return 1.0;
    }
    let (_, exponent) = libm::frexp(largest);
    libm::ldexp(1.0, exponent - BITS).max(f64::MIN_POSITIVE)
}

/// Adds one item to the table; the answer is where it belongs to the best set.
fn take(best: &mut [i64], value: i64, weight: usize) -> Vec<bool> {
    let mut taken = vec![false; best.len()];
    let kept = best.len() - weight;
    if weight == 0 {
        best.iter_mut().for_each(|b| *b += value);
        taken.fill(value > 0);
        return taken;
    }
    let before = best[..kept].to_vec();
    for ((now, without), flag) in best[weight..].iter_mut().zip(&before).zip(&mut taken[weight..]) {
        let with = without + value;
        *flag = with >= *now && with >= 0;
        *now = with.max(*now);
    }
    taken
}

#[cfg(test)]
mod tests {
    use super::*;

    fn solve(values: &[f64], weights: &[u64], capacity: u64) -> Vec<usize> {
        Knapsack::new(values, weights, capacity).unwrap().chosen()
    }

    /// All subsets, by value, then weight, then indices.
    fn enumerate(values: &[f64], weights: &[u64], capacity: u64) -> Vec<usize> {
        let n = values.len();
        let set = |mask: usize| (0..n).filter(move |i| mask >> i & 1 == 1);
        (0..1usize << n)
            .filter(|&mask| set(mask).map(|i| weights[i]).sum::<u64>() <= capacity)
            .map(|mask| {
                let value: f64 = set(mask).map(|i| values[i]).sum();
                let weight: u64 = set(mask).map(|i| weights[i]).sum();
                (value, weight, set(mask).collect::<Vec<_>>())
            })
            .max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)).then(b.2.cmp(&a.2)))
            .map(|found| found.2)
            .unwrap()
    }

    #[test]
    fn equals_all_subsets_with_many_ties() {
        let mut state = 1u64;
        let mut draw = |m: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % m
        };
        for case in 0..500 {
            let n = draw(11) as usize;
            let values: Vec<f64> = (0..n).map(|_| (1 + draw(6)) as f64 * 0.25).collect();
            let weights: Vec<u64> = (0..n).map(|_| 1 + draw(7)).collect();
            let capacity = draw(30);
            let expected = enumerate(&values, &weights, capacity);
            assert_eq!(solve(&values, &weights, capacity), expected, "{case}");
        }
    }

    #[test]
    fn ties_go_to_fewer_tokens_then_lower_ids() {
        assert_eq!(solve(&[2.0, 1.0, 1.0], &[4, 2, 1], 4), [1, 2]);
        assert_eq!(solve(&[1.0, 1.0, 1.0], &[3, 3, 3], 6), [0, 1]);
        assert_eq!(solve(&[1.0, 2.0, 2.0, 1.0], &[1, 2, 2, 1], 3), [0, 1]);
    }

    #[test]
    fn edges() {
        assert!(solve(&[], &[], 10).is_empty());
        assert!(solve(&[1.0], &[11], 10).is_empty());
        assert_eq!(solve(&[1.0, 3.0], &[0, 10], 10), [0, 1]);
        assert_eq!(solve(&[0.0, 1e-300], &[1, 1], 2), [1]);
        assert_eq!(solve(&[5e-324, 0.0], &[1, 1], u64::MAX), [] as [usize; 0]);
        assert_eq!(Knapsack::new(&[1.0], &[], 1).unwrap_err(), Refused::Lengths(1, 0));
        assert_eq!(Knapsack::new(&[1.0, -1.0], &[1, 1], 1).unwrap_err(), Refused::Value(1, -1.0));
        assert!(matches!(Knapsack::new(&[f64::NAN], &[1], 1), Err(Refused::Value(0, _))));
        assert!(matches!(Knapsack::new(&[1.0], &[1 << 40], 1 << 40), Err(Refused::TooLarge(1, _))));
    }

    #[test]
    fn the_curve_holds_exact_weights_only() {
        let curve = Knapsack::new(&[3.0, 2.0], &[2, 4], 100).unwrap().curve();
        assert_eq!(curve.len(), 7);
        assert_eq!((curve[0], curve[2], curve[4], curve[6]), (0.0, 3.0, 2.0, 5.0));
        assert!(curve[1].is_nan() && curve[3].is_nan() && curve[5].is_nan());
    }
}
