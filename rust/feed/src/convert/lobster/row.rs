use quantrl_lob::Side;

use crate::convert::rows::{Reader, fields};
use crate::decimal::{seconds_to_nanos, whole};
use crate::error::{Error, Place, printable};

/// One line of a message file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message {
    /// Nanoseconds after midnight.
    pub time: i64,
    /// 1 to 7.
    pub kind: u8,
    /// 0 where there is none.
    pub id: u64,
    /// Shares.
    pub size: u32,
    /// Ticks of 1e-4; of a type 7 the phase.
    pub price: i64,
    /// Of the resting order.
    pub side: Side,
}

#[cold]
fn bad(row: u64, field: &'static str, expected: &'static str, got: &[u8]) -> Error {
    Error::data(Place::Row(row), field, expected, printable(got))
}

/// Latest time of a message.
const LATEST: i64 = 48 * 3_600_000_000_000;

/// Nanoseconds of the last digit of a fraction of so many digits.
const FRACTION: [i64; 10] = [0, 100_000_000, 10_000_000, 1_000_000, 100_000, 10_000, 1_000, 100, 10, 1];

impl Message {
    /// What [`Message::parse`] gives for a line of the usual form; None for others, right or wrong.
    #[inline]
    pub fn read(text: &mut Reader<'_>) -> Option<Self> {
        let seconds = i64::try_from(text.number()?).ok().filter(|s| *s < LATEST / 1_000_000_000)?;
        let (fraction, digits) = if text.eat(b'.') { text.digits()? } else { (0, 0) };
        let time = seconds * 1_000_000_000 + fraction.cast_signed() * FRACTION.get(digits)?;
        let kind = text.comma().then(|| text.byte()).flatten()?.wrapping_sub(b'0');
        let id = text.comma().then(|| text.number()).flatten()?;
        let size = text.comma().then(|| text.number()).flatten()?;
        let price = text.comma().then(|| text.signed()).flatten()?;
        let side = if text.comma() && text.eat(b'-') { Side::Sell } else { Side::Buy };
        let whole = matches!(kind, 1..=7) && text.eat(b'1');
        whole.then_some(Self { time, kind, id, size: u32::try_from(size).ok()?, price, side })
    }

    /// From `time,type,order_id,size,price,direction`.
    ///
    /// # Errors
    /// Another number of fields, or a field that is no number in its range.
    #[inline]
    pub fn parse(line: &[u8], row: u64) -> Result<Self, Error> {
        let [time, kind, id, size, price, direction] = fields::<6>(line, row)?;
        Ok(Self {
            time: seconds_to_nanos(time)
                .ok()
                .filter(|ns| *ns <= LATEST)
                .ok_or_else(|| bad(row, "time", "seconds after midnight", time))?,
            kind: match kind {
                [digit @ b'1'..=b'7'] => digit - b'0',
                _ => return Err(bad(row, "type", "1 to 7", kind)),
            },
            id: whole(id)
                .ok()
                .and_then(|n| u64::try_from(n).ok())
                .ok_or_else(|| bad(row, "order_id", "a whole number", id))?,
            size: whole(size)
                .ok()
                .and_then(|n| u32::try_from(n).ok())
                .ok_or_else(|| bad(row, "size", "0 to 2^32 - 1", size))?,
            price: whole(price).map_err(|_| bad(row, "price", "a whole number", price))?,
            side: match direction {
                b"1" => Side::Buy,
                b"-1" => Side::Sell,
                _ => return Err(bad(row, "direction", "1 or -1", direction)),
            },
        })
    }
}

/// Levels that a row of the orderbook file shows: price in ticks of 1e-4 and shares, best first, bids then asks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shown {
    /// By side.
    pub sides: [Vec<(i64, u64)>; 2],
    /// Levels a row has room for.
    pub room: usize,
}

/// Price of a level that is not there, with its sign by side.
const NO_PRICE: u64 = 9_999_999_999;

impl Shown {
    /// Levels in a line, by its number of fields.
    ///
    /// # Errors
    /// A number of fields that is no positive multiple of four.
    pub fn room_of(line: &[u8], row: u64) -> Result<usize, Error> {
        let fields = 1 + line.iter().filter(|&&b| b == b',').count();
        if fields % 4 == 0 {
            return Ok(fields / 4);
        }
        Err(Error::data(
            Place::Row(row),
            "orderbook row",
            "four fields a level",
            format_args!("{fields} fields"),
        ))
    }

    /// From `ask price, ask size, bid price, bid size`, level by level, into the memory of `self`.
    ///
    /// # Errors
    /// Another number of fields, one that is no number, or levels that are not in order.
    pub fn parse(&mut self, line: &[u8], row: u64) -> Result<(), Error> {
        let wrong = || bad(row, "orderbook row", "as many fields as the first row", line);
        self.sides.iter_mut().for_each(Vec::clear);
        let mut fields = line.split(|&byte| byte == b',');
        for _ in 0..self.room {
            for side in [Side::Sell, Side::Buy] {
                let (price, size) = fields.next().zip(fields.next()).ok_or_else(wrong)?;
                let tick = whole(price).map_err(|_| bad(row, "level price", "a whole number", price))?;
                let lots = whole(size)
                    .ok()
                    .and_then(|n| u32::try_from(n).ok())
                    .ok_or_else(|| bad(row, "level size", "0 to 2^32 - 1", size))?;
                if !self.push(side, tick, lots) {
                    return Err(Error::data(Place::Row(row), "level price", "levels best first", tick));
                }
            }
        }
        if fields.next().is_some() { Err(wrong()) } else { Ok(()) }
    }

    /// What [`Shown::parse`] gives for a line of the usual form; None for others, right or wrong.
    #[inline]
    pub fn read(&mut self, text: &mut Reader<'_>) -> Option<()> {
        self.sides.iter_mut().for_each(Vec::clear);
        for level in 0..self.room {
            for side in [Side::Sell, Side::Buy] {
                if (level > 0 || side == Side::Buy) && !text.comma() {
                    return None;
                }
                let tick = text.signed()?;
                let lots = text.comma().then(|| text.number()).flatten()?;
                if !self.push(side, tick, u32::try_from(lots).ok()?) {
                    return None;
                }
            }
        }
        (self.room > 0).then_some(())
    }

    /// A level, unless there is none; whether it is worse than the last.
    #[inline]
    fn push(&mut self, side: Side, tick: i64, lots: u32) -> bool {
        if lots == 0 || tick.unsigned_abs() == NO_PRICE {
            return true;
        }
        let levels = &mut self.sides[side as usize];
        let worse = levels.last().is_none_or(|&(last, _)| better(side, last, tick));
        levels.push((tick, u64::from(lots)));
        worse
    }

    /// The worst price below which nothing can be seen; None where the whole side is shown.
    pub fn edge(&self, side: Side) -> Option<i64> {
        let levels = &self.sides[side as usize];
        levels.last().filter(|_| levels.len() == self.room).map(|&(tick, _)| tick)
    }
}

/// Whether `a` is a better price than `b`.
#[inline]
pub fn better(side: Side, a: i64, b: i64) -> bool {
    match side {
        Side::Buy => a > b,
        Side::Sell => a < b,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message() {
        let message = Message::parse(b"34200.18960767,1,11885113,21,2238100,1", 0).unwrap();
        let expected = Message {
            time: 34_200_189_607_670,
            kind: 1,
            id: 11_885_113,
            size: 21,
            price: 2_238_100,
            side: Side::Buy,
        };
        assert_eq!(message, expected);
        for line in [
            "",
            "1,1,1,1,1",
            "1,1,1,1,1,1,1",
            "x,1,1,1,1,1",
            "1,8,1,1,1,1",
            "1,1,-1,1,1,1",
            "1,1,1,-1,1,1",
            "1,1,1,4294967296,1,1",
            "1,1,1,1,NaN,1",
            "1,1,1,1,1,0",
            "1,1,1,1e3,1,1",
            "172801,1,1,1,1,1",
        ] {
            let error = Message::parse(line.as_bytes(), 9).unwrap_err().to_string();
            assert!(error.starts_with("-, row 9: "), "{line}: {error}");
        }
    }

    #[test]
    fn shown_levels() {
        let line = b"101,5,100,7,103,2,-9999999999,0";
        let mut shown = Shown { room: Shown::room_of(line, 0).unwrap(), ..Shown::default() };
        shown.parse(line, 0).unwrap();
        assert_eq!(shown.sides, [vec![(100, 7)], vec![(101, 5), (103, 2)]]);
        assert_eq!((shown.edge(Side::Buy), shown.edge(Side::Sell)), (None, Some(103)));
        for line in ["101,5,100,7", "101,5,100,7,101,2,99,1", "101,5,100,7,103,-2,99,1", "1,1,1,1,2,2,0,1,1"]
        {
            assert!(shown.parse(line.as_bytes(), 0).is_err(), "{line}");
        }
        assert!(Shown::room_of(b"1,2,3", 0).is_err());
    }
}
