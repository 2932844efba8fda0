//! Lots an account took from a recorded book, which still shows them.

/// Lots that were taken are back after this long.
pub const RECOVERY_NS: i64 = 1_000_000_000;
/// Prices a leg remembers.
pub const ROOM: usize = 10;

/// Lots taken at a price, which come back linearly over [`RECOVERY_NS`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// Price.
    pub price: i64,
    /// Bought from the asks, or sold to the bids when negative.
    pub lots: i64,
    /// Since when, ns.
    pub since: i64,
}

impl Taken {
    /// Lots that are not back yet, rounded up.
    fn missing(&self, ts: i64) -> i64 {
        let waits = (RECOVERY_NS - ts.saturating_sub(self.since)).clamp(0, RECOVERY_NS);
        let lots = i128::from(self.lots.abs()) * i128::from(waits);
        ((lots + i128::from(RECOVERY_NS) - 1) / i128::from(RECOVERY_NS)) as i64
    }
}

/// Taken lots of one leg.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ledger(pub [Taken; ROOM]);

impl Ledger {
    /// Lots of a price that are not back yet, of the asks where `way` is 1 and of the bids where it is -1.
    pub fn missing(&self, way: i64, price: i64, ts: i64) -> i64 {
        let here = |taken: &&Taken| taken.price == price && taken.lots.signum() == way;
        self.0.iter().find(here).map_or(0, |taken| taken.missing(ts))
    }

    /// Remember what was taken besides what is missing there already.
    pub fn take(&mut self, new: Taken) {
        let way = new.lots.signum();
        self.put(Taken { lots: new.lots + way * self.missing(way, new.price, new.since), ..new });
    }

    /// Remember what is missing of a price; the price nearest to its recovery makes room.
    pub fn put(&mut self, new: Taken) {
        let held = &mut self.0;
        let here = |old: &Taken| old.price == new.price && old.lots.signum() == new.lots.signum();
        if let Some(old) = held.iter_mut().find(|old| here(old)) {
            *old = new;
        } else if let Some(old) = held.iter_mut().min_by_key(|old| old.missing(new.since)) {
            *old = new;
        }
    }

    /// Prices of which lots are missing at a time.
    pub fn open(&self, ts: i64) -> impl Iterator<Item = &Taken> {
        self.0.iter().filter(move |taken| taken.missing(ts) > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn taken_lots_come_back_within_a_second() {
        let mut ledger = Ledger::default();
        ledger.take(Taken { price: 10, lots: 7, since: 0 });
        let missing = |ledger: &Ledger, way, ts| ledger.missing(way, 10, ts);
        assert_eq!(
            [0, 1, 500_000_000, 999_999_999, RECOVERY_NS].map(|ts| missing(&ledger, 1, ts)),
            [7, 7, 4, 1, 0]
        );
        assert_eq!(missing(&ledger, -1, 0), 0);
        // Four are still missing when two more are taken.
        ledger.take(Taken { price: 10, lots: 2, since: 500_000_000 });
        assert_eq!((missing(&ledger, 1, 500_000_000), missing(&ledger, 1, RECOVERY_NS)), (6, 3));
        assert_eq!((ledger.open(RECOVERY_NS).count(), ledger.open(2 * RECOVERY_NS).count()), (1, 0));
    }

    #[test]
    fn the_price_nearest_to_recovery_makes_room() {
        let mut ledger = Ledger::default();
        for price in 0..=ROOM as i64 {
            ledger.take(Taken { price, lots: 5, since: 10 * price });
        }
        assert_eq!(ledger.missing(1, 1, 20), 5);
        assert_eq!(ledger.0.iter().filter(|taken| taken.lots != 0).count(), ROOM);
    }
}
