//! What the benches of the tick engine share: a flow of level sums, and a clock.

use std::time::Instant;

use quantrl_feed::{Event, Kind, flag};
use quantrl_rng::{Channel, Counter, Draws, Key};

/// An event as stored.
pub type Row = [u8; Event::SIZE];

/// Seconds this thread has run: of the processor where the system tells, else of the wall.
pub fn now(start: Instant) -> f64 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let ran = told.and_then(|text| text.split(' ').next()?.parse::<u64>().ok());
    ran.map_or_else(|| start.elapsed().as_secs_f64(), |ns| ns as f64 / 1e9)
}

/// Rows 1 to 200 us apart around a mid that moves a tick once in a hundred, a twentieth of them trades.
pub fn levels(count: u64) -> Vec<Row> {
    let counter = Counter { block: 0, draw: 0, channel: Channel::Synthetic, episode: 0 };
    let mut draws = Draws::new(Key { seed: 1, stream: 0 }, counter);
    let (mut ts, mut mid, mut rows) = (0, 10_000, Vec::with_capacity(count as usize));
    while rows.len() < count as usize {
        ts += 1_000 * (1 + draws.below(199)) as i64;
        if draws.below(100) == 0 {
            mid += if draws.below(2) == 0 { 1 } else { -1 };
        }
        let sell = draws.below(2) as i32;
        let mut distance = 1;
        while draws.below(5) != 0 {
            distance += 1;
        }
        let tick = if sell == 1 { mid + distance } else { mid - distance };
        let qty = draws.below(50) as u32;
        let side = |sell: i32| flag::SIDE_KNOWN | if sell == 1 { flag::SELL } else { 0 };
        let blank = Event { ts_exch: ts, qty, ..Event::default() };
        rows.push(if draws.below(20) == 0 {
            let tick = if sell == 1 { mid - 1 } else { mid + 1 };
            Event { kind: Kind::Trade as u8, tick, flags: side(sell), ..blank }.to_bytes()
        } else {
            Event { kind: Kind::Level as u8, tick, flags: side(sell), ..blank }.to_bytes()
        });
    }
    rows
}
