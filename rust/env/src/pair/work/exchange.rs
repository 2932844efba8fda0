//! What happens at the exchange: orders and cancels arrive, passive orders are executed, and the trader is told.

use crate::pair::account::fee;
use crate::pair::desk::Passage;
use crate::pair::ledger::{Ledger, Taken};

use super::broker::{Broker, Hall};
use super::floor::Arrival;
use super::line::{Line, News, Stage};
use super::terms::Work;

impl Broker {
    /// The next execution of a passive order up to a time is on its way to the trader.
    pub(super) fn listen(&mut self, hall: &mut Hall<'_>, ts: i64) -> bool {
        let Some(leg) = self.lines.iter().position(|line| line.stage == Stage::Resting) else { return false };
        let tape = hall.passage.tape;
        let Some(met) = hall.floors.listen(tape, leg, ts, &mut self.taken[leg]) else { return false };
        let line = &mut self.lines[leg];
        line.open[0] = met.leaves;
        let nth = self.counts[2];
        self.counts[2] += 1;
        let mut news = News { known: met.ts + line.latency, ended: met.leaves == 0, ..News::default() };
        if hall.passage.waits.happens(nth, hall.fill) {
            let (price, lots) = (line.limit, line.lots.signum() * met.lots);
            book(&mut news, hall, leg, met.ts, price, lots, true);
        }
        line.tell(news);
        true
    }

    /// Orders and cancels reach the exchange.
    pub(super) fn arrive(&mut self, hall: &mut Hall<'_>, now: i64) {
        let order = if self.lines[0].due() <= self.lines[1].due() { [0, 1] } else { [1, 0] };
        for leg in order {
            let line = self.lines[leg];
            if line.due() > now {
                continue;
            }
            let ledger = self.taken[leg];
            let arrival = arrival(hall.passage, hall.work, &line, leg, now, &ledger);
            let over = News { known: now + line.latency, ended: true, ..News::default() };
            match (line.stage, line.post) {
                (Stage::Going, true) => {
                    self.lines[leg].rows = self.taken[leg];
                    if hall.floors.post(&arrival) {
                        self.lines[leg].stage = Stage::Resting;
                    } else {
                        self.lines[leg].tell(over);
                    }
                }
                (Stage::Going, false) => {
                    let mut news = over;
                    let fills = hall.floors.take(&arrival, hall.work.always_events);
                    for &(price, lots) in &fills {
                        let lots = line.lots.signum() * lots;
                        book(&mut news, hall, leg, now, price, lots, false);
                        self.taken[leg].take(Taken { price, lots, since: now });
                    }
                    hall.floors.fills = fills;
                    self.lines[leg].open[0] -= news.lots.abs();
                    self.lines[leg].tell(news);
                }
                _ => {
                    hall.floors.cancel(&arrival);
                    self.lines[leg].tell(News { known: now + line.cancel_latency, ..over });
                }
            }
        }
    }
}

fn arrival<'a>(
    passage: &Passage<'a>,
    work: &Work,
    line: &Line,
    leg: usize,
    ts: i64,
    ledger: &'a Ledger,
) -> Arrival<'a> {
    Arrival { tape: passage.tape, leg, ts, lots: line.lots, limit: line.limit, ledger, queue: work.queue }
}

/// An execution at an exchange time: its cash, fee and distance to mid, and beyond what the book takes the extra spread of
/// one that takes.
fn book(news: &mut News, hall: &Hall<'_>, leg: usize, ts: i64, price: i64, lots: i64, maker: bool) {
    let tape = hall.passage.tape;
    let best = tape.logs[leg].at(ts).and_then(|touch| touch.best());
    let best = best.map(|(bid, ask)| (tape.money.price(leg, bid), tape.money.price(leg, ask)));
    // Where a side is empty there is no mid to be dearer than.
    let mid2 = best.map_or(2 * price, |(bid, ask)| bid + ask);
    let value = lots.abs() * 2 * price;
    let ppb = if maker { hall.maker_ppb[leg] } else { hall.passage.ppb[leg] };
    let spread = best.filter(|_| !maker).map_or(0, |(bid, ask)| ask - bid);
    let extra = libm::round(hall.passage.extra_spread * (lots.abs() * spread) as f64) as i64;
    let paid = fee(value, ppb) + extra;
    news.lots += lots;
    news.cash -= lots * 2 * price + paid;
    news.paid += paid;
    news.cost += paid + lots * (2 * price - mid2);
    news.traded += value;
}
