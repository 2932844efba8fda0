//! Trained policies without the framework they were trained in: format ``quantrl-policy/1``.
//!
//! A policy is `policy.safetensors`, its numbers, and `policy.json`, which names their sha256 and lists the operations
//! from an observation to an action. Values are row-major f32; images are (rows, columns, channels).

mod file;
mod kernels;
mod native;
mod op;
mod plan;
mod reading;
mod run;
mod spec;
mod weights;

pub use native::Policy;
pub use reading::MarketTable;
pub use spec::Spec;

#[cfg(test)]
mod tests;
