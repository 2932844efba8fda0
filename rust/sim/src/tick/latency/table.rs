use crate::tick::Error;

/// One measured round trip, nanoseconds. `exch <= 0`: the request was lost, `resp` is when that was known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trip {
    /// When the request left.
    pub req: i64,
    /// When it reached the exchange.
    pub exch: i64,
    /// When the answer came back.
    pub resp: i64,
}

impl Trip {
    fn is_lost(self) -> bool {
        self.exch <= 0
    }
}

/// Measured round trips; latencies between two of them are linear in time, before the first and after the last constant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    trips: Vec<Trip>,
    answers: Vec<(i64, i64)>,
}

impl Table {
    /// From trips in order of `req`.
    ///
    /// # Errors
    /// No trip, one that does not go forward in time, or trips that overtake each other: the row is named.
    pub fn new(trips: Vec<Trip>) -> Result<Self, Error> {
        let mut before = Trip { req: i64::MIN, exch: i64::MIN, resp: i64::MIN };
        for (row, trip) in trips.iter().enumerate() {
            let bad = |expected: &str| {
                Err(Error::config(
                    "latency table",
                    expected,
                    format_args!("{trip:?} after {before:?} in row {row}"),
                ))
            };
            if trip.req <= before.req || trip.req < 0 {
                return bad("req above the one before and at least 0");
            }
            if trip.is_lost() && trip.resp <= trip.req {
                return bad("resp above req where the request was lost");
            }
            let forward = trip.req <= trip.exch && trip.exch <= trip.resp && before.exch < trip.exch;
            if !trip.is_lost() && !forward {
                return bad("req <= exch <= resp, exch above the one before");
            }
            before = Trip { exch: if trip.is_lost() { before.exch } else { trip.exch }, ..*trip };
        }
        if trips.is_empty() {
            return Err(Error::config("latency table", "at least one row", "none"));
        }
        let answers = trips.iter().filter(|t| !t.is_lost()).map(|t| (t.exch, t.resp - t.exch)).collect();
        Ok(Self { trips, answers })
    }

    /// Latency of a request that leaves at `ts`; negative where it is lost: minus the time until that is known.
    /// A request between a lost one and another is lost. O(log rows).
    pub fn entry(&self, ts: i64) -> i64 {
        let next = self.trips.partition_point(|trip| trip.req <= ts);
        let before = self.trips[next.saturating_sub(1)];
        let after = if next == 0 { before } else { *self.trips.get(next).unwrap_or(&before) };
        let lost = before.is_lost() || after.is_lost();
        let point = |trip: Trip| (trip.req, if lost { trip.resp } else { trip.exch } - trip.req);
        let latency = between(ts, point(before), point(after));
        if lost { -latency.max(1) } else { latency }
    }

    /// Least latency of an answer; 0 where no trip was answered.
    pub fn least_response(&self) -> i64 {
        self.answers.iter().map(|&(_, latency)| latency).min().unwrap_or(0)
    }

    /// Latency of an answer that leaves the exchange at `ts`; 0 where no trip was answered. O(log rows).
    pub fn response(&self, ts: i64) -> i64 {
        let next = self.answers.partition_point(|&(exch, _)| exch <= ts);
        let Some(&before) = self.answers.get(next.saturating_sub(1)) else { return 0 };
        let after = if next == 0 { before } else { *self.answers.get(next).unwrap_or(&before) };
        between(ts, before, after)
    }
}

/// y at `x` on the line through two points, the step from the first truncated; the first's y where they are one.
fn between(x: i64, (x1, y1): (i64, i64), (x2, y2): (i64, i64)) -> i64 {
    if x1 == x2 {
        return y1;
    }
    let [x, x1, x2, y1, y2] = [x, x1, x2, y1, y2].map(i128::from);
    (y1 + (y2 - y1) * (x - x1) / (x2 - x1)) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trips(rows: &[[i64; 3]]) -> Vec<Trip> {
        rows.iter().map(|&[req, exch, resp]| Trip { req, exch, resp }).collect()
    }

    #[test]
    fn linear_between_rows_by_hand() {
        let table = Table::new(trips(&[[100, 110, 130], [200, 240, 241], [400, 405, 500]])).unwrap();
        // Entry latencies 10, 40, 5 at 100, 200, 400.
        for (ts, latency) in
            [(0, 10), (100, 10), (150, 25), (199, 39), (200, 40), (300, 23), (399, 6), (400, 5), (900, 5)]
        {
            assert_eq!(table.entry(ts), latency, "entry at {ts}");
        }
        // Response latencies 20, 1, 95 at 110, 240, 405.
        for (ts, latency) in [(0, 20), (110, 20), (175, 11), (240, 1), (405, 95), (1_000, 95), (322, 47)] {
            assert_eq!(table.response(ts), latency, "response at {ts}");
        }
    }

    #[test]
    fn exact_over_the_whole_span() {
        let far = 4_000_000_000_000_000_000;
        let table = Table::new(trips(&[[0, 1, 2], [far, far + far / 10, far + far / 5]])).unwrap();
        assert_eq!(table.entry(far / 2 + 1), far / 20);
    }

    #[test]
    fn lost_requests_come_back_as_such() {
        let table = Table::new(trips(&[[100, 110, 120], [200, 0, 300], [300, 310, 330]])).unwrap();
        // Round trips 20, 100, 30.
        for (ts, latency) in [(99, 10), (150, -60), (200, -100), (250, -65), (300, 10)] {
            assert_eq!(table.entry(ts), latency, "{ts}");
        }
        assert_eq!(table.response(210), 15);
    }

    #[test]
    fn refuses_what_no_clock_shows() {
        for rows in [
            &[][..],
            &[[5, 4, 6]],
            &[[5, 6, 5]],
            &[[5, 6, 7], [5, 8, 9]],
            &[[5, 9, 10], [6, 8, 11]],
            &[[5, 0, 5]],
            &[[-5, 1, 2]],
        ] {
            assert!(Table::new(trips(rows)).is_err(), "{rows:?}");
        }
    }
}
