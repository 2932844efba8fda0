//! Batched environments over the bar engine, and the policies trained in them, without Python.

mod error;
pub mod policy;

pub use error::Error;
