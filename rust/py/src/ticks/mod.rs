//! The tick engine for Python: settings and file as a plan, one session, many sessions.

mod batch;
mod calibrate;
mod plan;
mod policy;
mod record;
mod session;

use pyo3::exceptions::PyKeyboardInterrupt;
use pyo3::prelude::*;
use quantrl_sim::tick::Error;

use crate::errors::{config_error, data_error, feed_error, look_ahead_error, order_error};

/// A session's refusal.
fn refused(error: Error) -> PyErr {
    let message = error.to_string();
    match error {
        Error::Config { .. } => config_error(message),
        Error::Order { .. } => order_error(message),
        Error::LookAhead { .. } => look_ahead_error(message),
        Error::Saved { .. } => data_error(message),
        Error::File(error) => feed_error(error),
        Error::Stopped => PyKeyboardInterrupt::new_err(message),
    }
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_class::<plan::TickPlan>()?;
    m.add_class::<session::TickSession>()?;
    m.add_class::<batch::TickBatch>()?;
    m.add_function(wrap_pyfunction!(calibrate::calibrate_queue, m)?)?;
    m.add_function(wrap_pyfunction!(policy::tick_policies, m)?)?;
    m.add_function(wrap_pyfunction!(record::tick_tables, m)?)
}
