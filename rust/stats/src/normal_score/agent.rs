use std::collections::VecDeque;

/// Rows that decide an agent's volatility.
pub(super) const WINDOW: usize = 63;
const MIN_WINDOW: usize = 5;
const MAX_SCALE: f64 = 10.0;

/// Decayed sums of one variable: value, square, weight, squared weight.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Memory {
    /// Sum of values.
    pub sum: f64,
    /// Sum of squares.
    pub square: f64,
    /// Sum of weights.
    pub weight: f64,
    /// Sum of squared weights.
    pub weight2: f64,
}

impl Memory {
    pub(super) fn decay(&mut self, keep: f64) {
        self.sum *= keep;
        self.square *= keep;
        self.weight *= keep;
        self.weight2 *= keep * keep;
    }

    pub(super) fn add(&mut self, value: f64) {
        self.sum += value;
        self.square += value * value;
        self.weight += 1.0;
        self.weight2 += 1.0;
    }

    /// Weighted mean, and variance about it.
    pub(super) fn mean_variance(&self) -> (f64, f64) {
        let mean = self.sum / self.weight;
        (mean, self.square / self.weight - mean * mean)
    }

    /// Number of equally weighted rows that would say as much.
    pub(super) fn effective(&self) -> f64 {
        self.weight * self.weight / self.weight2
    }
}

/// Volatilities per period that bound the scale.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct VolBounds {
    pub target: f64,
    pub floor: f64,
    pub start: f64,
}

/// All that is remembered of one agent.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Agent {
    /// Normal scores of the rounds it acted in.
    pub scores: Memory,
    /// Decayed count of scored rounds it lived through.
    pub calendar: f64,
    /// Volatility-scaled net returns, zeros included.
    pub scaled: Memory,
    /// Rows ever.
    pub age: i64,
    /// Rows that were scored.
    pub acted: i64,
    /// Last net returns, oldest first.
    pub window: VecDeque<f64>,
}

impl Agent {
    pub fn decay(&mut self, keep: f64) {
        self.scores.decay(keep);
        self.scaled.decay(keep);
        self.calendar *= keep;
    }

    /// Root mean square of the last rows; the starting volatility while there are too few.
    pub fn vol(&self, bounds: &VolBounds) -> f64 {
        if self.window.len() < MIN_WINDOW {
            return bounds.start;
        }
        let squares: f64 = self.window.iter().map(|r| r * r).sum();
        (squares / self.window.len() as f64).sqrt()
    }

    /// What its weights are multiplied by to reach the target volatility.
    pub fn scale(&self, bounds: &VolBounds) -> f64 {
        (bounds.target / self.vol(bounds).max(bounds.floor)).min(MAX_SCALE)
    }

    /// Share of the scored rounds in which it acted.
    pub fn share(&self) -> f64 {
        self.scores.weight / self.calendar
    }

    pub fn remember(&mut self, net: f64, scaled: f64) {
        if self.window.len() == WINDOW {
            self.window.pop_front();
        }
        self.window.push_back(net);
        self.scaled.add(scaled);
        self.age += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: VolBounds = VolBounds { target: 0.01, floor: 0.002, start: 0.02 };

    #[test]
    fn scale_starts_low_is_floored_and_forgets() {
        let mut agent = Agent::default();
        assert_eq!(agent.scale(&BOUNDS), 0.5);
        (0..5).for_each(|_| agent.remember(1e-9, 0.0));
        assert_eq!(agent.scale(&BOUNDS), 5.0);
        (0..63).for_each(|_| agent.remember(-0.04, 0.0));
        assert!((agent.scale(&BOUNDS) - 0.25).abs() < 1e-15);
        assert_eq!((agent.window.len(), agent.age), (WINDOW, 68));
    }

    #[test]
    fn decayed_weights() {
        let mut memory = Memory::default();
        memory.add(1.0);
        memory.decay(0.5);
        memory.add(4.0);
        assert_eq!(memory, Memory { sum: 4.5, square: 16.5, weight: 1.5, weight2: 1.25 });
        assert_eq!(memory.effective(), 1.8);
    }
}
