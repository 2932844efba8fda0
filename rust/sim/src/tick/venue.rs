//! The exchange side of a session: books, own orders at the venue, and who gets filled.

use quantrl_feed::{Books, Event};
use quantrl_lob::Fault;

use super::order::{Report, Request};

/// Where `Venue::run` came to rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stopped {
    /// Events applied.
    pub events: usize,
    /// Whether the last of them made reports.
    pub reported: bool,
}

/// A venue is stepped in exchange time: first every event of a time, then the requests that arrive at it.
pub trait Venue {
    /// Books at the exchange.
    fn books(&self) -> &Books;

    /// Room in the books for orders in slots below `slots` of each instrument.
    fn admit(&mut self, slots: &[u32]);

    /// Own orders that rest.
    fn resting(&self) -> usize;

    /// Apply one event of history; executions of own orders are appended.
    ///
    /// # Errors
    /// An event the book refuses, as only a damaged file holds.
    fn on_event(&mut self, event: &Event, reports: &mut Vec<Report>) -> Result<(), Fault>;

    /// Apply events as stored while their exchange time is below `until`, up to and with the first that makes reports.
    ///
    /// # Errors
    /// Number of the refused event in `events` and why; the books stay before it.
    fn run(
        &mut self,
        events: &[[u8; Event::SIZE]],
        until: i64,
        reports: &mut Vec<Report>,
    ) -> Result<Stopped, (usize, Fault)> {
        let before = reports.len();
        for (i, bytes) in events.iter().enumerate() {
            let event = Event::of_bytes(bytes);
            if event.ts_exch >= until {
                return Ok(Stopped { events: i, reported: false });
            }
            self.on_event(&event, reports).map_err(|fault| (i, fault))?;
            if reports.len() > before {
                return Ok(Stopped { events: i + 1, reported: true });
            }
        }
        Ok(Stopped { events: events.len(), reported: false })
    }

    /// A request arrives at exchange time `ts`; the answers are appended in the order they happen.
    fn submit(&mut self, ts: i64, request: &Request, reports: &mut Vec<Report>);

    /// Everything but the books, for a snapshot.
    fn save(&self, out: &mut Vec<u8>);

    /// Inverse of `save`, over books already in place.
    ///
    /// # Errors
    /// What does not fit: expected and got.
    fn load(&mut self, bytes: &mut &[u8]) -> Result<(), String>;
}
