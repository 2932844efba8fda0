//! When an episode ends.

use quantrl_rng::Draws;

use crate::pair::config::{Mode, Settings};

/// How a decision left its episode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// It goes on.
    Running,
    /// Ruin.
    Terminated,
    /// Cut off: the value of the last state still counts.
    Truncated,
}

/// Decisions of an episode. The first one of a training environment starts part of the way, so that not all end at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Clock {
    /// Decisions made, those skipped by a staggered start included.
    pub k: u64,
    /// k at the start.
    pub skipped: u64,
}

impl Clock {
    /// Begin episode `number`, the first one with a length uniform on [1, T].
    pub fn start(settings: &Settings, number: u64, draws: &mut Draws) -> Self {
        let staggered = number == 0 && settings.mode == Mode::Train;
        let skipped = if staggered { draws.below(settings.episode_len) } else { 0 };
        Self { k: skipped, skipped }
    }

    /// Decisions of this episode.
    pub fn length(&self) -> u64 {
        self.k - self.skipped
    }

    /// Share of T that is left.
    pub fn left(&self, settings: &Settings) -> f64 {
        1.0 - self.k as f64 / settings.episode_len as f64
    }

    /// After a decision that left `wealth` U.
    pub fn done(&self, settings: &Settings, wealth: f64) -> Done {
        if wealth <= -settings.ruin {
            Done::Terminated
        } else if self.k >= settings.episode_len {
            Done::Truncated
        } else {
            Done::Running
        }
    }
}
