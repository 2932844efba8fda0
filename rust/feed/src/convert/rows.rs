//! Lines of text and their fields, without a copy.

use memchr::{memchr, memchr_iter};

use crate::decimal::{Misfit, whole};
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
    pub fn row(&self) -> u64 {
        self.row
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

/// A field and the whole number it is.
pub type Number<'a> = (&'a [u8], Result<i64, Misfit>);

/// Fields between commas, each read as a whole number.
#[derive(Clone, Debug)]
pub struct Numbers<'a> {
    rest: Option<&'a [u8]>,
}

impl<'a> Numbers<'a> {
    /// Fields of a line.
    pub fn new(line: &'a [u8]) -> Self {
        Self { rest: Some(line) }
    }
}

impl<'a> Iterator for Numbers<'a> {
    type Item = Number<'a>;

    #[inline]
    fn next(&mut self) -> Option<Number<'a>> {
        let rest = self.rest?;
        if let Some((value, digits)) = leading(rest)
            && rest.get(digits) == Some(&b',')
        {
            self.rest = rest.get(digits + 1..);
            return Some((&rest[..digits], Ok(value.cast_signed())));
        }
        let end = memchr(b',', rest).unwrap_or(rest.len());
        self.rest = rest.get(end + 1..);
        Some((&rest[..end], whole(&rest[..end])))
    }
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
    fn numbers_are_those_of_split_fields() {
        for line in ["", "1", "1,2", ",", "-7,12345678,123456789012345678,x,1.5,,00012,9", "9,12345678,1,1"] {
            let expected: Vec<_> = line.split(',').map(|f| (f.as_bytes(), whole(f.as_bytes()))).collect();
            assert_eq!(Numbers::new(line.as_bytes()).collect::<Vec<_>>(), expected, "{line}");
        }
    }

    #[test]
    fn counted_fields() {
        assert_eq!(fields::<3>(b"1,,x", 0).unwrap(), [&b"1"[..], b"", b"x"]);
        assert!(fields::<3>(b"1,2", 0).is_err());
        assert!(fields::<3>(b"1,2,3,4", 0).is_err());
    }
}
