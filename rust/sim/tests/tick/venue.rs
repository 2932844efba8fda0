//! The plainest venue: an own order fills when a trade reaches its price, by that trade's lots, or when the other side's best
//! does, wholly. No queue.

use quantrl_feed::{Books, Event, Kind, side_of};
use quantrl_lob::{Fault, OrderRef, Side};
use quantrl_sim::tick::{Liquidity, Op, OrderType, Outcome, Refusal, Report, Request, Tif, Venue};

#[derive(Clone, Copy, Debug)]
struct Own {
    order: OrderRef,
    number: u64,
    instr: u16,
    side: Side,
    tick: i32,
    leaves: u32,
}

#[derive(Clone, Debug)]
pub struct Plain {
    books: Books,
    own: Vec<Own>,
}

impl Plain {
    pub fn new(books: Books) -> Self {
        Self { books, own: Vec::with_capacity(1_024) }
    }
}

impl Own {
    fn report(&self, ts: i64, outcome: Outcome, lots: u32) -> Report {
        let Self { order, number, instr, side, tick, leaves } = *self;
        let (refusal, liquidity) = (Refusal::None, Liquidity::Maker);
        Report { ts, number, order, instr, side, outcome, refusal, liquidity, tick, lots, leaves }
    }

    fn reached(&self, tick: i32) -> bool {
        self.side.key(tick) <= self.side.key(self.tick)
    }

    fn fill(&mut self, ts: i64, lots: u32) -> Report {
        self.leaves -= lots;
        self.report(ts, Outcome::Filled, lots)
    }
}

impl Venue for Plain {
    fn books(&self) -> &Books {
        &self.books
    }

    fn admit(&mut self, slots: &[u32]) {
        self.books.admit(slots);
    }

    fn resting(&self) -> usize {
        self.own.len()
    }

    fn on_event(&mut self, event: &Event, reports: &mut Vec<Report>) -> Result<(), Fault> {
        self.books.apply(event)?;
        let side = side_of(event.flags);
        let is_trade = event.kind == Kind::Trade as u8;
        let mut budget = event.lots().min(u64::from(u32::MAX)) as u32;
        for own in self.own.iter_mut().filter(|own| own.instr == event.instr && own.side != side) {
            let best = self.books.best(usize::from(event.instr), side).filter(|(best, _)| own.reached(*best));
            let lots = match best {
                Some(_) => own.leaves,
                None if is_trade && own.reached(event.tick) => own.leaves.min(budget),
                None => 0,
            };
            if lots > 0 {
                budget -= lots.min(budget);
                reports.push(own.fill(event.ts_exch, lots));
            }
        }
        self.own.retain(|own| own.leaves > 0);
        Ok(())
    }

    fn submit(&mut self, ts: i64, request: &Request, reports: &mut Vec<Report>) {
        let Request { number, order, instr, side, tick, lots, .. } = *request;
        let place = self.own.iter().position(|own| own.order == order);
        let mut own = Own { order, number, instr, side, tick, leaves: lots };
        match (request.op, place) {
            (Op::New, _) => {
                let best = self.books.best(usize::from(instr), side.opposite());
                let market = request.kind == OrderType::Market;
                if let Some((best, shown)) = best.filter(|(best, _)| market || own.reached(*best)) {
                    if request.post_only {
                        own.leaves = 0;
                        let rejected = own.report(ts, Outcome::Rejected, lots);
                        return reports.push(Report { refusal: Refusal::WouldTake, ..rejected });
                    }
                    let taken = lots.min(shown.min(u64::from(u32::MAX)) as u32);
                    let fill = own.fill(ts, taken);
                    reports.push(Report { tick: best, liquidity: Liquidity::Taker, ..fill });
                }
                if own.leaves > 0 && (market || request.tif != Tif::Gtc) {
                    let ended = own.report(ts, Outcome::Cancelled, 0);
                    reports.push(Report { refusal: Refusal::Remainder, ..ended });
                } else if own.leaves > 0 {
                    let open = own.leaves;
                    reports.push(own.report(ts, Outcome::Accepted, open));
                    self.own.push(own);
                }
            }
            (_, None) => {
                let refused = own.report(ts, Outcome::RequestRejected, lots);
                reports.push(Report { refusal: Refusal::NotLive, leaves: 0, ..refused });
            }
            (Op::Amend, Some(at)) => {
                (self.own[at].tick, self.own[at].leaves) = (tick, lots);
                reports.push(Report { number, ..self.own[at].report(ts, Outcome::Amended, lots) });
            }
            (Op::Cancel, Some(at)) => {
                let own = self.own.remove(at);
                reports.push(Report { number, ..own.report(ts, Outcome::Cancelled, 0) });
            }
        }
    }

    fn save(&self, out: &mut Vec<u8>) {
        for own in &self.own {
            out.extend(own.order.generation().to_le_bytes());
            out.extend(own.order.slot().to_le_bytes());
            out.extend(own.number.to_le_bytes());
            out.extend(own.instr.to_le_bytes());
            out.push(own.side as u8);
            out.extend(own.tick.to_le_bytes());
            out.extend(own.leaves.to_le_bytes());
        }
    }

    fn load(&mut self, bytes: &mut &[u8]) -> Result<(), String> {
        let (rows, rest) = bytes.as_chunks::<27>();
        *bytes = rest;
        let word = |row: &[u8; 27], at: usize| u32::from_le_bytes(std::array::from_fn(|i| row[at + i]));
        self.own = rows
            .iter()
            .map(|row| Own {
                order: OrderRef::new(word(row, 0), word(row, 4)),
                number: u64::from(word(row, 12)) << 32 | u64::from(word(row, 8)),
                instr: u16::from_le_bytes([row[16], row[17]]),
                side: Side::BOTH[usize::from(row[18] & 1)],
                tick: word(row, 19).cast_signed(),
                leaves: word(row, 23),
            })
            .collect();
        Ok(())
    }
}
