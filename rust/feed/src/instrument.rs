use crate::decimal::Decimal;
use crate::error::{Error, Place};

/// A positive fraction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rational {
    /// Numerator, above 0.
    pub num: u64,
    /// Denominator, above 0.
    pub den: u64,
}

impl Rational {
    /// One.
    pub const ONE: Self = Self { num: 1, den: 1 };

    /// As f64, for outputs.
    pub fn to_f64(self) -> f64 {
        self.num as f64 / self.den as f64
    }
}

impl From<Decimal> for Rational {
    fn from(decimal: Decimal) -> Self {
        Self { num: decimal.digits, den: 10u64.pow(u32::from(decimal.scale)) }
    }
}

/// One row of the instrument table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instrument {
    /// Venue's symbol, at most 64 bytes.
    pub symbol: String,
    /// Price of one tick, in quote currency.
    pub tick_size: Rational,
    /// Size of one lot, in units of the instrument.
    pub lot_size: Rational,
    /// Value of one unit per unit of price.
    pub multiplier: Rational,
    /// Ticks between prices the venue takes.
    pub step: u32,
    /// Tick that stored ticks are relative to.
    pub base_tick: i64,
    /// Slots that replay needs: the most orders ever live at once.
    pub max_live: u32,
    /// Whether profit is paid in the base currency.
    pub inverse: bool,
}

const SYMBOL: usize = 64;

impl Instrument {
    /// Bytes of a row.
    pub const SIZE: usize = SYMBOL + 48 + 8 + 4 + 4 + 8;

    /// A linear instrument with multiplier 1, step 1 and base 0.
    pub fn new(symbol: &str, tick_size: Decimal, lot_size: Decimal) -> Self {
        Self {
            symbol: symbol.to_owned(),
            tick_size: tick_size.into(),
            lot_size: lot_size.into(),
            multiplier: Rational::ONE,
            step: 1,
            base_tick: 0,
            max_live: 0,
            inverse: false,
        }
    }

    /// As stored.
    ///
    /// # Errors
    /// A symbol that is empty, longer than 64 bytes, or holds control characters.
    pub fn to_bytes(&self) -> Result<[u8; Self::SIZE], Error> {
        if !symbol_is_sane(&self.symbol) {
            return Err(Error::config("symbol", "1 to 64 bytes of printable text", &self.symbol));
        }
        let mut out = [0; Self::SIZE];
        out[..self.symbol.len()].copy_from_slice(self.symbol.as_bytes());
        let mut at = SYMBOL;
        let mut put = |bytes: &[u8]| {
            out[at..at + bytes.len()].copy_from_slice(bytes);
            at += bytes.len();
        };
        for rational in [self.tick_size, self.lot_size, self.multiplier] {
            put(&rational.num.to_le_bytes());
            put(&rational.den.to_le_bytes());
        }
        put(&self.base_tick.to_le_bytes());
        put(&self.step.to_le_bytes());
        put(&self.max_live.to_le_bytes());
        put(&[u8::from(self.inverse)]);
        Ok(out)
    }

    /// From stored bytes; `row` is for the error.
    ///
    /// # Errors
    /// A symbol that is no text, a fraction with a zero, step 0, or a mark that is neither 0 nor 1.
    pub fn of_bytes(bytes: &[u8; Self::SIZE], row: u64) -> Result<Self, Error> {
        let bad = |field, expected: &str, got: String| Error::data(Place::Row(row), field, expected, got);
        let end = bytes[..SYMBOL].iter().position(|&b| b == 0).unwrap_or(SYMBOL);
        let symbol = std::str::from_utf8(&bytes[..end]).unwrap_or("");
        if !symbol_is_sane(symbol) || bytes[end..SYMBOL].iter().any(|&b| b != 0) {
            return Err(bad(
                "instrument.symbol",
                "printable text",
                crate::error::printable(&bytes[..SYMBOL]),
            ));
        }
        let long = |at: usize| u64::from_le_bytes(std::array::from_fn(|i| bytes[at + i]));
        let word = |at: usize| u32::from_le_bytes(std::array::from_fn(|i| bytes[at + i]));
        let rational = |field, i: usize| match (long(SYMBOL + 16 * i), long(SYMBOL + 16 * i + 8)) {
            (0, _) | (_, 0) => Err(bad(field, "a positive fraction", "a zero".into())),
            (num, den) => Ok(Rational { num, den }),
        };
        let (step, mark) = (word(SYMBOL + 56), &bytes[SYMBOL + 64..]);
        if step == 0 {
            return Err(bad("instrument.step", "at least 1", "0".into()));
        }
        if mark[0] > 1 || mark[1..].iter().any(|&b| b != 0) {
            return Err(bad("instrument.inverse", "0 or 1, then zeros", format!("{mark:?}")));
        }
        Ok(Self {
            symbol: symbol.to_owned(),
            tick_size: rational("instrument.tick_size", 0)?,
            lot_size: rational("instrument.lot_size", 1)?,
            multiplier: rational("instrument.multiplier", 2)?,
            step,
            base_tick: long(SYMBOL + 48).cast_signed(),
            max_live: word(SYMBOL + 60),
            inverse: mark[0] == 1,
        })
    }
}

fn symbol_is_sane(symbol: &str) -> bool {
    (1..=SYMBOL).contains(&symbol.len()) && !symbol.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        let tick = Decimal::parse("tick_size", "0.25").unwrap();
        let row = Instrument {
            step: 100,
            base_tick: -5,
            max_live: 9,
            inverse: true,
            ..Instrument::new("ESH1", tick, Decimal::ONE)
        };
        let bytes = row.to_bytes().unwrap();
        assert_eq!(Instrument::of_bytes(&bytes, 0).unwrap(), row);
        assert_eq!(row.tick_size, Rational { num: 25, den: 100 });
        for at in [0, 64, 72, 120, 128, 130] {
            let mut broken = bytes;
            broken[at..].fill(if at == 128 { 2 } else { 0 });
            if at == 130 {
                broken[at] = 1;
            }
            assert!(Instrument::of_bytes(&broken, 3).is_err(), "{at}");
        }
        assert!(Instrument::new(&"x".repeat(65), tick, tick).to_bytes().is_err());
        assert!(Instrument::new("a\nb", tick, tick).to_bytes().is_err());
    }
}
