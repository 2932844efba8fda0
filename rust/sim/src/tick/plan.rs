//! A file and settings that go together, shared by every session on them.

use std::sync::Arc;

use quantrl_feed::{Error as FileError, Event, EventFile, Place, RECV_UNKNOWN, Section, receive_order};

use super::config::{Config, Feed};
use super::error::Error;
use super::fees::Schedule;
use super::worth::Worth;

/// Order in which a strategy receives events.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Order {
    /// That of the file. An event that is late holds back those behind it.
    File,
    /// The file's own receive order.
    Section,
    /// Made here, where some receive times come from a model.
    Made(Vec<u32>),
}

/// See the module.
#[derive(Debug)]
pub struct Plan {
    file: Arc<EventFile>,
    config: Config,
    worths: Vec<Worth>,
    schedules: Vec<Schedule>,
    order: Order,
    /// Constant latency of every event; None where events carry their own.
    lag: Option<i64>,
    /// Latency of an event that carries none.
    unknown: i64,
    unit: i64,
    end: i64,
    /// Time by which the exchange waits for a shared book.
    behind: Option<i64>,
}

/// Farthest time from 1970 a session takes, ns: sums with latencies stay within i64.
const FAR: i64 = 1 << 62;

impl Plan {
    /// Check that the settings are in range and go with the file. One pass over the events where these carry their
    /// receive times.
    ///
    /// # Errors
    /// A setting by name; a file without events, with times out of range, or received before it happened.
    pub fn new(file: Arc<EventFile>, config: Config) -> Result<Arc<Self>, Error> {
        config.check()?;
        let header = file.header();
        // A stretch of a stream may be without events; it spans time all the same.
        if file.is_empty() && header.first_ts == header.last_ts {
            return Err(Error::config("file", "at least one event", "none"));
        }
        if header.first_ts < -FAR || header.last_ts > FAR {
            let times = format_args!("{} to {}", header.first_ts, header.last_ts);
            let error = FileError::data(Place::File, "ts_exch", format_args!("within +-{FAR}"), times);
            return Err(error.in_file(file.name()).into());
        }
        let schedules =
            file.instruments().iter().map(|i| config.fees.schedule(i)).collect::<Result<Vec<_>, _>>()?;
        let mut plan = Self {
            worths: file.instruments().iter().map(Worth::of).collect(),
            schedules,
            order: Order::File,
            lag: None,
            unknown: 0,
            unit: i64::from(header.recv_unit_ns),
            end: header.last_ts,
            behind: None,
            file,
            config,
        };
        plan.receive()?;
        let latency = &plan.config.latency;
        plan.behind = plan.lag.filter(|&lag| latency.least_response(lag) >= lag);
        Ok(Arc::new(plan))
    }

    /// Settle when and in what order events are received.
    fn receive(&mut self) -> Result<(), Error> {
        match self.config.feed {
            Feed::Const(ns) => {
                self.lag = Some(ns);
                self.end += ns;
                return Ok(());
            }
            Feed::FileOr(ns) => self.unknown = ns,
            Feed::File => {}
        }
        let (mut unknown, mut known, mut end) = (0u64, None, i64::MIN);
        let mut constant = true;
        for (event, at) in self.file.iter().zip(0u64..) {
            end = end.max(self.received(&event));
            if event.recv == RECV_UNKNOWN {
                unknown += 1;
                continue;
            }
            if event.recv < 0 {
                let expected = "no event received before it happened (convert with a receive offset)";
                return Err(Error::config("feed", expected, format_args!("{} at event {at}", event.recv)));
            }
            constant &= *known.get_or_insert(event.recv) == event.recv;
        }
        self.end = end;
        if unknown > 0 && self.config.feed == Feed::File {
            let expected = "receive times in the file, or a model of them";
            return Err(Error::config("feed", expected, format_args!("{unknown} events without")));
        }
        self.lag = match known {
            None => Some(self.unknown),
            Some(recv) if constant && unknown == 0 => Some(i64::from(recv) * self.unit),
            _ => None,
        };
        // Orders of level 3 depend on each other, so there a late event holds back the rest, as a gap in a feed does.
        if self.lag.is_none() && self.file.header().level < 3 {
            if unknown == 0 {
                let own = self.file.header().span(Section::ReceiveOrder).length > 0;
                self.order = if own { Order::Section } else { Order::File };
            } else {
                let times: Vec<i64> = self.file.iter().map(|event| self.received(&event)).collect();
                self.order = receive_order(&times).map_or(Order::File, Order::Made);
            }
        }
        Ok(())
    }

    /// The file.
    pub fn file(&self) -> &Arc<EventFile> {
        &self.file
    }

    /// The settings.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// What cash of an instrument is counted in.
    #[inline]
    pub fn worth(&self, instr: u16) -> &Worth {
        &self.worths[usize::from(instr)]
    }

    /// Fees of an instrument.
    #[inline]
    pub fn schedule(&self, instr: u16) -> &Schedule {
        &self.schedules[usize::from(instr)]
    }

    /// Instruments.
    pub fn instruments(&self) -> usize {
        self.worths.len()
    }

    /// All events, as stored.
    #[inline]
    pub fn events(&self) -> &[[u8; Event::SIZE]] {
        self.file.events()
    }

    /// Receive time of the event received last.
    #[inline]
    pub fn end(&self) -> i64 {
        self.end
    }

    /// Whether one book serves both sides. Where every event takes the same time and no answer takes less, nothing that
    /// happens at the exchange within that time is known yet: the exchange may wait for the strategy's book.
    #[inline]
    pub fn is_shared(&self) -> bool {
        self.behind.is_some()
    }

    /// Latency of every event where it is the same.
    #[inline]
    pub fn lag(&self) -> Option<i64> {
        self.lag
    }

    /// How far the exchange is brought when the strategy's clock stands at `now`: to what has been received by then where
    /// one book serves both sides, else to now.
    #[inline]
    pub fn horizon(&self, now: i64) -> i64 {
        now.saturating_sub(self.behind.unwrap_or(0))
    }

    /// Whether events are received in the order of the file.
    #[inline]
    pub fn in_file_order(&self) -> bool {
        self.order == Order::File
    }

    /// Receive time of an event by itself, ns.
    #[inline]
    pub fn received(&self, event: &Event) -> i64 {
        let late = match self.lag {
            Some(lag) => lag,
            None if event.recv == RECV_UNKNOWN => self.unknown,
            None => i64::from(event.recv) * self.unit,
        };
        event.ts_exch.saturating_add(late)
    }

    /// The event received as number `nth`.
    #[inline]
    pub fn nth(&self, nth: usize) -> Option<Event> {
        let at = match &self.order {
            Order::File => nth as u64,
            Order::Section => self.file.received_at(nth as u64),
            Order::Made(order) => u64::from(*order.get(nth)?),
        };
        self.file.get(at)
    }
}
