//! Lines of text and their fields, without a copy.

use memchr::{memchr, memchr_iter};

use crate::digits::leading;
use crate::error::{Error, Place, printable};

/// Lines of `bytes` with their number from 0; LF or CRLF ends one, and the last may have no end.
#[derive(Clone, Debug)]
pub struct Lines<'a> {
    rest: &'a [u8],
    row: u64,
    max_line: usize,
}

impl<'a> Lines<'a> {
    /// Lines of at most `max_line` bytes.
    pub fn new(bytes: &'a [u8], max_line: usize) -> Self {
        Self { rest: bytes, row: 0, max_line }
    }

    /// Number of the line that comes next.
    #[inline]
    pub fn row(&self) -> u64 {
        self.row
    }

    /// The next line by `read`, which takes all of it without looking for its end first. None leaves the line for
    /// [`Iterator::next`]: `read` has refused it, or left a part of it, or it is too long or the last.
    #[inline]
    pub fn read<T>(&mut self, read: impl FnOnce(&mut Reader<'a>) -> Option<T>) -> Option<T> {
        let mut reader = Reader { rest: self.rest };
        let value = read(&mut reader)?;
        let behind = reader.rest.strip_prefix(b"\r").unwrap_or(reader.rest);
        let rest = behind.strip_prefix(b"\n")?;
        if self.rest.len() - behind.len() > self.max_line {
            return None;
        }
        (self.rest, self.row) = (rest, self.row + 1);
        Some(value)
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = Result<(u64, &'a [u8]), Error>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let row = self.row;
        let reach = &self.rest[..self.rest.len().min(self.max_line.saturating_add(1))];
        let line = match memchr(b'\n', reach) {
            Some(end) => {
                self.rest = &self.rest[end + 1..];
                &reach[..end]
            }
            None if reach.len() > self.max_line => {
                self.rest = &[];
                return Some(Err(Error::limit(Place::Row(row), "max_line", self.max_line as u64)));
            }
            None => {
                self.rest = &[];
                reach
            }
        };
        self.row += 1;
        Some(Ok((row, line.strip_suffix(b"\r").unwrap_or(line))))
    }
}

/// Text read byte by byte from its start.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl Reader<'_> {
    /// Digits as a number, and how many there were. None as [`leading`].
    #[inline]
    pub fn digits(&mut self) -> Option<(u64, usize)> {
        let (value, digits) = leading(self.rest)?;
        self.rest = self.rest.get(digits..)?;
        Some((value, digits))
    }

    /// A whole number of at most 15 digits.
    #[inline]
    pub fn number(&mut self) -> Option<u64> {
        self.digits().map(|(value, _)| value)
    }

    /// As `number`, with `-` before it where it is negative.
    #[inline]
    pub fn signed(&mut self) -> Option<i64> {
        let negative = self.eat(b'-');
        let value = self.number()?.cast_signed();
        Some(if negative { -value } else { value })
    }

    /// One byte.
    #[inline]
    pub fn byte(&mut self) -> Option<u8> {
        let (&first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(first)
    }

    /// Whether this byte came next; it is read then.
    #[inline]
    pub fn eat(&mut self, byte: u8) -> bool {
        match self.rest.split_first() {
            Some((&first, rest)) if first == byte => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    /// Whether a comma came next.
    #[inline]
    pub fn comma(&mut self) -> bool {
        self.eat(b',')
    }
}

/// Exactly N fields between commas.
///
/// # Errors
/// Another number of fields.
#[inline]
pub fn fields<const N: usize>(line: &[u8], row: u64) -> Result<[&[u8]; N], Error> {
    let mut out = [&line[..0]; N];
    let mut commas = memchr_iter(b',', line);
    let mut start = 0;
    for (i, slot) in out.iter_mut().enumerate() {
        let end = match commas.next() {
            Some(comma) if i + 1 < N => comma,
            None if i + 1 == N => line.len(),
            _ => return Err(wrong_count(line, row, N)),
        };
        *slot = &line[start..end];
        start = end + 1;
    }
    Ok(out)
}

#[cold]
fn wrong_count(line: &[u8], row: u64, expected: usize) -> Error {
    Error::data(Place::Row(row), "row", format_args!("{expected} fields"), printable(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_with_any_end() {
        let got: Vec<_> = Lines::new(b"a\nbc\r\n\nd", 9).map(Result::unwrap).collect();
        assert_eq!(got, [(0, &b"a"[..]), (1, b"bc"), (2, b""), (3, b"d")]);
        let mut long = Lines::new(b"abc\nabcd\nx", 3);
        assert!(long.next().unwrap().is_ok());
        assert!(matches!(
            long.next(),
            Some(Err(Error::Limit { place: Place::Row(1), option: "max_line", limit: 3, .. }))
        ));
        assert!(long.next().is_none());
    }

    #[test]
    fn read_ahead_or_left_for_the_slow_way() {
        let text = b"12,x\n7,x\r\n8,x\r9,x";
        let word = |reader: &mut Reader<'_>| {
            let value = reader.number()?;
            (reader.comma() && reader.byte() == Some(b'x')).then_some(value)
        };
        let mut lines = Lines::new(&text[..6], 4);
        assert_eq!((lines.read(word), lines.row()), (None, 0));
        let long = [&text[..], &[b' '; 16]].concat();
        let mut lines = Lines::new(&long, 4);
        assert_eq!((lines.read(word), lines.row()), (Some(12), 1));
        assert_eq!((lines.read(word), lines.row()), (Some(7), 2));
        assert_eq!((lines.read(word), lines.row()), (None, 2));
        let mut short = Lines::new(&long, 3);
        assert_eq!((short.read(word), short.row()), (None, 0));
    }

    #[test]
    fn counted_fields() {
        assert_eq!(fields::<3>(b"1,,x", 0).unwrap(), [&b"1"[..], b"", b"x"]);
        assert!(fields::<3>(b"1,2", 0).is_err());
        assert!(fields::<3>(b"1,2,3,4", 0).is_err());
    }
}
