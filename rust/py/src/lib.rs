//! Bindings only: arrays in, arrays out, the GIL released in between.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use pyo3::prelude::*;

mod bar;
mod bar_session;
mod bar_terms;
mod bar_venue;
mod book;
mod columns;
mod env;
mod errors;
mod events;
mod levels;
mod pair_env;
mod pair_record;
mod pair_tape;
mod pair_work;
mod policy;
mod q_policy;
mod replay;
mod rng;
mod signals;
mod stats;
mod ticks;

/// Run `body` on a pool of its own: the global pool would ignore `threads`, and no pool survives a fork.
///
/// # Errors
/// `threads` is 0, or the threads cannot be started.
fn with_threads<T: Send>(threads: usize, body: impl FnOnce() -> T + Send) -> PyResult<T> {
    pool(threads).map(|pool| pool.install(body))
}

fn pool(threads: usize) -> PyResult<rayon::ThreadPool> {
    match threads {
        0 => Err(errors::config_error("threads: expected at least 1, got 0")),
        _ => rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .map_err(|error| errors::config_error(format!("threads: {threads} cannot be started: {error}"))),
    }
}

/// How often Python is asked whether somebody pressed Ctrl-C.
const POLL: Duration = Duration::from_millis(50);

/// Run `body` as `with_threads` does, without the GIL, and set its flag once a signal has come in.
///
/// # Errors
/// As `with_threads`; what the signal raised.
fn interruptible<T: Send>(
    py: Python<'_>,
    threads: usize,
    body: impl FnOnce(&AtomicBool) -> T + Send,
) -> PyResult<T> {
    let (stop, pool) = (AtomicBool::new(false), pool(threads)?);
    py.detach(|| {
        let (done, wait) = mpsc::channel();
        pool.in_place_scope(|scope| {
            let stop = &stop;
            // A send fails only where nobody waits any more.
            scope.spawn(move |_| drop(done.send(body(stop))));
            loop {
                match wait.recv_timeout(POLL) {
                    Ok(made) => return Ok(made),
                    Err(RecvTimeoutError::Timeout) => Python::attach(|py| py.check_signals())
                        .inspect_err(|_| stop.store(true, Ordering::Relaxed))?,
                    Err(RecvTimeoutError::Disconnected) => {
                        return Err(errors::config_error("threads: a worker ended without a result"));
                    }
                }
            }
        })
    })
}

#[pymodule]
fn _core(m: &Bound<'_, PyModule>) -> PyResult<()> {
    rng::register(m)?;
    bar::register(m)?;
    bar_session::register(m)?;
    bar_terms::register(m)?;
    bar_venue::register(m)?;
    signals::register(m)?;
    stats::register(m)?;
    env::register(m)?;
    pair_env::register(m)?;
    pair_record::register(m)?;
    pair_tape::register(m)?;
    pair_work::register(m)?;
    policy::register(m)?;
    q_policy::register(m)?;
    replay::register(m)?;
    book::register(m)?;
    levels::register(m)?;
    events::register(m)?;
    ticks::register(m)
}
