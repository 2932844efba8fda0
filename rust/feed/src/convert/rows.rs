//! Lines of text and their fields, without a copy.

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
        let line = match reach.iter().position(|&b| b == b'\n') {
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
    let mut rest = line.split(|&b| b == b',');
    for slot in &mut out {
        *slot = rest.next().ok_or_else(|| wrong_count(line, row, N))?;
    }
    if rest.next().is_some() {
        return Err(wrong_count(line, row, N));
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
    fn counted_fields() {
        assert_eq!(fields::<3>(b"1,,x", 0).unwrap(), [&b"1"[..], b"", b"x"]);
        assert!(fields::<3>(b"1,2", 0).is_err());
        assert!(fields::<3>(b"1,2,3,4", 0).is_err());
    }
}
