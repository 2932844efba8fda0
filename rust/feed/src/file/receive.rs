//! Receive times: nanoseconds to the file's unit, and the order events were received in.

use crate::error::{Error, Place};
use crate::event::RECV_UNKNOWN;

/// Latency that is not known.
pub const UNKNOWN: i64 = i64::MIN;

/// What is added to every latency before it is stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RecvOffset {
    /// Minus the smallest latency where that is negative: the recorder's clock then never runs behind the venue's.
    #[default]
    Auto,
    /// So many nanoseconds.
    Nanos(i64),
}

/// Latencies (receive minus exchange time, ns) as they are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scale {
    /// Nanoseconds added to each.
    pub offset_ns: i64,
    /// Nanoseconds of one stored unit.
    pub unit_ns: u32,
}

impl Scale {
    /// The smallest unit in which all of `latencies` fit.
    ///
    /// # Errors
    /// A latency beyond 24.8 days, the most the largest unit holds.
    pub fn of(latencies: &[i64], offset: RecvOffset) -> Result<Self, Error> {
        let known = || latencies.iter().copied().filter(|&v| v != UNKNOWN);
        let (Some(low), Some(high)) = (known().min(), known().max()) else {
            return Ok(Self { offset_ns: 0, unit_ns: 1 });
        };
        let offset_ns = match offset {
            RecvOffset::Auto => low.min(0).saturating_neg(),
            RecvOffset::Nanos(ns) => ns,
        };
        for unit_ns in [1, 1_000, 1_000_000] {
            let scale = Self { offset_ns, unit_ns };
            if scale.stored(low).is_some() && scale.stored(high).is_some() {
                return Ok(scale);
            }
        }
        Err(Error::data(Place::File, "receive time", "within 24.8 days of the exchange time", low.max(high)))
    }

    /// A latency in stored units, rounded up so that nothing is seen early. None where it does not fit.
    #[inline]
    pub fn stored(self, latency: i64) -> Option<i32> {
        let shifted = latency.checked_add(self.offset_ns)?;
        let unit = i64::from(self.unit_ns);
        let up = shifted.div_euclid(unit) + i64::from(shifted.rem_euclid(unit) != 0);
        i32::try_from(up).ok().filter(|&v| v != RECV_UNKNOWN)
    }
}

/// Receive time in nanoseconds; the exchange time where it is not known.
#[inline]
pub fn received(ts_exch: i64, recv: i32, unit_ns: u32) -> i64 {
    if recv == RECV_UNKNOWN { ts_exch } else { ts_exch.saturating_add(i64::from(recv) * i64::from(unit_ns)) }
}

/// Indices in order of time, equal times in file order; None where that is file order.
pub fn receive_order(times: &[i64]) -> Option<Vec<u32>> {
    if times.is_sorted() {
        return None;
    }
    let mut order: Vec<u32> = (0..times.len() as u32).collect();
    order.sort_by_key(|&i| times[i as usize]);
    Some(order)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn smallest_unit_rounded_up() {
        let scale = Scale::of(&[5, UNKNOWN, 2_147_483_647], RecvOffset::Auto).unwrap();
        assert_eq!(scale, Scale { offset_ns: 0, unit_ns: 1 });
        let scale = Scale::of(&[5, 2_147_483_648], RecvOffset::Auto).unwrap();
        assert_eq!(
            (scale.unit_ns, scale.stored(5), scale.stored(2_147_483_648)),
            (1_000, Some(1), Some(2_147_484))
        );
        let scale = Scale::of(&[-1_270_000_123, -3], RecvOffset::Auto).unwrap();
        assert_eq!((scale.stored(-1_270_000_123), scale.stored(-3)), (Some(0), Some(1_270_000_120)));
        let scale = Scale::of(&[-5_000_000_001], RecvOffset::Nanos(0)).unwrap();
        assert_eq!((scale.unit_ns, scale.stored(-5_000_000_001)), (1_000, Some(-5_000_000)));
        assert!(Scale::of(&[i64::MAX], RecvOffset::Auto).is_err());
        assert!(Scale::of(&[i64::MIN + 1, 0], RecvOffset::Auto).is_err());
        assert_eq!(Scale::of(&[UNKNOWN], RecvOffset::Auto).unwrap().unit_ns, 1);
    }

    #[test]
    fn order_is_stable_and_absent_where_sorted() {
        assert_eq!(receive_order(&[1, 1, 2]), None);
        assert_eq!(receive_order(&[5, 1, 5, 1]), Some(vec![1, 3, 0, 2]));
    }
}
