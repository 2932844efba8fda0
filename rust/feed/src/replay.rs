//! An event file replayed onto books, from the start or from a checkpoint.

use std::ops::Deref;

use quantrl_lob::{Book, Fault, L2Book};

use crate::books::Books;
use crate::checkpoint;
use crate::error::{Error, Place};
use crate::event::Event;
use crate::file::{CheckpointEntry, EventFile};
use crate::jump::jump;

/// Books before event `at` of a borrowed or shared file.
#[derive(Clone, Debug)]
pub struct Replay<F> {
    file: F,
    books: Books,
    at: u64,
}

impl<F: Deref<Target = EventFile> + Clone> Replay<F> {
    /// Empty books, before the first event.
    pub fn new(file: F) -> Self {
        let books = empty(&file);
        Self { file, books, at: 0 }
    }

    /// The file.
    pub fn file(&self) -> &EventFile {
        &self.file
    }

    /// Events applied.
    pub fn at(&self) -> u64 {
        self.at
    }

    /// The books.
    pub fn books(&self) -> &Books {
        &self.books
    }

    /// The order-by-order book of an instrument; None below level 3.
    pub fn orders(&self, instr: usize) -> Option<&Book> {
        match &self.books {
            Books::Orders(books) => books.get(instr),
            _ => None,
        }
    }

    /// The level sums of an instrument; None at level 3.
    pub fn levels(&self, instr: usize) -> Option<&L2Book> {
        match &self.books {
            Books::Levels(books) | Books::Best(books) => books.get(instr),
            Books::Orders(_) => None,
        }
    }

    /// Apply the next event and return it; None at the end.
    ///
    /// # Errors
    /// An event the book refuses, as only a damaged file holds; the books stay before it.
    #[inline]
    pub fn step(&mut self) -> Result<Option<Event>, Error> {
        let Some(event) = self.file.get(self.at) else { return Ok(None) };
        self.apply(&event)?;
        Ok(Some(event))
    }

    #[inline]
    fn apply(&mut self, event: &Event) -> Result<(), Error> {
        if usize::from(event.instr) >= self.books.len() {
            return Err(self.refused(None));
        }
        if let Err(fault) = self.books.apply(event) {
            return Err(self.refused(Some(fault)));
        }
        self.at += 1;
        Ok(())
    }

    /// The error of the next event: its instrument, or what the book says.
    #[cold]
    fn refused(&self, fault: Option<Fault>) -> Error {
        let expected = "an event the book takes";
        let place = Place::Event(self.at);
        match fault {
            Some(fault) => Error::data(place, "slot", expected, fault),
            None => {
                Error::data(place, "instr", expected, self.file.get(self.at).map_or(0, |event| event.instr))
            }
        }
        .in_file(self.file.name())
    }

    /// Apply events until `at` have been applied.
    ///
    /// # Errors
    /// As `step`.
    pub fn run_to(&mut self, at: u64) -> Result<(), Error> {
        let file = self.file.clone();
        let end = at.min(file.len());
        for bytes in file.events().get(self.at as usize..end as usize).unwrap_or(&[]) {
            self.apply(&Event::of_bytes(bytes))?;
        }
        Ok(())
    }

    /// Books before event `at`, from the nearest checkpoint or from here where that is nearer.
    ///
    /// # Errors
    /// A position behind the last event, or a damaged file.
    pub fn seek(&mut self, at: u64) -> Result<(), Error> {
        self.approach(at)?;
        self.jump_to(at)
    }

    /// As `run_to`, all at once where that is cheaper: nobody sees the books in between.
    ///
    /// # Errors
    /// As `step`.
    pub fn jump_to(&mut self, at: u64) -> Result<(), Error> {
        let slots: u64 = self.file.instruments().iter().map(|row| u64::from(row.max_live)).sum();
        let end = at.min(self.file.len());
        let Books::Orders(books) = &mut self.books else { return self.run_to(at) };
        if end.saturating_sub(self.at) < slots {
            return self.run_to(at);
        }
        let events = self.file.events().get(self.at as usize..end as usize).unwrap_or(&[]);
        match jump(books, events) {
            Ok(()) => {
                self.at = end.max(self.at);
                Ok(())
            }
            Err((applied, fault)) => {
                self.at += applied as u64;
                Err(self.refused(fault))
            }
        }
    }

    /// The first half of `seek`: at the nearest checkpoint before event `at`, or here where that is nearer.
    ///
    /// # Errors
    /// A position behind the last event, or a damaged checkpoint.
    pub fn approach(&mut self, at: u64) -> Result<(), Error> {
        if at > self.file.len() {
            return Err(Error::config("event", format_args!("at most {}", self.file.len()), at));
        }
        let before = self.file.checkpoints().partition_point(|entry| entry.event <= at);
        let nearest = self.file.checkpoints()[..before].last().copied();
        let from = nearest.map_or(0, |entry| entry.event);
        if self.at > at || self.at < from { self.load(nearest) } else { Ok(()) }
    }

    /// Books before the first event with an exchange time of at least `ts`.
    ///
    /// # Errors
    /// A damaged file.
    pub fn seek_ts(&mut self, ts: i64) -> Result<(), Error> {
        self.seek(self.file.at_ts(ts))
    }

    fn load(&mut self, entry: Option<CheckpointEntry>) -> Result<(), Error> {
        let mut books = empty(&self.file);
        if let Some(entry) = entry {
            checkpoint::restored(self.file.checkpoint(entry), &mut books, entry.event)
                .map_err(|error| error.in_file(self.file.name()))?;
        }
        (self.books, self.at) = (books, entry.map_or(0, |entry| entry.event));
        Ok(())
    }
}

fn empty(file: &EventFile) -> Books {
    let slots: Vec<u32> = file.instruments().iter().map(|instrument| instrument.max_live).collect();
    Books::new(file.header().level, &slots)
}
