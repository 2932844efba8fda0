use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::convert::Limits;
use crate::error::Error;
use crate::file::{EventFile, Header, RecvOffset, WriterOptions, hex};
use crate::map::Bytes;
use crate::quality::Quality;

/// Bytes to convert and what they are called.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// File name, without folders in the provenance.
    pub name: &'a str,
    /// Content, compressed or not.
    pub bytes: &'a [u8],
}

impl Source<'_> {
    /// For the file's provenance.
    pub(crate) fn provenance(&self) -> Value {
        let name = self.name.rsplit(['/', '\\']).next().unwrap_or(self.name);
        json!({"name": name, "bytes": self.bytes.len(), "sha256": hex(&Sha256::digest(self.bytes))})
    }
}

/// What every converter takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// Events between checkpoints, 2^10 to 2^24; 0 for none.
    pub checkpoint_every: u32,
    /// Whether the venue's order ids are kept, 8 bytes an event.
    pub keep_ids: bool,
    /// What is added to receive times.
    pub recv_offset: RecvOffset,
    /// Whether the first fault is an error.
    pub strict: bool,
    /// Most faults per row.
    pub max_fault_share: f64,
    /// Limits on the input.
    pub limits: Limits,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            checkpoint_every: 1 << 16,
            keep_ids: false,
            recv_offset: RecvOffset::Auto,
            strict: false,
            max_fault_share: 0.01,
            limits: Limits::default(),
        }
    }
}

impl Options {
    pub(crate) fn writer(&self, level: u8) -> Result<WriterOptions, Error> {
        if !(0.0..=1.0).contains(&self.max_fault_share) {
            return Err(Error::config("max_fault_share", "0 to 1", self.max_fault_share));
        }
        Ok(WriterOptions {
            level,
            checkpoint_every: self.checkpoint_every,
            keep_ids: self.keep_ids,
            recv_offset: self.recv_offset,
            max_events: self.limits.max_events,
        })
    }
}

impl Report {
    /// Open the file made in memory.
    ///
    /// # Errors
    /// None for one that a converter has made.
    pub fn open(self) -> Result<EventFile, Error> {
        EventFile::of_bytes("-".into(), Bytes::Read(self.bytes), true)
    }
}

/// What came of a conversion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Header of the file written.
    pub header: Header,
    /// Counts, as in the file.
    pub quality: Quality,
    /// The file, where the target is memory.
    pub bytes: Vec<u8>,
}
