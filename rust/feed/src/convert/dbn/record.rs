//! Databento Binary Encoding, versions 1 to 3: metadata and records.

use std::collections::HashMap;

use crate::error::{Error, Place, printable};

/// Schema number of market by order.
pub const MBO: u16 = 0;
/// Schema number of files with several.
pub const MIXED: u16 = u16::MAX;
/// Price that is none.
pub const NO_PRICE: i64 = i64::MAX;

const FIXED: usize = 108;

/// What the metadata say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// 1 to 3.
    pub version: u8,
    /// Dataset, such as `GLBX.MDP3`.
    pub dataset: String,
    /// Schema.
    pub schema: u16,
    /// Symbol of an instrument id.
    pub symbols: HashMap<u32, String>,
    /// Where the first record starts.
    pub records_at: usize,
}

fn bad(field: &'static str, expected: impl std::fmt::Display, got: impl std::fmt::Display) -> Error {
    Error::data(Place::File, field, expected, got)
}

/// Bytes that are read from the front.
struct Front<'a>(&'a [u8]);

impl<'a> Front<'a> {
    fn take(&mut self, n: usize) -> Result<&'a [u8], Error> {
        let (head, rest) = self
            .0
            .split_at_checked(n)
            .ok_or_else(|| bad("metadata", format_args!("{n} more bytes"), self.0.len()))?;
        self.0 = rest;
        Ok(head)
    }

    fn word(&mut self) -> Result<u32, Error> {
        Ok(u32::from_le_bytes(self.take(4)?.try_into().unwrap_or_default()))
    }

    fn text(&mut self, n: usize) -> Result<String, Error> {
        let bytes = self.take(n)?;
        let end = bytes.iter().position(|&b| b == 0).unwrap_or(n);
        String::from_utf8(bytes[..end].to_vec()).map_err(|_| bad("metadata text", "UTF-8", printable(bytes)))
    }
}

impl Metadata {
    /// From the start of an uncompressed file.
    ///
    /// # Errors
    /// Another format, the legacy DBZ and fragments without metadata among them, or a truncated one.
    pub fn read(bytes: &[u8]) -> Result<Self, Error> {
        if bytes.get(..3) != Some(b"DBN") {
            return Err(bad(
                "magic",
                "DBN (a fragment has none, DBZ is another format)",
                printable(&bytes[..bytes.len().min(4)]),
            ));
        }
        let mut front = Front(&bytes[3..]);
        let version = front.take(1)?[0];
        if !(1..=3).contains(&version) {
            return Err(bad("version", "1 to 3", version));
        }
        let length = front.word()? as usize;
        let body = front.take(length)?;
        if length < FIXED - 8 + 4 {
            return Err(bad("metadata length", "at least 104", length));
        }
        let schema = u16::from_le_bytes([body[16], body[17]]);
        let symbol_length =
            if version == 1 { 22 } else { usize::from(u16::from_le_bytes([body[45], body[46]])) };
        let mut rest = Front(&body[FIXED - 8..]);
        let definition = rest.word()? as usize;
        rest.take(definition)?;
        for _ in 0..3 {
            // Symbols asked for, found in part, not found.
            let count = rest.word()? as usize;
            rest.take(count.saturating_mul(symbol_length))?;
        }
        Ok(Self {
            version,
            dataset: Front(body).text(16)?,
            schema,
            symbols: mappings(&mut rest, symbol_length)?,
            records_at: 8 + length,
        })
    }
}

fn mappings(rest: &mut Front<'_>, symbol_length: usize) -> Result<HashMap<u32, String>, Error> {
    let mut symbols = HashMap::new();
    for _ in 0..rest.word()? {
        let raw = rest.text(symbol_length)?;
        for _ in 0..rest.word()? {
            rest.take(8)?;
            if let Ok(id) = rest.text(symbol_length)?.parse() {
                symbols.insert(id, raw.clone());
            }
        }
    }
    Ok(symbols)
}

/// One market-by-order record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mbo {
    /// Instrument id.
    pub instrument: u32,
    /// Venue's time, ns; `u64::MAX` unknown.
    pub ts_event: u64,
    /// Receive time, ns; `u64::MAX` unknown.
    pub ts_recv: u64,
    /// Order id.
    pub order: u64,
    /// 1e-9; `NO_PRICE`.
    pub price: i64,
    /// Lots.
    pub size: u32,
    /// Bits: 128 last of an event, 32 snapshot, 8 bad receive time.
    pub flags: u8,
    /// Letter.
    pub action: u8,
    /// B, A or N.
    pub side: u8,
}

/// Market-by-order records with their number from 0; None for other types.
#[derive(Clone, Debug)]
pub struct Records<'a> {
    rest: &'a [u8],
    number: u64,
}

impl<'a> Records<'a> {
    /// From the first record on.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, number: 0 }
    }
}

const MBO_TYPE: u8 = 0xa0;
const MBO_SIZE: usize = 56;

impl Iterator for Records<'_> {
    type Item = Result<(u64, Option<Mbo>), Error>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let (&length, row) = (self.rest.first()?, self.number);
        let length = usize::from(length) * 4;
        let rest = std::mem::take(&mut self.rest);
        let (record, rest) = match rest.split_at_checked(length) {
            Some((record, rest)) if length >= 16 => (record, rest),
            _ => {
                let expected = "16 bytes or more, all in the file";
                return Some(Err(Error::data(Place::Row(row), "record length", expected, length)));
            }
        };
        self.number += 1;
        self.rest = rest;
        if record[1] != MBO_TYPE {
            return Some(Ok((row, None)));
        }
        let Some(bytes) = record.first_chunk::<MBO_SIZE>() else {
            self.rest = &[];
            return Some(Err(Error::data(Place::Row(row), "record length", "56 for MBO", length)));
        };
        let long = |at: usize| u64::from_le_bytes(std::array::from_fn(|i| bytes[at + i]));
        let word = |at: usize| u32::from_le_bytes(std::array::from_fn(|i| bytes[at + i]));
        let mbo = Mbo {
            instrument: word(4),
            ts_event: long(8),
            order: long(16),
            price: long(24).cast_signed(),
            size: word(32),
            flags: bytes[36],
            action: bytes[38],
            side: bytes[39],
            ts_recv: long(40),
        };
        Some(Ok((row, Some(mbo))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two records of ESH1, as the publisher of the format prints them.
    #[test]
    fn published_records() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/dbn");
        let names = ["mbo.dbn", "mbo.v1.dbn.zst", "mbo.v2.dbn.zst", "mbo.v3.dbn", "mbo.v3.dbn.zst"];
        for (name, version) in names.into_iter().zip([2, 1, 2, 3, 3]) {
            let Ok(packed) = std::fs::read(format!("{folder}/test_data.{name}")) else {
                println!("skipped: ../shared/data/dbn is absent");
                return;
            };
            let bytes =
                crate::convert::inflate::unpacked(&packed, &crate::convert::Limits::default()).unwrap();
            let metadata = Metadata::read(&bytes).unwrap();
            assert_eq!(
                (metadata.version, metadata.schema, &metadata.dataset[..]),
                (version, MBO, "GLBX.MDP3")
            );
            assert_eq!(metadata.symbols.get(&5482).map(String::as_str), Some("ESH1"));
            let records: Vec<_> =
                Records::new(&bytes[metadata.records_at..]).map(|r| r.unwrap().1.unwrap()).collect();
            let first = Mbo {
                instrument: 5482,
                ts_event: 1_609_160_400_000_429_831,
                ts_recv: 1_609_160_400_000_704_060,
                order: 647_784_973_705,
                price: 3_722_750_000_000,
                size: 1,
                flags: 128,
                action: b'C',
                side: b'A',
            };
            assert_eq!((records.len(), records[0], records[1].order), (2, first, 647_784_973_631), "{name}");
        }
    }
}
