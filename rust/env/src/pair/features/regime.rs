//! Block R: whether the pair is still the one it was.

use std::f64::consts::LN_2;

use crate::pair::config::Settings;
use crate::pair::features::clipped;
use crate::pair::features::history::History;
use crate::pair::state::{Words, put_reals};

/// Drift and limits of the cumulative sums (3.11): of the mean, and of the reversion.
const MEAN: (f64, f64) = (0.1, 40.0);
const REVERSION: (f64, f64) = (0.05, 120.0);
const MOST_REVERSION: f64 = 6.0;

/// ln of half-life and scale against those of the world; distance of beta; drift score; correlation of the legs.
pub fn write(settings: &Settings, history: &History, out: &mut [f32]) {
    let n = settings.window as f64;
    let raw = history.reversion.slope();
    // OLS is biased down: phi + (1 + 3 phi) / n (3.2).
    let phi = (raw + (1.0 + 3.0 * raw) / n).clamp(1e-3, 1.0 - 1e-6);
    let train = if settings.kappa_dt > 0.0 { settings.kappa_dt } else { 20.0 * LN_2 / n };
    let scale = history.levels[3].sd() / settings.s;
    out[0] = clipped(libm::log(train / -libm::log(phi)));
    out[1] = clipped(history.hedge.distance(settings.beta));
    out[2] = if scale > 0.0 { clipped(libm::log(scale)) } else { 0.0 };
    out[3] = clipped(history.drift.score());
    out[4] = clipped(history.together.correlation());
}

/// Three one-sided cumulative sums of standardised surprises.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Drift {
    up: f64,
    down: f64,
    reversion: f64,
}

impl Drift {
    /// The step from `before` to `now`: e = (x' - phi x) / sigma_Delta and g = clip(e x / s, +-6).
    pub fn push(&mut self, settings: &Settings, before: f64, now: f64) {
        let e = (now - settings.phi * before) / (settings.s * settings.step_sd);
        let g = (e * before / settings.s).clamp(-MOST_REVERSION, MOST_REVERSION);
        self.up = (self.up + e - MEAN.0).max(0.0);
        self.down = (self.down - e - MEAN.0).max(0.0);
        self.reversion = (self.reversion + g - REVERSION.0).max(0.0);
    }

    /// The sum nearest to its limit, as a share of it.
    pub fn score(&self) -> f64 {
        (self.up.max(self.down) / MEAN.1).max(self.reversion / REVERSION.1)
    }

    pub(super) fn save(&self, out: &mut Vec<u8>) {
        put_reals(out, [self.up, self.down, self.reversion]);
    }

    pub(super) fn load(words: &mut Words<'_>) -> Self {
        Self { up: words.real(), down: words.real(), reversion: words.real() }
    }
}
