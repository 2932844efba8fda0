//! State as bytes and back: little-endian, one field after the other, lengths before lists.

use quantrl_lob::{OrderRef, Side};

use super::clock::Timed;
use super::order::{Liquidity, Op, OrderType, Outcome, Refusal, Report, Request, Tif};
use super::orders::Status;

/// Something a snapshot holds.
pub(crate) trait Wire: Sized {
    /// Append.
    fn put(&self, out: &mut Vec<u8>);

    /// Take from the front. The error says what is wrong with the bytes.
    fn take(bytes: &mut &[u8]) -> Result<Self, String>;
}

/// The next `n` bytes.
pub(crate) fn split<'a>(bytes: &mut &'a [u8], n: usize) -> Result<&'a [u8], String> {
    let left = bytes.len();
    let (head, rest) =
        bytes.split_at_checked(n).ok_or_else(|| format!("expected {n} more bytes, got {left}"))?;
    *bytes = rest;
    Ok(head)
}

macro_rules! integers {
    ($($int:ty),*) => {$(
        impl Wire for $int {
            fn put(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_le_bytes());
            }

            fn take(bytes: &mut &[u8]) -> Result<Self, String> {
                let mut raw = [0; size_of::<$int>()];
                raw.copy_from_slice(split(bytes, size_of::<$int>())?);
                Ok(<$int>::from_le_bytes(raw))
            }
        }
    )*};
}

integers!(u8, u16, u32, u64, usize, i32, i64, i128);

/// Field by field.
macro_rules! wire {
    ($name:ty { $($field:ident),* $(,)? }) => {
        impl $crate::tick::wire::Wire for $name {
            fn put(&self, out: &mut Vec<u8>) {
                $( $crate::tick::wire::Wire::put(&self.$field, out); )*
            }

            fn take(bytes: &mut &[u8]) -> Result<Self, String> {
                Ok(Self { $( $field: $crate::tick::wire::Wire::take(bytes)
                    .map_err(|what| format!("{}: {what}", stringify!($field)))?, )* })
            }
        }
    };
}
pub(crate) use wire;

macro_rules! numbered {
    ($($name:ident: $($variant:ident),*;)*) => {$(
        impl Wire for $name {
            fn put(&self, out: &mut Vec<u8>) {
                out.push(*self as u8);
            }

            fn take(bytes: &mut &[u8]) -> Result<Self, String> {
                match u8::take(bytes)? {
                    $( number if number == Self::$variant as u8 => Ok(Self::$variant), )*
                    number => Err(format!("expected a number of {}, got {number}", stringify!($name))),
                }
            }
        }
    )*};
}

numbered! {
    Side: Buy, Sell;
    Op: New, Amend, Cancel;
    OrderType: Limit, Market;
    Tif: Gtc, Ioc, Fok;
    Liquidity: Maker, Taker;
    Outcome: Accepted, Filled, Amended, Cancelled, Rejected, RequestRejected;
    Refusal: None, WouldTake, FokUnfilled, Remainder, NotLive, SelfTrade, Technical, Closed;
    Status: PendingNew, Working, PendingAmend, PendingCancel, Filled, Cancelled, Expired, Rejected;
}

impl Wire for bool {
    fn put(&self, out: &mut Vec<u8>) {
        out.push(u8::from(*self));
    }

    fn take(bytes: &mut &[u8]) -> Result<Self, String> {
        match u8::take(bytes)? {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(format!("expected 0 or 1, got {other}")),
        }
    }
}

impl Wire for OrderRef {
    fn put(&self, out: &mut Vec<u8>) {
        self.generation().put(out);
        self.slot().put(out);
    }

    fn take(bytes: &mut &[u8]) -> Result<Self, String> {
        Ok(Self::new(u32::take(bytes)?, u32::take(bytes)?))
    }
}

impl<T: Wire, U: Wire> Wire for (T, U) {
    fn put(&self, out: &mut Vec<u8>) {
        self.0.put(out);
        self.1.put(out);
    }

    fn take(bytes: &mut &[u8]) -> Result<Self, String> {
        Ok((T::take(bytes)?, U::take(bytes)?))
    }
}

impl<T: Wire + Copy + Default, const N: usize> Wire for [T; N] {
    fn put(&self, out: &mut Vec<u8>) {
        self.iter().for_each(|item| item.put(out));
    }

    fn take(bytes: &mut &[u8]) -> Result<Self, String> {
        let mut all = [T::default(); N];
        for item in &mut all {
            *item = T::take(bytes)?;
        }
        Ok(all)
    }
}

impl<T: Wire> Wire for Vec<T> {
    fn put(&self, out: &mut Vec<u8>) {
        self.len().put(out);
        self.iter().for_each(|item| item.put(out));
    }

    fn take(bytes: &mut &[u8]) -> Result<Self, String> {
        let length = usize::take(bytes)?;
        if length > bytes.len() {
            return Err(format!("expected a list within {} bytes, got {length} items", bytes.len()));
        }
        (0..length).map(|_| T::take(bytes)).collect()
    }
}

wire!(Request { number, order, instr, op, side, kind, tif, post_only, tick, lots });
wire!(Report { ts, number, order, instr, side, outcome, refusal, liquidity, tick, lots, leaves });

impl<T: Wire> Wire for Timed<T> {
    fn put(&self, out: &mut Vec<u8>) {
        self.ts.put(out);
        self.instr.put(out);
        self.seq.put(out);
        self.message.put(out);
    }

    fn take(bytes: &mut &[u8]) -> Result<Self, String> {
        Ok(Self {
            ts: Wire::take(bytes)?,
            instr: Wire::take(bytes)?,
            seq: Wire::take(bytes)?,
            message: Wire::take(bytes)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_larger_than_their_bytes_are_refused() {
        let mut bytes = Vec::new();
        u64::MAX.put(&mut bytes);
        assert!(Vec::<u8>::take(&mut &bytes[..]).unwrap_err().contains("within 0 bytes"));
        let mut bytes = Vec::new();
        vec![(1u8, -1i128), (2, i128::MAX)].put(&mut bytes);
        let mut rest = &bytes[..];
        assert_eq!(Vec::take(&mut rest), Ok(vec![(1u8, -1i128), (2, i128::MAX)]));
        assert!(rest.is_empty());
        assert!(Side::take(&mut &[2][..]).is_err());
    }
}
