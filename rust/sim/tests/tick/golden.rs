//! Hashes of whole runs, written down: every build, with and without optimisation, must give them.

use std::sync::Arc;

use quantrl_feed::convert::Options;
use quantrl_feed::flow::{Opening, Span, Zi, simulate};
use quantrl_feed::{Decimal, EventFile, Instrument, Target};
use quantrl_rng::Key;
use quantrl_sim::tick::own::{Mode, Own, OwnConfig, QueueModel};
use quantrl_sim::tick::{Config, Feed, Latency, Model, Plan, Session, replay};

use crate::files::{Lag, T0, file, levels};
use crate::{MS, config, quote};

/// By queue model, as the test names them.
const LEVEL_SUMS: [u64; 6] = [
    0x5967b8093e378522,
    0xe9cb039196a09489,
    0x3dabec5b855ff4cc,
    0x5967b8093e378522,
    0x3a6ffaa8823e345f,
    0x3a6ffaa8823e345f,
];
const ORDERS: u64 = 0x6216cd3f1294e1c6;

/// Hash of `quote` with drawn latencies.
fn hash(file: &Arc<EventFile>, own: OwnConfig, feed: Feed) -> u64 {
    let drawn = Model::LogNormal { base: 50_000, mu: 12.0, sigma: 1.0, cap: 9 * MS };
    let latency = Latency { new: drawn.clone(), fill: drawn, ..Latency::constant(90_000, 70_000) };
    let plan = Plan::new(Arc::clone(file), Config { latency, feed, ..config() }).unwrap();
    let mode = Mode::of_level(file.header().level);
    let made = Session::new(&plan, 3, |books| Own::new(mode, books, file.instruments(), own));
    let mut session = made.unwrap();
    replay(&mut session, &mut quote(), &mut |_| true).unwrap();
    assert!(session.record().fills.len() > 20);
    session.hash()
}

#[test]
fn level_sums() {
    let file = file(&levels(31, 20_000, 2, Lag::Below(900_000)), 2);
    let models = [
        QueueModel::RiskAverse,
        QueueModel::Power(3.0),
        QueueModel::Power2(1.5),
        QueueModel::Power3(2.5),
        QueueModel::Log,
        QueueModel::Log2,
    ];
    let got = models.map(|model| hash(&file, OwnConfig::l2_queue(model), Feed::File));
    assert_eq!(got, LEVEL_SUMS, "{got:#018x?}");
}

#[test]
fn orders() {
    let mut zi = Zi::new(Key { seed: 5, stream: 1 }, 0, [0.5, 10.0, 0.2], 3, 200).unwrap();
    let (start, messages) = (T0, 20_000);
    let instrument = Instrument::new("X", Decimal::ONE, Decimal::ONE);
    let span = Span { start, messages };
    let made = simulate(&mut zi, instrument, Opening::default(), span, Target::Memory, &Options::default());
    let file = Arc::new(made.unwrap().open().unwrap());
    let got = hash(&file, OwnConfig::ghost(), Feed::Const(60_000));
    assert_eq!(got, ORDERS, "{got:#018x}");
}
