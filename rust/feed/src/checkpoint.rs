//! Books as bytes: for each instrument a head of four words, then a row of 16 bytes for each order or level.
//!
//! Orders stand level by level, best first, in queue order: slot, tick, lots, stamp. Levels: tick, 0, lots.

use quantrl_lob::{Book, L2Book, Order, Side};

use crate::books::Books;
use crate::error::{Error, Place};

/// The books' state. O(orders or levels).
pub fn saved(books: &Books, out: &mut Vec<u8>) {
    out.clear();
    match books {
        Books::Orders(books) => books.iter().zip(0..).for_each(|(book, i)| save_orders(book, i, out)),
        Books::Levels(books) | Books::Best(books) => {
            books.iter().zip(0..).for_each(|(book, i)| save_levels(book, i, out));
        }
    }
}

fn put(out: &mut Vec<u8>, words: [u32; 4]) {
    out.extend(words.iter().flat_map(|word| word.to_le_bytes()));
}

fn save_orders(book: &Book, instr: u32, out: &mut Vec<u8>) {
    let count = |side| book.depth(side).map(|level| level.count).sum::<u32>();
    let [bids, asks] = Side::BOTH.map(count);
    if bids + asks == 0 {
        return;
    }
    put(out, [instr, bids, asks, 0]);
    for level in Side::BOTH.iter().flat_map(|&side| book.depth(side)) {
        for (slot, order) in book.queue(level) {
            put(out, [slot, level.tick.cast_unsigned(), order.qty, order.prio]);
        }
    }
}

fn save_levels(book: &L2Book, instr: u32, out: &mut Vec<u8>) {
    let [bids, asks] = Side::BOTH.map(|side| book.level_count(side) as u32);
    if bids + asks == 0 {
        return;
    }
    put(out, [instr, bids, asks, 0]);
    for (tick, lots) in Side::BOTH.iter().flat_map(|&side| book.depth(side)) {
        put(out, [tick.cast_unsigned(), 0, lots as u32, (lots >> 32) as u32]);
    }
}

/// Fill empty books from what `saved` wrote before `event`.
///
/// # Errors
/// Anything `saved` does not write: rows missing or left over, an instrument twice, a slot out of range or taken.
pub fn restored(bytes: &[u8], books: &mut Books, event: u64) -> Result<(), Error> {
    let bad = |got: &dyn std::fmt::Display| {
        Error::data(Place::Event(event), "checkpoint", "books as they are saved", got)
    };
    let (rows, rest) = bytes.as_chunks::<16>();
    if !rest.is_empty() {
        return Err(bad(&format_args!("{} bytes", bytes.len())));
    }
    let words = |row: &[u8; 16]| -> [u32; 4] {
        std::array::from_fn(|i| u32::from_le_bytes(std::array::from_fn(|j| row[4 * i + j])))
    };
    let mut rows = rows.iter().map(words);
    let mut next = 0;
    while let Some([instr, bids, asks, _]) = rows.next() {
        if instr < next || instr as usize >= books.len() {
            return Err(bad(&format_args!("instrument {instr}")));
        }
        next = instr + 1;
        for (side, count) in Side::BOTH.into_iter().zip([bids, asks]) {
            for _ in 0..count {
                let row = rows.next().ok_or_else(|| bad(&"too few rows"))?;
                restore_row(books, instr as usize, side, row).map_err(|what| bad(&what))?;
            }
        }
    }
    Ok(())
}

fn restore_row(books: &mut Books, instr: usize, side: Side, row: [u32; 4]) -> Result<(), String> {
    match books {
        Books::Orders(books) => {
            let [slot, tick, qty, prio] = row;
            let order = Order { id: u64::from(slot), qty, prio, ..Order::FREE };
            books[instr].restore(slot, order, side, tick.cast_signed()).map_err(|fault| fault.to_string())
        }
        Books::Levels(books) | Books::Best(books) => {
            let [tick, zero, low, high] = row;
            let lots = u64::from(high) << 32 | u64::from(low);
            let (book, tick) = (&mut books[instr], tick.cast_signed());
            let before = book.purged();
            if zero != 0 || lots == 0 || book.set(side, tick, lots) != 0 || book.purged() != before {
                return Err(format!("a level of {lots} lots at {tick}"));
            }
            Ok(())
        }
    }
}
