use quantrl_feed::{Event, Kind, NO_SLOT, flag, side_of};
use quantrl_lob::{Book, Side};

/// A price that an event changes.
type Price = Option<(Side, i32)>;

/// Prices that an event of orders changes, at most two. Before the book has applied it.
pub(super) fn touched(book: &Book, event: &Event) -> [Price; 2] {
    let old = || book.level_of(event.slot).map(|level| (level.side, level.tick));
    match Kind::of(event.kind) {
        Some(Kind::Add) => [Some((side_of(event.flags), event.tick)), None],
        Some(Kind::Reduce | Kind::Delete | Kind::Exec) => [old(), None],
        Some(Kind::Amend | Kind::Replace) => {
            let from = old();
            [from, from.map(|(side, _)| (side, event.tick)).filter(|&to| Some(to) != from)]
        }
        _ => [None; 2],
    }
}

/// What a feed of level sums would have said of an event: its trade, then the lots of each price it changed. After the
/// book has applied it.
pub(super) fn derive(book: &Book, event: &Event, touched: [Price; 2], out: &mut Vec<Event>) {
    out.clear();
    let blank = Event { slot: NO_SLOT, qty: 0, aux: 0, ..*event };
    match Kind::of(event.kind) {
        Some(Kind::Exec) => {
            if let [Some((side, tick)), _] = touched {
                out.push(Event {
                    kind: Kind::Trade as u8,
                    tick,
                    qty: event.qty,
                    flags: of(side.opposite()),
                    ..blank
                });
            }
        }
        Some(Kind::Print) if event.has(flag::HIDDEN) => {
            let flags = if event.has(flag::SIDE_KNOWN) { of(side_of(event.flags).opposite()) } else { 0 };
            out.push(Event { kind: Kind::Trade as u8, qty: event.qty, flags, ..blank });
        }
        Some(Kind::Clear | Kind::SnapBegin) => out.push(*event),
        _ => {}
    }
    for (side, tick) in touched.into_iter().flatten() {
        let lots = book.lots(side, tick);
        let (qty, aux) = (lots as u32, (lots >> 32) as u32);
        out.push(Event { kind: Kind::Level as u8, tick, qty, aux, flags: of(side), ..blank });
    }
}

fn of(side: Side) -> u8 {
    flag::SIDE_KNOWN | if side == Side::Sell { flag::SELL } else { 0 }
}
