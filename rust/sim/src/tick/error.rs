use std::fmt;

/// Why a setting or a saved state was refused. Nothing has changed then.
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
    /// A saved state is not one of this session.
    Saved {
        /// Its field.
        field: &'static str,
        /// What it must be.
        expected: String,
        /// What came.
        got: String,
    },
}

impl Error {
    /// A wrong argument.
    pub fn config(argument: &'static str, expected: impl fmt::Display, got: impl fmt::Display) -> Self {
        Self::Config { argument, expected: expected.to_string(), got: got.to_string() }
    }

    /// A wrong field of a saved state.
    pub fn saved(field: &'static str, expected: impl fmt::Display, got: impl fmt::Display) -> Self {
        Self::Saved { field, expected: expected.to_string(), got: got.to_string() }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config { argument, expected, got } => {
                write!(f, "{argument}: expected {expected}, got {got}")
            }
            Self::Saved { field, expected, got } => {
                write!(f, "saved state, {field}: expected {expected}, got {got}")
            }
        }
    }
}

impl std::error::Error for Error {}
