use quantrl_feed::{Event, Kind, flag};
use quantrl_lob::{Book, Side};

use crate::tick::own::fitted::Vanished;

/// Where a virtual order stands in its true queue.
#[derive(Clone, Copy, Debug)]
pub(super) struct Witness {
    pub side: Side,
    pub tick: i32,
    /// Orders of its price with a smaller stamp are ahead.
    place: u32,
    /// Their lots.
    pub ahead: u64,
}

impl Witness {
    /// At the tail of a price.
    pub fn at(book: &Book, side: Side, tick: i32) -> Self {
        let tail = book.level(side, tick).and_then(|level| book.order(level.tail));
        let place = tail.map_or(0, |order| order.prio.saturating_add(1));
        Self { side, tick, place, ahead: book.lots(side, tick) }
    }
}

/// What an event takes out of a queue.
struct Leaving {
    side: Side,
    tick: i32,
    prio: u32,
    lots: u64,
    /// Whether level sums show it as a fall without a trade.
    is_cancel: bool,
}

/// Before the book has applied `event`: count what it cancels for every witness of its price, and move those behind it up.
pub(super) fn see<'a>(
    book: &Book,
    event: &Event,
    witnesses: impl Iterator<Item = &'a mut Witness>,
    vanished: &mut Vanished,
) {
    let Some(leaving) = leaving(book, event) else { return };
    let Leaving { side, tick, prio, lots, is_cancel } = leaving;
    let level = book.lots(side, tick);
    for witness in witnesses.filter(|witness| witness.side == side && witness.tick == tick) {
        let is_behind = prio >= witness.place;
        if is_cancel {
            vanished.count(witness.ahead, level.saturating_sub(witness.ahead), lots, is_behind);
        }
        if !is_behind {
            witness.ahead = witness.ahead.saturating_sub(lots);
        }
    }
}

fn leaving(book: &Book, event: &Event) -> Option<Leaving> {
    let kind = Kind::of(event.kind)?;
    if !kind.has_slot() || kind == Kind::Add {
        return None;
    }
    let (level, order) = (book.level_of(event.slot)?, book.order(event.slot)?);
    let (side, tick) = (level.side, level.tick);
    let stays = event.tick == tick;
    let (lots, is_cancel) = match kind {
        Kind::Reduce => (event.qty.min(order.qty), true),
        Kind::Delete => (order.qty, true),
        Kind::Exec => (event.qty.min(order.qty), false),
        Kind::Amend if stays && event.has(flag::KEEPS_PRIORITY) => {
            (order.qty.saturating_sub(event.qty), true)
        }
        // To the tail of its own price: the sum hardly shows it.
        Kind::Amend | Kind::Replace => (order.qty, !stays),
        _ => return None,
    };
    (lots > 0).then_some(Leaving { side, tick, prio: order.prio, lots: u64::from(lots), is_cancel })
}
