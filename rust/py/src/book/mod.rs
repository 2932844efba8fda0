//! `rust/lob` for Python: a matching order book, its rule table.

mod batch;
mod message;
mod report;

use std::sync::{Mutex, PoisonError, TryLockError};

use numpy::{IntoPyArray, PyArray1, PyReadonlyArray1};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use quantrl_lob::conformance::{self, Status};
use quantrl_lob::{Config, Engine, Level, Matcher, ModifyRule, PostOnlyRule, Report, Side, Stp, Ticks};

use crate::bar::choose;
use crate::columns::{DepthOut, fill_side, lots_of, writable};
use crate::errors::data_error;
use message::{LIFETIMES, Message, Numbered, Op};
use report::{BookReport, KINDS, REASONS, SIDES};

/// Ids and open lots.
type Queue<'py> = (Bound<'py, PyArray1<u64>>, Bound<'py, PyArray1<i64>>);

const MODIFY: [(&str, ModifyRule); 2] =
    [("keep_on_decrease", ModifyRule::KeepOnDecrease), ("always_requeue", ModifyRule::AlwaysRequeue)];
const POST_ONLY: [(&str, PostOnlyRule); 2] =
    [("reject", PostOnlyRule::Reject), ("slide", PostOnlyRule::Slide)];
const STP: [(&str, Stp); 5] = [
    ("off", Stp::Off),
    ("cancel_newest", Stp::CancelNewest),
    ("cancel_oldest", Stp::CancelOldest),
    ("cancel_both", Stp::CancelBoth),
    ("decrement", Stp::Decrement),
];

/// Messages between two looks at signals. The book is free in between.
const CHUNK: usize = 1 << 16;

/// Run `body` on what is locked; where another thread holds it, wait without the GIL.
pub fn locked<S: Send, T: Send>(
    py: Python<'_>,
    state: &Mutex<S>,
    body: impl FnOnce(&mut S) -> T + Send,
) -> T {
    match state.try_lock() {
        Ok(mut state) => body(&mut state),
        Err(TryLockError::Poisoned(state)) => body(&mut state.into_inner()),
        Err(TryLockError::WouldBlock) => {
            py.detach(|| body(&mut state.lock().unwrap_or_else(PoisonError::into_inner)))
        }
    }
}

/// A side by number.
///
/// # Errors
/// Neither 0 nor 1.
pub fn side_of(side: u8) -> PyResult<Side> {
    match side {
        0 => Ok(Side::Buy),
        1 => Ok(Side::Sell),
        other => Err(data_error(format!("side: expected 0 or 1, got {other}"))),
    }
}

/// The order book of one instrument with its matching engine.
#[pyclass(frozen, skip_from_py_object, module = "quantrl._core")]
struct OrderBook(Mutex<Numbered>);

impl OrderBook {
    /// One message is a fraction of a microsecond: too short to be worth releasing the GIL.
    fn send(&self, py: Python<'_>, message: &Message) -> Vec<BookReport> {
        let mut out: Vec<Report> = Vec::new();
        locked(py, &self.0, |book| book.send(message, &mut out));
        out.into_iter().map(BookReport).collect()
    }
}

#[pymethods]
impl OrderBook {
    #[new]
    #[pyo3(signature = (*, base_tick, step, modify, post_only, stp, collar_ticks))]
    fn new(
        base_tick: i64,
        step: u32,
        modify: &str,
        post_only: &str,
        stp: &str,
        collar_ticks: Option<u32>,
    ) -> PyResult<Self> {
        let config = Config {
            base_tick: Ticks(base_tick),
            step,
            modify: choose("modify", &MODIFY, modify)?,
            post_only: choose("post_only", &POST_ONLY, post_only)?,
            stp: choose("stp", &STP, stp)?,
            collar_ticks,
        };
        Ok(Self(Mutex::new(Numbered { matcher: Matcher::new(config), seq: 0 })))
    }

    #[pyo3(signature = (id, side, price, qty, market, tif, expires, owner, post_only, ts))]
    #[allow(clippy::too_many_arguments)]
    fn submit(
        &self,
        py: Python<'_>,
        id: u64,
        side: u8,
        price: Option<i64>,
        qty: i64,
        market: bool,
        tif: u8,
        expires: i64,
        owner: u16,
        post_only: bool,
        ts: Option<i64>,
    ) -> PyResult<Vec<BookReport>> {
        let side = Some(side_of(side)?);
        let op = Op::New;
        Ok(self.send(py, &Message { op, id, side, price, market, qty, tif, expires, owner, post_only, ts }))
    }

    #[pyo3(signature = (id, ts))]
    fn cancel(&self, py: Python<'_>, id: u64, ts: Option<i64>) -> Vec<BookReport> {
        self.send(py, &Message::bare(Op::Cancel, id, ts))
    }

    #[pyo3(signature = (id, price, qty, side, ts))]
    fn modify(
        &self,
        py: Python<'_>,
        id: u64,
        price: i64,
        qty: i64,
        side: Option<u8>,
        ts: Option<i64>,
    ) -> PyResult<Vec<BookReport>> {
        let side = side.map(side_of).transpose()?;
        let price = Some(price);
        Ok(self.send(py, &Message { side, price, qty, ..Message::bare(Op::Modify, id, ts) }))
    }

    fn close(&self, py: Python<'_>, ts: i64) -> Vec<BookReport> {
        self.send(py, &Message::bare(Op::Close, 0, Some(ts)))
    }

    fn advance(&self, py: Python<'_>, ts: i64) -> Vec<BookReport> {
        self.send(py, &Message::bare(Op::Advance, 0, Some(ts)))
    }

    /// Bytes of the reports, 64 each.
    #[pyo3(signature = (op, id, side, price, qty, market, tif, expires, owner, post_only, ts))]
    #[allow(clippy::too_many_arguments)]
    fn apply<'py>(
        &self,
        py: Python<'py>,
        op: PyReadonlyArray1<'py, u8>,
        id: PyReadonlyArray1<'py, u64>,
        side: PyReadonlyArray1<'py, u8>,
        price: PyReadonlyArray1<'py, i64>,
        qty: PyReadonlyArray1<'py, i64>,
        market: Option<PyReadonlyArray1<'py, u8>>,
        tif: Option<PyReadonlyArray1<'py, u8>>,
        expires: Option<PyReadonlyArray1<'py, i64>>,
        owner: Option<PyReadonlyArray1<'py, u16>>,
        post_only: Option<PyReadonlyArray1<'py, u8>>,
        ts: Option<PyReadonlyArray1<'py, i64>>,
    ) -> PyResult<Bound<'py, PyArray1<u8>>> {
        let arrays = batch::Arrays { op, id, side, price, qty, market, tif, expires, owner, post_only, ts };
        let columns = arrays.columns()?;
        let mut out = batch::Bytes::default();
        py.detach(|| -> PyResult<()> {
            columns.check()?;
            for from in (0..columns.len()).step_by(CHUNK) {
                let to = columns.len().min(from + CHUNK);
                columns.send(from..to, &mut self.0.lock().unwrap_or_else(PoisonError::into_inner), &mut out);
                if to < columns.len() {
                    Python::attach(|py| py.check_signals())?;
                }
            }
            Ok(())
        })?;
        Ok(out.0.into_pyarray(py))
    }

    fn best(&self, py: Python<'_>) -> (Option<i64>, Option<i64>) {
        locked(py, &self.0, |book| (book.matcher.best_bid(), book.matcher.best_ask()))
    }

    fn depth(&self, py: Python<'_>, out: &DepthOut<'_>) -> PyResult<()> {
        let mut out = writable(out)?;
        let cells = out.as_slice_mut().expect("contiguity was checked");
        locked(py, &self.0, |book| {
            let base = book.matcher.config().base_tick.0;
            let (bids, asks) = cells.split_at_mut(cells.len() / 2);
            for (side, half) in [(Side::Buy, bids), (Side::Sell, asks)] {
                let of = |level: &Level| (base.wrapping_add(i64::from(level.tick)), level.qty);
                fill_side(half, book.matcher.book().depth(side).map(of));
            }
        });
        Ok(())
    }

    fn lots_at(&self, py: Python<'_>, side: u8, price: i64) -> PyResult<i64> {
        let side = side_of(side)?;
        Ok(locked(py, &self.0, |book| lots_of(book.matcher.depth_at(price, side))))
    }

    /// Orders at a price: ids and open lots, first to be filled first.
    fn queue<'py>(&self, py: Python<'py>, side: u8, price: i64) -> PyResult<Queue<'py>> {
        let side = side_of(side)?;
        let (ids, lots): (Vec<u64>, Vec<i64>) = locked(py, &self.0, |book| {
            let tick = price.checked_sub(book.matcher.config().base_tick.0).map(i32::try_from);
            let book = book.matcher.book();
            let level = tick.and_then(Result::ok).and_then(|tick| book.level(side, tick));
            let queue = level.into_iter().flat_map(|level| book.queue(level));
            queue.map(|(_, order)| (order.id, i64::from(order.qty))).unzip()
        });
        Ok((ids.into_pyarray(py), lots.into_pyarray(py)))
    }

    fn order_count(&self, py: Python<'_>) -> usize {
        locked(py, &self.0, |book| book.matcher.book().order_count())
    }

    fn hash(&self, py: Python<'_>) -> u64 {
        locked(py, &self.0, |book| book.matcher.book().state_hash())
    }

    fn validate(&self, py: Python<'_>) -> PyResult<()> {
        let found = locked(py, &self.0, |book| book.matcher.validate());
        found.map_err(|broken| data_error(broken.to_string()))
    }

    fn copy(&self, py: Python<'_>) -> Self {
        Self(Mutex::new(locked(py, &self.0, |book| book.clone())))
    }

    #[getter]
    fn seq(&self, py: Python<'_>) -> u64 {
        locked(py, &self.0, |book| book.seq)
    }

    #[getter]
    fn now_ns(&self, py: Python<'_>) -> Option<i64> {
        Some(locked(py, &self.0, |book| book.matcher.now().0)).filter(|&now| now != i64::MIN)
    }
}

/// Names by number of everything that crosses as a number.
#[pyfunction]
fn book_tables(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
    let tables = PyDict::new(py);
    tables.set_item("kind", KINDS.map(|(name, _)| name))?;
    tables.set_item("reason", REASONS.map(|(name, _)| name))?;
    tables.set_item("side", SIDES)?;
    tables.set_item("op", Op::TABLE.map(|(name, _)| name))?;
    tables.set_item("tif", LIFETIMES)?;
    Ok(tables)
}

/// Every rule of matching: name, `pass`, `fail` or `later`, cases, and what failed.
#[pyfunction]
fn book_conformance(py: Python<'_>) -> Vec<(String, &'static str, usize, String)> {
    py.detach(conformance::table)
        .into_iter()
        .map(|(rule, status)| match status {
            Status::Pass { cases } => (rule, "pass", cases, String::new()),
            Status::Fail(what) => (rule, "fail", 0, what),
            Status::Later => (rule, "later", 0, String::new()),
        })
        .collect()
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_class::<OrderBook>()?;
    m.add_class::<BookReport>()?;
    m.add_function(wrap_pyfunction!(book_tables, m)?)?;
    m.add_function(wrap_pyfunction!(book_conformance, m)?)
}
