//! The one table from Rust failures to the classes of `quantrl.errors`.

use pyo3::exceptions::{PyKeyboardInterrupt, PyOSError};
use pyo3::prelude::*;

fn raise(class: &str, message: String) -> PyErr {
    Python::attach(|py| {
        match py.import("quantrl.errors").and_then(|m| m.getattr(class)).and_then(|c| c.call1((message,))) {
            Ok(error) => PyErr::from_value(error),
            Err(error) => error,
        }
    })
}

/// Data that cannot be used: names the argument, row and column.
pub fn data_error(message: impl Into<String>) -> PyErr {
    raise("DataError", message.into())
}

/// A setting out of range: names the field and the choices.
pub fn config_error(message: impl Into<String>) -> PyErr {
    raise("ConfigError", message.into())
}

/// Something that is not known yet.
pub fn look_ahead_error(message: impl Into<String>) -> PyErr {
    raise("LookAheadError", message.into())
}

/// Orders that no account or venue of this kind can be sent.
pub fn order_error(message: impl Into<String>) -> PyErr {
    raise("OrderError", message.into())
}

/// An environment's refusal.
pub fn env_error(error: quantrl_env::Error) -> PyErr {
    match error {
        quantrl_env::Error::Config(message) => config_error(message),
        quantrl_env::Error::Data(message) => data_error(message),
        quantrl_env::Error::Order(message) => order_error(message),
    }
}

/// An event file's refusal.
pub fn feed_error(error: quantrl_feed::Error) -> PyErr {
    use quantrl_feed::Error;
    let message = error.to_string();
    match error {
        Error::Data { .. } | Error::Limit { .. } => data_error(message),
        Error::Config { .. } => config_error(message),
        Error::Io { .. } => PyOSError::new_err(message),
        Error::Stopped => PyKeyboardInterrupt::new_err(message),
    }
}
