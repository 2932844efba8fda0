//! Portfolio episodes on the bar engine: weights in, wealth, reward and observation out.

mod account;
mod action;
mod episode;
mod layout;
mod observe;
pub mod replay;
mod reward;
mod saved;
mod settings;
mod tracker;

pub use action::ActionMap;
pub use episode::{Done, Episode, Recorded, Work};
pub use layout::{Layout, N_STATS, ObsKind};
pub use observe::Norm;
pub use reward::{Reward, Statistics};
pub use settings::{Mode, Settings};
pub use tracker::Tracker;
