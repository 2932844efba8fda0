use quantrl_feed::{Event, Kind, flag};
use quantrl_lob::Side;
use quantrl_sim::tick::policy::Quote;
use quantrl_sim::tick::{Config, Feed, Latency, Op, Outcome, replay};

use crate::files::{T0, file};
use crate::{MS, config, session};

/// (ms after the start, side, stored tick, lots) as levels of a file.
fn history(rows: &[(i64, Side, i32, u32)]) -> Vec<(Event, i64)> {
    let level = |&(ms, side, tick, qty): &(i64, Side, i32, u32)| Event {
        ts_exch: T0 + ms * MS,
        slot: quantrl_feed::NO_SLOT,
        tick,
        qty,
        kind: Kind::Level as u8,
        flags: (side as u8 * flag::SELL) | flag::SIDE_KNOWN | flag::LAST,
        ..Event::default()
    };
    rows.iter().map(|row| (level(row), 0)).collect()
}

/// Worked out by hand: 1 ms each way, a look every 10 ms, 1 tick behind the touch; absolute ticks are 1,000 above.
#[test]
fn quotes_follow_the_touch() {
    use Side::{Buy, Sell};
    let events = history(&[
        (0, Buy, 100, 5),
        (0, Sell, 103, 5),
        (15, Buy, 101, 5),
        (25, Sell, 103, 0),
        (45, Sell, 104, 5),
        // At the look of 60 ms the new touch has been seen; the ask reaches the buy quote in the same millisecond.
        (60, Buy, 99, 5),
        (60, Buy, 101, 0),
        (60, Buy, 100, 0),
        (61, Sell, 100, 5),
        (75, Sell, 100, 0),
        (100, Buy, 99, 4),
    ]);
    let latency = Latency::constant(MS, MS);
    let settings = Config { latency, feed: Feed::Const(0), equity_every: 0, ..config() };
    let mut session = session(&file(&events, 1), settings);
    replay(&mut session, &mut Quote::new(0, 1, 3, 10 * MS).unwrap(), &mut |_| true).unwrap();
    let (new, cancel) = (Op::New as u8, Op::Cancel as u8);
    let [accepted, filled, cancelled, refused] =
        [Outcome::Accepted, Outcome::Filled, Outcome::Cancelled, Outcome::RequestRejected]
            .map(|outcome| 16 + outcome as u8);
    let log: Vec<_> =
        session.record().log.iter().map(|row| ((row.ts - T0) / MS, row.what, row.side, row.ticks)).collect();
    assert_eq!(
        log,
        [
            (10, new, Buy, 1_099),
            (10, new, Sell, 1_104),
            (12, accepted, Buy, 1_099),
            (12, accepted, Sell, 1_104),
            (20, cancel, Buy, 1_099),
            (20, new, Buy, 1_100),
            (22, cancelled, Buy, 1_099),
            (22, accepted, Buy, 1_100),
            // No ask: the sell quote goes and none follows until there is one.
            (30, cancel, Sell, 1_104),
            (32, cancelled, Sell, 1_104),
            (50, new, Sell, 1_105),
            (52, accepted, Sell, 1_105),
            (60, cancel, Buy, 1_100),
            (60, new, Buy, 1_098),
            // At 61 ms the feed comes before the requests: the buy fills, its cancel is late.
            (62, filled, Buy, 1_100),
            (62, refused, Buy, 1_100),
            (62, accepted, Buy, 1_098),
            (70, cancel, Sell, 1_105),
            (70, new, Sell, 1_101),
            (72, cancelled, Sell, 1_105),
            (72, accepted, Sell, 1_101),
            (80, cancel, Sell, 1_101),
            (80, new, Sell, 1_105),
            (82, cancelled, Sell, 1_101),
            (82, accepted, Sell, 1_105),
        ]
    );
    assert_eq!(session.view().unwrap().accounts[0].position, 3);
}

#[test]
fn parameters_are_checked() {
    for (offset, size, refresh, name) in [(-1, 1, 1, "offset"), (0, 0, 1, "size"), (0, 1, 0, "refresh")] {
        assert!(Quote::new(0, offset, size, refresh).unwrap_err().to_string().starts_with(name));
    }
}
