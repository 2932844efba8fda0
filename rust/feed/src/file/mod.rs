//! The `.qev` event file.

mod header;
mod receive;
mod spill;
mod writer;

use std::path::Path;

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::Instrument;
use crate::error::{Error, Place};
use crate::event::{Event, Kind};
use crate::map::{Access, Bytes};

pub use header::{CHECKPOINT_EVERY, Header, MAGIC, MAX_EVENTS, Section, Span, VERSION};
pub use receive::{RecvOffset, UNKNOWN, receive_order, received};
pub use spill::Target;
pub use writer::{Writer, WriterOptions};

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
            checkpoints: directory(&bytes, &header)?,
            instruments,
            header,
            bytes,
        };
        if verify {
            file.verify()?;
        }
        Ok(file)
    }

    /// Check the hash and every event.
    fn verify(&self) -> Result<(), Error> {
        let mut hash = Sha256::new();
        hash.update(&self.bytes[..Header::HASH_AT]);
        hash.update([0; 32]);
        hash.update(&self.bytes[Header::HASH_AT + 32..]);
        if hash.finalize()[..] != self.header.sha256 {
            return Err(Error::data(Place::File, "sha256", hex(&self.header.sha256), "another hash"));
        }
        let mut last = self.header.first_ts;
        for (event, at) in self.iter().zip(0..) {
            self.check_event(&event, at)?;
            if event.ts_exch < last {
                return Err(Error::data(
                    Place::Event(at),
                    "ts_exch",
                    format_args!("at least {last}"),
                    event.ts_exch,
                ));
            }
            last = event.ts_exch;
        }
        let first = self.get(0).map_or(0, |event| event.ts_exch);
        if (first, last) != (self.header.first_ts, self.header.last_ts) {
            return Err(Error::data(
                Place::File,
                "first and last ts",
                format_args!("{first}, {last}"),
                format_args!("{}, {}", self.header.first_ts, self.header.last_ts),
            ));
        }
        self.check_receive_order()
    }

    fn check_event(&self, event: &Event, at: u64) -> Result<(), Error> {
        let bad = |field, expected: &dyn std::fmt::Display, got: &dyn std::fmt::Display| {
            Err(Error::data(Place::Event(at), field, expected, got))
        };
        let Some(kind) = Kind::of(event.kind) else {
            return bad("kind", &"1 to 16", &event.kind);
        };
        let Some(instrument) = self.instruments.get(usize::from(event.instr)) else {
            return bad("instr", &format_args!("below {}", self.instruments.len()), &event.instr);
        };
        // Orders only at level 3, level sums only below, best levels alone only at level 1.
        let fits = match kind {
            Kind::Level => self.header.level == 2,
            Kind::Bbo => self.header.level < 3,
            _ => self.header.level == 3 || !kind.has_slot(),
        };
        if !fits {
            return bad("kind", &format_args!("one of level {}", self.header.level), &kind.name());
        }
        if kind.has_slot() && event.slot >= instrument.max_live {
            return bad("slot", &format_args!("below {}", instrument.max_live), &event.slot);
        }
        if kind == Kind::Replace && event.aux >= instrument.max_live {
            return bad("aux", &format_args!("below {}", instrument.max_live), &event.aux);
        }
        Ok(())
    }

    /// Every event once, receive times not going back.
    fn check_receive_order(&self) -> Result<(), Error> {
        let mut seen = vec![false; self.part(Section::ReceiveOrder).len() / 4];
        let mut last = i64::MIN;
        for i in 0..seen.len() {
            let at = self.received_at(i as u64);
            let place = seen.get_mut(at as usize).filter(|seen| !**seen);
            let time =
                self.get(at).map(|event| received(event.ts_exch, event.recv, self.header.recv_unit_ns));
            match (place, time) {
                (Some(place), Some(time)) if time >= last => (*place, last) = (true, time),
                _ => {
                    let rule = "every event once by receive time";
                    return Err(Error::data(Place::Event(i as u64), "receive order", rule, at));
                }
            }
        }
        Ok(())
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

fn directory(bytes: &[u8], header: &Header) -> Result<Vec<CheckpointEntry>, Error> {
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

/// Bytes as hexadecimal text.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
