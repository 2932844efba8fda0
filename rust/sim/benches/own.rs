//! Rates of venues without and with own orders, beside the books alone: `cargo bench -p quantrl-sim --bench own`. Rounds
//! of all are interleaved; medians of seven in processor time, with the lowest and highest.

mod flow;

use std::time::Instant;

use quantrl_feed::convert::Options;
use quantrl_feed::flow::{Opening, Span, Zi, simulate};
use quantrl_feed::map::Bytes;
use quantrl_feed::{Books, Decimal, Event, EventFile, Instrument, Target};
use quantrl_lob::{OrderRef, Side};
use quantrl_rng::Key;
use quantrl_sim::tick::own::{FillRule, Ghost, L2Queue, OwnConfig, QueueModel};
use quantrl_sim::tick::{Op, OrderType, Report, Request, Tif, Venue};

use flow::{Row, levels, now};

/// Orders of the zero-intelligence market.
fn orders(messages: u64) -> (Vec<Row>, u32) {
    let mut flow = Zi::new(Key { seed: 2, stream: 0 }, 0, [1.0, 8.0, 0.1], 3, 30).expect("rates in range");
    let instrument = Instrument::new("SIM", Decimal::ONE, Decimal::ONE);
    let span = Span { start: 1_000, messages };
    let options = Options::default();
    let report = simulate(&mut flow, instrument, Opening::default(), span, Target::Memory, &options)
        .expect("a simulated file");
    let file = EventFile::of_bytes("zi".into(), Bytes::Read(report.bytes), true).expect("its own file");
    (file.events().to_vec(), file.instruments()[0].max_live)
}

/// The books alone.
fn bare(mut books: Books, rows: &[Row]) -> u64 {
    for row in rows {
        books.apply(&Event::of_bytes(row)).expect("a file of our own");
    }
    books.best(0, Side::Buy).map_or(0, |(tick, _)| tick as u64)
}

/// A venue stepped every 10 ms; with `quoting` one order a side stands at the best price, renewed at each step.
fn stepped(mut venue: impl Venue, rows: &[Row], every: i64, quoting: bool) -> u64 {
    let mut reports: Vec<Report> = Vec::with_capacity(64);
    let (mut at, mut number, mut fills) = (0, 0_u64, 0);
    let mut wake = Event::of_bytes(&rows[0]).ts_exch + every;
    while at < rows.len() {
        reports.clear();
        let stopped = venue.run(&rows[at..], wake, &mut reports).expect("a file of our own");
        at += stopped.events;
        if stopped.reported {
            fills += reports.len() as u64;
            continue;
        }
        for side in Side::BOTH.into_iter().filter(|_| quoting) {
            let Some((tick, _)) = venue.books().best(0, side) else { continue };
            let order = OrderRef::new(number as u32, side as u32);
            let request = Request {
                number,
                order,
                instr: 0,
                op: Op::New,
                side,
                kind: OrderType::Limit,
                tif: Tif::Gtc,
                post_only: true,
                tick,
                lots: 1,
            };
            if number > 1 {
                let old = OrderRef::new(number as u32 - 2, side as u32);
                venue.submit(wake, &Request { op: Op::Cancel, order: old, ..request }, &mut reports);
            }
            venue.submit(wake, &request, &mut reports);
            number += 1;
        }
        wake += every;
    }
    fills
}

/// A name and what is timed under it.
type Case<'a> = (&'a str, Box<dyn FnMut() -> u64 + 'a>);

fn compare(title: &str, count: usize, cases: &mut [Case<'_>]) {
    let start = Instant::now();
    let mut seconds = vec![Vec::new(); cases.len()];
    let mut results = vec![0; cases.len()];
    for _ in 0..7 {
        for (i, (_, work)) in cases.iter_mut().enumerate() {
            let before = now(start);
            results[i] = std::hint::black_box(work());
            seconds[i].push(now(start) - before);
        }
    }
    println!("{title}, {count} events");
    for (i, (name, _)) in cases.iter().enumerate() {
        seconds[i].sort_by(f64::total_cmp);
        let rate = |s: f64| count as f64 / s / 1e6;
        let [low, median, high] = [seconds[i][6], seconds[i][3], seconds[i][0]].map(rate);
        println!("  {name:<24} {median:>7.1} M/s ({low:.1} to {high:.1})  [{}]", results[i]);
    }
}

fn main() {
    let rows = levels(2_000_000);
    let instruments = [Instrument::new("X", Decimal::ONE, Decimal::ONE)];
    let config =
        OwnConfig { fill: FillRule::Full, recovery_ns: None, ..OwnConfig::l2_queue(QueueModel::Power2(2.0)) };
    let queue = || L2Queue::new(Books::new(2, &[0]), &instruments, config).expect("a valid setting");
    compare(
        "level sums",
        rows.len(),
        &mut [
            ("books", Box::new(|| bare(Books::new(2, &[0]), &rows))),
            ("idle", Box::new(|| stepped(queue(), &rows, 10_000_000, false))),
            ("quoting every 10 ms", Box::new(|| stepped(queue(), &rows, 10_000_000, true))),
        ],
    );
    let (rows, slots) = orders(1_000_000);
    let ghost = || Ghost::new(Books::new(3, &[slots]), OwnConfig::ghost()).expect("a valid setting");
    let span = Event::of_bytes(&rows[rows.len() - 1]).ts_exch - Event::of_bytes(&rows[0]).ts_exch;
    let every = span / (rows.len() as i64 / 100);
    compare(
        "single orders",
        rows.len(),
        &mut [
            ("books", Box::new(|| bare(Books::new(3, &[slots]), &rows))),
            ("idle", Box::new(|| stepped(ghost(), &rows, every, false))),
            ("quoting every 100 events", Box::new(|| stepped(ghost(), &rows, every, true))),
        ],
    );
}
