use super::header::{Header, Section, Span};
use super::span_of;
use crate::error::{Error, Place};

/// One entry of the directory of checkpoints: the books before an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CheckpointEntry {
    /// Events that have been applied.
    pub event: u64,
    /// Exchange time of the last of them.
    pub ts: i64,
    /// First byte, from the start of the file.
    pub offset: u64,
    /// Bytes.
    pub length: u64,
}

/// The directory: entries in order, that fill their section with what they point at.
pub(super) fn read(bytes: &[u8], header: &Header) -> Result<Vec<CheckpointEntry>, Error> {
    let span = header.span(Section::Checkpoints);
    let table = 32 * u64::from(header.checkpoints);
    let rows =
        span_of(bytes, Span { offset: span.offset, length: table.min(span.length) }).as_chunks::<8>().0;
    let mut entries = Vec::with_capacity(rows.len() / 4);
    let mut end = span.offset + table;
    let mut event = 0;
    for row in rows.chunks_exact(4) {
        let [at, ts, _, length] = std::array::from_fn(|i| u64::from_le_bytes(row[i]));
        let relative = u64::from_le_bytes(row[2]);
        let inside = length <= span.length && end.saturating_add(length) <= span.offset + span.length;
        if at <= event || at > header.events || relative != end - span.offset - table || !inside {
            return Err(Error::data(
                Place::Event(at),
                "checkpoint",
                "entries in order, inside their section",
                format_args!("event {at}, {length} bytes from {relative}"),
            ));
        }
        entries.push(CheckpointEntry { event: at, ts: ts.cast_signed(), offset: end, length });
        (event, end) = (at, end + length);
    }
    if end != span.offset + span.length || entries.len() != header.checkpoints as usize {
        return Err(Error::data(
            Place::File,
            "checkpoints",
            format_args!("{} entries in {} bytes", header.checkpoints, span.length),
            format_args!("{} entries", entries.len()),
        ));
    }
    Ok(entries)
}
