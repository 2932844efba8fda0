use quantrl_feed::{Books, Event, Kind, side_of};
use quantrl_lob::Fault;

use crate::tick::Stopped;

/// Apply events with an exchange time below `until` to books alone.
///
/// # Errors
/// Number of the refused event in `events` and why; the books stay before it.
#[inline]
pub(crate) fn replayed(
    books: &mut Books,
    events: &[[u8; Event::SIZE]],
    until: i64,
) -> Result<Stopped, (usize, Fault)> {
    let instruments = books.len();
    for (i, bytes) in events.iter().enumerate() {
        let event = Event::of_bytes(bytes);
        if event.ts_exch >= until {
            return Ok(Stopped { events: i, reported: false });
        }
        if usize::from(event.instr) >= instruments {
            return Err((i, Fault::OutOfRange(event.slot)));
        }
        match books {
            // Most events of such a file.
            Books::Levels(books) if event.kind == Kind::Level as u8 => {
                books[usize::from(event.instr)].set(side_of(event.flags), event.tick, event.lots());
            }
            _ => books.apply(&event).map_err(|fault| (i, fault))?,
        }
    }
    Ok(Stopped { events: events.len(), reported: false })
}
