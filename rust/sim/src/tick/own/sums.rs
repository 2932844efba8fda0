use quantrl_feed::Books;
use quantrl_lob::{L2Book, Side};

use super::front::Front;
use super::history::History;
use super::saved::Reader;
use crate::tick::Error;

/// Level sums as own orders see them.
pub(super) struct Sums<'a> {
    books: &'a [L2Book],
    best_only: bool,
}

impl<'a> Sums<'a> {
    pub fn of(books: &'a Books) -> Self {
        match books {
            Books::Levels(books) => Self { books, best_only: false },
            Books::Best(books) => Self { books, best_only: true },
            Books::Orders(_) => Self { books: &[], best_only: false },
        }
    }
}

impl History for Sums<'_> {
    type Place = Front;

    fn depth(&self, instr: u16, side: Side) -> impl Iterator<Item = (i32, u64)> + '_ {
        self.books[usize::from(instr)].depth(side)
    }

    fn join(&self, instr: u16, side: Side, tick: i32) -> Front {
        let book = &self.books[usize::from(instr)];
        match book.best(side) {
            Some((best, _)) if self.best_only && side.key(best) > side.key(tick) => Front::UNSEEN,
            _ => Front::behind(book.lots(side, tick)),
        }
    }

    fn ahead(&self, _: u16, _: Side, _: i32, place: Front) -> u64 {
        place.lots()
    }

    fn save(&self, _: u16, _: Side, _: i32, place: Front, out: &mut Vec<u8>) {
        out.extend(place.ahead.to_bits().to_le_bytes());
        out.extend(place.traded.to_bits().to_le_bytes());
    }

    fn load(&self, _: u16, _: Side, _: i32, from: &mut Reader<'_>) -> Result<Front, Error> {
        let ahead = f64::from_bits(from.u64("ahead")?);
        let traded = f64::from_bits(from.u64("traded")?);
        if ahead.is_nan() {
            return Err(Error::saved("ahead", "a number of lots", ahead));
        }
        if !(traded.is_finite() && traded >= 0.0) {
            return Err(Error::saved("traded", "0 or more lots", traded));
        }
        Ok(Front { ahead, traded })
    }
}
