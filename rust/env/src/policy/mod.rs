//! Trained policies without the framework they were trained in: format ``quantrl-policy/1``.
//!
//! A policy is `policy.safetensors`, its numbers, and `policy.json`, which names their sha256 and lists the operations
//! from an observation to an action. Values are row-major f32; images are (rows, columns, channels).

mod build;
mod file;
mod fold;
mod kernels;
mod mlp;
mod native;
mod op;
mod plan;
mod q;
mod reading;
mod run;
mod simd;
mod spec;
mod weights;

pub use native::Policy;
pub use q::{QPolicy, QScratch};
pub use reading::MarketTable;
pub use simd::Width;
pub use spec::Spec;

#[cfg(test)]
pub(crate) mod q_tests;
#[cfg(test)]
mod tests;
