//! Indicators of one series of complete prices, NaN until there is enough of it. One row for each distinct window.

use std::collections::VecDeque;

use rayon::prelude::*;

/// One row of numbers a bar for each of some windows.
#[derive(Clone, Debug)]
pub struct Rows {
    windows: Vec<usize>,
    bars: usize,
    cells: Vec<f64>,
}

impl Rows {
    /// `fill(window, row)` for each distinct window; rows come filled with NaN.
    pub fn of(
        windows: impl Iterator<Item = usize>,
        bars: usize,
        fill: impl Fn(usize, &mut [f64]) + Sync,
    ) -> Self {
        let mut windows: Vec<usize> = windows.collect();
        windows.sort_unstable();
        windows.dedup();
        let mut cells = vec![f64::NAN; windows.len() * bars];
        cells.par_chunks_mut(bars).zip(&windows).for_each(|(row, &window)| fill(window, row));
        Self { windows, bars, cells }
    }

    /// The row of a window that was asked for.
    pub fn row(&self, window: usize) -> &[f64] {
        let at = self.windows.binary_search(&window).expect("a row was made for every window");
        &self.cells[at * self.bars..][..self.bars]
    }
}

/// Sums of all prices up to each bar, added in the order of bars.
pub fn running_sums(prices: &[f64]) -> Vec<f64> {
    let mut sum = 0.0;
    prices
        .iter()
        .map(|price| {
            sum += price;
            sum
        })
        .collect()
}

/// Simple moving average of `w` bars from `running_sums`; valid from the w-th bar. O(n).
pub fn simple_average(sums: &[f64], w: usize, row: &mut [f64]) {
    let width = w as f64;
    row[w - 1] = sums[w - 1] / width;
    for (out, pair) in row[w..].iter_mut().zip(sums[w..].iter().zip(sums)) {
        *out = (pair.0 - pair.1) / width;
    }
}

/// Exponential moving average with weight 2 / (w + 1) on the newest price, started at the first price; valid from the
/// w-th bar. O(n).
pub fn exponential_average(prices: &[f64], w: usize, row: &mut [f64]) {
    let newest = 2.0 / (w as f64 + 1.0);
    let mut average = prices[0];
    for (t, (&price, out)) in prices.iter().zip(row).enumerate() {
        if t > 0 {
            average = newest * price + (1.0 - newest) * average;
        }
        if t + 1 >= w {
            *out = average;
        }
    }
}

/// The first by `beats` of the `w` bars before each bar; valid after w bars. O(n).
pub fn extreme_before(prices: &[f64], w: usize, beats: impl Fn(f64, f64) -> bool, row: &mut [f64]) {
    // Bars that nothing later in the window beats, the best in front.
    let mut best: VecDeque<usize> = VecDeque::with_capacity(w);
    for t in 1..prices.len() {
        let newest = prices[t - 1];
        while best.back().is_some_and(|&back| !beats(prices[back], newest)) {
            best.pop_back();
        }
        best.push_back(t - 1);
        if best[0] + w < t {
            best.pop_front();
        }
        if t >= w {
            row[t] = prices[best[0]];
        }
    }
}

/// Distance of each price from the mean of its last `w` bars in their standard deviations (w - 1 in the denominator);
/// NaN where they do not vary, 0 within `tie` of the mean. Two passes over each window, so nothing cancels. O(n w).
pub fn z_score(prices: &[f64], w: usize, tie: f64, row: &mut [f64]) {
    for (window, out) in prices.windows(w).zip(&mut row[w - 1..]) {
        let mean = window.iter().sum::<f64>() / w as f64;
        let squares: f64 = window.iter().map(|price| (price - mean) * (price - mean)).sum();
        let varies = window.iter().any(|price| *price != window[0]);
        if varies {
            let apart = window[w - 1] - mean;
            let sd = (squares / (w as f64 - 1.0)).sqrt();
            *out = if apart.abs() <= tie * mean { 0.0 } else { apart / sd };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRICES: [f64; 8] = [4.0, 6.0, 5.0, 9.0, 1.0, 3.0, 3.0, 2.0];

    fn row(fill: impl Fn(usize, &mut [f64]) + Sync, w: usize) -> Vec<f64> {
        Rows::of([w].into_iter(), PRICES.len(), fill).row(w).to_vec()
    }

    #[test]
    fn indicators_by_hand() {
        let sums = running_sums(&PRICES);
        let average = row(|w, row| simple_average(&sums, w, row), 2);
        assert!(average[0].is_nan());
        assert_eq!(average[1..], [5.0, 5.5, 7.0, 5.0, 2.0, 3.0, 2.5]);
        let average = row(|w, row| exponential_average(&PRICES, w, row), 3);
        assert!(average[1].is_nan());
        assert_eq!(average[2..5], [5.0, 7.0, 4.0]);
        let high = row(|w, row| extreme_before(&PRICES, w, |a, b| a > b, row), 3);
        assert!(high[2].is_nan());
        assert_eq!(high[3..], [6.0, 9.0, 9.0, 9.0, 3.0]);
        let low = row(|w, row| extreme_before(&PRICES, w, |a, b| a < b, row), 2);
        assert_eq!(low[2..], [4.0, 5.0, 5.0, 1.0, 1.0, 3.0]);
        let z = row(|w, row| z_score(&PRICES, w, 0.0, row), 2);
        assert!((z[1] - 0.5_f64.sqrt()).abs() < 1e-15 && (z[2] + 0.5_f64.sqrt()).abs() < 1e-15);
        assert!(z[6].is_nan());
    }
}
