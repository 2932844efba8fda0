use std::collections::VecDeque;

use quantrl_feed::{Books, Event, Kind};
use quantrl_lob::{Book, Fault, OrderRef, Side};

use super::derived::{derive, touched};
use super::witness::Witness;
use crate::tick::own::{FillRule, Ghost, L2Queue, OwnConfig, QueueModel, Remainder, ThroughRule};
use crate::tick::{Error, NEVER, Op, OrderType, Outcome, Report, Request, Tif, Venue};

/// A virtual order under the truth and under every model.
#[derive(Clone, Debug)]
pub(super) struct Live {
    pub order: OrderRef,
    /// Time it joined the touch, ns.
    pub joined: i64,
    /// Its true queue.
    pub witness: Witness,
    /// When it was filled in truth, then by model; `NEVER` while it is not.
    pub filled: Vec<i64>,
}

/// One lot joins both touches at fixed times, in the true queues and in those of each model, each judged alone.
pub(super) struct Panel {
    instr: u16,
    every: i64,
    life: i64,
    next: i64,
    number: u64,
    pub(super) truth: Ghost,
    pub(super) models: Vec<L2Queue>,
    pub(super) live: VecDeque<Live>,
    rows: Vec<Event>,
    reports: Vec<Report>,
}

/// How often orders join and how long they stand, ns.
#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    pub from: i64,
    pub every: i64,
    pub life: i64,
}

/// Every order is judged as if it were the only one.
fn alone(base: OwnConfig) -> OwnConfig {
    let (fill, through, remainder) = (FillRule::Full, ThroughRule::Full, Remainder::Rest);
    OwnConfig { fill, through, remainder, recovery_ns: None, ..base }
}

impl Panel {
    /// From the books of a file of orders as they are.
    ///
    /// # Errors
    /// An instrument without a size of lots.
    pub fn new(
        books: Books,
        file: &quantrl_feed::EventFile,
        instr: u16,
        times: Times,
        models: &[QueueModel],
    ) -> Result<Self, Error> {
        let sums = sums(&books);
        let venue =
            |&model| L2Queue::new(sums.clone(), file.instruments(), alone(OwnConfig::l2_queue(model)));
        Ok(Self {
            instr,
            every: times.every,
            life: times.life,
            next: times.from,
            number: 0,
            models: models.iter().map(venue).collect::<Result<_, _>>()?,
            truth: Ghost::new(books, alone(OwnConfig::ghost()))?,
            live: VecDeque::new(),
            rows: Vec::new(),
            reports: Vec::new(),
        })
    }

    pub fn book(&self) -> &Book {
        match self.truth.books() {
            Books::Orders(books) => &books[usize::from(self.instr)],
            _ => unreachable!("made over books of orders"),
        }
    }

    /// The books, for another panel.
    pub fn books(&self) -> Books {
        self.truth.books().clone()
    }

    /// Orders that stand and are not filled in truth, with the book.
    pub fn witnesses(&mut self) -> (&Book, impl Iterator<Item = &mut Witness>) {
        let book = match self.truth.books() {
            Books::Orders(books) => &books[usize::from(self.instr)],
            _ => unreachable!("made over books of orders"),
        };
        let waiting = self.live.iter_mut().filter(|live| live.filled[0] == NEVER);
        (book, waiting.map(|live| &mut live.witness))
    }

    /// Orders due before `ts` join, those whose time is over by then leave.
    pub fn reach(&mut self, ts: i64, over: &mut impl FnMut(&Live)) {
        while self.next <= ts {
            self.expire(self.next, over);
            for side in Side::BOTH {
                self.join(side);
            }
            self.next += self.every;
        }
        self.expire(ts, over);
    }

    fn expire(&mut self, now: i64, over: &mut impl FnMut(&Live)) {
        while let Some(live) = self.live.front().filter(|live| now - live.joined >= self.life).cloned() {
            over(&live);
            self.live.pop_front();
            let request = Request { op: Op::Cancel, ..request(self.instr, &live, self.number) };
            self.ask(now, &request);
        }
    }

    fn join(&mut self, side: Side) {
        let book = self.book();
        let best = |side| book.best(side).map(|level| level.tick);
        let (Some(tick), Some(other)) = (best(side), best(side.opposite())) else { return };
        if side.key(tick) >= side.key(other) {
            return;
        }
        let live = Live {
            order: OrderRef::new((self.number >> 32) as u32, self.number as u32),
            joined: self.next,
            witness: Witness::at(book, side, tick),
            filled: vec![NEVER; 1 + self.models.len()],
        };
        let request = request(self.instr, &live, self.number);
        self.number += 1;
        self.live.push_back(live);
        self.ask(self.next, &request);
    }

    /// The same request to all; nothing of it can trade.
    fn ask(&mut self, ts: i64, request: &Request) {
        self.reports.clear();
        self.truth.submit(ts, request, &mut self.reports);
        for model in &mut self.models {
            model.submit(ts, request, &mut self.reports);
        }
    }

    /// An event of the file, as orders to the truth and as level sums to the models. Where the book is emptied, the orders
    /// that stand are forgotten: their queues are not known any more.
    ///
    /// # Errors
    /// An event the book refuses.
    pub fn apply(&mut self, event: &Event) -> Result<(), Fault> {
        let touched = touched(self.book(), event);
        self.reports.clear();
        self.truth.on_event(event, &mut self.reports)?;
        note(&mut self.live, 0, &self.reports);
        if matches!(Kind::of(event.kind), Some(Kind::Clear | Kind::SnapBegin)) {
            self.forget(event.ts_exch);
        }
        let mut rows = std::mem::take(&mut self.rows);
        derive(self.book(), event, touched, &mut rows);
        for (model, nth) in self.models.iter_mut().zip(1..) {
            self.reports.clear();
            for row in &rows {
                model.on_event(row, &mut self.reports)?;
            }
            note(&mut self.live, nth, &self.reports);
        }
        self.rows = rows;
        Ok(())
    }

    fn forget(&mut self, now: i64) {
        for live in std::mem::take(&mut self.live) {
            let request = Request { op: Op::Cancel, ..request(self.instr, &live, self.number) };
            self.ask(now, &request);
        }
    }
}

/// Executions among `reports` are those of one venue.
fn note(live: &mut VecDeque<Live>, nth: usize, reports: &[Report]) {
    let Some(first) = live.front().map(|live| live.order.slot()) else { return };
    for report in reports.iter().filter(|report| report.outcome == Outcome::Filled) {
        let at = report.order.slot().wrapping_sub(first) as usize;
        if let Some(live) = live.get_mut(at) {
            live.filled[nth] = live.filled[nth].min(report.ts);
        }
    }
}

fn request(instr: u16, live: &Live, number: u64) -> Request {
    let Live { order, witness: Witness { side, tick, .. }, .. } = *live;
    let (op, kind, tif) = (Op::New, OrderType::Limit, Tif::Gtc);
    Request { number, order, instr, op, side, kind, tif, post_only: true, tick, lots: 1 }
}

/// Level sums of books of orders.
fn sums(books: &Books) -> Books {
    let mut sums = Books::new(2, &vec![0; books.len()]);
    let Books::Levels(levels) = &mut sums else { unreachable!("level 2") };
    for (instr, levels) in levels.iter_mut().enumerate() {
        for side in Side::BOTH {
            for (tick, lots) in books.depth(instr, side) {
                levels.set(side, tick, lots);
            }
        }
    }
    sums
}
