//! Decimal text to integers, never through a float.

use crate::error::{Error, printable};

/// A positive decimal: `digits * 10^-scale`, such as a tick size. No trailing zeros in `digits` unless `scale` is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decimal {
    /// Digits without the point.
    pub digits: u64,
    /// Digits behind the point.
    pub scale: u8,
}

/// Why decimal text gives no whole number of units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misfit {
    /// Not `[-]digits[.digits]`, or beyond 38 digits.
    Malformed,
    /// A number, yet no multiple of the unit.
    OffGrid,
    /// A multiple beyond 64 bits.
    Overflow,
}

/// Largest number of digits behind the point.
const MAX_SCALE: u8 = 18;

impl Decimal {
    /// One.
    pub const ONE: Self = Self { digits: 1, scale: 0 };

    /// From text such as `0.001`, named `argument` in an error.
    ///
    /// # Errors
    /// Text that is no positive decimal of at most 18 digits behind the point.
    pub fn parse(argument: &'static str, text: &str) -> Result<Self, Error> {
        let bad =
            || Error::config(argument, "a positive decimal such as \"0.01\"", printable(text.as_bytes()));
        let (digits, scale) = split(text.as_bytes()).ok_or_else(bad)?;
        let mut digits = u64::try_from(digits).map_err(|_| bad())?;
        let mut scale = scale;
        while scale > 0 && digits.is_multiple_of(10) && digits > 0 {
            digits /= 10;
            scale -= 1;
        }
        if digits == 0 || scale > u32::from(MAX_SCALE) {
            return Err(bad());
        }
        Ok(Self { digits, scale: scale as u8 })
    }

    /// How many of this unit the text is, exactly.
    ///
    /// # Errors
    /// Text that is no decimal, or no whole 64-bit number of units. O(length).
    #[inline]
    pub fn count(self, text: &[u8]) -> Result<i64, Misfit> {
        match self.short_count(text) {
            Some(count) => Ok(count),
            None => self.long_count(text),
        }
    }

    /// `count` of text that fits in 64 bits on the way; None where `long_count` must judge.
    #[inline]
    fn short_count(self, text: &[u8]) -> Option<i64> {
        let (value, scale) = short(text)?;
        let unit_scale = u32::from(self.scale);
        let power = |exponent: u32| POWERS.get(exponent as usize).and_then(|&p| u64::try_from(p).ok());
        let (value, unit) = if scale <= unit_scale {
            (value.checked_mul(power(unit_scale - scale)?)?, self.digits)
        } else {
            (value, self.digits.checked_mul(power(scale - unit_scale)?)?)
        };
        let count = if unit == 1 { value } else { value / unit };
        i64::try_from(count).ok().filter(|_| count * unit == value)
    }

    #[inline(never)]
    fn long_count(self, text: &[u8]) -> Result<i64, Misfit> {
        let (digits, scale) = split(text).ok_or(Misfit::Malformed)?;
        let unit_scale = u32::from(self.scale);
        let (mut value, mut unit) = (digits, i128::from(self.digits));
        if scale < unit_scale {
            value = power(unit_scale - scale).and_then(|p| value.checked_mul(p)).ok_or(Misfit::Overflow)?;
        } else if scale > unit_scale {
            // Trailing zeros beyond the unit's digits are common; a factor the unit cannot hold divides nothing but 0.
            match power(scale - unit_scale).and_then(|p| unit.checked_mul(p)) {
                Some(scaled) => unit = scaled,
                None if value == 0 => return Ok(0),
                None => return Err(Misfit::OffGrid),
            }
        }
        if let (Ok(value), Ok(unit)) = (i64::try_from(value), i64::try_from(unit)) {
            return if value % unit == 0 { Ok(value / unit) } else { Err(Misfit::OffGrid) };
        }
        if value % unit != 0 {
            return Err(Misfit::OffGrid);
        }
        i64::try_from(value / unit).map_err(|_| Misfit::Overflow)
    }

    /// As f64, for quantities that only come as floats.
    pub fn to_f64(self) -> f64 {
        self.digits as f64 / power(u32::from(self.scale)).map_or(f64::INFINITY, |p| p as f64)
    }
}

impl std::fmt::Display for Decimal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.scale == 0 {
            return write!(f, "{}", self.digits);
        }
        let width = usize::from(self.scale);
        let text = format!("{:0>1$}", self.digits, width + 1);
        write!(f, "{}.{}", &text[..text.len() - width], &text[text.len() - width..])
    }
}

const POWERS: [i128; 39] = {
    let mut table = [1; 39];
    let mut i = 1;
    while i < 39 {
        table[i] = table[i - 1] * 10;
        i += 1;
    }
    table
};

fn power(exponent: u32) -> Option<i128> {
    POWERS.get(exponent as usize).copied()
}

/// Signed digits without the point, and how many stood behind it. None unless `[-]digits[.digits]`, at most 38 digits.
#[inline]
fn split(text: &[u8]) -> Option<(i128, u32)> {
    let (negative, body) = match text {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, text),
    };
    if body.len() > 39 {
        return None;
    }
    let mut point = None;
    let (mut low, mut high) = (0u64, 0i128);
    let mut low_digits = 0;
    for (i, &byte) in body.iter().enumerate() {
        match byte {
            b'0'..=b'9' => {
                if low_digits == 19 {
                    high = high.checked_mul(POWERS[19])?.checked_add(i128::from(low))?;
                    (low, low_digits) = (0, 0);
                }
                low = low * 10 + u64::from(byte - b'0');
                low_digits += 1;
            }
            b'.' if point.is_none() && i > 0 => point = Some(i),
            _ => return None,
        }
    }
    let digits = high.checked_mul(POWERS[low_digits])?.checked_add(i128::from(low))?;
    let scale = match point {
        Some(i) if i + 1 < body.len() => body.len() - 1 - i,
        Some(_) => return None,
        None if body.is_empty() => return None,
        None => 0,
    };
    Some((if negative { -digits } else { digits }, scale as u32))
}

/// Digits without the point and how many stood behind it, where there is no sign and at most 19 digits.
#[inline]
fn short(text: &[u8]) -> Option<(u64, u32)> {
    let mut value = 0u64;
    let mut point = text.len();
    if text.len() > 20 || text.first()? == &b'.' {
        return None;
    }
    for (i, &byte) in text.iter().enumerate() {
        let digit = byte.wrapping_sub(b'0');
        if digit <= 9 {
            value = value.checked_mul(10)?.checked_add(u64::from(digit))?;
        } else if byte == b'.' && point == text.len() {
            point = i;
        } else {
            return None;
        }
    }
    let behind = text.len() - point;
    if behind == 1 { None } else { Some((value, behind.saturating_sub(1) as u32)) }
}

/// A whole number without point, exponent or spaces.
///
/// # Errors
/// `Malformed` or `Overflow`.
#[inline]
pub fn whole(text: &[u8]) -> Result<i64, Misfit> {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    if digits.len() > 19 {
        return long_whole(text);
    }
    let mut value = 0u64;
    for byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return Err(Misfit::Malformed);
        }
        value = value * 10 + u64::from(digit);
    }
    let signed = match (digits.is_empty(), digits.len() < text.len()) {
        (true, _) => return Err(Misfit::Malformed),
        (false, true) => 0i64.checked_sub_unsigned(value),
        (false, false) => i64::try_from(value).ok(),
    };
    signed.ok_or(Misfit::Overflow)
}

#[cold]
fn long_whole(text: &[u8]) -> Result<i64, Misfit> {
    if text.contains(&b'.') {
        return Err(Misfit::Malformed);
    }
    Decimal::ONE.count(text)
}

/// Seconds as decimal text to nanoseconds: padded right, cut behind the ninth digit.
///
/// # Errors
/// `Malformed`, negative included, or `Overflow`.
#[inline]
pub fn seconds_to_nanos(text: &[u8]) -> Result<i64, Misfit> {
    let point = text.iter().position(|&b| b == b'.');
    let (seconds, behind) = match point {
        Some(i) => (&text[..i], &text[i + 1..]),
        None => (text, &b"0"[..]),
    };
    if seconds.first() == Some(&b'-') || behind.is_empty() || !behind.iter().all(u8::is_ascii_digit) {
        return Err(Misfit::Malformed);
    }
    let mut nanos = 0;
    for i in 0..9 {
        nanos = nanos * 10 + behind.get(i).map_or(0, |b| i64::from(b - b'0'));
    }
    let seconds = whole(seconds)?;
    seconds.checked_mul(1_000_000_000).and_then(|s| s.checked_add(nanos)).ok_or(Misfit::Overflow)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(text: &str) -> Decimal {
        Decimal::parse("tick_size", text).unwrap()
    }

    #[test]
    fn exact_counts() {
        assert_eq!(unit("0.01").count(b"61737.63000000"), Ok(6_173_763));
        assert_eq!(unit("0.10").count(b"61800.20"), Ok(618_002));
        assert_eq!(unit("0.00001000").count(b"0.63270"), Ok(63_270));
        assert_eq!(unit("0.25").count(b"-3720.25"), Ok(-14_881));
        assert_eq!(unit("5").count(b"100"), Ok(20));
        assert_eq!(unit("0.001").count(b"9223372036854775.807"), Ok(i64::MAX));
        assert_eq!(unit("0.1").count(b"0.0000000000000000000000000000"), Ok(0));
    }

    #[test]
    fn misfits() {
        assert_eq!(unit("0.25").count(b"0.3"), Err(Misfit::OffGrid));
        assert_eq!(unit("0.01").count(b"1.005"), Err(Misfit::OffGrid));
        assert_eq!(unit("0.001").count(b"9223372036854775.808"), Err(Misfit::Overflow));
        for text in ["", "-", ".", "1.", ".5", "1e3", "NaN", "inf", " 1", "1 ", "+1", "1.2.3", "--1", "0x1"] {
            assert_eq!(unit("0.01").count(text.as_bytes()), Err(Misfit::Malformed), "{text}");
        }
        assert_eq!(unit("0.01").count(&[b'9'; 60]), Err(Misfit::Malformed));
        for text in ["0", "-0.1", "x", "0.0000000000000000001", ""] {
            assert!(Decimal::parse("tick_size", text).is_err(), "{text}");
        }
    }

    #[test]
    fn agrees_with_wide_arithmetic() {
        let mut state = 1u64;
        for _ in 0..20_000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let (a, scale) = (i128::from(state >> 30), (state % 9) as u32);
            let text =
                format!("{}.{:0>2$}", a / POWERS[scale as usize], a % POWERS[scale as usize], scale as usize);
            let text = if scale == 0 { a.to_string() } else { text };
            let tick = 1 + (state >> 20) % 50;
            let expected = a * 1000 % (i128::from(tick) * POWERS[scale as usize]);
            let got = Decimal { digits: tick, scale: 3 }.count(text.as_bytes());
            assert_eq!(got.is_ok(), expected == 0, "{text} {tick}");
        }
    }

    #[test]
    fn whole_numbers() {
        for value in [0, 7, -7, 999_999_999_999_999_999, i64::MAX, i64::MIN] {
            assert_eq!(whole(value.to_string().as_bytes()), Ok(value));
        }
        assert_eq!(whole(b"9223372036854775808"), Err(Misfit::Overflow));
        for text in ["", "-", "1.0", "1.000000000000000000", "+1", "1 ", "--1", "9x99999999999999999"] {
            assert_eq!(whole(text.as_bytes()), Err(Misfit::Malformed), "{text}");
        }
    }

    #[test]
    fn seconds() {
        assert_eq!(seconds_to_nanos(b"34200.18960767"), Ok(34_200_189_607_670));
        assert_eq!(seconds_to_nanos(b"43002.632812672004"), Ok(43_002_632_812_672));
        assert_eq!(seconds_to_nanos(b"1"), Ok(1_000_000_000));
        for text in ["", "-1.5", "1.", "1.x", "x", "1e5"] {
            assert_eq!(seconds_to_nanos(text.as_bytes()), Err(Misfit::Malformed), "{text}");
        }
        assert_eq!(seconds_to_nanos(b"9999999999999"), Err(Misfit::Overflow));
    }

    #[test]
    fn shown_as_written() {
        for text in ["0.01", "5", "0.00001", "12.5"] {
            assert_eq!(unit(text).to_string(), text);
        }
        assert_eq!(unit("0.0100").to_string(), "0.01");
    }
}
