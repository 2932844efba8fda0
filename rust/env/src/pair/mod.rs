//! Two-leg episodes on simulated or recorded order books: a target position in, wealth, reward and observation out.

mod account;
pub mod baseline;
pub mod batch;
mod chunk;
mod clock;
mod config;
mod desk;
mod episode;
mod exec;
mod features;
mod hedge;
mod kalman;
mod layout;
mod lead;
mod ledger;
mod mask;
pub mod record;
mod reward;
mod shown;
mod state;
mod stock;
pub mod tape;
mod trader;
pub mod work;
mod world;

pub use batch::{Outputs, PairBatch};
pub use clock::Done;
pub use config::{Mode, N_THETA, RewardKind, Settings, Theta, Venue, ZKind, phi, stationary_step};
pub use episode::{N_TOTALS, Pair};
pub use hedge::HedgeKind;
pub use kalman::Noise;
pub use layout::{Features, Layout};
pub use stock::Stocks;
pub use world::Scale;
