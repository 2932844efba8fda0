use quantrl_feed::{Books, Event, Instrument};
use quantrl_lob::{Fault, OrderRef, Side};

use super::{Ghost, L2Queue, OwnConfig, Taken};
use crate::tick::{Error, Report, Request, Stopped, Venue};

/// Either of the venues over history, where the file decides which.
#[derive(Clone, Debug)]
pub enum Own {
    /// On files of orders.
    Ghost(Ghost),
    /// On files of level sums.
    L2Queue(L2Queue),
}

impl Own {
    /// The venue of a mode over a file's books.
    ///
    /// # Errors
    /// A mode that the file does not allow; what the venue refuses.
    pub fn new(
        mode: Mode,
        books: Books,
        instruments: &[Instrument],
        config: OwnConfig,
    ) -> Result<Self, Error> {
        match mode {
            Mode::Ghost => Ghost::new(books, config).map(Self::Ghost),
            Mode::L2Queue => L2Queue::new(books, instruments, config).map(Self::L2Queue),
        }
    }
}

/// The same call on whichever it is.
macro_rules! either {
    ($own:expr, $venue:ident => $call:expr) => {
        match $own {
            Own::Ghost($venue) => $call,
            Own::L2Queue($venue) => $call,
        }
    };
}

impl Own {
    /// Lots that own orders took and history still shows.
    pub fn taken(&self) -> &[Taken] {
        either!(self, venue => venue.ledger().rows())
    }

    /// Lots ahead of an own order that rests: known in queues of orders, else estimated, at least 0, and infinite while its
    /// price is not shown. None if it does not rest.
    pub fn ahead(&self, instr: u16, side: Side, order: OrderRef) -> Option<f64> {
        match self {
            Self::Ghost(venue) => venue.ahead(instr, side, order).map(|lots| lots as f64),
            Self::L2Queue(venue) => venue.ahead(instr, side, order),
        }
    }

    /// Take over what own orders took elsewhere, instead of what is known here.
    pub fn remember(&mut self, rows: impl Iterator<Item = Taken>) {
        either!(self, venue => venue.ledger_mut().replace(rows));
    }
}

/// How own orders meet history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// In the queues of an order-by-order file.
    Ghost,
    /// In estimated queues of a file of level sums.
    L2Queue,
}

impl Mode {
    /// What a file of this level allows.
    pub fn of_level(level: u8) -> Self {
        if level >= 3 { Self::Ghost } else { Self::L2Queue }
    }

    /// Name as in configurations.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ghost => "ghost",
            Self::L2Queue => "l2_queue",
        }
    }
}

impl Venue for Own {
    #[inline]
    fn books(&self) -> &Books {
        either!(self, venue => venue.books())
    }

    fn admit(&mut self, slots: &[u32]) {
        either!(self, venue => venue.admit(slots));
    }

    fn resting(&self) -> usize {
        either!(self, venue => venue.resting())
    }

    fn on_event(&mut self, event: &Event, reports: &mut Vec<Report>) -> Result<(), Fault> {
        either!(self, venue => venue.on_event(event, reports))
    }

    #[inline]
    fn run(
        &mut self,
        events: &[[u8; Event::SIZE]],
        until: i64,
        reports: &mut Vec<Report>,
    ) -> Result<Stopped, (usize, Fault)> {
        either!(self, venue => venue.run(events, until, reports))
    }

    fn submit(&mut self, ts: i64, request: &Request, reports: &mut Vec<Report>) {
        either!(self, venue => venue.submit(ts, request, reports));
    }

    fn save(&self, out: &mut Vec<u8>) {
        either!(self, venue => venue.save(out));
    }

    fn load(&mut self, bytes: &mut &[u8]) -> Result<(), String> {
        either!(self, venue => venue.load(bytes))
    }
}
