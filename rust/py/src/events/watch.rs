use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use pyo3::prelude::*;
use quantrl_feed::{Error, Progress};

use crate::errors::feed_error;

/// Time to the first look and between two others.
const FIRST: Duration = Duration::from_millis(1);
const EVERY: Duration = Duration::from_millis(100);

/// Run `body` on a thread of its own, tell `told` how many steps it has made, and stop it on a signal or where `told`
/// raises. Nothing is written then.
pub fn watched<T: Send>(
    py: Python<'_>,
    told: Option<&Py<PyAny>>,
    body: impl FnOnce() -> Result<T, Error> + Send,
) -> PyResult<T> {
    let progress = Arc::new(Progress::default());
    let (outcome, raised) = py.detach(|| {
        let (done, end) = channel();
        std::thread::scope(|scope| {
            let shared = Arc::clone(&progress);
            let work = scope.spawn(move || {
                let outcome = shared.watching(body);
                // Whoever waits may have gone on already.
                let _ = done.send(());
                outcome
            });
            let (mut raised, mut wait) = (None, FIRST);
            while let Err(RecvTimeoutError::Timeout) = end.recv_timeout(wait) {
                wait = EVERY;
                let look = Python::attach(|py| {
                    py.check_signals()?;
                    told.map_or(Ok(()), |told| told.call1(py, (progress.steps(),)).map(|_| ()))
                });
                if let Err(error) = look {
                    progress.stop();
                    raised = Some(error);
                    break;
                }
            }
            (work.join(), raised)
        })
    });
    match (outcome, raised) {
        (Err(panic), _) => std::panic::resume_unwind(panic),
        (_, Some(error)) => Err(error),
        (Ok(outcome), None) => outcome.map_err(feed_error),
    }
}
