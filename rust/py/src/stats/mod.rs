//! `rust/stats` for Python: arrays are checked here, the work runs without the GIL.

use pyo3::prelude::*;

pub mod arrays;
mod bootstrap;
mod knapsack;
mod lab;
mod measures;
mod normal_score;
mod ou;
mod pooled;
mod ranks;
mod selection_bias;
mod sharpe;

/// Adds the functions and classes of this folder to the module.
pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    measures::register(m)?;
    sharpe::register(m)?;
    bootstrap::register(m)?;
    normal_score::register(m)?;
    ranks::register(m)?;
    pooled::register(m)?;
    knapsack::register(m)?;
    lab::register(m)?;
    ou::register(m)?;
    selection_bias::register(m)
}
