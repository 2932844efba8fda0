//! Bindings only: arrays in, arrays out, the GIL released in between.

use pyo3::prelude::*;

mod bar;
mod book;
mod brokerage;
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
    match threads {
        0 => Err(errors::config_error("threads: expected at least 1, got 0")),
        _ => rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .map(|pool| pool.install(body))
            .map_err(|error| errors::config_error(format!("threads: {threads} cannot be started: {error}"))),
    }
}

#[pymodule]
fn _core(m: &Bound<'_, PyModule>) -> PyResult<()> {
    rng::register(m)?;
    bar::register(m)?;
    brokerage::register(m)?;
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
