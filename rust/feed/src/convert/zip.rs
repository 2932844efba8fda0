//! Members of a zip archive: what a `.npz` is, and what LOBSTER pairs come in.

use std::borrow::Cow;

use crate::convert::Limits;
use crate::convert::inflate::inflated;
use crate::error::{Error, Place};

/// One file of an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member<'a> {
    /// Name with its folders.
    pub name: String,
    packed: &'a [u8],
    method: u16,
    size: u64,
    crc: u32,
}

const END: [u8; 4] = [0x50, 0x4b, 0x05, 0x06];
const ENTRY: [u8; 4] = [0x50, 0x4b, 0x01, 0x02];
const LOCAL: [u8; 4] = [0x50, 0x4b, 0x03, 0x04];

fn bad(at: usize, field: &'static str, expected: &'static str, got: impl std::fmt::Display) -> Error {
    Error::data(Place::Byte(at as u64), field, expected, got)
}

fn half(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|b| u16::from_le_bytes(*b))
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|b| u32::from_le_bytes(*b))
}

/// The files of an archive, by its central directory.
///
/// # Errors
/// No archive, a damaged directory, or one in the 64-bit form with more than 4 GiB.
pub fn members(bytes: &[u8]) -> Result<Vec<Member<'_>>, Error> {
    let tail = bytes.len().saturating_sub(22 + 0xffff);
    let end = (tail..bytes.len().saturating_sub(21))
        .rev()
        .find(|&at| bytes[at..].starts_with(&END))
        .ok_or_else(|| bad(0, "zip", "an end record", "none"))?;
    let number = half(bytes, end + 10).unwrap_or(0);
    let mut at = word(bytes, end + 16).unwrap_or(u32::MAX) as usize;
    let mut out = Vec::with_capacity(usize::from(number).min(bytes.len() / 46));
    for _ in 0..number {
        let (member, next) =
            entry(bytes, at).ok_or_else(|| bad(at, "zip", "an entry inside the file", "none"))??;
        out.push(member);
        at = next;
    }
    Ok(out)
}

/// The entry at `at` and where the next one starts. None where it leaves the file.
fn entry(bytes: &[u8], at: usize) -> Option<Result<(Member<'_>, usize), Error>> {
    if bytes.get(at..at.checked_add(4)?)? != ENTRY {
        return None;
    }
    let (flags, method) = (half(bytes, at + 8)?, half(bytes, at + 10)?);
    let (crc, packed, mut size) =
        (word(bytes, at + 16)?, word(bytes, at + 20)?, u64::from(word(bytes, at + 24)?));
    let (name, extra, note) = (half(bytes, at + 28)?, half(bytes, at + 30)?, half(bytes, at + 32)?);
    let local = word(bytes, at + 42)? as usize;
    let name_end = at + 46 + usize::from(name);
    let text = String::from_utf8_lossy(bytes.get(at + 46..name_end)?).into_owned();
    let extra_end = name_end + usize::from(extra);
    if flags & 1 != 0 {
        return Some(Err(bad(at, "zip", "an entry without a password", text)));
    }
    let wide = wide_sizes(bytes.get(name_end..extra_end)?, &mut size, packed);
    let packed = wide?;
    if bytes.get(local..local.checked_add(4)?)? != LOCAL {
        return None;
    }
    let data = local + 30 + usize::from(half(bytes, local + 26)?) + usize::from(half(bytes, local + 28)?);
    let packed = bytes.get(data..data.checked_add(packed)?)?;
    let member = Member { name: text, packed, method, size, crc };
    Some(Ok((member, extra_end + usize::from(note))))
}

/// Sizes of the 64-bit extension (NumPy writes one always) where the short fields say so.
fn wide_sizes(mut extra: &[u8], size: &mut u64, packed: u32) -> Option<usize> {
    let mut out = u64::from(packed);
    while let (Some(tag), Some(length)) = (half(extra, 0), half(extra, 2)) {
        let mut field = extra.get(4..4 + usize::from(length))?;
        if tag == 1 {
            for value in [&mut *size, &mut out] {
                if *value == u64::from(u32::MAX) {
                    let (long, rest) = field.split_first_chunk::<8>()?;
                    (*value, field) = (u64::from_le_bytes(*long), rest);
                }
            }
        }
        extra = extra.get(4 + usize::from(length)..)?;
    }
    usize::try_from(out).ok()
}

impl<'a> Member<'a> {
    /// The content, checked against its length and CRC-32.
    ///
    /// # Errors
    /// A method other than stored or deflated, damaged data, or data beyond the limits.
    pub fn content(&self, limits: &Limits) -> Result<Cow<'a, [u8]>, Error> {
        let wrong = |field, expected, got: &dyn std::fmt::Display| {
            Err(Error::data(Place::File, field, expected, format_args!("{got} in {}", self.name)))
        };
        let content: Cow<'a, [u8]> = match self.method {
            0 => self.packed.into(),
            8 => inflated(self.packed, self.size, limits)?.into(),
            other => return wrong("zip method", "0 or 8", &other),
        };
        if content.len() as u64 != self.size {
            return wrong("zip member's length", "the directory's", &content.len());
        }
        let mut crc = flate2::Crc::new();
        crc.update(&content);
        if crc.sum() != self.crc {
            return wrong("zip member's CRC-32", "the directory's", &crc.sum());
        }
        Ok(content)
    }
}

/// The one member whose name `wanted` takes.
///
/// # Errors
/// None or several.
pub fn only<'m, 'a>(
    members: &'m [Member<'a>],
    what: &'static str,
    wanted: impl Fn(&str) -> bool,
) -> Result<&'m Member<'a>, Error> {
    let mut found = members.iter().filter(|member| wanted(&member.name));
    match (found.next(), found.next()) {
        (Some(member), None) => Ok(member),
        (first, _) => {
            let got = if first.is_some() { "several" } else { "none" };
            Err(Error::data(Place::File, "zip", format_args!("one {what}"), got))
        }
    }
}
