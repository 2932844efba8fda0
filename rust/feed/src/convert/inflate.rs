//! Compressed input to bytes, within limits.

use std::io::Read;

use flate2::bufread::{DeflateDecoder, MultiGzDecoder};

use crate::convert::Limits;
use crate::error::{Error, Place};

/// What the bytes may be compressed with, by their first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// As they are.
    Plain,
    /// RFC 1952, one member or several.
    Gzip,
    /// RFC 8878, one frame or several.
    Zstd,
}

impl Packing {
    /// By magic number.
    pub fn of(bytes: &[u8]) -> Self {
        match bytes {
            [0x1f, 0x8b, ..] => Self::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Self::Zstd,
            _ => Self::Plain,
        }
    }
}

/// The content of `bytes`, unpacked where they are compressed.
///
/// # Errors
/// A damaged or truncated stream, or one that grows beyond the limits.
pub fn unpacked<'a>(bytes: &'a [u8], limits: &Limits) -> Result<std::borrow::Cow<'a, [u8]>, Error> {
    let grown = match Packing::of(bytes) {
        Packing::Plain => return Ok(bytes.into()),
        Packing::Gzip => bounded(MultiGzDecoder::new(bytes), bytes.len(), 0, limits)?,
        Packing::Zstd => {
            let decoder = zstd::stream::read::Decoder::with_buffer(bytes)
                .map_err(|cause| Error::data(Place::File, "zstd", "a frame", cause))?;
            bounded(decoder, bytes.len(), 0, limits)?
        }
    };
    Ok(grown.into())
}

/// The content of a raw deflate stream, as in zip members, that is said to have `size` bytes.
///
/// # Errors
/// As `unpacked`.
pub fn inflated(bytes: &[u8], size: u64, limits: &Limits) -> Result<Vec<u8>, Error> {
    bounded(DeflateDecoder::new(bytes), bytes.len(), size, limits)
}

/// Bytes that are made ready at a time.
const STEP: usize = 1 << 18;

fn bounded(reader: impl Read, packed: usize, size: u64, limits: &Limits) -> Result<Vec<u8>, Error> {
    // Small files may be all header: the factor counts from 4 KiB on.
    let by_factor = (packed as u64).max(4096).saturating_mul(limits.max_expansion);
    let (option, most) = if by_factor < limits.max_expanded {
        ("max_expansion", by_factor)
    } else {
        ("max_expanded", limits.max_expanded)
    };
    // Only a guess: a size that is no more than text compresses to is taken at its word, where there is room for it.
    let guess = usize::try_from(size.min(most).min((packed as u64).saturating_mul(16))).unwrap_or(0);
    let mut out = Vec::new();
    let guess = out.try_reserve_exact(guess).map_or(0, |()| guess);
    let mut reader = reader.take(most.saturating_add(1));
    let mut filled = 0;
    let broken =
        |at: usize, cause| Error::data(Place::Byte(at as u64), "compressed stream", "valid data", cause);
    while filled < guess {
        // No more is touched than the stream fills.
        out.resize(guess.min(filled + STEP), 0);
        match reader.read(&mut out[filled..]) {
            Ok(0) => break,
            Ok(more) => filled += more,
            Err(cause) => return Err(broken(filled, cause)),
        }
    }
    out.truncate(filled);
    let whole = reader.read_to_end(&mut out);
    whole.map_err(|cause| broken(out.len(), cause))?;
    if out.len() as u64 > most {
        return Err(Error::limit(
            Place::Byte(most),
            option,
            if option == "max_expansion" { limits.max_expansion } else { most },
        ));
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        out.write_all(bytes).unwrap();
        out.finish().unwrap()
    }

    #[test]
    fn by_magic_number() {
        let limits = Limits::default();
        let text = b"some text, some text".repeat(40);
        let two = [gzip(&text), gzip(b"more")].concat();
        assert_eq!(unpacked(&two, &limits).unwrap()[..], [&text[..], b"more"].concat());
        let frames =
            [zstd::encode_all(&text[..], 3).unwrap(), zstd::encode_all(&b"more"[..], 3).unwrap()].concat();
        assert_eq!(unpacked(&frames, &limits).unwrap()[..], [&text[..], b"more"].concat());
        assert_eq!(unpacked(b"plain", &limits).unwrap()[..], b"plain"[..]);
    }

    #[test]
    fn a_size_is_only_a_guess() {
        let text: Vec<u8> = (0..1_000_000_u32).map(|i| (i.wrapping_mul(0x9e37_79b1) >> 27) as u8).collect();
        let mut out = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
        out.write_all(&text).unwrap();
        let packed = out.finish().unwrap();
        for size in [0, 7, STEP as u64, 999_999, 1_000_000, 1_000_001, u64::MAX] {
            let limits = Limits { max_expansion: u64::MAX, max_expanded: u64::MAX, ..Limits::default() };
            assert_eq!(inflated(&packed, size, &limits).unwrap(), text, "{size}");
        }
    }

    #[test]
    fn bombs_and_stumps_are_refused() {
        let zeros = vec![0; 8 << 20];
        let limits = Limits::default();
        for packed in [gzip(&zeros), zstd::encode_all(&zeros[..], 3).unwrap()] {
            let bomb = unpacked(&packed, &limits);
            assert!(
                matches!(bomb, Err(Error::Limit { option: "max_expansion", limit: 200, .. })),
                "{bomb:?}"
            );
            let small = Limits { max_expansion: 1 << 30, max_expanded: 1 << 20, ..limits };
            let big = unpacked(&packed, &small);
            assert!(matches!(big, Err(Error::Limit { option: "max_expanded", .. })), "{big:?}");
        }
        let whole = gzip(&b"abcdefgh".repeat(100));
        for end in 2..whole.len() {
            assert!(unpacked(&whole[..end], &limits).is_err(), "{end}");
        }
        let whole = zstd::encode_all(&b"abcdefgh".repeat(100)[..], 3).unwrap();
        for end in 4..whole.len() {
            assert!(unpacked(&whole[..end], &limits).is_err(), "{end}");
        }
    }
}
