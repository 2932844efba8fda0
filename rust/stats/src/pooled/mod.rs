//! Scores of many runs, pooled: seeds times folds, with replicates stratified by fold.

mod improvement;
mod iqm;
mod strata;

pub use improvement::{bootstrap_improvement, improvement};
pub use iqm::{bootstrap_iqm, iqm};
pub use strata::Strata;
