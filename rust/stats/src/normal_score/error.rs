use std::fmt;

/// Why a round was refused; nothing has changed then.
#[derive(Clone, Debug, PartialEq)]
pub enum FoldError {
    /// Rows of the three columns differ in number.
    Lengths {
        /// Rows of agent, net and acted.
        rows: [usize; 3],
    },
    /// Agents are not in increasing order.
    Order {
        /// First offending row.
        row: usize,
    },
    /// More agents than the scorer takes.
    TooMany {
        /// Offending row and id.
        row: usize,
        /// The id.
        agent: u32,
    },
    /// A value out of its range.
    Value {
        /// Column or argument.
        field: &'static str,
        /// Row, where it is a column.
        row: Option<usize>,
        /// What came.
        value: f64,
    },
}

impl fmt::Display for FoldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lengths { rows: [agent, net, acted] } => {
                write!(f, "expected equal lengths, got agent {agent}, net {net}, acted {acted}")
            }
            Self::Order { row } => write!(f, "agent: expected increasing ids, row {row} does not increase"),
            Self::TooMany { row, agent } => {
                write!(
                    f,
                    "agent: expected an id below {}, got {agent} in row {row}",
                    super::NormalScore::MAX_AGENTS
                )
            }
            Self::Value { field, row: Some(row), value } => write!(f, "{field}: row {row} is {value}"),
            Self::Value { field, row: None, value } => write!(f, "{field}: got {value}"),
        }
    }
}

impl std::error::Error for FoldError {}
