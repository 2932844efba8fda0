//! What happens when. At one time: feed to the strategy, responses to it, feed to the exchange, requests to it;
//! then by instrument, then in the order they were sent.

use std::collections::VecDeque;

/// No time: nothing is on its way.
pub const NEVER: i64 = i64::MAX;

/// Something on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timed<T> {
    /// Arrival, nanoseconds.
    pub ts: i64,
    /// Instrument it is about.
    pub instr: u16,
    /// Messages sent in this direction before it.
    pub seq: u64,
    /// The message.
    pub message: T,
}

impl<T> Timed<T> {
    fn key(&self) -> (i64, u16, u64) {
        (self.ts, self.instr, self.seq)
    }
}

/// Messages in flight in one direction, first to arrive first.
#[derive(Clone, Debug)]
pub struct Flight<T> {
    queue: VecDeque<Timed<T>>,
    sent: u64,
    latest: i64,
    in_order: bool,
}

impl<T> Flight<T> {
    /// Nothing in flight. `in_order`: none overtakes another.
    pub fn new(in_order: bool) -> Self {
        Self { queue: VecDeque::new(), sent: 0, latest: i64::MIN, in_order }
    }

    /// Room for `n` messages.
    pub fn reserve(&mut self, n: usize) {
        self.queue.reserve(n.saturating_sub(self.queue.len()));
    }

    /// Send a message that would arrive at `ts`; when it will.
    #[inline]
    pub fn push(&mut self, ts: i64, instr: u16, message: T) -> i64 {
        let ts = if self.in_order { ts.max(self.latest) } else { ts };
        self.latest = self.latest.max(ts);
        let timed = Timed { ts, instr, seq: self.sent, message };
        self.sent += 1;
        let behind = self.queue.iter().rev().take_while(|other| other.key() > timed.key()).count();
        if behind == 0 {
            self.queue.push_back(timed);
        } else {
            self.queue.insert(self.queue.len() - behind, timed);
        }
        ts
    }

    /// Arrival of the next message, `NEVER` without one.
    #[inline]
    pub fn next_time(&self) -> i64 {
        self.queue.front().map_or(NEVER, |timed| timed.ts)
    }

    /// The next message, if it arrives at `ts` or before.
    #[inline]
    pub fn due(&mut self, ts: i64) -> Option<Timed<T>> {
        if self.next_time() <= ts { self.queue.pop_front() } else { None }
    }

    /// Messages in flight, next to arrive first.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Timed<T>> {
        self.queue.iter()
    }

    /// Whether nothing is in flight.
    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// How many were ever sent, and the latest arrival of any.
    pub fn marks(&self) -> (u64, i64) {
        (self.sent, self.latest)
    }

    /// As `iter` and `marks` of another gave it. None where the messages are out of order.
    pub fn restored(in_order: bool, marks: (u64, i64), queue: Vec<Timed<T>>) -> Option<Self> {
        let (sent, latest) = marks;
        let sorted = queue.windows(2).all(|pair| pair[0].key() < pair[1].key());
        let known = queue.iter().all(|timed| timed.seq < sent && timed.ts <= latest);
        (sorted && known).then(|| Self { queue: queue.into(), sent, latest, in_order })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrivals(in_order: bool, sent: &[(i64, u16)]) -> Vec<(i64, u16, u64)> {
        let mut flight = Flight::new(in_order);
        for &(ts, instr) in sent {
            flight.push(ts, instr, ());
        }
        std::iter::from_fn(|| flight.due(NEVER - 1)).map(|timed| timed.key()).collect()
    }

    #[test]
    fn by_time_instrument_and_sequence() {
        let sent = [(5, 1), (3, 0), (5, 0), (5, 0), (1, 2)];
        assert_eq!(arrivals(false, &sent), [(1, 2, 4), (3, 0, 1), (5, 0, 2), (5, 0, 3), (5, 1, 0)]);
        assert_eq!(arrivals(true, &sent), [(5, 0, 1), (5, 0, 2), (5, 0, 3), (5, 1, 0), (5, 2, 4)]);
    }

    #[test]
    fn not_before_its_time() {
        let mut flight = Flight::new(true);
        assert_eq!(flight.push(7, 0, 'a'), 7);
        assert_eq!(flight.push(4, 0, 'b'), 7);
        assert_eq!((flight.next_time(), flight.due(6)), (7, None));
        assert_eq!(flight.due(7).map(|timed| timed.message), Some('a'));
        let (marks, queue) = (flight.marks(), flight.iter().copied().collect::<Vec<_>>());
        assert_eq!(Flight::restored(true, marks, queue.clone()).unwrap().next_time(), 7);
        assert!(Flight::restored(true, (1, 7), queue).is_none());
    }
}
