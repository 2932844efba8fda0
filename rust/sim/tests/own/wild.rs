//! Random events and random requests.

use quantrl_feed::{Event, Kind, NO_SLOT, flag};
use quantrl_lob::{OrderRef, Side};
use quantrl_sim::tick::{Op, OrderType, Request, Tif};

/// Whether counts are the full ones.
pub fn gates() -> bool {
    std::env::var_os("QUANTRL_GATES").is_some_and(|value| value == "1")
}

pub struct Lcg(pub u64);

impl Lcg {
    pub fn below(&mut self, bound: u32) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (((self.0 >> 33) * u64::from(bound)) >> 31) as u32
    }

    pub fn chance(&mut self, percent: u32) -> bool {
        self.below(100) < percent
    }

    pub fn side(&mut self) -> Side {
        if self.chance(50) { Side::Buy } else { Side::Sell }
    }
}

/// A side's flags.
pub fn sided(side: Side) -> u8 {
    flag::SIDE_KNOWN | if side == Side::Sell { flag::SELL } else { 0 }
}

pub const SLOTS: u32 = 96;
const MID: i32 = 1_000;

/// Orders of every kind of event around one price, now and then crossed.
pub struct Orders {
    pub random: Lcg,
    live: Vec<u32>,
    free: Vec<u32>,
    ts: i64,
}

impl Orders {
    pub fn new(seed: u64) -> Self {
        Self { random: Lcg(seed), live: Vec::new(), free: (0..SLOTS).collect(), ts: 0 }
    }

    fn tick(&mut self, side: Side) -> i32 {
        let away = self.random.below(8) as i32 - 1;
        if side == Side::Buy { MID - away } else { MID + 1 + away }
    }

    /// The next event; `left` says how many lots the order in a slot has, and of which side it is.
    pub fn next(&mut self, order: impl FnOnce(u32) -> (Side, u32)) -> Event {
        self.ts += i64::from(self.random.below(3));
        let event = Event { ts_exch: self.ts, slot: NO_SLOT, ..Event::default() };
        let roll = self.random.below(1_000);
        if roll < 2 {
            self.live.clear();
            self.free = (0..SLOTS).collect();
            return Event { kind: Kind::Clear as u8, ..event };
        }
        if roll < 50 {
            let side = self.random.side();
            let flags = flag::HIDDEN | if roll < 20 { 0 } else { sided(side) };
            let (tick, qty) = (self.tick(side), 1 + self.random.below(9));
            return Event { kind: Kind::Print as u8, tick, qty, flags, ..event };
        }
        if self.live.is_empty() || (roll < 450 && !self.free.is_empty()) {
            let at = self.random.below(self.free.len() as u32) as usize;
            let slot = self.free.swap_remove(at);
            self.live.push(slot);
            let side = self.random.side();
            let (tick, qty) = (self.tick(side), 1 + self.random.below(9));
            return Event { kind: Kind::Add as u8, slot, tick, qty, flags: sided(side), ..event };
        }
        let at = self.random.below(self.live.len() as u32) as usize;
        let slot = self.live[at];
        let (side, lots) = order(slot);
        let event = Event { slot, flags: sided(side), ..event };
        let some = 1 + self.random.below(6);
        if roll < 850 {
            let kind = [Kind::Reduce, Kind::Delete, Kind::Exec, Kind::Exec][self.random.below(4) as usize];
            if kind == Kind::Delete || some >= lots {
                self.live.swap_remove(at);
                self.free.push(slot);
            }
            return Event { kind: kind as u8, qty: some, ..event };
        }
        let tick = self.tick(side);
        let qty = 1 + self.random.below(9);
        if roll < 900 && !self.free.is_empty() {
            let at_free = self.random.below(self.free.len() as u32) as usize;
            let aux = std::mem::replace(&mut self.free[at_free], slot);
            self.live[at] = aux;
            return Event { kind: Kind::Replace as u8, tick, qty, aux, ..event };
        }
        let keep = if self.random.chance(50) { flag::KEEPS_PRIORITY } else { 0 };
        Event { kind: Kind::Amend as u8, tick, qty, flags: event.flags | keep, ..event }
    }
}

/// Random requests around a price. Few orders live at a time, as of a strategy: the oldest are cancelled.
pub struct Requests {
    pub sent: Vec<Request>,
    number: u64,
    oldest: usize,
}

impl Requests {
    pub fn new() -> Self {
        Self { sent: Vec::new(), number: 0, oldest: 0 }
    }

    /// A request; `mid` lies between the best prices.
    pub fn next(&mut self, random: &mut Lcg, mid: i32) -> Request {
        self.number += 1;
        if self.sent.len() > self.oldest + 12 {
            self.oldest += 1;
            let old = self.sent[self.oldest - 1];
            return Request { number: self.number, op: Op::Cancel, ..old };
        }
        let old = self.sent.len().checked_sub(1 + random.below(8) as usize);
        let away = random.below(6) as i32 - 1;
        let side = random.side();
        let at = |side| if side == Side::Buy { mid - away } else { mid + 1 + away };
        let lots = 1 + random.below(12);
        let roll = random.below(100);
        if let (Some(old), true) = (old, roll < 40) {
            let old = self.sent[old];
            let op = if roll < 20 { Op::Cancel } else { Op::Amend };
            return Request { number: self.number, op, tick: at(old.side), lots, ..old };
        }
        let request = Request {
            number: self.number,
            order: OrderRef::new(self.number as u32 % 7, self.sent.len() as u32),
            instr: 0,
            op: Op::New,
            side,
            kind: if roll < 46 { OrderType::Market } else { OrderType::Limit },
            tif: [Tif::Ioc, Tif::Fok, Tif::Gtc, Tif::Gtc, Tif::Gtc, Tif::Gtc][random.below(6) as usize],
            post_only: roll >= 70,
            tick: at(side),
            lots,
        };
        self.sent.push(request);
        request
    }
}
