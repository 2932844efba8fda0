//! Requests at the venue: entry, amendment and cancellation of own orders over a history.

use quantrl_lob::Side;

use super::history::History;
use super::ledger::Ledger;
use super::orders::{OwnOrders, Resting};
use super::{OwnConfig, Remainder};
use crate::tick::{Liquidity, Op, OrderType, Outcome, Refusal, Report, Request, Tif};

/// Own orders and the lots they took.
#[derive(Clone, Debug)]
pub(super) struct Desk<P> {
    pub orders: OwnOrders<P>,
    pub ledger: Ledger,
    pub config: OwnConfig,
}

/// How far an aggressor got.
struct Walk {
    /// Lots it did not get.
    left: u32,
    /// Whether an own order stands next.
    met: bool,
}

/// The answers to one request.
struct Answer<'a> {
    blank: Report,
    out: &'a mut Vec<Report>,
}

impl Answer<'_> {
    fn say(&mut self, outcome: Outcome, refusal: Refusal, tick: i32, lots: u32, leaves: u32) {
        self.out.push(Report { outcome, refusal, tick, lots, leaves, ..self.blank });
    }
}

impl<P: Copy> Desk<P> {
    pub fn new(instruments: usize, config: OwnConfig) -> Self {
        Self { orders: OwnOrders::new(instruments), ledger: Ledger::new(config.recovery_ns), config }
    }

    /// Whether history alone moves anything.
    #[inline]
    pub fn is_idle(&self) -> bool {
        self.orders.count() == 0 && self.ledger.is_empty()
    }

    pub fn submit<H: History<Place = P>>(
        &mut self,
        history: &H,
        ts: i64,
        request: &Request,
        reports: &mut Vec<Report>,
    ) {
        self.ledger.expire(ts);
        let &Request { number, order, instr, side, .. } = request;
        let blank = Report {
            ts,
            number,
            order,
            instr,
            side,
            outcome: Outcome::Accepted,
            refusal: Refusal::None,
            liquidity: Liquidity::Taker,
            tick: request.tick,
            lots: 0,
            leaves: 0,
        };
        let mut answer = Answer { blank, out: reports };
        match request.op {
            Op::New => self.enter(history, request, &mut answer),
            Op::Amend => self.amend(history, request, &mut answer),
            Op::Cancel => self.cancel(request, &mut answer),
        }
    }

    fn enter<H: History<Place = P>>(&mut self, history: &H, request: &Request, answer: &mut Answer<'_>) {
        let &Request { instr, side, tick, lots, .. } = request;
        if lots == 0 || usize::from(instr) >= self.orders.instruments() {
            return answer.say(Outcome::Rejected, Refusal::Technical, tick, 0, 0);
        }
        let bound = match request.kind {
            OrderType::Limit => side.opposite().key(tick),
            OrderType::Market => i32::MIN,
        };
        let reach = |desk: &Self, wanted| {
            desk.walk(history, answer.blank.ts, (instr, side), bound, wanted, |_, _| {})
        };
        if request.post_only {
            let Walk { left, met } = reach(self, 1);
            if left == 0 || met {
                return answer.say(Outcome::Rejected, Refusal::WouldTake, tick, 0, 0);
            }
        }
        let short = request.tif == Tif::Fok && reach(self, lots).left > 0;
        answer.say(Outcome::Accepted, Refusal::None, tick, lots, lots);
        if short {
            return answer.say(Outcome::Cancelled, Refusal::FokUnfilled, tick, 0, lots);
        }
        let rests = request.kind == OrderType::Limit && request.tif == Tif::Gtc;
        let own = (request.number, request.post_only);
        self.trade(history, request, bound, rests.then_some(own), answer);
    }

    fn amend<H: History<Place = P>>(&mut self, history: &H, request: &Request, answer: &mut Answer<'_>) {
        let &Request { instr, side, tick, lots, .. } = request;
        let Some(at) = self.orders.find(instr, side, request.order) else {
            return answer.say(Outcome::RequestRejected, Refusal::NotLive, tick, 0, 0);
        };
        let own = &mut self.orders.side_mut(instr, side)[at];
        let (now, open, key) = (side.tick(own.key), own.leaves, side.key(tick));
        if lots == 0 {
            return answer.say(Outcome::RequestRejected, Refusal::Technical, now, open, open);
        }
        // R17, KeepOnDecrease.
        if key == own.key && lots <= open {
            own.leaves = lots;
            return answer.say(Outcome::Amended, Refusal::None, tick, lots, lots);
        }
        let bound = side.opposite().key(tick);
        let (number, post_only) = (own.number, own.post_only);
        if post_only {
            let Walk { left, met } = self.walk(history, answer.blank.ts, (instr, side), bound, 1, |_, _| {});
            // R20.
            if left == 0 || met {
                return answer.say(Outcome::RequestRejected, Refusal::WouldTake, now, open, open);
            }
        }
        self.orders.remove(instr, side, at);
        answer.say(Outcome::Amended, Refusal::None, tick, lots, lots);
        self.trade(history, request, bound, Some((number, post_only)), answer);
    }

    fn cancel(&mut self, request: &Request, answer: &mut Answer<'_>) {
        let &Request { instr, side, tick, .. } = request;
        match self.orders.find(instr, side, request.order) {
            Some(at) => {
                let own = self.orders.remove(instr, side, at);
                answer.say(Outcome::Cancelled, Refusal::None, side.tick(own.key), 0, own.leaves);
            }
            None => answer.say(Outcome::RequestRejected, Refusal::NotLive, tick, 0, 0),
        }
    }

    /// Take what is there down to `bound`; then rest, as the order of a request and with its post-only mark, or end.
    fn trade<H: History<Place = P>>(
        &mut self,
        history: &H,
        request: &Request,
        bound: i32,
        rests: Option<(u64, bool)>,
        answer: &mut Answer<'_>,
    ) {
        let &Request { order, instr, side, tick, lots, .. } = request;
        let (ts, first, other) = (answer.blank.ts, answer.out.len(), side.opposite());
        let mut leaves = lots;
        let Walk { left, met } = self.walk(history, ts, (instr, side), bound, lots, |tick, lots| {
            leaves -= lots;
            answer.say(Outcome::Filled, Refusal::None, tick, lots, leaves);
        });
        for fill in &answer.out[first..] {
            self.ledger.take(instr, other, other.key(fill.tick), u64::from(fill.lots), ts);
        }
        if left == 0 {
            return;
        }
        if met {
            return answer.say(Outcome::Cancelled, Refusal::SelfTrade, tick, 0, left);
        }
        let Some((number, post_only)) = rests else {
            return answer.say(Outcome::Cancelled, Refusal::Remainder, tick, 0, left);
        };
        let crosses = || history.depth(instr, other).next().is_some_and(|(best, _)| other.key(best) >= bound);
        if self.config.remainder == Remainder::Fill && crosses() {
            return answer.say(Outcome::Filled, Refusal::None, tick, left, 0);
        }
        let place = history.join(instr, side, tick);
        let own = Resting { order, number, key: side.key(tick), leaves: left, post_only, place };
        self.orders.insert(instr, side, own);
    }

    /// Lots that an aggressor of a side can take of the other one down to `bound`, best first: displayed lots less
    /// those that own orders took before. It stops where an own order stands next, strangers ahead first (R22).
    fn walk<H: History<Place = P>>(
        &self,
        history: &H,
        ts: i64,
        (instr, side): (u16, Side),
        bound: i32,
        wanted: u32,
        mut take: impl FnMut(i32, u32),
    ) -> Walk {
        let other = side.opposite();
        let own = self.orders.side(instr, other).first().filter(|own| own.key >= bound);
        let stop = own.map_or(bound, |own| own.key);
        let mut left = wanted;
        for (tick, shown) in history.depth(instr, other) {
            let key = other.key(tick);
            if left == 0 || key < stop {
                break;
            }
            let reachable = match own {
                Some(own) if own.key == key => history.ahead(instr, other, tick, own.place).min(shown),
                _ => shown,
            };
            let open = reachable.saturating_sub(self.ledger.missing(instr, other, key, ts));
            let lots = open.min(u64::from(left)) as u32;
            if lots > 0 {
                left -= lots;
                take(tick, lots);
            }
        }
        Walk { left, met: left > 0 && own.is_some() }
    }
}
