//! How far a conversion, check or merge has come, seen from another thread, and a way to stop it.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use crate::error::Error;

/// Shared between work on a file and whoever waits for it.
#[derive(Debug, Default)]
pub struct Progress {
    steps: AtomicU64,
    stop: AtomicBool,
}

/// Steps between two looks at [`Progress`].
const EVERY: u64 = 1 << 12;

thread_local! {
    static WATCHED: RefCell<Option<Arc<Progress>>> = const { RefCell::new(None) };
}

impl Progress {
    /// Run `body`; all work on files that starts on this thread meanwhile tells `self` and listens to it.
    pub fn watching<T>(self: &Arc<Self>, body: impl FnOnce() -> T) -> T {
        struct Restore(Option<Arc<Progress>>);
        impl Drop for Restore {
            fn drop(&mut self) {
                WATCHED.set(self.0.take());
            }
        }
        let _restore = Restore(WATCHED.replace(Some(Arc::clone(self))));
        body()
    }

    /// Rows read so far, and events that were put in order after that; of a check or merge, events. To within 4,096.
    pub fn steps(&self) -> u64 {
        self.steps.load(Relaxed)
    }

    /// End it with [`Error::Stopped`] at the next look; nothing is written then.
    pub fn stop(&self) {
        self.stop.store(true, Relaxed);
    }
}

/// A conversion's side of [`Progress`].
#[derive(Debug)]
pub struct Told {
    to: Option<Arc<Progress>>,
    steps: u64,
}

impl Told {
    /// To whoever watches this thread.
    pub fn new() -> Self {
        Self { to: WATCHED.with_borrow(Clone::clone), steps: 0 }
    }

    /// One step more.
    ///
    /// # Errors
    /// The conversion was told to stop.
    #[inline]
    pub fn step(&mut self) -> Result<(), Error> {
        self.steps += 1;
        if self.steps.is_multiple_of(EVERY) { self.look() } else { Ok(()) }
    }

    /// Tell how far it is, without a step.
    ///
    /// # Errors
    /// The work was told to stop.
    #[cold]
    pub fn look(&self) -> Result<(), Error> {
        let Some(progress) = &self.to else { return Ok(()) };
        progress.steps.store(self.steps, Relaxed);
        if progress.stop.load(Relaxed) { Err(Error::Stopped) } else { Ok(()) }
    }
}
