const MIN_SPREAD: f64 = 1e-6;
const MIN_VARIANCE: f64 = 1e-12;
const ROUNDING: f64 = 1e-12;
const GUARD: f64 = 6.0;
const WORST: f64 = -50.0;
const MIN_CALENDAR: f64 = 5.0;

use super::TARGET;

/// Decayed sums of one variable of every agent: value, square, weight, squared weight and calendar.
pub(super) struct Evidence {
    keep: f64,
    sum: Vec<f64>,
    square: Vec<f64>,
    weight: Vec<f64>,
    weight2: Vec<f64>,
    calendar: Vec<f64>,
    s: Vec<f64>,
    v: Vec<f64>,
}

/// Posterior of every agent; NaN where not ready.
pub(super) struct Posterior {
    pub mean: Vec<f64>,
    pub sd: Vec<f64>,
}

impl Posterior {
    pub fn new(n: usize) -> Self {
        Self { mean: vec![f64::NAN; n], sd: vec![f64::NAN; n] }
    }
}

impl Evidence {
    /// Weights halve every `half_life` rows; infinity never forgets.
    pub fn new(n: usize, half_life: f64) -> Self {
        let zeros = || vec![0.0; n];
        Self {
            keep: libm::exp2(-1.0 / half_life),
            sum: zeros(),
            square: zeros(),
            weight: zeros(),
            weight2: zeros(),
            calendar: zeros(),
            s: zeros(),
            v: zeros(),
        }
    }

    pub fn reset(&mut self, slot: usize) {
        for column in
            [&mut self.sum, &mut self.square, &mut self.weight, &mut self.weight2, &mut self.calendar]
        {
            column[slot] = 0.0;
        }
    }

    /// `value` must be 0 where `acted` is; `here` is 1 for agents that lived through the row. O(n).
    pub fn fold(&mut self, value: &[f64], acted: &[f64], here: &[f64]) {
        let (keep, keep2, n) = (self.keep, self.keep * self.keep, self.sum.len());
        let (value, acted, here) = (&value[..n], &acted[..n], &here[..n]);
        let (sum, square, calendar) = (&mut self.sum[..n], &mut self.square[..n], &mut self.calendar[..n]);
        let (weight, weight2) = (&mut self.weight[..n], &mut self.weight2[..n]);
        for i in 0..n {
            sum[i] = keep * sum[i] + value[i];
            square[i] = keep * square[i] + value[i] * value[i];
            weight[i] = keep * weight[i] + acted[i];
            weight2[i] = keep2 * weight2[i] + acted[i];
            calendar[i] = keep * calendar[i] + here[i];
        }
    }

    /// Only time passes. O(n).
    pub fn fade(&mut self) {
        let keep = self.keep;
        for column in [&mut self.sum, &mut self.square, &mut self.weight, &mut self.calendar] {
            column.iter_mut().for_each(|v| *v *= keep);
        }
        self.weight2.iter_mut().for_each(|v| *v *= keep * keep);
    }

    /// The score of a loss beyond six target volatilities is its size.
    pub fn guarded(&self, slot: usize, score: f64, x: f64) -> f64 {
        if x >= -GUARD * TARGET {
            return score;
        }
        let young = self.calendar[slot] < MIN_CALENDAR;
        let share = if young { 1.0 } else { self.weight[slot] / self.calendar[slot] };
        let loss = x * share.sqrt();
        if loss < -GUARD * TARGET { (loss / TARGET).max(WORST) } else { score }
    }

    /// Empirical Bayes over the ready; with `by_share` a score counts by the root of the share of rows acted in. O(n).
    pub fn posterior(&mut self, ready: &[bool], by_share: bool, out: &mut Posterior) {
        let n = ready.len();
        let (sum, square, weight) = (&self.sum[..n], &self.square[..n], &self.weight[..n]);
        let (weight2, calendar) = (&self.weight2[..n], &self.calendar[..n]);
        let (s, v) = (&mut self.s[..n], &mut self.v[..n]);
        // Of everybody: without a branch two divisions are one.
        for i in 0..n {
            let share = if by_share { weight[i] / calendar[i] } else { 1.0 };
            let mean = sum[i] / weight[i];
            let spread = (square[i] / weight[i] - mean * mean).max(MIN_VARIANCE);
            s[i] = (share / spread).sqrt() * mean;
            v[i] = share * weight2[i] / (weight[i] * weight[i]);
        }
        let (mut count, mut total, mut variance) = (0.0, 0.0, 0.0);
        for i in (0..n).filter(|&i| ready[i]) {
            count += 1.0;
            total += s[i];
            variance += v[i];
        }
        let centre = total / count;
        let around = |i: usize| (s[i] - centre) * (s[i] - centre);
        let spread: f64 = (0..n).filter(|&i| ready[i]).map(around).sum();
        let spread = if count < 2.0 { 0.0 } else { spread / (count - 1.0) };
        let prior = (spread - variance / count).max(MIN_SPREAD);
        let (mean, sd) = (&mut out.mean[..n], &mut out.sd[..n]);
        for i in 0..n {
            let keep = prior / (prior + v[i]);
            let known = if ready[i] { 1.0 } else { f64::NAN };
            mean[i] = (centre + keep * (s[i] - centre)) * known;
            sd[i] = (keep * v[i]).sqrt() * known;
        }
    }

    /// mean / sd sqrt(n_eff): the normal deviate behind the probability of a positive mean; NaN without variation.
    pub fn deviate(&self, slot: usize) -> f64 {
        let weight = self.weight[slot];
        let mean = self.sum[slot] / weight;
        let second = self.square[slot] / weight;
        let variance = second - mean * mean;
        if variance > ROUNDING * second {
            mean / (variance * self.weight2[slot]).sqrt() * weight
        } else {
            f64::NAN
        }
    }
}
