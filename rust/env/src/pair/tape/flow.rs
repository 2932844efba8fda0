//! Order flow of one leg, summed from one decision to the next.

/// Sums over the events that one decision sees and the one before it did not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flow {
    /// Order-flow imbalance, lots.
    pub imbalance: i64,
    /// Traded lots.
    pub volume: i64,
    /// Traded lots, sales negative, of trades whose taker is known.
    pub signed: i64,
    /// Events.
    pub events: i64,
}

impl Flow {
    /// Both.
    pub fn plus(self, other: Self) -> Self {
        Self {
            imbalance: self.imbalance.saturating_add(other.imbalance),
            volume: self.volume.saturating_add(other.volume),
            signed: self.signed.saturating_add(other.signed),
            events: self.events.saturating_add(other.events),
        }
    }
}

/// Flows by the number of the decision that first sees them; decisions without events are absent.
#[derive(Clone, Debug, Default)]
pub struct Flows(Vec<(i64, Flow)>);

impl Flows {
    /// More of it; numbers never fall.
    pub fn add(&mut self, number: i64, flow: Flow) {
        match self.0.last_mut() {
            Some((last, sum)) if *last == number => *sum = sum.plus(flow),
            _ => self.0.push((number, flow)),
        }
    }

    /// Flow of one decision.
    pub fn at(&self, number: i64) -> Flow {
        self.0.binary_search_by_key(&number, |(at, _)| *at).map_or(Flow::default(), |row| self.0[row].1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_by_decision() {
        let mut flows = Flows::default();
        for (number, lots) in [(3, 1), (3, 2), (7, 5)] {
            flows.add(number, Flow { imbalance: lots, events: 1, ..Flow::default() });
        }
        assert_eq!(flows.at(3), Flow { imbalance: 3, events: 2, ..Flow::default() });
        assert_eq!(flows.at(4), Flow::default());
        assert_eq!(flows.at(7).imbalance, 5);
    }
}
