//! A book of level sums for Python.

use std::sync::{Mutex, PoisonError};

use numpy::PyReadonlyArray1;
use pyo3::prelude::*;
use quantrl_lob::{L2Book, Side};

use crate::book::{locked, side_of};
use crate::columns::{DepthOut, column, fill_side, lots_of, writable};
use crate::errors::data_error;

const CHUNK: usize = 1 << 18;

/// Lots per price, without orders.
#[pyclass(frozen, skip_from_py_object, module = "quantrl._core")]
struct LevelBook {
    book: Mutex<L2Book>,
    base_tick: i64,
}

impl LevelBook {
    fn relative(&self, price: i64) -> Option<i32> {
        price.checked_sub(self.base_tick).and_then(|tick| i32::try_from(tick).ok())
    }

    fn absolute(&self, tick: i32) -> i64 {
        self.base_tick.wrapping_add(i64::from(tick))
    }

    /// Whether each row names a side, a price in reach and lots that are not negative.
    fn check(&self, side: &[u8], price: &[i64], lots: &[i64]) -> PyResult<()> {
        let bad = |name: &str, row: usize, expected: &str, got: i64| {
            Err(data_error(format!("{name}, row {row}: expected {expected}, got {got}")))
        };
        if let Some(row) = side.iter().position(|&side| side > 1) {
            return bad("side", row, "0 or 1", i64::from(side[row]));
        }
        if let Some(row) = price.iter().position(|&price| self.relative(price).is_none()) {
            return bad("price_ticks", row, "within 2^31 ticks of base_tick", price[row]);
        }
        if let Some(row) = lots.iter().position(|&lots| lots < 0) {
            return bad("qty_lots", row, "0 or more", lots[row]);
        }
        Ok(())
    }
}

#[pymethods]
impl LevelBook {
    #[new]
    fn new(base_tick: i64) -> Self {
        Self { book: Mutex::new(L2Book::default()), base_tick }
    }

    /// Lots that stood there before.
    fn set(&self, py: Python<'_>, side: u8, price: i64, lots: i64) -> PyResult<i64> {
        let side = side_of(side)?;
        self.check(&[], &[price], &[lots])?;
        let tick = self.relative(price).unwrap_or(0);
        Ok(lots_of(locked(py, &self.book, |book| book.set(side, tick, lots.cast_unsigned()))))
    }

    fn apply(
        &self,
        py: Python<'_>,
        side: PyReadonlyArray1<'_, u8>,
        price: PyReadonlyArray1<'_, i64>,
        lots: PyReadonlyArray1<'_, i64>,
    ) -> PyResult<()> {
        let len = side.as_array().len();
        let side = column("side", &side, len)?;
        let (price, lots) = (column("price_ticks", &price, len)?, column("qty_lots", &lots, len)?);
        py.detach(|| {
            self.check(side, price, lots)?;
            for from in (0..len).step_by(CHUNK) {
                let to = len.min(from + CHUNK);
                let mut book = self.book.lock().unwrap_or_else(PoisonError::into_inner);
                for i in from..to {
                    let tick = self.relative(price[i]).unwrap_or(0);
                    book.set(Side::BOTH[usize::from(side[i])], tick, lots[i].cast_unsigned());
                }
                drop(book);
                if to < len {
                    Python::attach(|py| py.check_signals())?;
                }
            }
            Ok(())
        })
    }

    fn clear(&self, py: Python<'_>) {
        locked(py, &self.book, L2Book::clear);
    }

    fn best(&self, py: Python<'_>) -> (Option<i64>, Option<i64>) {
        let [bid, ask] = locked(py, &self.book, |book| Side::BOTH.map(|side| book.best(side)));
        (bid.map(|(tick, _)| self.absolute(tick)), ask.map(|(tick, _)| self.absolute(tick)))
    }

    fn depth(&self, py: Python<'_>, out: &DepthOut<'_>) -> PyResult<()> {
        let mut out = writable(out)?;
        let cells = out.as_slice_mut().expect("contiguity was checked");
        locked(py, &self.book, |book| {
            let (bids, asks) = cells.split_at_mut(cells.len() / 2);
            for (side, half) in [(Side::Buy, bids), (Side::Sell, asks)] {
                fill_side(half, book.depth(side).map(|(tick, lots)| (self.absolute(tick), lots)));
            }
        });
        Ok(())
    }

    fn lots_at(&self, py: Python<'_>, side: u8, price: i64) -> PyResult<i64> {
        let side = side_of(side)?;
        let tick = self.relative(price);
        Ok(locked(py, &self.book, |book| tick.map_or(0, |tick| lots_of(book.lots(side, tick)))))
    }

    fn hash(&self, py: Python<'_>) -> u64 {
        locked(py, &self.book, |book| book.state_hash())
    }

    #[getter]
    fn purged(&self, py: Python<'_>) -> u64 {
        locked(py, &self.book, |book| book.purged())
    }
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_class::<LevelBook>()
}
