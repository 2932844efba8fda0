//! How a venue is run: up to a time, up to the first report, and not past an event that its books refuse.

use quantrl_feed::{Books, Decimal, Event, Instrument, Kind};
use quantrl_lob::{Fault, OrderRef, Side};
use quantrl_sim::tick::own::{Ghost, L2Queue, OwnConfig, QueueModel};
use quantrl_sim::tick::{Op, OrderType, Outcome, Refusal, Report, Request, Stopped, Tif, Venue};

use super::wild::sided;

fn on(ts_exch: i64, instr: u16, kind: Kind, slot: u32, side: Side, tick: i32, qty: u32) -> Event {
    Event { ts_exch, instr, kind: kind as u8, slot, flags: sided(side), tick, qty, ..Event::default() }
}

fn buy(instr: u16, slot: u32, tick: i32, lots: u32) -> Request {
    Request {
        number: u64::from(slot),
        order: OrderRef::new(0, slot),
        instr,
        op: Op::New,
        side: Side::Buy,
        kind: OrderType::Limit,
        tif: Tif::Gtc,
        post_only: true,
        tick,
        lots,
    }
}

fn bytes(events: &[Event]) -> Vec<[u8; Event::SIZE]> {
    events.iter().map(Event::to_bytes).collect()
}

fn queue() -> L2Queue {
    let one = Instrument::new("X", Decimal::ONE, Decimal::ONE);
    let config = OwnConfig::l2_queue(QueueModel::Log);
    L2Queue::new(Books::new(2, &[0, 0]), &[one.clone(), one], config).unwrap()
}

fn ghost() -> Ghost {
    Ghost::new(Books::new(3, &[8, 8]), OwnConfig::ghost()).unwrap()
}

/// Two instruments with an own bid at 100 on the second; each event but the last trades one of its lots or nothing.
fn steps(mut venue: impl Venue, events: &[Event]) {
    let mut reports = Vec::new();
    let events = bytes(events);
    assert_eq!(venue.run(&events, 1, &mut reports), Ok(Stopped { events: 0, reported: false }));
    assert_eq!(venue.run(&events, 2, &mut reports), Ok(Stopped { events: 1, reported: false }));
    venue.submit(2, &buy(1, 0, 100, 2), &mut reports);
    venue.submit(2, &buy(7, 1, 100, 2), &mut reports);
    let told: Vec<_> = reports.iter().map(|report: &Report| (report.outcome, report.refusal)).collect();
    assert_eq!(told, [(Outcome::Accepted, Refusal::None), (Outcome::Rejected, Refusal::Technical)]);
    reports.clear();
    // The first instrument's event gives nothing, the second's fills, the rest waits.
    assert_eq!(venue.run(&events[1..], 9, &mut reports), Ok(Stopped { events: 2, reported: true }));
    assert_eq!((reports.len(), reports[0].ts, reports[0].instr, reports[0].leaves), (1, 3, 1, 1));
    // Reports of before do not stop it.
    assert_eq!(venue.run(&events[3..], 9, &mut reports), Ok(Stopped { events: 1, reported: true }));
    assert_eq!((venue.resting(), reports.len()), (0, 2));
    assert_eq!(venue.run(&events[4..], 9, &mut reports), Ok(Stopped { events: 1, reported: false }));
    assert_eq!(venue.run(&events[5..], 9, &mut reports), Ok(Stopped { events: 0, reported: false }));
    // An instrument that is not there, with and without own orders.
    let strange = on(9, 2, Kind::Add, 3, Side::Buy, 1, 1);
    let hash = venue.books().state_hash();
    for waiting in [false, true] {
        if waiting {
            venue.submit(9, &buy(0, 2, 50, 1), &mut reports);
        }
        let row = bytes(&[Event { kind: Kind::Status as u8, instr: 0, ..strange }, strange]);
        assert_eq!(venue.run(&row, 10, &mut reports), Err((1, Fault::OutOfRange(3))));
        assert_eq!(venue.on_event(&strange, &mut reports), Err(Fault::OutOfRange(3)));
        assert_eq!(venue.books().state_hash(), hash);
    }
}

#[test]
fn of_level_sums() {
    let trade = |ts, instr| on(ts, instr, Kind::Trade, 0, Side::Sell, 100, 1);
    let level = |ts| on(ts, 1, Kind::Level, 0, Side::Sell, 105, 4);
    steps(queue(), &[level(1), trade(3, 0), trade(3, 1), trade(4, 1), level(5), level(9)]);
}

#[test]
fn of_single_orders() {
    let ask = |ts, instr, slot| on(ts, instr, Kind::Add, slot, Side::Sell, 100, 1);
    let far = |ts, slot| on(ts, 1, Kind::Add, slot, Side::Sell, 105, 4);
    steps(ghost(), &[far(1, 0), ask(3, 0, 1), ask(3, 1, 1), ask(4, 1, 2), far(5, 3), far(9, 4)]);
}

#[test]
fn a_refused_event_gives_nothing() {
    let mut venue = ghost();
    let mut reports = Vec::new();
    let far = on(1, 1, Kind::Add, 0, Side::Sell, 105, 4);
    venue.on_event(&far, &mut reports).unwrap();
    venue.submit(1, &buy(1, 0, 100, 2), &mut reports);
    reports.clear();
    let taken = on(2, 1, Kind::Add, 0, Side::Sell, 100, 4);
    let rows = bytes(&[far, Event { kind: Kind::Exec as u8, slot: 5, ..taken }, taken]);
    assert_eq!(venue.run(&rows, 9, &mut reports), Err((0, Fault::Taken(0))));
    assert_eq!(venue.run(&rows[1..], 9, &mut reports), Err((0, Fault::Empty(5))));
    assert_eq!(venue.run(&rows[2..], 9, &mut reports), Err((0, Fault::Taken(0))));
    assert_eq!(venue.on_event(&Event { slot: 8, ..taken }, &mut reports), Err(Fault::OutOfRange(8)));
    assert!(reports.is_empty() && venue.resting() == 1);
}
