use std::fmt;

/// Why an environment or a policy refused; nothing has changed.
#[derive(Clone, Debug, PartialEq)]
pub enum Error {
    /// A setting.
    Config(String),
    /// Market data, shapes or files.
    Data(String),
    /// Actions.
    Order(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Error::Config(message) | Error::Data(message) | Error::Order(message)) = self;
        f.write_str(message)
    }
}

impl std::error::Error for Error {}

impl From<quantrl_sim::bar::Error> for Error {
    fn from(error: quantrl_sim::bar::Error) -> Self {
        match error {
            quantrl_sim::bar::Error::Config(message) => Error::Config(message),
            quantrl_sim::bar::Error::Order(message) => Error::Order(message),
            other => Error::Data(other.to_string()),
        }
    }
}
