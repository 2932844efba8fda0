//! Books that follow a reference, against the law they are drawn from.

use quantrl_feed::convert::Options;
use quantrl_feed::flow::{Anchored, BookView, Flow, Msg, Opening, Paths, Span, Zi, simulate, simulate_until};
use quantrl_feed::{Decimal, EventFile, Instrument, Replay, Target, check};
use quantrl_lob::{Book, Nanos, Side};
use quantrl_rng::Key;

const KEY: Key = Key { seed: 7, stream: 1 };
const RATES: [f64; 3] = [0.1, 0.4, 0.05];
const SECOND: i64 = 1_000_000_000;

fn paths(steps: u64) -> Paths {
    Paths { ticks: 10_000.0, kappa: 0.004, s: 2e-3, common: 1e-4, start: 0, step: SECOND, steps }
}

fn law() -> Zi {
    Zi::new(KEY, 0, RATES, 1, 20).unwrap()
}

fn anchored(paths: &Paths, leg: usize, pull: f64) -> Anchored {
    let [one, two] = paths.references(KEY, 0).unwrap();
    Anchored::new(law(), [one, two][leg].clone(), pull).unwrap()
}

/// Best bid 9,999 and best ask 10,001, a lot each, and nothing else.
fn book() -> Book {
    let mut book = Book::with_slots(2);
    book.add(0, 0, Side::Buy, 9_999, 1).unwrap();
    book.add(1, 1, Side::Sell, 10_001, 1).unwrap();
    book
}

#[test]
fn references_are_the_pair_they_are_said_to_be() {
    let n = 200_000;
    let [one, two] = paths(n).references(KEY, 0).unwrap();
    let logs = |ticks: &[f64]| ticks.iter().map(|t| (t / 10_000.0).ln()).collect::<Vec<_>>();
    let (one, two) = (logs(one.ticks()), logs(two.ticks()));
    let x: Vec<f64> = one.iter().zip(&two).map(|(a, b)| a - b).collect();
    let m: Vec<f64> = one.iter().zip(&two).map(|(a, b)| 0.5 * (a + b)).collect();
    assert_eq!(x.len() as u64, n + 1);
    let square = |values: &[f64]| values.iter().map(|v| v * v).sum::<f64>() / values.len() as f64;
    let lagged = x.windows(2).map(|w| w[0] * w[1]).sum::<f64>() / n as f64 / square(&x);
    // An AR(1) of 200,000 steps: standard errors 2e-4 of phi and 2.5 % of the deviation.
    assert!((lagged - (-0.004_f64).exp()).abs() < 8e-4, "{lagged}");
    assert!((square(&x).sqrt() / 2e-3 - 1.0).abs() < 0.1);
    let steps: Vec<f64> = m.windows(2).map(|w| w[1] - w[0]).collect();
    assert!((square(&steps).sqrt() / 1e-4 - 1.0).abs() < 0.02);
}

/// Market orders a second of buyers and sellers, and all messages a second, on a book that stands still.
fn rates(flow: &mut dyn Flow, seconds: i64) -> [f64; 3] {
    let (book, mut counts, mut now) = (book(), [0.0; 3], 0);
    let mut out = Vec::new();
    while now < seconds * SECOND {
        out.clear();
        now += flow.next(Nanos(now), &BookView::new(&book, 10_000), &mut out).0;
        for message in &out {
            counts[2] += 1.0;
            if let Msg::Market { side, .. } = message {
                counts[*side as usize] += 1.0;
            }
        }
    }
    counts.map(|count| count / seconds as f64)
}

#[test]
fn buyers_and_sellers_come_as_the_distance_says() {
    for (ticks, gap) in [(10_001.5, 1.5), (9_998.0, -2.0), (10_040.0, 5.0), (10_000.0, 0.0)] {
        // The reference stands still, cut into pieces so short that most waiting times meet several.
        let still = Paths { ticks, s: 1e-12, common: 0.0, step: SECOND / 50, ..paths(200_000) };
        let [buys, sells, all] = rates(&mut anchored(&still, 0, 0.2), 4_000);
        let tilt = (0.2_f64 * gap).exp();
        let expected = [0.4 * tilt, 0.4 / tilt];
        let rest = 2.0 * 0.1 * 20.0 + 0.05 * 2.0;
        for (found, rate) in
            [(buys, expected[0]), (sells, expected[1]), (all, expected[0] + expected[1] + rest)]
        {
            // Poisson counts: four standard errors.
            assert!((found - rate).abs() < 4.0 * (rate / 4_000.0_f64).sqrt(), "{gap}: {found} for {rate}");
        }
    }
}

#[test]
fn without_a_pull_it_is_the_law_alone() {
    let tick = Decimal::parse("tick_size", "0.01").unwrap();
    let run = |flow: &mut dyn Flow| {
        let named = Instrument::new("A", tick, Decimal::ONE);
        let span = Span { start: 0, messages: 3_000 };
        simulate(flow, named, Opening::default(), span, Target::Memory, &Options::default()).unwrap().bytes
    };
    assert_eq!(run(&mut anchored(&paths(0), 0, 0.0)), run(&mut law()));
    assert_ne!(run(&mut anchored(&paths(0), 0, 0.5)), run(&mut law()));
}

fn file(leg: usize, pull: f64) -> EventFile {
    let tick = Decimal::parse("tick_size", "0.01").unwrap();
    let named = Instrument::new("A", tick, Decimal::ONE);
    let options = Options { strict: true, ..Options::default() };
    let mut flow = anchored(&paths(3_000), leg, pull);
    let span = [0, 3_000 * SECOND];
    simulate_until(&mut flow, named, Opening::default(), span, Target::Memory, &options)
        .unwrap()
        .open()
        .unwrap()
}

/// Root mean square of mid less reference at every step but the first hundred, ticks.
fn distance(file: &EventFile, leg: usize) -> f64 {
    let references = paths(3_000).references(KEY, 0).unwrap();
    let mut replay = Replay::new(file);
    let mut sum = 0.0;
    for step in 100..3_000_usize {
        let until = file.at_ts(step as i64 * SECOND);
        replay.run_to(until).unwrap();
        let book = replay.orders(0).unwrap();
        let [bid, ask] = Side::BOTH.map(|side| f64::from(book.best(side).unwrap().tick));
        sum += (0.5 * (bid + ask) - references[leg].ticks()[step - 1]).powi(2);
    }
    (sum / 2_900.0).sqrt()
}

#[test]
fn the_mid_follows() {
    for leg in [0, 1] {
        let [pulled, free] = [0.3, 0.0].map(|pull| file(leg, pull));
        check(&pulled).unwrap();
        assert!(pulled.header().last_ts < 3_000 * SECOND);
        let [near, far] = [distance(&pulled, leg), distance(&free, leg)];
        assert!(near < 4.0 && far > 3.0 * near, "{near} {far}");
    }
}

#[test]
fn numbers_out_of_range_are_refused() {
    let bad = [
        Paths { ticks: 0.0, ..paths(1) },
        Paths { kappa: 0.0, ..paths(1) },
        Paths { s: f64::NAN, ..paths(1) },
        Paths { common: -1.0, ..paths(1) },
        Paths { step: 0, ..paths(1) },
        Paths { steps: u64::MAX, ..paths(1) },
    ];
    for paths in bad {
        assert!(paths.references(KEY, 0).is_err(), "{paths:?}");
    }
    let [one, _] = paths(1).references(KEY, 0).unwrap();
    for pull in [-0.1, 2.1, f64::NAN] {
        assert!(Anchored::new(law(), one.clone(), pull).is_err());
    }
}
