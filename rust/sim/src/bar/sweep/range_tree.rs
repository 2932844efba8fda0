//! Highest, lowest and worst fall of any range of prices in logarithmic time.

/// What a drawdown needs to know of a range of positive prices.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    /// Highest price.
    pub max: f64,
    /// Lowest price.
    pub min: f64,
    /// Least later / earlier, at most 1.
    pub worst: f64,
}

impl Range {
    const EMPTY: Self = Self { max: 0.0, min: f64::INFINITY, worst: 1.0 };

    fn of(price: f64) -> Self {
        Self { max: price, min: price, worst: 1.0 }
    }

    /// This range and a later one.
    fn then(self, later: Self) -> Self {
        Self {
            max: self.max.max(later.max),
            min: self.min.min(later.min),
            worst: self.worst.min(later.worst).min(later.min / self.max),
        }
    }
}

/// A segment tree over prices.
#[derive(Clone, Debug)]
pub struct RangeTree {
    leaves: usize,
    nodes: Vec<Range>,
}

impl RangeTree {
    /// Of positive prices. O(n).
    pub fn new(prices: &[f64]) -> Self {
        let leaves = prices.len().next_power_of_two();
        let mut nodes = vec![Range::EMPTY; 2 * leaves];
        for (node, &price) in nodes[leaves..].iter_mut().zip(prices) {
            *node = Range::of(price);
        }
        for at in (1..leaves).rev() {
            nodes[at] = nodes[2 * at].then(nodes[2 * at + 1]);
        }
        Self { leaves, nodes }
    }

    /// Of the prices `from..to`. O(log(to - from)).
    pub fn range(&self, from: usize, to: usize) -> Range {
        let (mut left, mut right) = (Range::EMPTY, Range::EMPTY);
        let (mut from, mut to) = (from + self.leaves, to + self.leaves);
        while from < to {
            if from % 2 == 1 {
                left = left.then(self.nodes[from]);
                from += 1;
            }
            if to % 2 == 1 {
                to -= 1;
                right = self.nodes[to].then(right);
            }
            (from, to) = (from / 2, to / 2);
        }
        left.then(right)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_range_equals_a_scan() {
        for n in [1_usize, 2, 3, 7, 8, 33] {
            let prices: Vec<f64> = (0..n).map(|i| 1.0 + ((i * 7919) % 101) as f64).collect();
            let tree = RangeTree::new(&prices);
            for from in 0..n {
                let (mut max, mut min, mut worst) = (0.0_f64, f64::INFINITY, 1.0_f64);
                for (to, &price) in prices.iter().enumerate().skip(from) {
                    (max, min) = (max.max(price), min.min(price));
                    worst = worst.min(price / max);
                    assert_eq!(tree.range(from, to + 1), Range { max, min, worst }, "{from}..={to} of {n}");
                }
            }
        }
    }
}
