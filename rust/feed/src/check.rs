use crate::books::Books;
use crate::checkpoint;
use crate::error::{Error, Place};
use crate::event::{Kind, flag};
use crate::file::EventFile;
use crate::progress::Told;
use crate::quality::Quality;
use crate::replay::Replay;
use crate::spans::Spans;

/// Replay a whole file: the spans and purged levels of its books, counted anew, and every checkpoint compared with
/// the books it stands for.
///
/// # Errors
/// An event the book refuses, a checkpoint that differs, or told to stop. O(events).
pub fn check(file: &EventFile) -> Result<Quality, Error> {
    let mut quality = Quality { events: file.len(), ..Quality::default() };
    let mut spans = Spans::default();
    let mut replay = Replay::new(file);
    let mut entries = file.checkpoints().iter().peekable();
    let mut books = Vec::new();
    let mut told = Told::new();
    while let Some(event) = replay.step()? {
        told.step()?;
        if event.has(flag::LAST) {
            spans.judge(replay.books(), usize::from(event.instr), event.ts_exch, &mut quality);
        }
        quality.off_grid += u64::from(off_step(file, &event));
        if let Some(entry) = entries.next_if(|entry| entry.event == replay.at()) {
            checkpoint::saved(replay.books(), &mut books);
            if !same(replay.books(), &books, file.checkpoint(*entry)) || entry.ts != event.ts_exch {
                let place = Place::Event(entry.event);
                return Err(
                    Error::data(place, "checkpoint", "the books as replayed", "others").in_file(file.name())
                );
            }
        }
    }
    spans.close(file.header().last_ts, &mut quality);
    quality.purged_levels = replay.books().purged();
    Ok(quality)
}

/// Stamps of orders count only by their order, which the rows' order gives already.
fn same(books: &Books, ours: &[u8], theirs: &[u8]) -> bool {
    let Books::Orders(_) = books else { return ours == theirs };
    ours.len() == theirs.len()
        && ours.chunks(16).zip(theirs.chunks(16)).all(|(a, b)| a[..12.min(a.len())] == b[..12.min(b.len())])
}

/// Whether an event puts lots on a price that the venue does not take.
fn off_step(file: &EventFile, event: &crate::Event) -> bool {
    let resting = matches!(Kind::of(event.kind), Some(Kind::Add | Kind::Amend | Kind::Replace | Kind::Level));
    let instrument = &file.instruments()[usize::from(event.instr)];
    resting
        && instrument.base_tick.saturating_add(i64::from(event.tick)).rem_euclid(i64::from(instrument.step))
            != 0
}
