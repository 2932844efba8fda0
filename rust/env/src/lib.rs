//! Batched environments over the bar engine, and the policies trained in them, without Python.

pub mod batch;
mod error;
pub mod market;
pub mod policy;
pub mod portfolio;

pub use batch::{Outputs, PortfolioBatch};
pub use error::Error;
