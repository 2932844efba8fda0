//! Own orders among those of history in one list per price, walked from the front: slow and obvious.

use std::collections::BTreeMap;

use quantrl_feed::{Event, Kind, flag, side_of};
use quantrl_lob::Side;
use quantrl_sim::tick::{Liquidity, Op, OrderType, Outcome, Refusal, Report, Request, Tif};

#[derive(Clone, Copy, PartialEq)]
enum Who {
    History(u32),
    Own { request: Request, number: u64 },
}

#[derive(Clone, Copy)]
struct Entry {
    who: Who,
    lots: u32,
}

/// Partial fills by volume, no memory of taken lots, remainders rest.
#[derive(Default)]
pub struct Oracle {
    /// By side and rank, best last.
    queues: [BTreeMap<i32, Vec<Entry>>; 2],
    places: BTreeMap<u32, (Side, i32)>,
}

/// Own orders down to a rank, best first: ranks and places in their list.
fn reached(queues: &BTreeMap<i32, Vec<Entry>>, bound: i32) -> Vec<(i32, usize)> {
    let own = |key: i32, list: &Vec<Entry>| -> Vec<(i32, usize)> {
        let places = list.iter().enumerate().filter(|(_, entry)| matches!(entry.who, Who::Own { .. }));
        places.map(|(at, _)| (key, at)).collect()
    };
    queues.range(bound..).rev().flat_map(|(&key, list)| own(key, list)).collect()
}

impl Oracle {
    fn entry(&mut self, slot: u32) -> (Side, i32, usize) {
        let (side, key) = self.places[&slot];
        let at = self.queues[side as usize][&key].iter().position(|entry| entry.who == Who::History(slot));
        (side, key, at.unwrap())
    }

    fn push(&mut self, side: Side, key: i32, who: Who, lots: u32) {
        if let Who::History(slot) = who {
            self.places.insert(slot, (side, key));
        }
        self.queues[side as usize].entry(key).or_default().push(Entry { who, lots });
    }

    fn cut(&mut self, slot: u32, lots: u32) -> u32 {
        let (side, key, at) = self.entry(slot);
        let list = self.queues[side as usize].get_mut(&key).unwrap();
        let off = lots.min(list[at].lots);
        list[at].lots -= off;
        if list[at].lots == 0 {
            list.remove(at);
            self.places.remove(&slot);
        }
        off
    }

    /// Share lots among own orders; each may get `cap` less what went before.
    fn share(&mut self, ts: i64, side: Side, takers: Vec<(i32, usize, u32)>, out: &mut Vec<Report>) {
        let mut given = 0;
        for (key, at, cap) in takers {
            let entry = &mut self.queues[side as usize].get_mut(&key).unwrap()[at];
            let Who::Own { request, number } = entry.who else { unreachable!() };
            let lots = cap.saturating_sub(given).min(entry.lots);
            if lots == 0 {
                continue;
            }
            entry.lots -= lots;
            given += lots;
            let blank = blank(ts, &Request { number, ..request });
            out.push(Report {
                outcome: Outcome::Filled,
                liquidity: Liquidity::Maker,
                tick: side.tick(key),
                lots,
                leaves: entry.lots,
                ..blank
            });
        }
        for list in self.queues[side as usize].values_mut() {
            list.retain(|entry| entry.lots > 0);
        }
    }

    fn quoted(
        &mut self,
        ts: i64,
        side: Side,
        tick: i32,
        qty: u32,
        was: Option<(i32, u32)>,
        out: &mut Vec<Report>,
    ) {
        let own_side = side.opposite();
        let cap = |key: i32| match was {
            Some((tick, lots)) if key >= own_side.key(tick) => qty.saturating_sub(lots),
            _ => qty,
        };
        let reached = reached(&self.queues[own_side as usize], own_side.key(tick));
        let takers = reached.into_iter().map(|(key, at)| (key, at, cap(key))).collect();
        self.share(ts, own_side, takers, out);
    }

    pub fn event(&mut self, event: &Event, out: &mut Vec<Report>) {
        let Event { ts_exch: ts, slot, tick, qty, aux, flags, .. } = *event;
        match Kind::of(event.kind).unwrap() {
            Kind::Add => {
                let side = side_of(flags);
                self.push(side, side.key(tick), Who::History(slot), qty);
                self.quoted(ts, side, tick, qty, None, out);
            }
            Kind::Reduce => drop(self.cut(slot, qty)),
            Kind::Delete => drop(self.cut(slot, u32::MAX)),
            Kind::Exec => {
                let (side, key, at) = self.entry(slot);
                let lots = qty.min(self.queues[side as usize][&key][at].lots);
                let reached = reached(&self.queues[side as usize], key);
                let first = reached.into_iter().filter(|&(own, place)| own > key || place < at);
                let takers = first.map(|(key, place)| (key, place, lots)).collect();
                self.share(ts, side, takers, out);
                self.cut(slot, qty);
            }
            Kind::Amend | Kind::Replace => {
                let (side, key, at) = self.entry(slot);
                let was = (side.tick(key), self.queues[side as usize][&key][at].lots);
                if flags & flag::KEEPS_PRIORITY != 0 && was.0 == tick {
                    self.queues[side as usize].get_mut(&key).unwrap()[at].lots = qty;
                } else {
                    self.cut(slot, u32::MAX);
                    let slot = if event.kind == Kind::Replace as u8 { aux } else { slot };
                    self.push(side, side.key(tick), Who::History(slot), qty);
                }
                self.quoted(ts, side, tick, qty, Some(was), out);
            }
            Kind::Print if flags & flag::HIDDEN != 0 => {
                for side in Side::BOTH {
                    let known = flags & flag::SIDE_KNOWN != 0;
                    if !known || side == side_of(flags) {
                        let key = side.key(tick);
                        let here = reached(&self.queues[side as usize], key);
                        let here = here.into_iter().filter(|&(own, _)| own == key);
                        self.share(ts, side, here.map(|(key, at)| (key, at, qty)).collect(), out);
                    }
                }
            }
            Kind::Clear => {
                self.places.clear();
                for list in self.queues.iter_mut().flat_map(BTreeMap::values_mut) {
                    list.retain(|entry| matches!(entry.who, Who::Own { .. }));
                }
            }
            _ => {}
        }
    }

    /// What an aggressor gets down to a rank, and whether it then stands before an own order.
    fn walk(&self, side: Side, bound: i32, wanted: u32) -> (Vec<(i32, u32)>, bool) {
        let (mut left, mut got) = (wanted, Vec::<(i32, u32)>::new());
        for (&key, list) in self.queues[side as usize].range(bound..).rev() {
            for entry in list {
                if left == 0 {
                    return (got, false);
                }
                if matches!(entry.who, Who::Own { .. }) {
                    return (got, true);
                }
                let lots = left.min(entry.lots);
                left -= lots;
                match got.last_mut() {
                    Some((last, sum)) if *last == key => *sum += lots,
                    _ => got.push((key, lots)),
                }
            }
        }
        (got, false)
    }

    fn enter(&mut self, ts: i64, request: &Request, number: u64, out: &mut Vec<Report>) {
        let &Request { side, tick, lots, .. } = request;
        let other = side.opposite();
        let market = request.kind == OrderType::Market;
        let bound = if market { i32::MIN } else { other.key(tick) };
        let (got, met) = self.walk(other, bound, lots);
        let mut leaves = lots;
        let say = |out: &mut Vec<Report>, outcome, refusal, leaves| {
            let tick = request.tick;
            out.push(Report { outcome, refusal, tick, lots: 0, leaves, ..blank(ts, request) });
        };
        if request.tif == Tif::Fok && got.iter().map(|(_, lots)| lots).sum::<u32>() < lots {
            return say(out, Outcome::Cancelled, Refusal::FokUnfilled, lots);
        }
        for (key, lots) in got {
            leaves -= lots;
            let tick = other.tick(key);
            out.push(Report { outcome: Outcome::Filled, tick, lots, leaves, ..blank(ts, request) });
        }
        if leaves == 0 {
        } else if met {
            say(out, Outcome::Cancelled, Refusal::SelfTrade, leaves);
        } else if market || request.tif != Tif::Gtc {
            say(out, Outcome::Cancelled, Refusal::Remainder, leaves);
        } else {
            self.push(side, side.key(tick), Who::Own { request: *request, number }, leaves);
        }
    }

    pub fn request(&mut self, ts: i64, request: &Request, out: &mut Vec<Report>) {
        let &Request { side, tick, lots, .. } = request;
        let post_would_take = |oracle: &Self| {
            let (got, met) = oracle.walk(side.opposite(), side.opposite().key(tick), 1);
            met || !got.is_empty()
        };
        let say = |out: &mut Vec<Report>, outcome, refusal, tick, lots, leaves| {
            out.push(Report { outcome, refusal, tick, lots, leaves, ..blank(ts, request) });
        };
        if request.op == Op::New {
            if request.post_only && post_would_take(self) {
                return say(out, Outcome::Rejected, Refusal::WouldTake, tick, 0, 0);
            }
            say(out, Outcome::Accepted, Refusal::None, tick, lots, lots);
            return self.enter(ts, request, request.number, out);
        }
        let is_it =
            |entry: &Entry| matches!(entry.who, Who::Own { request: r, .. } if r.order == request.order);
        let found = self.queues[side as usize]
            .iter()
            .find_map(|(&key, list)| list.iter().position(is_it).map(|at| (key, at)));
        let Some((key, at)) = found else {
            return say(out, Outcome::RequestRejected, Refusal::NotLive, tick, 0, 0);
        };
        let list = self.queues[side as usize].get_mut(&key).unwrap();
        let open = list[at].lots;
        let Who::Own { request: old, number } = list[at].who else { unreachable!() };
        if request.op == Op::Cancel {
            list.remove(at);
            return say(out, Outcome::Cancelled, Refusal::None, side.tick(key), 0, open);
        }
        if key == side.key(tick) && lots <= open {
            list[at].lots = lots;
            return say(out, Outcome::Amended, Refusal::None, tick, lots, lots);
        }
        if old.post_only && post_would_take(self) {
            return say(out, Outcome::RequestRejected, Refusal::WouldTake, side.tick(key), open, open);
        }
        self.queues[side as usize].get_mut(&key).unwrap().remove(at);
        say(out, Outcome::Amended, Refusal::None, tick, lots, lots);
        let amended = Request { number: request.number, tick, lots, tif: Tif::Gtc, ..old };
        self.enter(ts, &amended, number, out);
    }

    /// Lots of history before an own order.
    pub fn ahead(&self, request: &Request) -> Option<u64> {
        self.queues[request.side as usize].values().find_map(|list| {
            let mine = |e: &Entry| matches!(e.who, Who::Own { request: r, .. } if r.order == request.order);
            let at = list.iter().position(mine)?;
            let history = list[..at].iter().filter(|entry| matches!(entry.who, Who::History(_)));
            Some(history.map(|entry| u64::from(entry.lots)).sum())
        })
    }
}

fn blank(ts: i64, request: &Request) -> Report {
    let &Request { number, order, instr, side, tick, .. } = request;
    Report {
        ts,
        number,
        order,
        instr,
        side,
        outcome: Outcome::Accepted,
        refusal: Refusal::None,
        liquidity: Liquidity::Taker,
        tick,
        lots: 0,
        leaves: 0,
    }
}
