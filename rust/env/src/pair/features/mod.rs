//! Observations: what a decision shows of the market, the own position, time and costs.

mod own;
mod spread;

pub use own::write as write_own;
pub use spread::Spread;

use crate::pair::config::{Settings, Venue};
use crate::pair::layout::Features;
use crate::pair::state;
use crate::pair::world::World;

/// Observations end here on both sides.
pub const CLIP: f64 = 5.0;

/// One number of an observation.
#[inline]
pub fn clipped(value: f64) -> f32 {
    value.clamp(-CLIP, CLIP) as f32
}

/// The spread as a decision sees it: exact in `ou`, from the mids of the books in `books`.
pub fn seen(settings: &Settings, world: &World) -> f64 {
    match settings.venue {
        Venue::Ou => world.x,
        Venue::Books => {
            let [one, two] = world.quotes.map(|quote| quote.mid2() as f64);
            libm::log(one / two)
        }
    }
}

/// What the market columns are made from; equal for whatever is done in the market.
#[derive(Clone, Debug, PartialEq)]
pub struct Market {
    /// Block S.
    pub spread: Spread,
}

impl Market {
    /// Before the first row.
    pub fn new() -> Self {
        Self { spread: Spread::default() }
    }

    /// Decisions before the first row that may be shown.
    pub fn warm_up(settings: &Settings) -> u64 {
        match settings.layout.features {
            Features::Core => 1,
            Features::Full => 60,
        }
    }

    /// One more decision's row.
    pub fn push(&mut self, settings: &Settings, world: &World) {
        self.spread.push(seen(settings, world));
    }

    /// Write the market columns.
    pub fn write(&self, settings: &Settings, out: &mut [f32]) {
        self.spread.write(settings, out);
    }
}

impl Market {
    /// Append the state.
    pub fn save(&self, out: &mut Vec<u8>) {
        state::put_reals(out, [self.spread.now, self.spread.before]);
    }

    /// What `save` wrote under the same settings.
    pub fn load(words: &mut state::Words<'_>, _settings: &Settings) -> Self {
        Self { spread: Spread { now: words.real(), before: words.real() } }
    }
}
