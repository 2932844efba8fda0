//! Digits of a number read eight at a time.

/// Powers of ten that fit in a word of digits.
const POWERS: [u64; 8] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000];

/// Value and number of the digits that `text` starts with. None where there are none or more than 15, and where the
/// text ends before the reader can tell: the caller then reads it byte by byte.
#[inline]
pub fn leading(text: &[u8]) -> Option<(u64, usize)> {
    let (first, rest) = text.split_first_chunk()?;
    match word(*first) {
        (_, 0) => None,
        (high, 8) => match word(*rest.first_chunk()?) {
            (_, 8) => None,
            (low, digits) => Some((high * POWERS[digits] + low, 8 + digits)),
        },
        found => Some(found),
    }
}

/// Value and number of the digits that eight bytes start with.
#[inline]
fn word(bytes: [u8; 8]) -> (u64, usize) {
    let digits = u64::from_le_bytes(bytes) ^ 0x3030_3030_3030_3030;
    // A byte above 9 carries into its top bit; bytes behind the first such one do not matter.
    let odd = (digits.wrapping_add(0x7676_7676_7676_7676) | digits) & 0x8080_8080_8080_8080;
    let count = odd.trailing_zeros() as usize / 8;
    let right = if count == 0 { 0 } else { digits << (64 - 8 * count) };
    // Neighbours to pairs, pairs to fours, fours to eight: each step a multiplication.
    let pairs = right.wrapping_mul(10).wrapping_add(right >> 8);
    let (even, uneven) = (pairs & 0xff_0000_00ff, (pairs >> 16) & 0xff_0000_00ff);
    let sum =
        even.wrapping_mul(100 + (1_000_000 << 32)).wrapping_add(uneven.wrapping_mul(1 + (10_000 << 32)));
    (sum >> 32, count)
}

#[cfg(test)]
mod tests {
    use super::leading;

    #[test]
    fn equals_reading_byte_by_byte() {
        let mut state = 1u64;
        for length in 0..20 {
            for behind in [",", ".", " ", "\u{7f}\u{ff}", "/", ":", "-", "e9", "\0"] {
                for _ in 0..200 {
                    state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    let digits: String = format!("{:020}", state >> 1)[20 - length..].to_owned();
                    let text = format!("{digits}{behind}________________");
                    let expected = (1..16).contains(&length).then(|| (digits.parse().unwrap(), length));
                    assert_eq!(leading(text.as_bytes()), expected, "{text}");
                    let short = format!("{digits}{behind}");
                    let read = leading(short.as_bytes());
                    assert!(read.is_none() || read == expected, "{short}");
                }
            }
        }
    }
}
