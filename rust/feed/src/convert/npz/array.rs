//! NumPy's `.npy` with the event record of hftbacktest.

use crate::error::{Error, Place, printable};

/// One row: 64 bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Row {
    /// Bits and kind.
    pub ev: u64,
    /// Exchange time, ns.
    pub exch_ts: i64,
    /// Receive time, ns.
    pub local_ts: i64,
    /// Price.
    pub px: f64,
    /// Quantity.
    pub qty: f64,
    /// Order id.
    pub order_id: u64,
}

const FIELDS: [(&str, &str); 8] = [
    ("ev", "<u8"),
    ("exch_ts", "<i8"),
    ("local_ts", "<i8"),
    ("px", "<f8"),
    ("qty", "<f8"),
    ("order_id", "<u8"),
    ("ival", "<i8"),
    ("fval", "<f8"),
];

/// Bytes of a row.
pub const ROW: usize = 64;

fn bad(field: &'static str, expected: impl std::fmt::Display, got: impl std::fmt::Display) -> Error {
    Error::data(Place::File, field, expected, got)
}

/// The rows' bytes, by the array's header.
///
/// # Errors
/// Another format, another record, an array of more than one dimension, or a length that does not agree.
pub fn rows(bytes: &[u8]) -> Result<&[[u8; ROW]], Error> {
    let Some(rest) = bytes.strip_prefix(b"\x93NUMPY") else {
        return Err(bad("magic", "\\x93NUMPY", printable(&bytes[..bytes.len().min(6)])));
    };
    let (length, at): (usize, usize) = match rest {
        [1, _, low, high, ..] => (usize::from(u16::from_le_bytes([*low, *high])), 4),
        [2 | 3, _, a, b, c, d, ..] => (u32::from_le_bytes([*a, *b, *c, *d]) as usize, 6),
        _ => return Err(bad("npy version", "1 to 3", printable(&rest[..rest.len().min(2)]))),
    };
    let header = rest.get(at..at.saturating_add(length)).and_then(|text| std::str::from_utf8(text).ok());
    let header = header.ok_or_else(|| bad("npy header", format_args!("{length} bytes of text"), "fewer"))?;
    let compact: String = header.chars().filter(|c| !c.is_whitespace()).collect();
    let fields: Vec<String> = FIELDS.iter().map(|(name, code)| format!("('{name}','{code}')")).collect();
    let descr = format!("'descr':[{}]", fields.join(","));
    if !compact.contains(&descr) {
        return Err(bad(
            "npy dtype",
            "ev exch_ts local_ts px qty order_id ival fval",
            printable(compact.as_bytes()),
        ));
    }
    if !compact.contains("'fortran_order':False") {
        return Err(bad("npy order", "'fortran_order': False", printable(compact.as_bytes())));
    }
    let shape = compact.split_once("'shape':(").and_then(|(_, rest)| rest.split_once(",)"));
    let count: Option<usize> = shape.and_then(|(digits, _)| digits.parse().ok());
    let (rows, left) = rest[at + length..].as_chunks::<ROW>();
    if count != Some(rows.len()) || !left.is_empty() {
        return Err(bad("npy shape", format_args!("({},)", rows.len()), printable(compact.as_bytes())));
    }
    Ok(rows)
}

impl Row {
    /// From stored bytes.
    pub fn of_bytes(bytes: &[u8; ROW]) -> Self {
        let long = |at: usize| u64::from_le_bytes(std::array::from_fn(|i| bytes[at + i]));
        Self {
            ev: long(0),
            exch_ts: long(8).cast_signed(),
            local_ts: long(16).cast_signed(),
            px: f64::from_bits(long(24)),
            qty: f64::from_bits(long(32)),
            order_id: long(40),
        }
    }

    /// What makes an exchange row and a local row one event.
    pub fn identity(&self) -> [u64; 5] {
        let what = self.ev & !(EXCHANGE | LOCAL);
        [
            what,
            self.exch_ts.cast_unsigned(),
            self.local_ts.cast_unsigned(),
            self.px.to_bits(),
            self.qty.to_bits(),
        ]
    }
}

/// The row is for the exchange.
pub const EXCHANGE: u64 = 1 << 31;
/// The row is for the local side.
pub const LOCAL: u64 = 1 << 30;
/// Bid, or a buyer's trade.
pub const BUY: u64 = 1 << 29;
/// Ask, or a seller's trade.
pub const SELL: u64 = 1 << 28;
