use crate::convert::binance::Market;

/// What to do with a depth update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Older than the snapshot.
    Drop,
    /// It follows.
    Apply,
    /// Updates are missing before it.
    Gap,
}

/// Update ids of one depth stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sequence {
    market: Market,
    last: i64,
    anchored: bool,
}

impl Sequence {
    /// After a snapshot with this `lastUpdateId`.
    pub fn after(market: Market, snapshot: i64) -> Self {
        Self { market, last: snapshot, anchored: false }
    }

    /// Last update id that the book holds.
    pub fn last(&self) -> i64 {
        self.last
    }

    /// Judge the update with `U`, `u` and `pu`. The venue's rules: futures drop `u` < snapshot, the first applied has
    /// `U` <= snapshot <= `u`, then `pu` is the previous `u`; spot drops `u` <= snapshot, the first has
    /// `U` <= snapshot + 1 <= `u`, then `U` is the previous `u` + 1.
    pub fn judge(&mut self, first: i64, last: i64, previous: Option<i64>) -> Verdict {
        let follows = match (self.market, self.anchored) {
            (Market::Futures, false) if last < self.last => return Verdict::Drop,
            (Market::Futures, false) => first <= self.last,
            (Market::Futures, true) => previous == Some(self.last),
            (Market::Spot, false) if last <= self.last => return Verdict::Drop,
            (Market::Spot, false) => first <= self.last.saturating_add(1),
            (Market::Spot, true) => first == self.last.saturating_add(1),
        };
        if !follows || last < first {
            return Verdict::Gap;
        }
        (self.last, self.anchored) = (last, true);
        Verdict::Apply
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn futures() {
        let mut ids = Sequence::after(Market::Futures, 100);
        assert_eq!(ids.judge(80, 99, Some(79)), Verdict::Drop);
        assert_eq!(ids.judge(99, 105, Some(98)), Verdict::Apply);
        assert_eq!(ids.judge(110, 120, Some(105)), Verdict::Apply);
        assert_eq!(ids.judge(121, 130, Some(119)), Verdict::Gap);
        assert_eq!(Sequence::after(Market::Futures, 100).judge(101, 105, Some(90)), Verdict::Gap);
    }

    #[test]
    fn spot() {
        let mut ids = Sequence::after(Market::Spot, 100);
        assert_eq!(ids.judge(90, 100, None), Verdict::Drop);
        assert_eq!(ids.judge(101, 105, None), Verdict::Apply);
        assert_eq!(ids.judge(106, 120, None), Verdict::Apply);
        assert_eq!(ids.judge(122, 130, None), Verdict::Gap);
        assert_eq!(Sequence::after(Market::Spot, i64::MAX).judge(1, i64::MAX, None), Verdict::Drop);
        assert_eq!(Sequence::after(Market::Spot, 100).judge(102, 105, None), Verdict::Gap);
    }
}
