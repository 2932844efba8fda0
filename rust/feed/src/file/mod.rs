//! The `.qev` event file.

mod directory;
mod header;
mod receive;
mod spill;
mod verify;
mod window;
mod writer;

use std::path::Path;

use serde_json::Value;

use crate::Instrument;
use crate::error::{Error, Place};
use crate::event::Event;
use crate::map::{Access, Bytes};

pub use directory::CheckpointEntry;
pub use header::{CHECKPOINT_EVERY, Header, MAGIC, MAX_EVENTS, Section, Span, VERSION};
pub use receive::{RecvOffset, UNKNOWN, receive_order, received};
pub use spill::Target;
pub use writer::{Writer, WriterOptions};

/// How a file is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenOptions {
    /// Read or map.
    pub access: Access,
    /// Whether the hash and every event are checked, one pass over the file. Replay stays safe without.
    pub verify: bool,
}

impl Default for OpenOptions {
    fn default() -> Self {
        Self { access: Access::Auto, verify: true }
    }
}

/// An open event file.
#[derive(Debug)]
pub struct EventFile {
    name: String,
    bytes: Bytes,
    header: Header,
    instruments: Vec<Instrument>,
    checkpoints: Vec<CheckpointEntry>,
    quality: Value,
    provenance: Value,
}

impl EventFile {
    /// Open and check.
    ///
    /// # Errors
    /// What the system says, or the first thing that is wrong with the file. O(bytes) with `verify`.
    pub fn open(path: &Path, options: OpenOptions) -> Result<Self, Error> {
        let bytes = Bytes::of_file(path, options.access)?;
        Self::of_bytes(path.display().to_string(), bytes, options.verify)
    }

    /// From bytes in memory, called `name` in errors.
    ///
    /// # Errors
    /// The first thing that is wrong with them.
    pub fn of_bytes(name: String, bytes: Bytes, verify: bool) -> Result<Self, Error> {
        Self::checked(&name, bytes, verify).map_err(|error| error.in_file(&name))
    }

    fn checked(name: &str, bytes: Bytes, verify: bool) -> Result<Self, Error> {
        let header = Header::of_file(&bytes)?;
        let part = |section| span_of(&bytes, header.span(section));
        let instruments = part(Section::Instruments)
            .as_chunks::<{ Instrument::SIZE }>()
            .0
            .iter()
            .zip(0..)
            .map(|(row, i)| Instrument::of_bytes(row, i))
            .collect::<Result<Vec<_>, _>>()?;
        // Each live order needs an event of its own, so a table that asks for more memory than that is wrong.
        let live: u64 = instruments.iter().map(|i| u64::from(i.max_live)).sum();
        if live > header.events {
            return Err(Error::data(
                Place::File,
                "max_live",
                format_args!("at most {} together", header.events),
                live,
            ));
        }
        let json = |section, field| {
            serde_json::from_slice(part(section))
                .ok()
                .filter(Value::is_object)
                .ok_or_else(|| Error::data(Place::File, field, "a JSON object", "something else"))
        };
        let file = Self {
            name: name.to_owned(),
            quality: json(Section::Quality, "quality")?,
            provenance: json(Section::Provenance, "provenance")?,
            checkpoints: directory::read(&bytes, &header)?,
            instruments,
            header,
            bytes,
        };
        if verify {
            file.verify()?;
        }
        Ok(file)
    }

    /// File name, for messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The header.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The instrument table.
    pub fn instruments(&self) -> &[Instrument] {
        &self.instruments
    }

    /// Faults and spans the converter counted.
    pub fn quality(&self) -> &Value {
        &self.quality
    }

    /// Where the events come from.
    pub fn provenance(&self) -> &Value {
        &self.provenance
    }

    /// The directory of checkpoints.
    pub fn checkpoints(&self) -> &[CheckpointEntry] {
        &self.checkpoints
    }

    /// Bytes of a checkpoint.
    pub fn checkpoint(&self, entry: CheckpointEntry) -> &[u8] {
        span_of(&self.bytes, Span { offset: entry.offset, length: entry.length })
    }

    /// Number of events.
    pub fn len(&self) -> u64 {
        self.header.events
    }

    /// Whether there is no event.
    pub fn is_empty(&self) -> bool {
        self.header.events == 0
    }

    /// All events as stored.
    #[inline]
    pub fn events(&self) -> &[[u8; Event::SIZE]] {
        self.part(Section::Events).as_chunks().0
    }

    /// One event.
    #[inline]
    pub fn get(&self, at: u64) -> Option<Event> {
        self.events().get(usize::try_from(at).ok()?).map(Event::of_bytes)
    }

    /// All events.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Event> + '_ {
        self.events().iter().map(Event::of_bytes)
    }

    /// The event that was received as number `nth`.
    #[inline]
    pub fn received_at(&self, nth: u64) -> u64 {
        let order = self.part(Section::ReceiveOrder).as_chunks::<4>().0;
        order.get(nth as usize).map_or(nth, |word| u64::from(u32::from_le_bytes(*word)))
    }

    /// The venue's order id of an event; None where ids were not kept.
    pub fn id(&self, at: u64) -> Option<u64> {
        let ids = self.part(Section::Ids).as_chunks::<8>().0;
        ids.get(at as usize).map(|word| u64::from_le_bytes(*word))
    }

    /// First event with an exchange time of at least `ts`; `len` where there is none. O(log events).
    pub fn at_ts(&self, ts: i64) -> u64 {
        self.events().partition_point(|bytes| Event::of_bytes(bytes).ts_exch < ts) as u64
    }

    fn part(&self, section: Section) -> &[u8] {
        span_of(&self.bytes, self.header.span(section))
    }
}

/// Bytes of a span that the header check has found inside the file; none of one that is not.
fn span_of(bytes: &[u8], span: Span) -> &[u8] {
    let end = span.offset.saturating_add(span.length);
    match (usize::try_from(span.offset), usize::try_from(end)) {
        (Ok(start), Ok(end)) => bytes.get(start..end).unwrap_or(&[]),
        _ => &[],
    }
}

/// Bytes as hexadecimal text.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
