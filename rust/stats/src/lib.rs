//! Measures of return series, their uncertainty, and the kernels of ranking. Each formula lives here once.
//!
//! No I/O, no clock. Sums run in one fixed order and elementary functions come from `libm`, so results have equal
//! bits for any number of threads. Undefined is NaN with a [`Reason`], never infinity.

pub mod block_length;
pub mod bootstrap;
pub mod cusum;
pub mod drawdown;
pub mod effective_number;
pub mod elo;
pub mod evidence_process;
pub mod expected_max;
pub mod kendall;
pub mod knapsack;
pub mod labrun;
pub mod moments;
pub mod multiple;
pub mod normal;
pub mod normal_score;
pub mod ou;
pub mod pbo;
pub mod pooled;
pub mod pools;
pub mod quantile;
pub mod rank_draws;
pub mod ratios;
mod reason;
pub mod sharpe;
mod sum;
pub mod superior;
pub mod table;

pub use bootstrap::StationaryBootstrap;
pub use knapsack::Knapsack;
pub use moments::Moments;
pub use normal_score::NormalScore;
pub use rank_draws::RankDraws;
pub use reason::{Measured, Reason};
