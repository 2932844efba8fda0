//! Every report equals the slow walk's, order by order.

use quantrl_feed::convert::Options;
use quantrl_feed::flow::{Opening, Span, Zi, simulate};
use quantrl_feed::map::Bytes;
use quantrl_feed::{Books, Decimal, Event, EventFile, Instrument, Target};
use quantrl_lob::Side;
use quantrl_rng::Key;
use quantrl_sim::tick::own::{Ghost, OwnConfig};
use quantrl_sim::tick::{Outcome, Venue};

use super::oracle::Oracle;
use super::wild::{Lcg, Orders, Requests, SLOTS, gates};

struct Pair {
    ghost: Ghost,
    oracle: Oracle,
    requests: Requests,
    fills: [u64; 2],
}

impl Pair {
    fn new(slots: u32) -> Self {
        let config = OwnConfig { recovery_ns: None, ..OwnConfig::ghost() };
        let ghost = Ghost::new(Books::new(3, &[slots]), config).unwrap();
        Self { ghost, oracle: Oracle::default(), requests: Requests::new(), fills: [0; 2] }
    }

    fn event(&mut self, event: &Event) {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        let stopped = self.ghost.run(&[event.to_bytes()], i64::MAX, &mut ours).unwrap();
        self.oracle.event(event, &mut theirs);
        assert_eq!(ours, theirs, "{event:?}");
        assert_eq!((stopped.events, stopped.reported), (1, !ours.is_empty()));
        self.fills[0] += ours.len() as u64;
    }

    fn request(&mut self, random: &mut Lcg, ts: i64, mid: i32) {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        let request = self.requests.next(random, mid);
        self.ghost.submit(ts, &request, &mut ours);
        self.oracle.request(ts, &request, &mut theirs);
        assert_eq!(ours, theirs, "{request:?}");
        self.fills[1] += ours.iter().filter(|report| report.outcome == Outcome::Filled).count() as u64;
        for old in self.requests.sent.iter().rev().take(8) {
            assert_eq!(self.ghost.ahead(0, old.side, old.order), self.oracle.ahead(old), "{old:?}");
        }
    }
}

#[test]
fn random_events() {
    let count = if gates() { 100_000 } else { 20_000 };
    for seed in 0..4 {
        let mut pair = Pair::new(SLOTS);
        let mut orders = Orders::new(seed);
        let mut random = Lcg(seed + 100);
        for _ in 0..count / 4 {
            let Books::Orders(books) = pair.ghost.books() else { unreachable!() };
            let event = orders.next(|slot| {
                let level = books[0].level_of(slot).unwrap();
                (level.side, books[0].order(slot).unwrap().qty)
            });
            pair.event(&event);
            if random.chance(25) {
                pair.request(&mut random, event.ts_exch, 1_000);
            }
        }
        assert!(pair.fills.iter().all(|&fills| fills > count / 400), "{:?}", pair.fills);
    }
}

#[test]
fn simulated_market() {
    let messages = if gates() { 100_000 } else { 20_000 };
    let mut flow = Zi::new(Key { seed: 5, stream: 0 }, 0, [1.0, 8.0, 0.1], 3, 30).unwrap();
    let instrument = Instrument::new("SIM", Decimal::ONE, Decimal::ONE);
    let opening = Opening { lots: 3, ..Opening::default() };
    let span = Span { start: 1_000, messages };
    let options = Options::default();
    let report = simulate(&mut flow, instrument, opening, span, Target::Memory, &options).unwrap();
    let file = EventFile::of_bytes("zi".into(), Bytes::Read(report.bytes), true).unwrap();
    let mut pair = Pair::new(file.instruments()[0].max_live);
    let mut random = Lcg(9);
    for event in file.iter() {
        pair.event(&event);
        let best = |side| pair.ghost.books().best(0, side).map_or(10_000, |(tick, _)| tick);
        let mid = i32::midpoint(best(Side::Buy), best(Side::Sell));
        if random.chance(20) {
            pair.request(&mut random, event.ts_exch, mid);
        }
    }
    assert!(
        file.len() >= messages && pair.fills.iter().all(|&fills| fills > messages / 400),
        "{:?}",
        pair.fills
    );
}
