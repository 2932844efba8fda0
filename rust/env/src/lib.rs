//! Batched environments over the bar engine and over pairs of order books, and the policies trained in them, without Python.

pub mod batch;
mod error;
pub mod market;
pub mod pair;
pub mod policy;
pub mod portfolio;

pub use batch::{Outputs, PortfolioBatch};
pub use error::Error;
