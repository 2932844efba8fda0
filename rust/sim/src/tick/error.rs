use std::fmt;

use quantrl_feed::Error as FileError;

/// Why something was refused. Nothing has changed then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// An argument is wrong.
    Config {
        /// Its name.
        argument: &'static str,
        /// What it must be.
        expected: String,
        /// What came.
        got: String,
    },
    /// An action that no venue would be sent.
    Order {
        /// Which of those sent together, from 0.
        action: usize,
        /// Its field.
        field: &'static str,
        /// What it must be.
        expected: String,
        /// What came.
        got: String,
    },
    /// A read past the session's clock.
    LookAhead {
        /// What may be read.
        expected: String,
        /// What was asked for.
        got: String,
    },
    /// A saved state is not one of this session.
    Saved {
        /// Its field.
        field: &'static str,
        /// What it must be.
        expected: String,
        /// What came.
        got: String,
    },
    /// The event file is damaged.
    File(FileError),
    /// Whoever watched told it to stop.
    Stopped,
}

impl Error {
    /// A wrong argument.
    pub fn config(argument: &'static str, expected: impl fmt::Display, got: impl fmt::Display) -> Self {
        Self::Config { argument, expected: expected.to_string(), got: got.to_string() }
    }

    /// A wrong field of an action; `nth` says which.
    pub fn order(field: &'static str, expected: impl fmt::Display, got: impl fmt::Display) -> Self {
        Self::Order { action: 0, field, expected: expected.to_string(), got: got.to_string() }
    }

    /// A wrong field of a saved state.
    pub fn saved(field: &'static str, expected: impl fmt::Display, got: impl fmt::Display) -> Self {
        Self::Saved { field, expected: expected.to_string(), got: got.to_string() }
    }

    /// The same about action number `nth`.
    #[must_use]
    pub fn nth(mut self, nth: usize) -> Self {
        if let Self::Order { action, .. } = &mut self {
            *action = nth;
        }
        self
    }
}

impl From<FileError> for Error {
    fn from(error: FileError) -> Self {
        Self::File(error)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config { argument, expected, got } => {
                write!(f, "{argument}: expected {expected}, got {got}")
            }
            Self::Order { action, field, expected, got } => {
                write!(f, "action {action}: {field}: expected {expected}, got {got}")
            }
            Self::LookAhead { expected, got } => write!(f, "look-ahead: expected {expected}, got {got}"),
            Self::Saved { field, expected, got } => {
                write!(f, "saved state, {field}: expected {expected}, got {got}")
            }
            Self::File(error) => error.fmt(f),
            Self::Stopped => f.write_str("stopped"),
        }
    }
}

impl std::error::Error for Error {}
