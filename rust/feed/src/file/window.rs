//! A stretch of an endless stream, held in memory as a file is.

use serde_json::json;
use sha2::{Digest, Sha256};

use super::EventFile;
use super::header::{Header, Span, padded};
use crate::Instrument;
use crate::error::{Error, Place};
use crate::event::Event;
use crate::map::Bytes;

impl EventFile {
    /// The events of a stream within `span`, its first and last time. Unlike a file it may name orders that were there
    /// before it, may be empty, and has neither checkpoints nor receive times: only a session that goes on from the
    /// stretch before can use one that does not begin the stream.
    ///
    /// # Errors
    /// Instruments that cannot be stored, or events of other times, instruments or slots.
    pub fn window(
        name: String,
        instruments: Vec<Instrument>,
        events: &[[u8; Event::SIZE]],
        span: (i64, i64),
    ) -> Result<Self, Error> {
        Self::of_stretch(name.clone(), instruments, events, span).map_err(|error| error.in_file(&name))
    }

    fn of_stretch(
        name: String,
        instruments: Vec<Instrument>,
        events: &[[u8; Event::SIZE]],
        (first_ts, last_ts): (i64, i64),
    ) -> Result<Self, Error> {
        let rows: Vec<_> = instruments.iter().map(Instrument::to_bytes).collect::<Result<_, _>>()?;
        let told = json!({"format": "stretch"}).to_string();
        let parts: [&[u8]; 7] =
            [events.as_flattened(), rows.as_flattened(), &[], &[], &[], b"{}", told.as_bytes()];
        let mut bytes = vec![0; Header::SIZE];
        let sections = parts.map(|part| {
            let span = Span { offset: bytes.len() as u64, length: part.len() as u64 };
            bytes.extend_from_slice(part);
            bytes.resize(padded(bytes.len() as u64) as usize, 0);
            span
        });
        let mut header = Header {
            level: 3,
            events: events.len() as u64,
            instruments: instruments.len() as u32,
            recv_unit_ns: 1,
            first_ts,
            last_ts,
            checkpoint_every: 0,
            checkpoints: 0,
            sections,
            sha256: [0; 32],
        };
        bytes[..Header::SIZE].copy_from_slice(&header.to_bytes());
        header.sha256 = Sha256::digest(&bytes).into();
        bytes[..Header::SIZE].copy_from_slice(&header.to_bytes());
        let file = Self {
            name,
            header,
            instruments,
            checkpoints: Vec::new(),
            quality: json!({}),
            provenance: json!({"format": "stretch"}),
            bytes: Bytes::Read(bytes),
        };
        let mut last = first_ts;
        for (event, at) in file.iter().zip(0..) {
            file.check_event(&event, at)?;
            if !(last..=last_ts).contains(&event.ts_exch) {
                let expected = format_args!("{last} to {last_ts}");
                return Err(Error::data(Place::Event(at), "ts_exch", expected, event.ts_exch));
            }
            last = event.ts_exch;
        }
        Ok(file)
    }
}
