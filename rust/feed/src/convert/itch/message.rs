//! Nasdaq TotalView-ITCH 5.0: big-endian messages, each with a u16 length before it.

use quantrl_lob::Side;

use crate::error::{Error, Place};

/// Length of each type, by its letter.
pub const fn length_of(kind: u8) -> Option<usize> {
    Some(match kind {
        b'S' => 12,
        b'R' => 39,
        b'H' => 25,
        b'Y' => 20,
        b'L' => 26,
        b'V' => 35,
        b'W' => 12,
        b'K' => 28,
        b'J' => 35,
        b'h' => 21,
        b'A' => 36,
        b'F' => 40,
        b'E' => 31,
        b'C' => 36,
        b'X' => 23,
        b'D' => 19,
        b'U' => 35,
        b'P' => 44,
        b'Q' => 40,
        b'B' => 19,
        b'I' => 50,
        b'N' => 20,
        b'O' => 48,
        _ => return None,
    })
}

/// One message with the length its type has.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    body: &'a [u8],
}

impl<'a> Message<'a> {
    /// Letter.
    #[inline]
    pub fn kind(self) -> u8 {
        self.body[0]
    }

    fn bytes<const N: usize>(self, at: usize) -> [u8; N] {
        std::array::from_fn(|i| self.body.get(at + i).copied().unwrap_or(0))
    }

    /// u16 at a byte.
    #[inline]
    pub fn half(self, at: usize) -> u16 {
        u16::from_be_bytes(self.bytes(at))
    }

    /// u32 at a byte.
    #[inline]
    pub fn word(self, at: usize) -> u32 {
        u32::from_be_bytes(self.bytes(at))
    }

    /// u64 at a byte.
    #[inline]
    pub fn long(self, at: usize) -> u64 {
        u64::from_be_bytes(self.bytes(at))
    }

    /// Letter at a byte.
    #[inline]
    pub fn letter(self, at: usize) -> u8 {
        self.body.get(at).copied().unwrap_or(0)
    }

    /// Stock locate code.
    #[inline]
    pub fn locate(self) -> u16 {
        self.half(1)
    }

    /// Nanoseconds after midnight, 48 bits.
    #[inline]
    pub fn time(self) -> i64 {
        i64::from(self.half(5)) << 32 | i64::from(self.word(7))
    }

    /// Symbol of eight bytes, padded with spaces.
    pub fn symbol(self, at: usize) -> &'a [u8] {
        self.body.get(at..at + 8).unwrap_or(&[]).trim_ascii_end()
    }

    /// Side letter at a byte; None where it is neither B nor S.
    #[inline]
    pub fn side(self, at: usize) -> Option<Side> {
        match self.letter(at) {
            b'B' => Some(Side::Buy),
            b'S' => Some(Side::Sell),
            _ => None,
        }
    }
}

/// What stands at a place in the stream.
#[derive(Clone, Copy, Debug)]
pub enum Item<'a> {
    /// A message of a known type.
    Known(Message<'a>),
    /// One of a type this version does not know.
    Unknown,
}

/// Messages of a stream, with their number from 0. A length of 0 ends the session.
#[derive(Clone, Debug)]
pub struct Messages<'a> {
    rest: &'a [u8],
    number: u64,
}

impl<'a> Messages<'a> {
    /// From the first byte on.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, number: 0 }
    }
}

impl<'a> Iterator for Messages<'a> {
    type Item = Result<(u64, Item<'a>), Error>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let row = self.number;
        let bad = |field, expected: &dyn std::fmt::Display, got: &dyn std::fmt::Display| {
            Some(Err(Error::data(Place::Row(row), field, expected, got)))
        };
        let rest = std::mem::take(&mut self.rest);
        let Some((length, rest)) = rest.split_first_chunk::<2>() else {
            return bad("length", &"two bytes", &"one");
        };
        let length = usize::from(u16::from_be_bytes(*length));
        if length == 0 {
            return None;
        }
        let Some((body, rest)) = rest.split_at_checked(length) else {
            return bad("message", &format_args!("{length} bytes"), &rest.len());
        };
        self.rest = rest;
        self.number += 1;
        match length_of(body[0]) {
            None => Some(Ok((row, Item::Unknown))),
            Some(expected) if expected == length => Some(Ok((row, Item::Known(Message { body })))),
            Some(expected) => {
                self.rest = &[];
                bad("length", &format_args!("{expected} for type {}", body[0] as char), &length)
            }
        }
    }
}
