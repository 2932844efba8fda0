//! The strategy's side of the feed: a book at receive time, brought up to date when something reads it.

use quantrl_feed::{Books, Error as FileError, Event, Place, Replay};
use quantrl_lob::Fault;

use super::clock::NEVER;
use super::error::Error;
use super::own::replayed;
use super::plan::Plan;

/// Events received and the books after them. Without books of its own where events are received as they happen.
#[derive(Clone, Debug)]
pub struct Local {
    books: Option<Books>,
    at: usize,
}

impl Local {
    /// Before the first event; `books` are empty ones.
    pub fn new(plan: &Plan, books: &Books) -> Self {
        Self { books: (!plan.is_shared()).then(|| books.clone()), at: 0 }
    }

    /// Room for `levels` a side of each instrument.
    pub fn reserve(&mut self, levels: usize) {
        self.books.iter_mut().for_each(|books| books.reserve(levels));
    }

    /// Room for orders in slots below `slots` of each instrument.
    pub fn admit(&mut self, slots: &[u32]) {
        self.books.iter_mut().for_each(|books| books.admit(slots));
    }

    /// The first `skipped` events, received already, are no longer counted.
    pub fn skip(&mut self, skipped: usize) {
        self.at -= skipped;
    }

    /// As saved.
    pub fn restored(books: Option<Books>, at: usize) -> Self {
        Self { books, at }
    }

    /// After every event received by `now`. From a checkpoint where events are received in file order.
    pub fn sought(plan: &Plan, empty: &Books, now: i64) -> Result<Self, Error> {
        let mut local = Self::new(plan, empty);
        if plan.in_file_order() && local.books.is_some() {
            let mut replay = Replay::new(&**plan.file());
            let at = plan.events().iter().take_while(|b| plan.received(&Event::of_bytes(b)) <= now).count();
            replay.seek(at as u64)?;
            local = Self { books: Some(replay.books().clone()), at };
        }
        local.sync(plan, now)?;
        Ok(local)
    }

    /// Own books.
    #[inline]
    pub fn books(&self) -> Option<&Books> {
        self.books.as_ref()
    }

    /// Events received by the time of the last `sync`.
    #[inline]
    pub fn at(&self) -> usize {
        self.at
    }

    /// Take in every event received by `now`. Where books are shared the caller counts the events.
    #[inline]
    pub fn sync(&mut self, plan: &Plan, now: i64) -> Result<(), Error> {
        let Some(books) = &mut self.books else {
            return Ok(());
        };
        if let (Some(lag), true) = (plan.lag(), plan.in_file_order()) {
            let events = plan.events().get(self.at..).unwrap_or(&[]);
            let until = now.saturating_sub(lag).saturating_add(1);
            let (applied, fault) = match replayed(books, events, until) {
                Ok(stopped) => (stopped.events, None),
                Err((applied, fault)) => (applied, Some(fault)),
            };
            self.at += applied;
            return fault.map_or(Ok(()), |fault| Err(refused(plan, self.at, fault)));
        }
        if plan.in_file_order() {
            for bytes in plan.events().get(self.at..).unwrap_or(&[]) {
                let event = Event::of_bytes(bytes);
                if plan.received(&event) > now {
                    break;
                }
                books.apply(&event).map_err(|fault| refused(plan, self.at, fault))?;
                self.at += 1;
            }
            return Ok(());
        }
        while let Some(event) = plan.nth(self.at) {
            if plan.received(&event) > now {
                break;
            }
            books.apply(&event).map_err(|fault| refused(plan, self.at, fault))?;
            self.at += 1;
        }
        Ok(())
    }

    /// The books shared with the exchange have taken in `at` events.
    #[inline]
    pub fn follow(&mut self, at: usize) {
        if self.books.is_none() {
            self.at = at;
        }
    }

    /// When event number `ahead` from here is received, at least `now`; `NEVER` where the file ends before it.
    pub fn time_of(&self, plan: &Plan, now: i64, ahead: usize) -> i64 {
        if self.at + ahead >= plan.events().len() {
            return NEVER;
        }
        (self.at..=self.at + ahead)
            .filter_map(|nth| plan.nth(nth))
            .map(|e| plan.received(&e))
            .fold(now, i64::max)
    }

    /// Latency of the newest event received, ns; 0 before the first where latencies differ.
    pub fn latency(&self, plan: &Plan) -> i64 {
        if let Some(lag) = plan.lag() {
            return lag;
        }
        let newest = self.at.checked_sub(1).and_then(|nth| plan.nth(nth));
        newest.map_or(0, |event| plan.received(&event) - event.ts_exch)
    }
}

/// A book refused an event, as only happens with a damaged file.
#[cold]
pub fn refused(plan: &Plan, at: usize, fault: Fault) -> Error {
    let error = FileError::data(Place::Event(at as u64), "slot", "an event the book takes", fault);
    error.in_file(plan.file().name()).into()
}
