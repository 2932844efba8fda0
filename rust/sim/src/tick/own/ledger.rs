use quantrl_lob::Side;

/// Displayed lots that own orders took, which history still shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Instrument.
    pub instr: u16,
    /// Side they rested on.
    pub side: Side,
    /// Rank of their price on that side, larger = better.
    pub key: i32,
    /// Lots that were missing then.
    pub lots: u64,
    /// Exchange time of the last taking, from which on they come back.
    pub since: i64,
}

/// Taken lots by price. They come back linearly, counted anew from the last taking, and are forgotten when history
/// empties the level.
#[derive(Clone, Debug)]
pub(super) struct Ledger {
    recovery_ns: Option<i64>,
    taken: Vec<Taken>,
    until: i64,
}

/// Prices that nothing allocates below.
const ROOM: usize = 64;

impl Ledger {
    pub fn new(recovery_ns: Option<i64>) -> Self {
        Self { recovery_ns, taken: Vec::with_capacity(ROOM), until: i64::MIN }
    }

    #[inline]
    pub fn is_empty(&self) -> bool {
        self.taken.is_empty()
    }

    pub fn rows(&self) -> &[Taken] {
        &self.taken
    }

    /// Forget what has come back by `ts`, if that is everything.
    #[inline]
    pub fn expire(&mut self, ts: i64) {
        if ts >= self.until {
            self.taken.clear();
        }
    }

    fn at(&self, instr: u16, side: Side, key: i32) -> Option<usize> {
        self.taken.iter().position(|row| (row.instr, row.side, row.key) == (instr, side, key))
    }

    fn left(&self, row: &Taken, ts: i64) -> u64 {
        let Some(recovery) = self.recovery_ns else { return 0 };
        let waits = u128::from((recovery - ts.saturating_sub(row.since).clamp(0, recovery)).unsigned_abs());
        // Rounded up: no lot is back before its time.
        (u128::from(row.lots) * waits).div_ceil(u128::from(recovery.unsigned_abs())) as u64
    }

    /// Lots of a price that are not back yet.
    pub fn missing(&self, instr: u16, side: Side, key: i32, ts: i64) -> u64 {
        self.at(instr, side, key).map_or(0, |at| self.left(&self.taken[at], ts))
    }

    /// Lots of a price go to own orders.
    pub fn take(&mut self, instr: u16, side: Side, key: i32, lots: u64, ts: i64) {
        let Some(recovery) = self.recovery_ns else { return };
        if lots == 0 {
            return;
        }
        self.expire(ts);
        match self.at(instr, side, key) {
            Some(at) => {
                let lots = self.left(&self.taken[at], ts).saturating_add(lots);
                (self.taken[at].lots, self.taken[at].since) = (lots, ts);
            }
            None => self.taken.push(Taken { instr, side, key, lots, since: ts }),
        }
        self.until = self.until.max(ts.saturating_add(recovery));
    }

    /// Know these rows and no others.
    pub fn replace(&mut self, rows: impl Iterator<Item = Taken>) {
        self.taken.clear();
        self.until = i64::MIN;
        if self.recovery_ns.is_some() {
            rows.for_each(|row| self.restore(row));
        }
    }

    /// Put a saved row back.
    pub fn restore(&mut self, row: Taken) {
        self.until = self.until.max(row.since.saturating_add(self.recovery_ns.unwrap_or(0)));
        self.taken.push(row);
    }

    /// History has emptied the prices of a side from `bound` on, that one and all better ones.
    #[inline]
    pub fn emptied(&mut self, instr: u16, side: Side, bound: i32) {
        if !self.taken.is_empty() {
            self.taken.retain(|row| (row.instr, row.side) != (instr, side) || row.key < bound);
        }
    }

    /// History has emptied one price.
    pub fn emptied_at(&mut self, instr: u16, side: Side, key: i32) {
        self.taken.retain(|row| (row.instr, row.side, row.key) != (instr, side, key));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lots_come_back_linearly_rounded_up() {
        let mut ledger = Ledger::new(Some(1_000));
        ledger.take(0, Side::Sell, 5, 10, 100);
        let missing = |ledger: &Ledger, ts| ledger.missing(0, Side::Sell, 5, ts);
        assert_eq!(
            [100, 101, 200, 201, 600, 1_099, 1_100, 9_000].map(|ts| missing(&ledger, ts)),
            [10, 10, 9, 9, 5, 1, 0, 0]
        );
        ledger.take(0, Side::Sell, 5, 3, 600);
        assert_eq!([600, 1_100, 1_600].map(|ts| missing(&ledger, ts)), [8, 4, 0]);
        assert_eq!(ledger.missing(0, Side::Buy, 5, 600), 0);
        assert_eq!(ledger.missing(1, Side::Sell, 5, 600), 0);
        ledger.expire(1_599);
        assert!(!ledger.is_empty());
        ledger.expire(1_600);
        assert!(ledger.is_empty());
    }

    #[test]
    fn an_emptied_price_is_forgotten() {
        let mut ledger = Ledger::new(Some(1_000));
        for key in [1, 2, 3] {
            ledger.take(0, Side::Buy, key, 4, 0);
            ledger.take(0, Side::Sell, key, 4, 0);
        }
        ledger.emptied_at(0, Side::Buy, 1);
        ledger.emptied(0, Side::Sell, 2);
        let keys = |side| -> Vec<i32> {
            ledger.rows().iter().filter(|row| row.side == side).map(|row| row.key).collect()
        };
        assert_eq!((keys(Side::Buy), keys(Side::Sell)), (vec![2, 3], vec![1]));
    }

    #[test]
    fn without_recovery_nothing_is_missed() {
        let mut ledger = Ledger::new(None);
        ledger.take(0, Side::Buy, 1, 4, 0);
        assert!(ledger.is_empty() && ledger.missing(0, Side::Buy, 1, 0) == 0);
    }
}
