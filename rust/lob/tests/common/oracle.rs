//! The slow, obvious matcher: a map of queues for each side; of the crate it uses the message types only.
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use super::Op;
use quantrl_lob::{
    Config, Kind, Modify, ModifyRule, NO_PRICE, NewOrder, PostOnlyRule, Price, Reason, Report, Side, Stp, Tif,
};

/// An order, its lots being the open ones, and its arrival.
type Rest = (NewOrder, u64);
type Outcome = Result<(), Reason>;
const DAY: i128 = 1 << 64;

/// Queues by key, the best first: the price on the ask side, its negative on the bid side.
pub struct Oracle {
    config: Config,
    now: i64,
    sides: [BTreeMap<i64, VecDeque<Rest>>; 2],
    live: HashMap<u64, (Side, i64)>,
    ends: BTreeSet<(i128, u64, u64)>,
    arrivals: u64,
    out: Vec<Report>,
}

fn key(side: Side, price: i64) -> i64 {
    if side == Side::Buy { -price } else { price }
}

fn end_of((order, arrival): &Rest) -> (i128, u64, u64) {
    let at = if let Tif::Gtd(at) = order.tif { at.0.into() } else { DAY };
    (at, *arrival, order.id)
}

fn stated(order: &NewOrder) -> i64 {
    match order.price {
        Price::Limit(price) | Price::Market(Some(price)) => price.0,
        Price::Market(None) => NO_PRICE,
    }
}

impl Oracle {
    pub fn new(config: Config) -> Self {
        let (live, ends) = (HashMap::new(), BTreeSet::new());
        Self { config, now: i64::MIN, sides: Default::default(), live, ends, arrivals: 0, out: Vec::new() }
    }

    pub fn apply(&mut self, op: &Op) -> Vec<Report> {
        let (seq, ts) = op.stamp();
        let late = ts.0 < self.now;
        if !late {
            self.now = ts.0;
            self.expire(seq, i128::MIN, ts.0.into());
        }
        let mut done = Ok(());
        match *op {
            _ if late => done = Err(Reason::ClockBackwards),
            Op::New(order) => done = self.enter(order),
            Op::Cancel(cancel) if self.live.contains_key(&cancel.id) => {
                self.end(Kind::CancelAck, cancel.id, seq, Reason::None);
            }
            Op::Cancel(_) => done = Err(Reason::UnknownId),
            Op::Modify(modify) => done = self.modify(modify),
            Op::Close { .. } => self.expire(seq, DAY, DAY),
            Op::Advance { .. } => {}
        }
        if let Err(why) = done {
            let (kind, side, id, price, qty) = match *op {
                Op::New(o) => (Kind::Reject, o.side, o.id, stated(&o), o.qty.0.clamp(0, u32::MAX.into())),
                Op::Cancel(c) => (Kind::CancelReject, Side::Buy, c.id, NO_PRICE, 0),
                Op::Modify(m) => (Kind::ModifyReject, Side::Buy, m.id, NO_PRICE, 0),
                _ => (Kind::Reject, Side::Buy, 0, NO_PRICE, 0),
            };
            self.out.push(Report::order(kind, side, seq, id, price, qty as u32).because(why));
        }
        std::mem::take(&mut self.out)
    }

    fn expire(&mut self, seq: u64, from: i128, until: i128) {
        while let Some(&(_, _, id)) = self.ends.range((from, 0, 0)..).next().filter(|end| end.0 <= until) {
            self.end(Kind::Expired, id, seq, Reason::None);
        }
    }

    fn tell(&mut self, kind: Kind, order: &NewOrder, price: i64, why: Reason) {
        let report = Report::order(kind, order.side, order.seq, order.id, price, order.qty.0 as u32);
        self.out.push(report.because(why));
    }

    fn put(&mut self, rest: Rest, price: i64) {
        let (side, key) = (rest.0.side, key(rest.0.side, price));
        self.live.insert(rest.0.id, (side, key));
        if matches!(rest.0.tif, Tif::Gtd(_) | Tif::Day) {
            self.ends.insert(end_of(&rest));
        }
        self.sides[side as usize].entry(key).or_default().push_back(rest);
    }

    fn find(&mut self, id: u64) -> &mut NewOrder {
        let (side, key) = self.live[&id];
        let queue = self.sides[side as usize].get_mut(&key).unwrap();
        &mut queue.iter_mut().find(|rest| rest.0.id == id).unwrap().0
    }

    fn take(&mut self, id: u64) -> Rest {
        let (side, key) = self.live.remove(&id).unwrap();
        let queue = self.sides[side as usize].get_mut(&key).unwrap();
        let rest = queue.remove(queue.iter().position(|rest| rest.0.id == id).unwrap()).unwrap();
        if queue.is_empty() {
            self.sides[side as usize].remove(&key);
        }
        self.ends.remove(&end_of(&rest));
        rest
    }

    fn end(&mut self, kind: Kind, id: u64, seq: u64, why: Reason) {
        let (side, at) = self.live[&id];
        let (order, _) = self.take(id);
        self.tell(kind, &NewOrder { seq, ..order }, key(side, at), why);
    }

    fn in_range(&self, price: i64) -> Result<i64, Reason> {
        let offset = i128::from(price) - i128::from(self.config.base_tick.0);
        i32::try_from(offset).map(|_| price).map_err(|_| Reason::PriceOutOfRange)
    }

    fn touch(&self, side: Side) -> Option<i64> {
        self.sides[side as usize].keys().next().copied()
    }

    /// The price at which a post-only order stands.
    fn passive(&self, side: Side, price: i64) -> Result<i64, Reason> {
        match self.touch(side.opposite()).filter(|&touch| touch <= -key(side, price)) {
            None => Ok(price),
            Some(_) if self.config.post_only == PostOnlyRule::Reject => Err(Reason::WouldTake),
            Some(touch) => self.in_range(key(side, i64::from(self.config.step) - touch)),
        }
    }

    fn enter(&mut self, mut order: NewOrder) -> Outcome {
        if self.live.contains_key(&order.id) {
            return Err(Reason::DuplicateId);
        }
        u32::try_from(order.qty.0).ok().filter(|&lots| lots > 0).ok_or(Reason::Quantity)?;
        let (mut shown, market) = (stated(&order), matches!(order.price, Price::Market(_)));
        if order.price != Price::Market(None) {
            self.in_range(shown)?;
        }
        let rests = !market && !matches!(order.tif, Tif::Ioc | Tif::Fok);
        match order.tif {
            Tif::Gtd(at) if at <= order.ts => return Err(Reason::AlreadyExpired),
            _ if order.post_only && !rests => return Err(Reason::Contradiction),
            _ if order.post_only => shown = self.passive(order.side, shown)?,
            _ => {}
        }
        let mut reach = if order.price == Price::Market(None) { i64::MAX } else { -key(order.side, shown) };
        if let (true, Some(collar)) = (market, self.config.collar_ticks) {
            reach = reach.min(self.touch(order.side.opposite()).map_or(0, |touch| touch + i64::from(collar)));
        }
        self.tell(Kind::OrderAck, &order, shown, Reason::None);
        if order.tif == Tif::Fok && !self.fillable(&order, reach) {
            self.tell(Kind::CancelAck, &order, shown, Reason::FokUnfilled);
        } else if self.fill(&mut order, reach, shown) && rests {
            self.arrivals += 1;
            self.put((order, self.arrivals), shown);
        } else if order.qty.0 > 0 {
            self.tell(Kind::CancelAck, &order, shown, Reason::Remainder);
        }
        Ok(())
    }

    fn own(&self, order: &NewOrder, other: &NewOrder) -> bool {
        self.config.stp != Stp::Off && order.owner != 0 && order.owner == other.owner
    }

    fn fillable(&self, order: &NewOrder, reach: i64) -> bool {
        let mut sum = 0;
        for (maker, _) in self.sides[order.side.opposite() as usize].range(..=reach).flat_map(|at| at.1) {
            if sum >= order.qty.0 || (self.own(order, maker) && self.config.stp != Stp::CancelOldest) {
                break;
            }
            sum += if self.own(order, maker) { 0 } else { maker.qty.0 };
        }
        sum >= order.qty.0
    }

    /// Whether lots are left; none are of an order that prevention ended.
    fn fill(&mut self, order: &mut NewOrder, reach: i64, shown: i64) -> bool {
        let other = order.side.opposite();
        while order.qty.0 > 0 {
            let Some(at) = self.touch(other).filter(|&touch| touch <= reach) else { return true };
            let maker = self.sides[other as usize][&at][0].0;
            let (own, lots) = (self.own(order, &maker), maker.qty.0.min(order.qty.0));
            let (ends_maker, ends_taker, lots) = match self.config.stp {
                Stp::CancelNewest if own => (false, true, 0),
                Stp::CancelOldest if own => (true, false, 0),
                Stp::CancelBoth if own => (true, true, 0),
                _ => (lots == maker.qty.0, own && lots == order.qty.0, lots),
            };
            let price = key(other, at);
            if !own {
                let trade = Report::trade(order.side, order.seq, price, lots as u32, maker.id, order.id);
                self.out.push(trade);
            }
            match (own, ends_maker) {
                (true, true) => self.end(Kind::CancelAck, maker.id, order.seq, Reason::SelfTrade),
                (false, true) => drop(self.take(maker.id)),
                _ => self.find(maker.id).qty.0 -= lots,
            }
            if own && !ends_maker && lots > 0 {
                let left = NewOrder { seq: order.seq, ..*self.find(maker.id) };
                self.tell(Kind::ModifyAck, &left, price, Reason::SelfTrade);
            }
            if ends_taker {
                self.tell(Kind::CancelAck, order, shown, Reason::SelfTrade);
                order.qty.0 = 0;
            } else {
                order.qty.0 -= lots;
                if own && lots > 0 {
                    self.tell(Kind::ModifyAck, order, shown, Reason::SelfTrade);
                }
            }
        }
        false
    }

    fn modify(&mut self, modify: Modify) -> Outcome {
        let &(side, at) = self.live.get(&modify.id).ok_or(Reason::UnknownId)?;
        let old = *self.find(modify.id);
        if modify.side != side {
            return Err(Reason::WrongSide);
        }
        u32::try_from(modify.qty.0).ok().filter(|&lots| lots > 0).ok_or(Reason::Quantity)?;
        let mut price = self.in_range(modify.price.0)?;
        if old.post_only {
            price = self.passive(side, price)?;
        }
        let mut order = NewOrder { seq: modify.seq, qty: modify.qty, ..old };
        self.tell(Kind::ModifyAck, &order, price, Reason::None);
        let stays = key(side, price) == at && modify.qty <= old.qty;
        if stays && self.config.modify == ModifyRule::KeepOnDecrease {
            self.find(modify.id).qty = modify.qty;
            return Ok(());
        }
        let (_, arrival) = self.take(modify.id);
        if self.fill(&mut order, -key(side, price), price) {
            self.put((order, arrival), price);
        }
        Ok(())
    }

    /// FNV-1a, 64 bits.
    pub fn state_hash(&self) -> u64 {
        let mut bytes = Vec::new();
        for (side, queues) in self.sides.iter().enumerate() {
            for (&at, queue) in queues {
                let price = if side == 0 { -at } else { at };
                bytes.push(side as u8);
                bytes.extend(((price - self.config.base_tick.0) as i32).to_le_bytes());
                for (order, _) in queue {
                    bytes.extend(order.id.to_le_bytes());
                    bytes.extend((order.qty.0 as u32).to_le_bytes());
                }
            }
        }
        let start: u64 = 14_695_981_039_346_656_037;
        bytes.iter().fold(start, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(1_099_511_628_211))
    }
}
