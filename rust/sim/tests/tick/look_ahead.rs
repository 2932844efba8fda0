use quantrl_feed::Event;
use quantrl_sim::tick::{Config, Feed, Latency, Model, Session};

use crate::files::{Lag, Lcg, T0, file, levels};
use crate::venue::Plain;
use crate::{MS, config, drive, gates, quote, session, zero_feed};

/// Everything the strategy can have seen or done.
fn seen(session: &mut Session<Plain>) -> String {
    let record = session.record().clone();
    let now = session.now();
    let view = session.view().unwrap();
    let depth: Vec<_> =
        (0..2).map(|i| view.books.depth(0, quantrl_lob::Side::BOTH[i]).collect::<Vec<_>>()).collect();
    let orders: Vec<_> = view.orders.iter().collect();
    format!("{now} {} {depth:?} {orders:?} {:?} {:?} {record:?}", view.received, view.accounts, view.reports)
}

/// Everything later than `t` becomes something else: other prices, lots, kinds, times and latencies.
fn perturbed(events: &[(Event, i64)], t: i64, seed: u64) -> Vec<(Event, i64)> {
    let mut random = Lcg(seed);
    let other = levels(seed, events.len(), 1, Lag::Below(2_000_000));
    let mut last = t + 1;
    let change = |((event, latency), (other, _)): (&(Event, i64), &(Event, i64))| {
        if event.ts_exch <= t {
            return (*event, *latency);
        }
        last = last.max(event.ts_exch + random.below(3_000_000) as i64 - 1_500_000);
        (
            Event { ts_exch: last, tick: other.tick - 40 + random.below(80) as i32, ..*other },
            random.below(5_000_000) as i64,
        )
    };
    events.iter().zip(&other).map(change).collect()
}

#[test]
fn the_future_does_not_reach_the_strategy() {
    let random = Model::LogNormal { base: 50_000, mu: 12.0, sigma: 1.0, cap: 9 * MS };
    let drawn = Latency {
        new: random.clone(),
        cancel: random.clone(),
        fill: random.clone(),
        ..Latency::constant(0, 0)
    };
    let feed = Model::FromFeed { mult_ppm: 1_500_000, base: 20_000 };
    let from_feed = Latency { new: feed.clone(), ack: feed.clone(), ..Latency::constant(100, 100) };
    let events = levels(1, 1_500, 1, Lag::Below(2_000_000));
    let whole = file(&events, 1);
    let mut random = Lcg(5);
    let mut fills = 0;
    for n in 0..if gates() { 200 } else { 40 } {
        let t = events[20 + random.below(1_400) as usize].0.ts_exch + random.below(3) as i64;
        let other = file(&perturbed(&events, t, n), 1);
        for config in [
            config(),
            zero_feed(),
            Config { latency: drawn.clone(), allow_reorder: true, ..config() },
            Config { latency: from_feed.clone(), ..config() },
            Config { feed: Feed::Const(700_000), latency: Latency::constant(0, 0), ..config() },
        ] {
            let run = |file| {
                let mut session = session(file, config.clone());
                drive(&mut session, &mut quote(), t, i64::MAX);
                fills += session.record().fills.len();
                seen(&mut session)
            };
            let [ours, theirs] = [&whole, &other].map(run);
            assert_eq!(ours, theirs, "t = {t}, {config:?}");
        }
    }
    assert!(fills > 1_000, "{fills}");
}

#[test]
fn reading_past_the_clock_is_refused() {
    let events = levels(2, 100, 1, Lag::Const(MS));
    let mut session = session(&file(&events, 1), config());
    assert!(session.received(0).unwrap_err().to_string().starts_with("look-ahead"));
    session.step(quantrl_sim::tick::Until::Time(T0 + 20 * MS)).unwrap();
    let known = session.view().unwrap().received;
    assert!(known > 5 && known < 95);
    assert_eq!(session.received(known - 1).unwrap().tick, events[known - 1].0.tick);
    assert!(session.received(known).is_err());
}

#[test]
fn no_answer_before_request_and_latency() {
    let events = levels(3, 4_000, 1, Lag::Below(900_000));
    let file = file(&events, 1);
    for (entry, response, allow_reorder) in [(250_000, 350_000, false), (0, 0, false), (3 * MS, MS, true)] {
        let latency = Latency::constant(entry, response);
        let mut session = session(&file, Config { latency, allow_reorder, ..config() });
        drive(&mut session, &mut quote(), i64::MAX, i64::MAX);
        let log = &session.record().log;
        let mut answers = 0;
        for report in log.iter().filter(|row| row.what > 16) {
            let request = log.iter().find(|row| row.number == report.number && row.what < 16).unwrap();
            assert!(
                report.ts_exch >= request.ts + entry && report.ts == report.ts_exch + response,
                "{report:?}"
            );
            answers += 1;
        }
        assert!(answers > 100 && log.is_sorted_by_key(|row| row.ts));
    }
}
