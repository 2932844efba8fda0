//! Books of a leg at even distances, so that none is far from where an order needs one.

use std::sync::{Arc, OnceLock};

use quantrl_feed::{Books, Replay};

use crate::Error;
use crate::pair::tape::Source;

/// Least events between two, and most of them a leg.
const EVERY: u64 = 4_096;
const MOST: u64 = 256;
/// [`Marks::check`] has found them so.
const SOUND: &str = "events of a worked tape are sound";

/// Made when the first order needs them; files of single orders have their own.
#[derive(Debug, Default)]
pub struct Marks {
    books: [OnceLock<Vec<(u64, Books)>>; 2],
    sound: OnceLock<()>,
}

impl Marks {
    /// Whether every event and every books saved beside them are sound, looked at once. O(events).
    ///
    /// # Errors
    /// The first that is not.
    pub fn check(&self, sources: &[Source; 2]) -> Result<(), Error> {
        if self.sound.get().is_some() {
            return Ok(());
        }
        let [one, two] = sources;
        let files = [Some(&one.file), Some(&two.file).filter(|file| !Arc::ptr_eq(&one.file, file))];
        for file in files.into_iter().flatten() {
            quantrl_feed::check(file).map_err(|error| Error::Data(error.to_string()))?;
        }
        let _ = self.sound.set(());
        Ok(())
    }

    /// Books before the first event with an exchange time of at least `ts`, and its number.
    pub fn before(&self, leg: usize, source: &Source, ts: i64) -> (u64, Books) {
        let file = &*source.file;
        let (target, mut replay) = (file.at_ts(ts), Replay::new(file));
        if file.header().level >= 3 {
            replay.seek(target).expect(SOUND);
            return (target, replay.books().clone());
        }
        let marks = self.books[leg].get_or_init(|| {
            let every = EVERY.max(file.len() / MOST);
            let mark = |nth: u64| {
                replay.run_to(nth * every).expect(SOUND);
                (replay.at(), replay.books().clone())
            };
            (0..=file.len() / every).map(mark).collect()
        });
        let last = marks.partition_point(|(at, _)| *at <= target).saturating_sub(1);
        let (mut at, mut books) = marks[last].clone();
        for event in (at..target).filter_map(|nth| file.get(nth)) {
            books.apply(&event).expect(SOUND);
            at += 1;
        }
        (at, books)
    }
}
