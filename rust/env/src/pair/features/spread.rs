//! Block S: where the spread stands and how it got there.

use crate::pair::config::{Settings, ZKind};
use crate::pair::features::clipped;
use crate::pair::features::history::{AVERAGES, History};
use crate::pair::state::{Words, put_reals};

/// Decisions of the differences.
const BACK: [usize; 3] = [1, 5, 20];
const WILDER: f64 = 14.0;

/// (x - mean) / sd, 0 where there is no spread of values.
pub fn standard(x: f64, mean: f64, sd: f64) -> f64 {
    if sd > 0.0 { (x - mean) / sd } else { 0.0 }
}

/// z by the constants of the world or by the last W spreads.
pub fn z(settings: &Settings, history: &History) -> f64 {
    let x = history.spread.back(0);
    match settings.z {
        ZKind::Known => x / settings.s,
        ZKind::Rolling => standard(x, history.levels[3].mean, history.levels[3].sd()),
    }
}

/// z; dz1, dz5, dz20; distances from three moving averages; %B; RSI; z over 4W.
pub fn write(settings: &Settings, history: &History, out: &mut [f32]) {
    let x = history.spread.back(0);
    let step = settings.s * settings.step_sd;
    out[0] = clipped(z(settings, history));
    for (out, j) in out[1..4].iter_mut().zip(BACK) {
        *out = clipped((x - history.spread.back(j)) / (step * (j as f64).sqrt()));
    }
    for (out, window) in out[4..7].iter_mut().zip(&history.levels[..AVERAGES.len()]) {
        *out = clipped((x - window.mean) / settings.s);
    }
    let bands = &history.levels[1];
    out[7] = clipped(0.5 * standard(x, bands.mean, bands.sd()));
    out[8] = clipped(history.rsi.value() / 50.0 - 1.0);
    out[9] = clipped(standard(x, history.levels[4].mean, history.levels[4].sd()));
}

/// Relative strength index of Wilder (1978): gains and losses smoothed by 1/14.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rsi {
    gain: f64,
    loss: f64,
}

impl Rsi {
    /// One more change.
    pub fn push(&mut self, step: f64) {
        self.gain += (step.max(0.0) - self.gain) / WILDER;
        self.loss += ((-step).max(0.0) - self.loss) / WILDER;
    }

    /// 0 to 100; 50 where nothing moved.
    pub fn value(&self) -> f64 {
        let all = self.gain + self.loss;
        if all > 0.0 { 100.0 * self.gain / all } else { 50.0 }
    }

    pub(super) fn save(&self, out: &mut Vec<u8>) {
        put_reals(out, [self.gain, self.loss]);
    }

    pub(super) fn load(words: &mut Words<'_>) -> Self {
        Self { gain: words.real(), loss: words.real() }
    }
}
