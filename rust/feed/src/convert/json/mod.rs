//! A reader of JSON text that copies nothing: the caller walks objects and arrays and takes the strings it wants.

use crate::error::{Error, Place, printable};

/// A place in one line of JSON.
#[derive(Clone, Debug)]
pub struct Json<'a> {
    text: &'a [u8],
    at: usize,
    depth: u32,
    max_depth: u32,
    row: u64,
}

type Done = Result<(), Error>;

impl<'a> Json<'a> {
    /// Start of `text`, which stands in line `row`; arrays and objects nest at most `max_depth` deep.
    pub fn new(text: &'a [u8], row: u64, max_depth: u32) -> Self {
        Self { text, at: 0, depth: 0, max_depth, row }
    }

    /// Line it stands in.
    pub fn row(&self) -> u64 {
        self.row
    }

    #[cold]
    fn wrong(&self, expected: &'static str) -> Error {
        let got = self.text.get(self.at..).filter(|rest| !rest.is_empty());
        let got = got.map_or_else(|| "the end of the line".to_owned(), printable);
        Error::data(Place::Row(self.row), "json", format_args!("{expected} at column {}", self.at), got)
    }

    /// First byte of the next token.
    #[inline]
    pub fn peek(&mut self) -> Option<u8> {
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = self.text.get(self.at) {
            self.at += 1;
        }
        self.text.get(self.at).copied()
    }

    #[inline]
    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn enter(&mut self) -> Done {
        self.depth += 1;
        if self.depth > self.max_depth {
            return Err(Error::limit(Place::Row(self.row), "max_depth", u64::from(self.max_depth)));
        }
        Ok(())
    }

    /// Walk an object: `each` gets a key as written and must take its value.
    ///
    /// # Errors
    /// What is no object, or what `each` says.
    #[inline]
    pub fn object(&mut self, mut each: impl FnMut(&mut Self, &'a [u8]) -> Done) -> Done {
        if !self.take(b'{') {
            return Err(self.wrong("an object"));
        }
        self.enter()?;
        if !self.take(b'}') {
            loop {
                let key = self.string()?;
                if !self.take(b':') {
                    return Err(self.wrong("a colon"));
                }
                each(self, key)?;
                if self.take(b'}') {
                    break;
                }
                if !self.take(b',') {
                    return Err(self.wrong("a comma or the object's end"));
                }
            }
        }
        self.depth -= 1;
        Ok(())
    }

    /// Walk an array: `each` must take one element.
    ///
    /// # Errors
    /// What is no array, or what `each` says.
    #[inline]
    pub fn array(&mut self, mut each: impl FnMut(&mut Self) -> Done) -> Done {
        if !self.take(b'[') {
            return Err(self.wrong("an array"));
        }
        self.enter()?;
        if !self.take(b']') {
            loop {
                each(self)?;
                if self.take(b']') {
                    break;
                }
                if !self.take(b',') {
                    return Err(self.wrong("a comma or the array's end"));
                }
            }
        }
        self.depth -= 1;
        Ok(())
    }

    /// A string as written between its quotes, escapes unread.
    ///
    /// # Errors
    /// What is no string.
    #[inline]
    pub fn string(&mut self) -> Result<&'a [u8], Error> {
        if !self.take(b'"') {
            return Err(self.wrong("a string"));
        }
        let start = self.at;
        loop {
            self.at += plain(&self.text[self.at..]);
            match self.text.get(self.at) {
                Some(b'"') => break,
                Some(b'\\') => self.escape()?,
                Some(0x20..) => self.at += 1,
                _ => return Err(self.wrong("text or a quote")),
            }
        }
        let text = &self.text[start..self.at];
        self.at += 1;
        Ok(text)
    }

    #[cold]
    fn escape(&mut self) -> Done {
        let digits = match self.text.get(self.at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => 0,
            Some(b'u') => 4,
            _ => return Err(self.wrong("an escape")),
        };
        let hex = self.text.get(self.at + 2..self.at + 2 + digits);
        if !hex.is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit)) {
            return Err(self.wrong("four hexadecimal digits"));
        }
        self.at += 2 + digits;
        Ok(())
    }

    /// A number as written.
    ///
    /// # Errors
    /// What is no number.
    #[inline]
    pub fn number(&mut self) -> Result<&'a [u8], Error> {
        self.peek();
        let start = self.at;
        let text = self.text;
        self.at += usize::from(text.get(start) == Some(&b'-'));
        let digits = |at: usize| text[at.min(text.len())..].iter().take_while(|b| b.is_ascii_digit()).count();
        let whole = digits(self.at);
        if whole == 0 || (whole > 1 && self.text[self.at] == b'0') {
            return Err(self.wrong("a number"));
        }
        self.at += whole;
        if self.text.get(self.at) == Some(&b'.') {
            match digits(self.at + 1) {
                0 => return Err(self.wrong("digits")),
                n => self.at += 1 + n,
            }
        }
        if let Some(b'e' | b'E') = self.text.get(self.at) {
            let sign = usize::from(matches!(self.text.get(self.at + 1), Some(b'+' | b'-')));
            match digits(self.at + 1 + sign) {
                0 => return Err(self.wrong("digits")),
                n => self.at += 1 + sign + n,
            }
        }
        Ok(&self.text[start..self.at])
    }

    /// `true` or `false`.
    ///
    /// # Errors
    /// Anything else.
    pub fn boolean(&mut self) -> Result<bool, Error> {
        for (word, value) in [(&b"true"[..], true), (b"false", false)] {
            if self.literal(word) {
                return Ok(value);
            }
        }
        Err(self.wrong("true or false"))
    }

    fn literal(&mut self, word: &[u8]) -> bool {
        self.peek();
        let found = self.text[self.at..].starts_with(word);
        if found {
            self.at += word.len();
        }
        found
    }

    /// Pass over one value of any type.
    ///
    /// # Errors
    /// What is no JSON.
    pub fn skip(&mut self) -> Done {
        match self.peek() {
            Some(b'{') => self.object(|json, _| json.skip()),
            Some(b'[') => self.array(Self::skip),
            Some(b'"') => self.string().map(|_| ()),
            Some(b't' | b'f') => self.boolean().map(|_| ()),
            Some(b'n') if self.literal(b"null") => Ok(()),
            _ => self.number().map(|_| ()),
        }
    }

    /// Nothing may follow.
    ///
    /// # Errors
    /// Anything but spaces.
    pub fn end(&mut self) -> Done {
        if self.peek().is_some() { Err(self.wrong("the end of the line")) } else { Ok(()) }
    }
}

/// How many bytes of `text` come before the first that is a quote, a backslash or below 0x20, as far as whole words
/// of eight tell.
#[inline]
fn plain(text: &[u8]) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    // Top bit of each byte below `n`; a borrow can only set bits behind the first.
    let below = |word: u64, n: u64| word.wrapping_sub(n * ONES) & !word;
    let words = text.as_chunks::<8>().0;
    for (word, at) in words.iter().zip((0..).step_by(8)) {
        let word = u64::from_le_bytes(*word);
        let is = |byte: u8| below(word ^ (u64::from(byte) * ONES), 1);
        let found = (below(word, 0x20) | is(b'"') | is(b'\\')) & (0x80 * ONES);
        if found != 0 {
            return at + found.trailing_zeros() as usize / 8;
        }
    }
    8 * words.len()
}

#[cfg(test)]
mod tests;
