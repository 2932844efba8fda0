//! An event file as it grows: beside its target, renamed to it when whole.

use std::path::PathBuf;

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::Instrument;
use crate::error::{Error, Place};
use crate::event::{Event, RECV_UNKNOWN, flag};
use crate::file::header::{CHECKPOINT_EVERY, Header, MAX_EVENTS, Section, Span, padded};
use crate::file::receive::{RecvOffset, Scale, UNKNOWN, receive_order, received};
use crate::file::spill::{Spill, Target};

/// What a file is to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WriterOptions {
    /// 1 best levels, 2 levels, 3 orders.
    pub level: u8,
    /// Events between checkpoints, 2^10 to 2^24; 0 for none.
    pub checkpoint_every: u32,
    /// Whether the venue's order ids are kept, 8 bytes an event.
    pub keep_ids: bool,
    /// What is added to receive times.
    pub recv_offset: RecvOffset,
    /// Most events.
    pub max_events: u64,
}

impl Default for WriterOptions {
    fn default() -> Self {
        Self {
            level: 3,
            checkpoint_every: 1 << 16,
            keep_ids: false,
            recv_offset: RecvOffset::Auto,
            max_events: MAX_EVENTS,
        }
    }
}

/// Writes one file. Dropped before `finish`, it leaves nothing behind.
#[derive(Debug)]
pub struct Writer {
    target: Option<PathBuf>,
    options: WriterOptions,
    body: Spill,
    ids: Option<Spill>,
    checkpoints: Spill,
    directory: Vec<[u64; 4]>,
    events: u64,
    first_ts: i64,
    last_ts: i64,
    latencies: Vec<i64>,
    pending: Option<(Event, u64)>,
}

impl Writer {
    /// Start a file that will be named `target`.
    ///
    /// # Errors
    /// Options out of range, or what the system says.
    pub fn create(target: Target<'_>, options: WriterOptions) -> Result<Self, Error> {
        if !(1..=3).contains(&options.level) {
            return Err(Error::config("level", "1, 2 or 3", options.level));
        }
        if options.checkpoint_every != 0 && !CHECKPOINT_EVERY.contains(&options.checkpoint_every) {
            return Err(Error::config("checkpoint_every", "0 or 2^10 to 2^24", options.checkpoint_every));
        }
        if options.max_events > MAX_EVENTS {
            return Err(Error::config(
                "max_events",
                format_args!("at most {MAX_EVENTS}"),
                options.max_events,
            ));
        }
        let mut body = Spill::new(target, "body")?;
        body.push(&[0; Header::SIZE])?;
        Ok(Self {
            ids: options.keep_ids.then(|| Spill::new(target, "ids")).transpose()?,
            checkpoints: Spill::new(target, "books")?,
            target: match target {
                Target::File(path) => Some(path.to_owned()),
                Target::Memory => None,
            },
            options,
            body,
            directory: Vec::new(),
            events: 0,
            first_ts: 0,
            last_ts: 0,
            latencies: Vec::new(),
            pending: None,
        })
    }

    /// Events so far.
    pub fn events(&self) -> u64 {
        self.events
    }

    /// Exchange time of the last event; 0 before the first.
    pub fn last_ts(&self) -> i64 {
        self.last_ts
    }

    /// Whether a checkpoint belongs before the next event.
    #[inline]
    pub fn checkpoint_due(&self) -> bool {
        let every = u64::from(self.options.checkpoint_every);
        every > 0 && self.events > 0 && self.events.is_multiple_of(every)
    }

    /// Append an event. `latency` is receive minus exchange time in nanoseconds, `UNKNOWN` where that is not known;
    /// `event.recv` is set from it when the file is finished. `id` is the venue's order id, 0 for none.
    ///
    /// # Errors
    /// A time before the last event's, too many events, or what the system says.
    #[inline]
    pub fn push(&mut self, event: &Event, latency: i64, id: u64) -> Result<(), Error> {
        if self.events >= self.options.max_events {
            return Err(Error::limit(Place::Event(self.events), "max_events", self.options.max_events));
        }
        if self.events == 0 {
            self.first_ts = event.ts_exch;
        } else if event.ts_exch < self.last_ts {
            return Err(Error::data(
                Place::Event(self.events),
                "ts_exch",
                format_args!("at least {}", self.last_ts),
                event.ts_exch,
            ));
        }
        self.last_ts = event.ts_exch;
        if latency != UNKNOWN && self.latencies.is_empty() {
            self.latencies.resize(self.events as usize, UNKNOWN);
        }
        if latency != UNKNOWN || !self.latencies.is_empty() {
            self.latencies.push(latency);
        }
        self.write_pending()?;
        self.pending = Some((Event { recv: RECV_UNKNOWN, ..*event }, id));
        self.events += 1;
        Ok(())
    }

    /// Mark the event pushed last as the last of its group.
    #[inline]
    pub fn end_group(&mut self) {
        if let Some((event, _)) = &mut self.pending {
            event.flags |= flag::LAST;
        }
    }

    #[inline]
    fn write_pending(&mut self) -> Result<(), Error> {
        if let Some((event, id)) = self.pending.take() {
            self.body.push(&event.to_bytes())?;
            if let Some(ids) = &mut self.ids {
                ids.push(&id.to_le_bytes())?;
            }
        }
        Ok(())
    }

    /// Append the books as they are before the next event.
    ///
    /// # Errors
    /// What the system says.
    pub fn checkpoint(&mut self, books: &[u8]) -> Result<(), Error> {
        let at = self.checkpoints.len();
        self.directory.push([self.events, self.last_ts.cast_unsigned(), at, books.len() as u64]);
        self.checkpoints.push(books)
    }

    /// Receive times as they are stored, filled into the events. The order of receive times, where it differs.
    fn fill_receive_times(&mut self) -> Result<(Scale, Option<Vec<u32>>), Error> {
        let scale = Scale::of(&self.latencies, self.options.recv_offset)?;
        if self.latencies.is_empty() {
            return Ok((scale, None));
        }
        let mut at = Header::SIZE as u64;
        let mut block = vec![0; Event::SIZE << 13];
        for latencies in self.latencies.chunks_mut(1 << 13) {
            let bytes = &mut block[..latencies.len() * Event::SIZE];
            self.body.read_at(at, bytes)?;
            for (stored, latency) in bytes.as_chunks_mut::<{ Event::SIZE }>().0.iter_mut().zip(latencies) {
                let mut event = Event::of_bytes(stored);
                if *latency != UNKNOWN {
                    event.recv = scale.stored(*latency).unwrap_or(RECV_UNKNOWN);
                }
                *latency = received(event.ts_exch, event.recv, scale.unit_ns);
                *stored = event.to_bytes();
            }
            self.body.write_at(at, bytes)?;
            at += bytes.len() as u64;
        }
        Ok((scale, receive_order(&self.latencies)))
    }

    /// Write the rest and give the file its name. Its header, and its bytes where the target is memory.
    ///
    /// # Errors
    /// Instruments that cannot be stored, receive times out of range, or what the system says; `target` is then
    /// as it was.
    pub fn finish(
        mut self,
        instruments: &[Instrument],
        quality: &Value,
        provenance: &Value,
    ) -> Result<(Header, Vec<u8>), Error> {
        self.write_pending()?;
        let (scale, order) = self.fill_receive_times()?;
        let mut sections = [Span::default(); 7];
        sections[0] = Span { offset: Header::SIZE as u64, length: self.events * Event::SIZE as u64 };
        let rows: Vec<u8> = instruments
            .iter()
            .map(Instrument::to_bytes)
            .collect::<Result<Vec<_>, _>>()?
            .into_iter()
            .flatten()
            .collect();
        let order: Vec<u8> = order.unwrap_or_default().iter().flat_map(|i| i.to_le_bytes()).collect();
        let directory: Vec<u8> = self.directory.iter().flatten().flat_map(|v| v.to_le_bytes()).collect();
        sections[Section::Instruments as usize] = self.section(&rows, None)?;
        sections[Section::ReceiveOrder as usize] = self.section(&order, None)?;
        let ids = self.ids.take();
        sections[Section::Ids as usize] = self.section(&[], ids)?;
        let books = std::mem::replace(&mut self.checkpoints, Spill::new(Target::Memory, "")?);
        sections[Section::Checkpoints as usize] = self.section(&directory, Some(books))?;
        sections[Section::Quality as usize] = self.section(quality.to_string().as_bytes(), None)?;
        sections[Section::Provenance as usize] = self.section(provenance.to_string().as_bytes(), None)?;
        let mut header = Header {
            level: self.options.level,
            events: self.events,
            instruments: instruments.len() as u32,
            recv_unit_ns: scale.unit_ns,
            first_ts: self.first_ts,
            last_ts: self.last_ts,
            checkpoint_every: self.options.checkpoint_every,
            checkpoints: self.directory.len() as u32,
            sections,
            sha256: [0; 32],
        };
        self.body.write_at(0, &header.to_bytes())?;
        let mut hash = Sha256::new();
        self.body.drain(|block| {
            hash.update(block);
            Ok(())
        })?;
        header.sha256 = hash.finalize().into();
        self.body.write_at(0, &header.to_bytes())?;
        let target = self.target.as_deref().map_or(Target::Memory, Target::File);
        let bytes = self.body.publish(target)?;
        Ok((header, bytes))
    }

    /// A section of `bytes`, then those of `spill`, padded to 8.
    fn section(&mut self, bytes: &[u8], spill: Option<Spill>) -> Result<Span, Error> {
        let offset = self.body.len();
        self.body.push(bytes)?;
        if let Some(mut spill) = spill {
            spill.drain(|block| self.body.push(block))?;
        }
        let length = self.body.len() - offset;
        let padding = padded(self.body.len()) - self.body.len();
        self.body.push(&[0; 8][..padding as usize])?;
        Ok(Span { offset, length })
    }
}
