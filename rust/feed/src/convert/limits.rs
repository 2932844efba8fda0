/// How much a converter takes from a file before it stops with a limit error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a line.
    pub max_line: usize,
    /// Nesting of JSON.
    pub max_depth: u32,
    /// Events written.
    pub max_events: u64,
    /// Bytes that one compressed byte may become.
    pub max_expansion: u64,
    /// Bytes that a compressed file may become.
    pub max_expanded: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_line: 1 << 20,
            max_depth: 16,
            max_events: crate::MAX_EVENTS,
            max_expansion: 200,
            max_expanded: 64 << 30,
        }
    }
}
