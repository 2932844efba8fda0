//! One session for Python.

use std::sync::{Mutex, PoisonError};

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};
use quantrl_feed::Event;
use quantrl_lob::{OrderRef, Side};
use quantrl_sim::tick::batch::{Row, action};
use quantrl_sim::tick::own::Own;
use quantrl_sim::tick::{Action, Error, LocalView, Session, Until, WATCH_EVERY, replay};

use super::plan::TickPlan;
use super::record::{account, equity, fills, log, number, orders, reports};
use super::{policy, refused};
use crate::bar::choose;
use crate::book::locked;
use crate::columns::{DepthOut, fill_side, writable};
use crate::errors::config_error;

type MakeUntil = fn(i64) -> Until;

/// How far a step goes, by name.
const UNTIL: [(&str, MakeUntil); 5] = [
    ("time", Until::Time),
    ("events", |n| Until::Events(n.cast_unsigned())),
    ("report", Until::Report),
    ("mid_change", |instr| Until::MidChange(u16::try_from(instr).unwrap_or(u16::MAX))),
    ("end", |_| Until::End),
];

/// A strategy's run through one file.
#[pyclass(frozen, skip_from_py_object, module = "quantrl._core")]
pub struct TickSession(Mutex<Session<Own>>);

impl TickSession {
    fn seen<T>(&self, py: Python<'_>, look: impl FnOnce(&LocalView<'_>) -> PyResult<T>) -> PyResult<T> {
        let mut session = self.held(py);
        look(&session.view().map_err(refused)?)
    }

    /// The session, waited for without the GIL where another thread steps it.
    fn held(&self, py: Python<'_>) -> std::sync::MutexGuard<'_, Session<Own>> {
        if let Ok(session) = self.0.try_lock() {
            return session;
        }
        loop {
            py.detach(std::thread::yield_now);
            match self.0.try_lock() {
                Ok(session) => return session,
                Err(std::sync::TryLockError::Poisoned(session)) => return session.into_inner(),
                Err(std::sync::TryLockError::WouldBlock) => {}
            }
        }
    }
}

/// Run `body` without the GIL; its watcher looks for signals and tells `told`, and stops it where either raises.
pub fn watched<T: Send>(
    py: Python<'_>,
    told: Option<&Py<PyAny>>,
    body: impl FnOnce(&mut dyn FnMut(usize) -> bool) -> Result<T, Error> + Send,
) -> PyResult<T> {
    let mut raised = None;
    let mut watch = |events: usize| {
        let look = Python::attach(|py| {
            py.check_signals()?;
            told.map_or(Ok(()), |told| told.call1(py, (events,)).map(drop))
        });
        raised = look.err();
        raised.is_none()
    };
    let outcome = py.detach(|| body(&mut watch));
    match raised {
        Some(error) => Err(error),
        None => outcome.map_err(refused),
    }
}

fn instrument(view: &LocalView<'_>, instr: u16) -> PyResult<u16> {
    let count = view.plan.instruments();
    if usize::from(instr) < count {
        return Ok(instr);
    }
    Err(config_error(format!("instr: expected below {count}, got {instr}")))
}

/// Actions of 32 bytes each.
fn actions(bytes: &[u8]) -> Result<Vec<Action>, Error> {
    let (rows, _) = bytes.as_chunks::<{ Row::SIZE }>();
    rows.iter()
        .enumerate()
        .filter(|(_, row)| row[0] > 0)
        .map(|(at, row)| action(&Row::of_bytes(row)).map_err(|error| error.nth(at)))
        .collect()
}

#[pymethods]
impl TickSession {
    #[new]
    fn new(py: Python<'_>, plan: &TickPlan, stream: u64, start: Option<i64>) -> PyResult<Self> {
        let made = py.detach(|| match start {
            None => Session::new(&plan.plan, stream, plan.venue()),
            Some(ts) => Session::starting(&plan.plan, stream, ts, plan.venue()),
        });
        made.map(|session| Self(Mutex::new(session))).map_err(refused)
    }

    #[staticmethod]
    fn restore(py: Python<'_>, plan: &TickPlan, bytes: &[u8]) -> PyResult<Self> {
        let made = py.detach(|| Session::restore(&plan.plan, bytes, plan.venue()));
        made.map(|session| Self(Mutex::new(session))).map_err(refused)
    }

    fn snapshot<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        let bytes = locked(py, &self.0, |session| session.snapshot());
        PyBytes::new(py, &bytes)
    }

    fn fork(&self, py: Python<'_>) -> Self {
        Self(Mutex::new(locked(py, &self.0, |session| session.clone())))
    }

    /// Go on with the events of another plan, which leave out the first `skipped` of this one.
    fn advance(&self, py: Python<'_>, plan: &TickPlan, skipped: usize) -> PyResult<()> {
        locked(py, &self.0, |session| session.advance(&plan.plan, skipped)).map_err(refused)
    }

    /// Go on; false at the end.
    fn step(&self, py: Python<'_>, until: &str, value: i64) -> PyResult<bool> {
        let until = choose("until", &UNTIL, until)?(value);
        watched(py, None, |watch| {
            let mut session = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            session.step_watched(until, WATCH_EVERY, watch)
        })
    }

    /// Send rows; references of the new orders.
    fn send(&self, py: Python<'_>, rows: &[u8]) -> PyResult<Vec<u64>> {
        let sent = locked(py, &self.0, |session| {
            session.send(&actions(rows)?)?;
            let view = session.view()?;
            Ok(view.opened.iter().map(|&order| number(order)).collect())
        });
        sent.map_err(refused)
    }

    /// Run to the end under a native policy. `told` is called with the events applied, about every million.
    #[pyo3(signature = (name, values, told))]
    fn replay(&self, py: Python<'_>, name: &str, values: Vec<i64>, told: Option<Py<PyAny>>) -> PyResult<()> {
        let instruments = locked(py, &self.0, |session| session.plan().instruments());
        let mut policy = policy::build(name, &values, instruments)?;
        watched(py, told.as_ref(), |watch| {
            let mut session = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            replay(&mut session, &mut policy, watch)
        })
    }

    #[getter]
    fn now_ns(&self, py: Python<'_>) -> i64 {
        locked(py, &self.0, |session| session.now())
    }

    #[getter]
    fn ended(&self, py: Python<'_>) -> bool {
        locked(py, &self.0, |session| session.ended())
    }

    /// Events received.
    #[getter]
    fn received(&self, py: Python<'_>) -> PyResult<usize> {
        self.seen(py, |view| Ok(view.received))
    }

    fn best(&self, py: Python<'_>, instr: u16) -> PyResult<(Option<i64>, Option<i64>)> {
        self.seen(py, |view| {
            let instr = instrument(view, instr)?;
            let [bid, ask] = Side::BOTH.map(|side| view.best(instr, side).map(|(ticks, _)| ticks));
            Ok((bid, ask))
        })
    }

    fn depth(&self, py: Python<'_>, out: &DepthOut<'_>, instr: u16) -> PyResult<()> {
        let mut out = writable(out)?;
        let cells = out.as_slice_mut().expect("contiguity was checked");
        self.seen(py, |view| {
            let worth = view.plan.worth(instrument(view, instr)?);
            let (bids, asks) = cells.split_at_mut(cells.len() / 2);
            for (side, half) in [(Side::Buy, bids), (Side::Sell, asks)] {
                let levels = view.books.depth(usize::from(instr), side);
                fill_side(half, levels.map(|(tick, lots)| (worth.ticks(tick), lots)));
            }
            Ok(())
        })
    }

    /// Event received as number `nth`: exchange time, kind, flags, instrument, slot, ticks, lots, aux.
    #[allow(clippy::type_complexity)]
    fn event(&self, py: Python<'_>, nth: usize) -> PyResult<(i64, u8, u8, u16, u32, i64, u64, u32)> {
        let mut session = self.held(py);
        let event: Event = session.received(nth).map_err(refused)?;
        let ticks = session.plan().worth(event.instr).ticks(event.tick);
        let lots = event.lots();
        Ok((event.ts_exch, event.kind, event.flags, event.instr, event.slot, ticks, lots, event.aux))
    }

    fn account<'py>(&self, py: Python<'py>, instr: u16) -> PyResult<Bound<'py, PyDict>> {
        self.seen(py, |view| {
            let instr = instrument(view, instr)?;
            account(py, view.plan, instr, &view.accounts[usize::from(instr)], view.mid2(instr))
        })
    }

    fn orders<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        self.seen(py, |view| orders(py, view.plan, &view.orders.iter().copied().collect::<Vec<_>>()))
    }

    /// Lots ahead of an own order at the exchange; None if it does not rest there, or is unknown.
    fn ahead(&self, py: Python<'_>, instr: u16, side: u8, order: u64) -> Option<f64> {
        let side = Side::BOTH[usize::from(side != 0)];
        let session = self.held(py);
        let known = usize::from(instr) < session.plan().instruments();
        let order = OrderRef::new((order >> 32) as u32, order as u32);
        known.then(|| session.venue().ahead(instr, side, order)).flatten()
    }

    fn reports<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        self.seen(py, |view| reports(py, view.plan, view.reports, view.report_fees))
    }

    fn fills<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let session = self.held(py);
        fills(py, session.plan(), &session.record().fills)
    }

    fn log<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        log(py, &self.held(py).record().log)
    }

    fn equity<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let session = self.held(py);
        equity(py, session.plan(), &session.record().equity)
    }

    fn hash(&self, py: Python<'_>) -> u64 {
        locked(py, &self.0, |session| session.hash())
    }
}
