//! `rust/feed` for Python: event files, converters into them, replay and simulators.

mod convert;
mod file;
mod replay;
mod simulate;
mod simulate_pair;
mod stream;
mod watch;

use std::path::PathBuf;

use pyo3::prelude::*;
use quantrl_feed::{Kind, OpenOptions, Target, flag, map::Access};

use watch::watched;

pub use file::EventFile;

/// Names of kinds by number, 0 being none, and of flags by bit.
#[pyfunction]
fn events_tables() -> (Vec<&'static str>, Vec<(&'static str, u8)>) {
    let kinds = std::iter::once("").chain(Kind::NAMES).collect();
    let flags = vec![
        ("sell", flag::SELL),
        ("side_known", flag::SIDE_KNOWN),
        ("last", flag::LAST),
        ("snapshot", flag::SNAPSHOT),
        ("keeps_priority", flag::KEEPS_PRIORITY),
        ("hidden", flag::HIDDEN),
        ("off_price", flag::OFF_PRICE),
        ("synthetic", flag::SYNTHETIC),
    ];
    (kinds, flags)
}

/// Join event files of one level into `dst`; `told` is called with the events written, ten times a second.
#[pyfunction]
#[pyo3(signature = (files, dst, checkpoint_every, *, told=None))]
fn events_merge(
    py: Python<'_>,
    files: Vec<PathBuf>,
    dst: PathBuf,
    checkpoint_every: u32,
    told: Option<Py<PyAny>>,
) -> PyResult<()> {
    watched(py, told.as_ref(), || {
        let options = OpenOptions { access: Access::Auto, verify: true };
        let open = |path: &PathBuf| quantrl_feed::EventFile::open(path, options);
        let files = files.iter().map(open).collect::<Result<Vec<_>, _>>()?;
        quantrl_feed::merge(&files.iter().collect::<Vec<_>>(), Target::File(&dst), checkpoint_every)
            .map(|_| ())
    })
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_class::<file::EventFile>()?;
    m.add_class::<replay::EventReplay>()?;
    m.add_class::<convert::EventOptions>()?;
    m.add_function(wrap_pyfunction!(events_tables, m)?)?;
    m.add_function(wrap_pyfunction!(events_merge, m)?)?;
    m.add_function(wrap_pyfunction!(convert::events_convert, m)?)?;
    m.add_function(wrap_pyfunction!(convert::events_of_columns, m)?)?;
    m.add_class::<stream::EventStream>()?;
    m.add_function(wrap_pyfunction!(simulate::events_simulate, m)?)?;
    m.add_function(wrap_pyfunction!(simulate_pair::events_simulate_pair, m)?)
}
