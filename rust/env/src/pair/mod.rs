//! Two-leg episodes on simulated order books: a target position in, wealth, reward and observation out.

mod account;
pub mod baseline;
pub mod batch;
mod chunk;
mod clock;
mod config;
mod episode;
mod exec;
mod features;
mod hedge;
mod layout;
mod mask;
mod reward;
mod state;
mod trader;
mod world;

pub use batch::{Outputs, PairBatch};
pub use clock::Done;
pub use config::{Mode, N_THETA, RewardKind, Settings, Theta, Venue, ZKind, phi, stationary_step};
pub use episode::{N_TOTALS, Pair};
pub use hedge::HedgeKind;
pub use layout::{Features, Layout};
pub use world::Scale;
