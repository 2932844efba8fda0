//! The exchange's side: recorded events with own orders among them, sought where an order needs them.

use quantrl_feed::Event;
use quantrl_lob::{OrderRef, Side};
use quantrl_sim::tick::own::{Mode, Own, OwnConfig, QueueModel, Taken as Gone};
use quantrl_sim::tick::{Op, OrderType, Outcome, Report, Request, Tif, Venue};

use crate::pair::ledger::{Ledger, Taken};
use crate::pair::tape::{LEVELS, Tape};

/// Events that are run through rather than sought past.
const NEAR: usize = 4_096;
/// A batch whose orders are worked has had them checked.
const SOUND: &str = "events of a worked tape are sound";

/// One leg's venue of the tick engine, its books at a time.
#[derive(Clone, Debug)]
struct Floor {
    venue: Own,
    /// Events applied.
    at: usize,
    /// Requests so far.
    number: u32,
    /// The own order.
    order: Option<(OrderRef, Side)>,
    reports: Vec<Report>,
}

/// A passive execution.
#[derive(Clone, Copy, Debug)]
pub struct Met {
    /// When it was, ns.
    pub ts: i64,
    /// Lots.
    pub lots: i64,
    /// Lots still open.
    pub leaves: i64,
}

/// Both legs' venues, as far as orders needed them.
#[derive(Clone, Debug, Default)]
pub struct Floors {
    legs: [Option<Box<Floor>>; 2],
    /// Room for what an order takes.
    pub fills: Vec<(i64, i64)>,
}

/// An order at its arrival.
#[derive(Clone, Copy, Debug)]
pub struct Arrival<'a> {
    /// The tape.
    pub tape: &'a Tape,
    /// Leg.
    pub leg: usize,
    /// When, ns.
    pub ts: i64,
    /// Lots, negative to sell.
    pub lots: i64,
    /// Worst price.
    pub limit: i64,
    /// What the account took before.
    pub ledger: &'a Ledger,
    /// Place in a queue that is not shown.
    pub queue: QueueModel,
}

fn side(lots: i64) -> Side {
    if lots > 0 { Side::Buy } else { Side::Sell }
}

impl Floor {
    fn seek(tape: &Tape, leg: usize, ts: i64, queue: QueueModel) -> Self {
        let file = &tape.sources[leg].file;
        let (at, books) = tape.marks.before(leg, &tape.sources[leg], ts);
        let mode = Mode::of_level(file.header().level);
        let config = match mode {
            Mode::Ghost => OwnConfig::ghost(),
            Mode::L2Queue => OwnConfig::l2_queue(queue),
        };
        let venue = Own::new(mode, books, file.instruments(), config).expect(SOUND);
        Self { venue, at: at as usize, number: 0, order: None, reports: Vec::new() }
    }

    /// Every event up to and with `ts`, or up to one that fills the own order.
    fn run(&mut self, tape: &Tape, leg: usize, ts: i64) -> Option<Report> {
        let events = tape.sources[leg].file.events().get(self.at..).unwrap_or(&[]);
        let stopped = self.venue.run(events, ts.saturating_add(1), &mut self.reports).expect(SOUND);
        self.at += stopped.events;
        self.reports.pop()
    }

    fn submit(&mut self, arrival: &Arrival<'_>, op: Op, tif: Tif, post_only: bool) {
        let Arrival { tape, leg, ts, lots, limit, ledger, .. } = *arrival;
        let instr = tape.sources[leg].instr;
        let gone = ledger.open(ts).map(|taken| {
            let side = side(taken.lots).opposite();
            let key = side.key(tape.money.stored(leg, taken.price));
            Gone { instr, side, key, lots: taken.lots.unsigned_abs(), since: taken.since }
        });
        self.venue.remember(gone);
        let (order, side) = match (op, self.order) {
            (Op::Cancel, Some(own)) => own,
            _ => (OrderRef::new(self.number, 0), side(lots)),
        };
        let request = Request {
            number: u64::from(self.number),
            order,
            instr,
            op,
            side,
            kind: OrderType::Limit,
            tif,
            post_only,
            tick: tape.money.stored(leg, limit),
            lots: u32::try_from(lots.unsigned_abs()).unwrap_or(u32::MAX),
        };
        self.number = self.number.wrapping_add(1);
        self.order = Some((order, side));
        self.reports.clear();
        self.venue.submit(ts, &request, &mut self.reports);
    }
}

impl Floors {
    /// No order rests any more.
    pub fn clear(&mut self) {
        self.legs.iter_mut().for_each(|floor| {
            floor.take_if(|floor| floor.venue.resting() > 0);
        });
    }

    /// The venue of a leg with every event up to and with a time.
    fn at(&mut self, arrival: &Arrival<'_>) -> &mut Floor {
        let Arrival { tape, leg, ts, queue, .. } = *arrival;
        let time = |at: usize| {
            tape.sources[leg].file.events().get(at).map_or(i64::MAX, |bytes| Event::of_bytes(bytes).ts_exch)
        };
        let near = |floor: &Floor| {
            floor.at.checked_sub(1).is_none_or(|last| time(last) <= ts)
                && time(floor.at.saturating_add(NEAR)) > ts
        };
        let held = &mut self.legs[leg];
        held.take_if(|floor| !near(floor));
        let floor = held.get_or_insert_with(|| Box::new(Floor::seek(tape, leg, ts, queue)));
        floor.run(tape, leg, ts);
        floor
    }

    /// What an order takes that is immediate or cancelled: (price, lots) from the best price on. The five levels answer,
    /// or where they do not reach the events.
    pub fn take(&mut self, arrival: &Arrival<'_>, always_events: bool) -> Vec<(i64, i64)> {
        self.fills.clear();
        if always_events || !self.walk(arrival) {
            self.fills.clear();
            let floor = self.at(arrival);
            floor.submit(arrival, Op::New, Tif::Ioc, false);
            let filled = floor.reports.iter().filter(|report| report.outcome == Outcome::Filled);
            let price = |report: &Report| arrival.tape.money.price(arrival.leg, report.tick);
            let fills: Vec<_> = filled.map(|report| (price(report), i64::from(report.lots))).collect();
            floor.reports.clear();
            self.fills.extend(fills);
        }
        std::mem::take(&mut self.fills)
    }

    /// Walk the five levels up to the limit, less what this account took from them before; false where more lie behind
    /// them that the order would reach.
    fn walk(&mut self, arrival: &Arrival<'_>) -> bool {
        let Arrival { tape, leg, ts, lots, limit, ledger, .. } = *arrival;
        let Some(touch) = tape.logs[leg].at(ts) else { return true };
        let (way, mut open) = (lots.signum(), lots.abs());
        let mut levels = 0;
        for level in touch.sides[usize::from(way > 0)].iter().take_while(|level| level.lots > 0) {
            let price = tape.money.price(leg, level.tick);
            if open == 0 || way * price > way * limit {
                return true;
            }
            levels += 1;
            let lots = open.min(i64::from(level.lots) - ledger.missing(way, price, ts));
            if lots > 0 {
                self.fills.push((price, lots));
                open -= lots;
            }
        }
        open == 0 || levels < LEVELS
    }

    /// A passive order arrives; whether it rests.
    pub fn post(&mut self, arrival: &Arrival<'_>) -> bool {
        let floor = self.at(arrival);
        floor.submit(arrival, Op::New, Tif::Gtc, true);
        let rests = floor.reports.iter().any(|report| report.outcome == Outcome::Accepted);
        floor.reports.clear();
        rests
    }

    /// The next execution of the passive order of a leg up to and with a time; what it took of displayed lots is noted.
    pub fn listen(&mut self, tape: &Tape, leg: usize, ts: i64, ledger: &mut Ledger) -> Option<Met> {
        let floor = self.legs[leg].as_mut()?;
        let report = floor.run(tape, leg, ts)?;
        let instr = tape.sources[leg].instr;
        for gone in floor.venue.taken().iter().filter(|gone| (gone.instr, gone.since) == (instr, report.ts)) {
            let way = if gone.side == Side::Sell { 1 } else { -1 };
            let price = tape.money.price(leg, gone.side.tick(gone.key));
            let lots = way * i64::try_from(gone.lots).unwrap_or(i64::MAX);
            ledger.put(Taken { price, lots, since: gone.since });
        }
        Some(Met { ts: report.ts, lots: i64::from(report.lots), leaves: i64::from(report.leaves) })
    }

    /// A cancel of the passive order arrives.
    pub fn cancel(&mut self, arrival: &Arrival<'_>) {
        if let Some(floor) = self.legs[arrival.leg].as_mut() {
            floor.submit(arrival, Op::Cancel, Tif::Gtc, false);
            floor.reports.clear();
        }
    }

    /// Lots open of the order of a leg after the events up to a time, as when it was posted then; None where it does not
    /// rest. For a state that is taken up.
    pub fn resume(&mut self, arrival: &Arrival<'_>, now: i64) -> Option<i64> {
        self.legs[arrival.leg] = None;
        if !self.post(arrival) {
            return None;
        }
        let mut left = arrival.lots.abs();
        let floor = self.legs[arrival.leg].as_mut()?;
        while let Some(report) = floor.run(arrival.tape, arrival.leg, now) {
            left = i64::from(report.leaves);
        }
        Some(left)
    }
}
