//! The default scorer: decayed cross-sectional normal scores, shrunken towards their mean.
//!
//! Every round ranks the volatility-scaled net returns of the agents that acted and turns ranks into normal scores, so
//! one wild day moves an agent by a bounded amount; only losses far beyond the target volatility enter at their size.

mod agent;
mod cross_section;
mod error;
mod saved;
mod scores;
mod shrink;
mod state;

pub use agent::Memory;
pub(crate) use cross_section::scores as cross_section_scores;
pub use error::FoldError;
pub use saved::Saved;
pub use scores::Scores;
pub use shrink::shrink;
pub use state::NormalScore;
