//! Block S: where the spread stands and how it got there.

use crate::pair::config::Settings;
use crate::pair::features::clipped;

/// The spread now and before.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Spread {
    /// x_t.
    pub now: f64,
    /// x_{t-1}.
    pub before: f64,
}

impl Spread {
    /// One more spread.
    pub fn push(&mut self, x: f64) {
        (self.before, self.now) = (self.now, x);
    }

    /// z by the constants of the world.
    pub fn z(&self, settings: &Settings) -> f64 {
        self.now / settings.s
    }

    /// z and dz1.
    pub fn write(&self, settings: &Settings, out: &mut [f32]) {
        out[0] = clipped(self.z(settings));
        out[1] = clipped((self.now - self.before) / (settings.s * settings.step_sd));
    }
}
