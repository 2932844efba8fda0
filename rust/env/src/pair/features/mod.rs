//! Observations: what a decision shows of the market, the own position, time and costs.

mod history;
mod micro;
mod own;
mod regime;
mod spread;
mod vol;
mod window;

pub use own::write as write_own;
pub use window::{Joint, Ring};

use crate::pair::config::{Settings, ZKind};
use crate::pair::hedge::HedgeKind;
use crate::pair::layout::Features;
use crate::pair::state::{Words, put_reals};
use crate::pair::world::Quote;
use history::History;

/// Observations end here on both sides.
pub const CLIP: f64 = 5.0;

/// One number of an observation.
#[inline]
pub fn clipped(value: f64) -> f32 {
    value.clamp(-CLIP, CLIP) as f32
}

/// What the market columns are made from; equal for whatever is done in the market.
#[derive(Clone, Debug, PartialEq)]
pub struct Market {
    now: f64,
    before: f64,
    /// Where anything looks further back than one decision.
    history: Option<Box<History>>,
}

fn looks_back(settings: &Settings) -> bool {
    settings.layout.features == Features::Full
        || settings.z == ZKind::Rolling
        || settings.hedge != HedgeKind::Fixed
}

impl Market {
    /// Before the first row.
    pub fn new(settings: &Settings) -> Self {
        let history = looks_back(settings).then(|| Box::new(History::new(settings)));
        Self { now: 0.0, before: 0.0, history }
    }

    /// Decisions before the first row that may be shown: one for a difference; 4W, and at least 60, for windows over the
    /// spread, and W more where the spread itself needs W decisions of hedge.
    pub fn warm_up(settings: &Settings) -> u64 {
        if !looks_back(settings) {
            return 1;
        }
        let hedge = if settings.hedge != HedgeKind::Fixed { settings.window } else { 0 };
        ((4 * settings.window).max(60) + hedge) as u64
    }

    /// One more decision's row, from ln mids and quotes; returns x.
    pub fn push(&mut self, settings: &Settings, logs: [f64; 2], quotes: &[Quote; 2]) -> f64 {
        self.before = self.now;
        self.now = match &mut self.history {
            Some(history) => history.push(settings, logs, quotes),
            None => logs[0] - logs[1],
        };
        self.now
    }

    /// z of the last row.
    pub fn z(&self, settings: &Settings) -> f64 {
        match &self.history {
            Some(history) => spread::z(settings, history),
            None => self.now / settings.s,
        }
    }

    /// beta of the last row.
    pub fn beta(&self) -> f64 {
        self.history.as_ref().map_or(1.0, |history| history.hedge.beta)
    }

    /// Write the market columns.
    pub fn write(&self, settings: &Settings, quotes: &[Quote; 2], out: &mut [f32]) {
        match (&self.history, settings.layout.features) {
            (Some(history), Features::Full) => {
                let (spread, rest) = out.split_at_mut(10);
                let (regime, rest) = rest.split_at_mut(5);
                let (vol, books) = rest.split_at_mut(5);
                spread::write(settings, history, spread);
                regime::write(settings, history, regime);
                vol::write(history, vol);
                for ((flow, quote), out) in history.flows.iter().zip(quotes).zip(books.chunks_exact_mut(9)) {
                    micro::write(settings, flow, quote, out);
                }
            }
            _ => {
                out[0] = clipped(self.z(settings));
                out[1] = clipped((self.now - self.before) / (settings.s * settings.step_sd));
            }
        }
    }

    /// Append the state.
    pub fn save(&self, out: &mut Vec<u8>) {
        put_reals(out, [self.now, self.before]);
        if let Some(history) = &self.history {
            history.save(out);
        }
    }

    /// What `save` wrote under the same settings.
    pub fn load(words: &mut Words<'_>, settings: &Settings) -> Self {
        let (now, before) = (words.real(), words.real());
        let history = looks_back(settings).then(|| Box::new(History::load(words, settings)));
        Self { now, before, history }
    }
}
