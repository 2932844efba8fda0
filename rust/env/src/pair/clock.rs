//! When an episode ends.

use quantrl_rng::Draws;

use crate::pair::config::{Mode, Settings};

/// How a decision left its episode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// It goes on.
    Running,
    /// Ruin, or a session that has closed.
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
    /// k at which the episode is cut off: T, or less where a tape ends.
    pub limit: u64,
}

impl Clock {
    /// Begin episode `number`, the first one with a length uniform on [1, T].
    pub fn start(settings: &Settings, number: u64, draws: &mut Draws) -> Self {
        let staggered = number == 0 && settings.mode == Mode::Train;
        let skipped = if staggered { draws.below(settings.episode_len) } else { 0 };
        Self { k: skipped, skipped, limit: settings.episode_len }
    }

    /// The same where only so many decisions are left.
    #[must_use]
    pub fn within(self, left: u64) -> Self {
        Self { limit: self.limit.min(self.k.saturating_add(left)), ..self }
    }

    /// Decisions of this episode.
    pub fn length(&self) -> u64 {
        self.k - self.skipped
    }

    /// Whether the decision to come is the last of a session that closes flat: with a stock, T is such a close (3.4),
    /// and the end of a tape's session before it.
    pub fn closes(&self, settings: &Settings) -> bool {
        settings.stock.is_some() && self.k + 1 >= self.limit
    }

    /// Share of T that is left.
    pub fn left(&self, settings: &Settings) -> f64 {
        1.0 - (self.k + (settings.episode_len - self.limit)) as f64 / settings.episode_len as f64
    }

    /// After a decision that left `wealth` U.
    pub fn done(&self, settings: &Settings, wealth: f64) -> Done {
        if wealth <= -settings.ruin {
            Done::Terminated
        } else if self.k >= self.limit {
            if settings.stock.is_some() { Done::Terminated } else { Done::Truncated }
        } else {
            Done::Running
        }
    }
}
