use std::fmt;
use std::path::Path;

/// Where in a file something is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The file as a whole.
    File,
    /// Byte offset.
    Byte(u64),
    /// Row, line or message, from 0.
    Row(u64),
    /// Event, from 0.
    Event(u64),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File => Ok(()),
            Self::Byte(at) => write!(f, ", byte {at}"),
            Self::Row(at) => write!(f, ", row {at}"),
            Self::Event(at) => write!(f, ", event {at}"),
        }
    }
}

/// Why a file or an argument was refused. Nothing has been written or changed then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// The data are not what they must be.
    Data {
        /// File, or `-` for data in memory.
        file: String,
        /// Where in it.
        place: Place,
        /// Field or rule.
        field: &'static str,
        /// What it must be.
        expected: String,
        /// What came.
        got: String,
    },
    /// The data are larger than a limit allows.
    Limit {
        /// File, or `-`.
        file: String,
        /// Where in it.
        place: Place,
        /// Option that raises the limit.
        option: &'static str,
        /// Its present value.
        limit: u64,
    },
    /// An argument is wrong.
    Config {
        /// Its name.
        argument: &'static str,
        /// What it must be.
        expected: String,
        /// What came.
        got: String,
    },
    /// The system refused to read or write.
    Io {
        /// File.
        file: String,
        /// The system's words.
        cause: String,
    },
    /// Whoever watched it told it to stop.
    Stopped,
}

impl Error {
    /// A data error without a file; `in_file` names it later.
    pub fn data(
        place: Place,
        field: &'static str,
        expected: impl fmt::Display,
        got: impl fmt::Display,
    ) -> Self {
        Self::Data {
            file: "-".into(),
            place,
            field,
            expected: expected.to_string(),
            got: shortened(&got.to_string()),
        }
    }

    /// A limit that was passed.
    pub fn limit(place: Place, option: &'static str, limit: u64) -> Self {
        Self::Limit { file: "-".into(), place, option, limit }
    }

    /// A wrong argument.
    pub fn config(argument: &'static str, expected: impl fmt::Display, got: impl fmt::Display) -> Self {
        Self::Config { argument, expected: expected.to_string(), got: shortened(&got.to_string()) }
    }

    /// What the system said about `path`.
    pub fn io(path: &Path, cause: &std::io::Error) -> Self {
        Self::Io { file: path.display().to_string(), cause: cause.to_string() }
    }

    /// The same error with the file named, where it was not.
    #[must_use]
    pub fn in_file(mut self, name: &str) -> Self {
        if let Self::Data { file, .. } | Self::Limit { file, .. } = &mut self
            && file == "-"
        {
            name.clone_into(file);
        }
        self
    }
}

/// At most 80 characters, so that hostile input does not flood a message.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(80) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}

/// Bytes of a row for a message.
pub(crate) fn printable(bytes: &[u8]) -> String {
    shortened(&String::from_utf8_lossy(&bytes[..bytes.len().min(400)]))
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Data { file, place, field, expected, got } => {
                write!(f, "{file}{place}: {field}: expected {expected}, got {got}")
            }
            Self::Limit { file, place, option, limit } => {
                write!(f, "{file}{place}: limit of {limit} passed; {option} raises it")
            }
            Self::Config { argument, expected, got } => {
                write!(f, "{argument}: expected {expected}, got {got}")
            }
            Self::Io { file, cause } => write!(f, "{file}: {cause}"),
            Self::Stopped => f.write_str("stopped"),
        }
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_name_file_place_and_field() {
        let error = Error::data(Place::Row(7), "price", "a number", "x".repeat(500)).in_file("a.csv");
        let text = error.to_string();
        assert!(text.starts_with("a.csv, row 7: price: expected a number, got xxx"), "{text}");
        assert!(text.len() < 150);
        assert_eq!(error.clone().in_file("b.csv"), error);
        let limit = Error::limit(Place::Byte(3), "max_line", 10).in_file("c").to_string();
        assert_eq!(limit, "c, byte 3: limit of 10 passed; max_line raises it");
    }
}
