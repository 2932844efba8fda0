//! Stylised facts by hand, and of a simulated flow whose law is known.

use std::sync::Arc;

use crate::common::Folder;
use crate::common::flow::{Flow, instrument, options, written};
use quantrl_feed::convert::Options;
use quantrl_feed::flow::{Opening, Span, Zi, simulate};
use quantrl_feed::{
    Error, EventFile, Kind, Progress, StylisedFacts, Target, check, flag, merge, stylised_facts,
};
use quantrl_rng::Key;

/// Five seconds: (time s, kind, side, order, tick, lots).
fn by_hand() -> Flow {
    let rows: [(i64, Kind, u8, u64, i64, u64); 9] = [
        (0, Kind::Add, 0, 1, 100, 4),
        (0, Kind::Add, 1, 2, 101, 2),
        (1, Kind::Add, 1, 3, 103, 6),
        // The ask moves to 103, then a taker sells.
        (2, Kind::Exec, 1, 2, 101, 2),
        (3, Kind::Exec, 0, 1, 100, 1),
        (3, Kind::Add, 0, 4, 99, 5),
        // The bid goes to 99 and comes back.
        (4, Kind::Delete, 0, 1, 100, 3),
        (5, Kind::Exec, 0, 4, 99, 1),
        (5, Kind::Add, 0, 5, 100, 8),
    ];
    let mut flow = Flow::default();
    for (ts, kind, side, order, tick, qty) in rows {
        flow.ts.push(ts * 1_000_000_000);
        flow.received.push(ts * 1_000_000_000);
        flow.kind.push(kind as u8);
        flow.flags.push(flag::SIDE_KNOWN | flag::LAST | side);
        flow.instr.push(0);
        flow.order.push(order);
        flow.new_order.push(0);
        flow.tick.push(tick);
        flow.qty.push(qty);
    }
    flow
}

#[test]
fn a_file_by_hand() {
    let folder = Folder::new();
    let file = written(&by_hand(), &folder, "a.qev", &["A"]);
    let facts = stylised_facts(&file, 0, 1_000_000_000).unwrap();
    // Mids at 0 to 5 s: 100.5 100.5 101.5 101.5 101 101.5; changes 0 1 0 -0.5 0.5 with mean 0.2.
    let (squares, fourth) = (0.04 * 2.0 + 0.64 + 0.49 + 0.09, 0.0016 * 2.0 + 0.4096 + 0.2401 + 0.0081);
    let products = -0.16 - 0.16 + 0.14 - 0.21;
    // Sizes 0 1 0 0.5 0.5 with mean 0.4.
    let size_products = -0.24 - 0.24 - 0.04 + 0.01;
    let close = |got: f64, expected: f64| assert!((got - expected).abs() < 1e-12, "{got} {expected}");
    assert_eq!((facts.adds, facts.cancels, facts.trades), (5, 1, 3));
    close(facts.seconds, 5.0);
    close(facts.spread_ticks, (1.0 + 1.0 + 3.0 + 3.0 + 4.0) / 5.0);
    close(facts.one_tick_share, 0.4);
    close(facts.touch_lots, (6.0 + 6.0 + 10.0 + 9.0 + 11.0) / 2.0 / 5.0);
    close(facts.volatility_ticks, (squares / 5.0f64).sqrt());
    close(facts.excess_kurtosis, 5.0 * fourth / (squares * squares) - 3.0);
    close(facts.change_autocorrelation, products / squares);
    close(facts.size_autocorrelation, size_products / 0.7);
    // A buyer, then two sellers: mean -1/3.
    close(facts.sign_autocorrelation, (-8.0 / 9.0 + 4.0 / 9.0) / (16.0 / 9.0 + 8.0 / 9.0));
    assert!(facts.variance_ratio.is_nan());
}

#[test]
fn refused() {
    let folder = Folder::new();
    let file = written(&by_hand(), &folder, "a.qev", &["A"]);
    let instrument = stylised_facts(&file, 1, 1);
    assert!(matches!(instrument, Err(Error::Config { argument: "instrument", .. })), "{instrument:?}");
    for interval in [0, -1, 1_000] {
        let refused = stylised_facts(&file, 0, interval);
        assert!(matches!(refused, Err(Error::Config { argument: "interval_ns", .. })), "{refused:?}");
    }
    assert!(stylised_facts(&file, 0, 1_193).is_ok());
}

fn zi(key: Key, rates: [f64; 3]) -> StylisedFacts {
    let mut flow = Zi::new(key, 0, rates, 1, 50).unwrap();
    let span = Span { start: 0, messages: 30_000 };
    let report =
        simulate(&mut flow, instrument("ZI"), Opening::default(), span, Target::Memory, &Options::default());
    let file: EventFile = report.unwrap().open().unwrap();
    stylised_facts(&file, 0, 200_000_000).unwrap()
}

/// Rates of the law, and trades of independent sides.
#[test]
fn of_zero_intelligence() {
    let facts = zi(Key { seed: 4, stream: 1 }, [0.5, 5.0, 0.1]);
    let opening = 2.0 * f64::from(Opening::default().levels * Opening::default().orders);
    let adds = facts.adds as f64 - opening;
    let expected = 2.0 * 0.5 * 50.0 * facts.seconds;
    assert!((adds - expected).abs() < 4.0 * expected.sqrt(), "{adds} {expected}");
    let trades = 2.0 * 5.0 * facts.seconds;
    assert!((facts.trades as f64 - trades).abs() < 4.0 * trades.sqrt(), "{} {trades}", facts.trades);
    let error = 1.0 / (facts.trades as f64).sqrt();
    assert!(facts.sign_autocorrelation.abs() < 4.0 * error, "{facts:?}");
    assert!(facts.spread_ticks >= 1.0 && facts.volatility_ticks > 0.0, "{facts:?}");
    assert!(facts.change_autocorrelation < 0.0, "the mid bounces: {facts:?}");
}

#[test]
fn walks_stop_when_told() {
    let folder = Folder::new();
    let file = written(&Flow::random(10_000, 1, 5), &folder, "a.qev", &["A"]);
    let watched = Arc::new(Progress::default());
    watched.watching(|| check(&file)).unwrap();
    assert_eq!(watched.steps(), file.len() / 4_096 * 4_096);
    watched.stop();
    assert_eq!(watched.watching(|| check(&file)), Err(Error::Stopped));
    assert_eq!(watched.watching(|| stylised_facts(&file, 0, 1_000_000)), Err(Error::Stopped));
    let target = folder.file("b.qev");
    let merged = watched.watching(|| merge(&[&file], Target::File(&target), options().checkpoint_every));
    assert!(matches!(merged, Err(Error::Stopped)));
    assert_eq!(folder.names(), ["a.qev"]);
}
