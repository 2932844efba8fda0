//! The first 256 bytes of an event file.

use crate::error::{Error, Place};

/// First bytes of every event file.
pub const MAGIC: [u8; 4] = *b"QEV1";
/// Version this crate writes and reads.
pub const VERSION: u16 = 1;
/// Most events in a file.
pub const MAX_EVENTS: u64 = i32::MAX as u64;

/// Bounds of `checkpoint_every`; 0 means none.
pub const CHECKPOINT_EVERY: std::ops::RangeInclusive<u32> = 1 << 10..=1 << 24;

/// The parts of a file behind the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum Section {
    /// 32 bytes an event.
    Events,
    /// A row an instrument.
    Instruments,
    /// u32 an event: events in order of receive time. Absent where that is file order.
    ReceiveOrder,
    /// u64 an event: the venue's order id. Optional.
    Ids,
    /// Directory and books.
    Checkpoints,
    /// JSON object `quality`.
    Quality,
    /// JSON object `provenance`.
    Provenance,
}

impl Section {
    /// In the order they stand in the file.
    pub const ALL: [Self; 7] = [
        Self::Events,
        Self::Instruments,
        Self::ReceiveOrder,
        Self::Ids,
        Self::Checkpoints,
        Self::Quality,
        Self::Provenance,
    ];

    const fn name(self) -> &'static str {
        ["events", "instruments", "receive order", "ids", "checkpoints", "quality", "provenance"]
            [self as usize]
    }
}

/// Bytes of one section.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// From the start of the file.
    pub offset: u64,
    /// Bytes.
    pub length: u64,
}

/// The header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// 1 best levels, 2 levels, 3 orders.
    pub level: u8,
    /// Events.
    pub events: u64,
    /// Instruments.
    pub instruments: u32,
    /// Nanoseconds per unit of `recv`: 1, 1,000 or 1,000,000.
    pub recv_unit_ns: u32,
    /// Exchange time of the first event; 0 without events.
    pub first_ts: i64,
    /// Exchange time of the last event; 0 without events.
    pub last_ts: i64,
    /// Events between checkpoints; 0 without any.
    pub checkpoint_every: u32,
    /// Checkpoints.
    pub checkpoints: u32,
    /// Section by number.
    pub sections: [Span; 7],
    /// SHA-256 of the whole file with these 32 bytes zero.
    pub sha256: [u8; 32],
}

impl Header {
    /// Bytes.
    pub const SIZE: usize = 256;
    /// Where the hash stands.
    pub const HASH_AT: usize = 160;

    /// Bytes of one section.
    pub fn span(&self, section: Section) -> Span {
        self.sections[section as usize]
    }

    /// As stored.
    pub fn to_bytes(&self) -> [u8; Self::SIZE] {
        let mut out = [0; Self::SIZE];
        let mut at = 0;
        let mut put = |bytes: &[u8]| {
            out[at..at + bytes.len()].copy_from_slice(bytes);
            at += bytes.len();
        };
        put(&MAGIC);
        put(&VERSION.to_le_bytes());
        put(&[self.level, 0]);
        put(&self.events.to_le_bytes());
        put(&self.instruments.to_le_bytes());
        put(&self.recv_unit_ns.to_le_bytes());
        put(&self.first_ts.to_le_bytes());
        put(&self.last_ts.to_le_bytes());
        put(&self.checkpoint_every.to_le_bytes());
        put(&self.checkpoints.to_le_bytes());
        for span in self.sections {
            put(&span.offset.to_le_bytes());
            put(&span.length.to_le_bytes());
        }
        put(&self.sha256);
        out
    }

    /// From the first bytes of `file`, checked against the file's length.
    ///
    /// # Errors
    /// Another magic or version, counts that do not agree with the sections, or sections that do not fill the file.
    pub fn of_file(file: &[u8]) -> Result<Self, Error> {
        let bad = |field, expected: &dyn std::fmt::Display, got: &dyn std::fmt::Display| {
            Err(Error::data(Place::File, field, expected, got))
        };
        let Some(bytes) = file.first_chunk::<{ Self::SIZE }>() else {
            return bad("size", &"at least 256 bytes", &file.len());
        };
        let long = |at: usize| u64::from_le_bytes(std::array::from_fn(|i| bytes[at + i]));
        let word = |at: usize| u32::from_le_bytes(std::array::from_fn(|i| bytes[at + i]));
        if bytes[..4] != MAGIC {
            return bad("magic", &"QEV1", &crate::error::printable(&bytes[..4]));
        }
        let version = u16::from_le_bytes([bytes[4], bytes[5]]);
        if version != VERSION {
            return bad("version", &VERSION, &version);
        }
        let header = Self {
            level: bytes[6],
            events: long(8),
            instruments: word(16),
            recv_unit_ns: word(20),
            first_ts: long(24).cast_signed(),
            last_ts: long(32).cast_signed(),
            checkpoint_every: word(40),
            checkpoints: word(44),
            sections: std::array::from_fn(|i| Span { offset: long(48 + 16 * i), length: long(56 + 16 * i) }),
            sha256: std::array::from_fn(|i| bytes[Self::HASH_AT + i]),
        };
        if !(1..=3).contains(&header.level) {
            return bad("level", &"1, 2 or 3", &header.level);
        }
        if ![1, 1_000, 1_000_000].contains(&header.recv_unit_ns) {
            return bad("recv_unit_ns", &"1, 1000 or 1000000", &header.recv_unit_ns);
        }
        if header.events > MAX_EVENTS {
            return bad("events", &format_args!("at most {MAX_EVENTS}"), &header.events);
        }
        if header.instruments > 1 << 16 || (header.instruments == 0 && header.events > 0) {
            return bad("instruments", &"1 to 65536", &header.instruments);
        }
        if header.checkpoint_every != 0 && !CHECKPOINT_EVERY.contains(&header.checkpoint_every) {
            return bad("checkpoint_every", &"0 or 2^10 to 2^24", &header.checkpoint_every);
        }
        if bytes[7] != 0 || bytes[Self::HASH_AT + 32..].iter().any(|&b| b != 0) {
            return bad("reserved bytes", &"zeros", &"others");
        }
        header.check_sections(file.len() as u64)?;
        Ok(header)
    }

    /// Sections follow each other without a gap beyond the padding to 8 bytes, and end with the file.
    fn check_sections(&self, file: u64) -> Result<(), Error> {
        let mut end = Self::SIZE as u64;
        for section in Section::ALL {
            let span = self.span(section);
            if span.offset != end || span.length > file || end > file {
                return Err(Error::data(
                    Place::File,
                    section.name(),
                    format_args!("a section from byte {end} inside {file} bytes"),
                    format_args!("{} bytes from {}", span.length, span.offset),
                ));
            }
            end = padded(span.offset + span.length);
        }
        if end != file {
            return Err(Error::data(Place::File, "size", format_args!("{end} bytes"), file));
        }
        for (section, rows, size) in [
            (Section::Events, self.events, 32),
            (Section::Instruments, u64::from(self.instruments), crate::Instrument::SIZE as u64),
            (Section::ReceiveOrder, self.events, 4),
            (Section::Ids, self.events, 8),
        ] {
            let length = self.span(section).length;
            let optional = matches!(section, Section::ReceiveOrder | Section::Ids);
            if length != rows * size && !(optional && length == 0) {
                return Err(Error::data(
                    Place::File,
                    section.name(),
                    format_args!("{} bytes", rows * size),
                    length,
                ));
            }
        }
        Ok(())
    }
}

/// The next multiple of 8.
pub fn padded(length: u64) -> u64 {
    length.next_multiple_of(8)
}
