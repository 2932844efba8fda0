//! Many events at once onto books of orders, where nobody sees the books in between.

use std::hint::select_unpredictable;

use quantrl_lob::{Book, Fault, Loose};

use crate::books::side_of;
use crate::event::{Event, Kind, flag};

/// Why a jump ended early: the events applied, and what the books refused of the next; None: its instrument.
pub type Refused = (usize, Option<Fault>);

/// Apply `events`; where one is refused, those before it. The books are as after `Books::apply` of each.
///
/// Queues are made once, at the end, so this pays where there are more events than slots.
/// O(events + slots + orders log orders).
pub fn jump(books: &mut Vec<Book>, events: &[[u8; Event::SIZE]]) -> Result<(), Refused> {
    let mut loose: Vec<Loose> = std::mem::take(books).into_iter().map(Book::loosened).collect();
    let end = events.iter().zip(0..).try_for_each(|(bytes, i)| {
        let event = Event::of_bytes(bytes);
        let book = loose.get_mut(usize::from(event.instr)).ok_or((i, None))?;
        apply(book, &event).map_err(|fault| (i, Some(fault)))
    });
    *books = loose.into_iter().map(Loose::queued).collect();
    end
}

#[inline]
fn apply(book: &mut Loose, event: &Event) -> Result<(), Fault> {
    let Event { slot, tick, qty, aux, flags, .. } = *event;
    match Kind::of(event.kind) {
        Some(kind @ (Kind::Add | Kind::Reduce | Kind::Delete | Kind::Exec)) => {
            let lots = select_unpredictable(kind == Kind::Delete, u32::MAX, qty);
            book.change(kind == Kind::Add, slot, u64::from(slot), (side_of(flags), tick), lots)
        }
        Some(Kind::Amend) => book.amend(slot, tick, qty, flags & flag::KEEPS_PRIORITY != 0),
        Some(Kind::Replace) => book.replace(slot, aux, u64::from(aux), tick, qty),
        Some(Kind::Clear | Kind::SnapBegin) => {
            book.clear();
            Ok(())
        }
        _ => Ok(()),
    }
}
