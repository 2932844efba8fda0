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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn accepts(text: &[u8]) -> bool {
        let mut json = Json::new(text, 0, 100);
        json.skip().and_then(|()| json.end()).is_ok()
    }

    #[test]
    fn values_as_written() {
        let mut json =
            Json::new(br#" {"e":"x","b":[["1.50","0"],["2","3"]],"t":-1.5e3,"m":true,"z":null} "#, 0, 16);
        let (mut pairs, mut number, mut flag) = (Vec::new(), &b""[..], false);
        json.object(|json, key| match key {
            b"b" => json.array(|json| {
                let mut pair = Vec::new();
                json.array(|json| {
                    pair.push(json.string()?);
                    Ok(())
                })?;
                pairs.push(pair);
                Ok(())
            }),
            b"t" => {
                number = json.number()?;
                Ok(())
            }
            b"m" => {
                flag = json.boolean()?;
                Ok(())
            }
            _ => json.skip(),
        })
        .unwrap();
        json.end().unwrap();
        assert_eq!(pairs, [[&b"1.50"[..], b"0"], [b"2", b"3"]]);
        assert_eq!((number, flag), (&b"-1.5e3"[..], true));
    }

    #[test]
    fn depth_is_bounded() {
        let deep = [vec![b'['; 17], vec![b']'; 17]].concat();
        assert!(matches!(Json::new(&deep, 3, 16).skip(), Err(Error::Limit { option: "max_depth", .. })));
        assert!(Json::new(&deep[1..33], 3, 16).skip().is_ok());
    }

    #[test]
    fn accepts_what_serde_accepts() {
        let seed: &[u8] = br#"{"a":[1,-2.5e+7,0.1,"x\u00e9\n"],"b":{"c":null,"d":true,"e":[]},"f":{}}"#;
        let alphabet = b"{}[]\",:0123456789.-+eEtrufalsn\\ \x01x";
        let mut state = 9u64;
        let mut accepted = 0;
        for _ in 0..60_000 {
            let mut text = seed.to_vec();
            for _ in 0..=state % 3 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let (at, byte) =
                    ((state >> 33) as usize % text.len(), (state >> 20) as usize % alphabet.len());
                match (state >> 60) % 3 {
                    0 => text[at] = alphabet[byte],
                    1 => text.insert(at, alphabet[byte]),
                    _ => drop(text.remove(at)),
                }
            }
            let ours = accepts(&text);
            // Surrogates and numbers beyond f64 are the reader's business, not the walker's.
            let serde = serde_json::from_slice::<Value>(&text);
            let excused = serde.as_ref().is_err_and(|e| {
                let e = e.to_string();
                e.contains("surrogate") || e.contains("out of range") || e.contains("hex escape")
            });
            assert!(ours == serde.is_ok() || excused, "{}", String::from_utf8_lossy(&text));
            accepted += usize::from(ours);
        }
        assert!(accepted > 3_000);
    }
}
