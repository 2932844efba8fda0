//! Messages by columns: judged as a whole, then sent one after another.

use numpy::PyReadonlyArray1;
use pyo3::prelude::*;
use quantrl_lob::{NO_PRICE, Report, ReportSink, Side};

use super::message::{GTD, LIFETIMES, Message, Numbered, Op};
use crate::columns::{column, optional};
use crate::errors::data_error;

/// The arrays, held while they are read.
pub struct Arrays<'py> {
    pub op: PyReadonlyArray1<'py, u8>,
    pub id: PyReadonlyArray1<'py, u64>,
    pub side: PyReadonlyArray1<'py, u8>,
    pub price: PyReadonlyArray1<'py, i64>,
    pub qty: PyReadonlyArray1<'py, i64>,
    pub market: Option<PyReadonlyArray1<'py, u8>>,
    pub tif: Option<PyReadonlyArray1<'py, u8>>,
    pub expires: Option<PyReadonlyArray1<'py, i64>>,
    pub owner: Option<PyReadonlyArray1<'py, u16>>,
    pub post_only: Option<PyReadonlyArray1<'py, u8>>,
    pub ts: Option<PyReadonlyArray1<'py, i64>>,
}

/// Columns of one length.
#[derive(Clone, Copy)]
pub struct Columns<'a> {
    op: &'a [u8],
    id: &'a [u64],
    side: &'a [u8],
    price: &'a [i64],
    qty: &'a [i64],
    market: Option<&'a [u8]>,
    tif: Option<&'a [u8]>,
    expires: Option<&'a [i64]>,
    owner: Option<&'a [u16]>,
    post_only: Option<&'a [u8]>,
    ts: Option<&'a [i64]>,
}

impl Arrays<'_> {
    /// As slices.
    ///
    /// # Errors
    /// Columns of different lengths, or with gaps in memory.
    pub fn columns(&self) -> PyResult<Columns<'_>> {
        let len = self.op.as_array().len();
        Ok(Columns {
            op: column("op", &self.op, len)?,
            id: column("id", &self.id, len)?,
            side: column("side", &self.side, len)?,
            price: column("price_ticks", &self.price, len)?,
            qty: column("qty_lots", &self.qty, len)?,
            market: optional("market", &self.market, len)?,
            tif: optional("tif", &self.tif, len)?,
            expires: optional("expires_ns", &self.expires, len)?,
            owner: optional("owner", &self.owner, len)?,
            post_only: optional("post_only", &self.post_only, len)?,
            ts: optional("ts_ns", &self.ts, len)?,
        })
    }
}

fn below(name: &str, column: Option<&[u8]>, bound: usize) -> PyResult<()> {
    match column.and_then(|column| column.iter().position(|&code| usize::from(code) >= bound)) {
        Some(row) => Err(data_error(format!(
            "{name}, row {row}: expected below {bound}, got {}",
            column.map_or(0, |column| column[row])
        ))),
        None => Ok(()),
    }
}

impl Columns<'_> {
    /// Messages.
    pub fn len(&self) -> usize {
        self.op.len()
    }

    /// Whether every number stands for something; what a book refuses is a report instead.
    ///
    /// # Errors
    /// The first that does not: column, row, expected and got.
    pub fn check(&self) -> PyResult<()> {
        below("op", Some(self.op), Op::TABLE.len())?;
        below("side", Some(self.side), 2)?;
        below("market", self.market, 2)?;
        below("post_only", self.post_only, 2)?;
        below("tif", self.tif, LIFETIMES.len())?;
        let timed = self.tif.and_then(|tif| tif.iter().position(|&tif| tif == GTD));
        match timed.filter(|_| self.expires.is_none()) {
            Some(row) => {
                Err(data_error(format!("expires_ns: expected a column, for the gtd order of row {row}")))
            }
            None => Ok(()),
        }
    }

    /// Where no column is given that a message may do without.
    fn plain(&self) -> Option<Self> {
        let rare = [self.market, self.tif, self.post_only].iter().any(Option::is_some)
            || self.expires.is_some()
            || self.owner.is_some()
            || self.ts.is_some();
        let none =
            Self { market: None, tif: None, expires: None, owner: None, post_only: None, ts: None, ..*self };
        (!rare).then_some(none)
    }

    #[inline(always)]
    fn get(&self, i: usize) -> Message {
        Message {
            op: Op::TABLE[usize::from(self.op[i])].1,
            id: self.id[i],
            side: Some(if self.side[i] == 0 { Side::Buy } else { Side::Sell }),
            price: Some(self.price[i]).filter(|&price| price != NO_PRICE),
            market: self.market.is_some_and(|column| column[i] == 1),
            qty: self.qty[i],
            tif: self.tif.map_or(0, |column| column[i]),
            expires: self.expires.map_or(0, |column| column[i]),
            owner: self.owner.map_or(0, |column| column[i]),
            post_only: self.post_only.is_some_and(|column| column[i] == 1),
            ts: self.ts.map(|column| column[i]),
        }
    }

    /// Send the messages of `rows`.
    pub fn send(&self, rows: std::ops::Range<usize>, book: &mut Numbered, out: &mut Bytes) {
        match self.plain() {
            // The same words; compiled once more without what these messages do not have.
            Some(plain) => rows.for_each(|i| book.send(&plain.get(i), out)),
            None => rows.for_each(|i| book.send(&self.get(i), out)),
        }
    }
}

/// Reports as bytes.
#[derive(Default)]
pub struct Bytes(pub Vec<u8>);

impl ReportSink for Bytes {
    #[inline]
    fn push(&mut self, report: Report) {
        self.0.extend_from_slice(&report.bytes());
    }
}
