//! A saved venue, put over books that came another way, goes on as the unbroken one.

use quantrl_feed::{Books, Decimal, Event, Instrument, Kind, checkpoint};
use quantrl_lob::Side;
use quantrl_sim::tick::Venue;
use quantrl_sim::tick::own::{Ghost, L2Queue, OwnConfig, QueueModel};

use super::wild::{Lcg, Orders, Requests, SLOTS, gates, sided};

fn state(venue: &impl Venue) -> Vec<u8> {
    let mut out = Vec::new();
    venue.save(&mut out);
    out
}

/// The same books through a checkpoint: stamps start anew.
fn copied(books: &Books, empty: Books) -> Books {
    let (mut bytes, mut copy) = (Vec::new(), empty);
    checkpoint::saved(books, &mut bytes);
    checkpoint::restored(&bytes, &mut copy, 0).unwrap();
    copy
}

/// Run `events` through both, with requests between them, and compare every report.
fn lockstep<V: Venue>(a: &mut V, b: &mut V, events: &[Event], seed: u64, mut requests: Requests) -> usize {
    let mut random = Lcg(seed);
    let mut heard = 0;
    for event in events {
        let (mut left, mut right) = (Vec::new(), Vec::new());
        a.on_event(event, &mut left).unwrap();
        b.on_event(event, &mut right).unwrap();
        if random.chance(10) {
            let request = requests.next(&mut random, 1_000);
            a.submit(event.ts_exch, &request, &mut left);
            b.submit(event.ts_exch, &request, &mut right);
        }
        assert_eq!(left, right);
        heard += left.len();
    }
    assert_eq!(state(a), state(b));
    heard
}

#[test]
fn ghosts_go_on() {
    let config = OwnConfig { recovery_ns: Some(200), ..OwnConfig::ghost() };
    for seed in 0..if gates() { 100 } else { 10 } {
        let empty = || Books::new(3, &[SLOTS]);
        let mut venue = Ghost::new(empty(), config).unwrap();
        let (mut orders, mut random, mut requests) = (Orders::new(seed), Lcg(seed), Requests::new());
        let mut draw = |venue: &Ghost| {
            let Books::Orders(books) = venue.books() else { unreachable!() };
            orders.next(|slot| {
                let level = books[0].level_of(slot).unwrap();
                (level.side, books[0].order(slot).unwrap().qty)
            })
        };
        let mut reports = Vec::new();
        for _ in 0..500 + 37 * seed {
            let event = draw(&venue);
            venue.on_event(&event, &mut reports).unwrap();
            if random.chance(10) {
                venue.submit(event.ts_exch, &requests.next(&mut random, 1_000), &mut reports);
            }
        }
        let mut other = Ghost::new(copied(venue.books(), empty()), config).unwrap();
        let bytes = state(&venue);
        let mut from = &[&bytes[..], b"rest"].concat()[..];
        other.load(&mut from).unwrap();
        assert_eq!(from, b"rest");
        assert_eq!((state(&other), other.jumped()), (bytes, venue.jumped()));
        let mut scout = venue.clone();
        let events: Vec<Event> = (0..1_000)
            .map(|_| {
                let event = draw(&scout);
                scout.on_event(&event, &mut reports).unwrap();
                event
            })
            .collect();
        assert!(lockstep(&mut venue, &mut other, &events, seed, requests) > 50);
    }
}

fn level(random: &mut Lcg, ts: i64, kind: Kind) -> Event {
    let side = random.side();
    let kind = if random.chance(25) { Kind::Trade } else { kind };
    let taker = if kind == Kind::Trade { side.opposite() } else { side };
    let away = random.below(5) as i32;
    let tick = if side == Side::Buy { 1_000 - away } else { 1_001 + away };
    Event {
        ts_exch: ts,
        kind: kind as u8,
        tick,
        qty: random.below(30),
        flags: sided(taker),
        ..Event::default()
    }
}

#[test]
fn estimates_go_on() {
    let instruments = [Instrument::new("X", Decimal::ONE, Decimal::ONE)];
    for (file, kind, model) in [
        (2, Kind::Level, QueueModel::Power(3.0)),
        (2, Kind::Level, QueueModel::Log2),
        (1, Kind::Bbo, QueueModel::Power3(2.0)),
    ] {
        let config = OwnConfig { recovery_ns: Some(300), ..OwnConfig::l2_queue(model) };
        let empty = || Books::new(file, &[0]);
        let mut venue = L2Queue::new(empty(), &instruments, config).unwrap();
        let (mut random, mut requests, mut reports) = (Lcg(3), Requests::new(), Vec::new());
        for ts in 0..1_000 {
            venue.on_event(&level(&mut random, ts, kind), &mut reports).unwrap();
            if random.chance(10) {
                venue.submit(ts, &requests.next(&mut random, 1_000), &mut reports);
            }
        }
        let mut other = L2Queue::new(copied(venue.books(), empty()), &instruments, config).unwrap();
        other.load(&mut &state(&venue)[..]).unwrap();
        let events: Vec<Event> = (1_000..3_000).map(|ts| level(&mut random, ts, kind)).collect();
        assert!(lockstep(&mut venue, &mut other, &events, 4, requests) > 100);
    }
}

#[test]
fn broken_states_are_refused_and_change_nothing() {
    let config = OwnConfig::ghost();
    let mut venue = Ghost::new(Books::new(3, &[SLOTS]), config).unwrap();
    let (mut requests, mut random, mut reports) = (Requests::new(), Lcg(1), Vec::new());
    for slot in 0..8 {
        let side = if slot % 2 == 0 { Side::Buy } else { Side::Sell };
        let tick = if side == Side::Buy { 1_000 } else { 1_001 };
        let event =
            Event { kind: Kind::Add as u8, slot, tick, qty: 4, flags: sided(side), ..Event::default() };
        venue.on_event(&event, &mut reports).unwrap();
    }
    while venue.resting() < 6 {
        venue.submit(0, &requests.next(&mut random, 1_000), &mut reports);
    }
    let bytes = state(&venue);
    let mut other = venue.clone();
    for end in 0..bytes.len() {
        let mut from = &bytes[..end];
        let error = other.load(&mut from).unwrap_err();
        assert!(error.contains("expected") && error.contains("got"), "{error}");
        assert_eq!((from.len(), state(&other)), (end, bytes.clone()));
    }
    let mut refused = 0;
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut broken = bytes.clone();
            broken[at] ^= 1 << bit;
            let mut other = venue.clone();
            match other.load(&mut &broken[..]) {
                Ok(()) => venue.clone().load(&mut &state(&other)[..]).unwrap(),
                Err(_) => {
                    refused += 1;
                    assert_eq!(state(&other), bytes);
                }
            }
        }
    }
    assert!(refused > 300, "{refused}");
}
