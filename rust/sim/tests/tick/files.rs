//! Event files made in memory.

use std::sync::Arc;

use quantrl_feed::map::{Access, Bytes};
use quantrl_feed::{
    Decimal, Event, EventFile, Instrument, Kind, OpenOptions, Target, UNKNOWN, Writer, WriterOptions, flag,
};
use serde_json::json;

/// Pseudo-random numbers of tests.
pub struct Lcg(pub u64);

impl Lcg {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 24
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}

/// How long events are under way, ns.
#[derive(Clone, Copy, Debug)]
pub enum Lag {
    Unknown,
    Const(i64),
    /// Drawn below a bound: they overtake each other.
    Below(u64),
}

pub const T0: i64 = 1_700_000_000_000_000_000;

/// Level sums and trades about a wandering mid, gaps up to 1.2 ms, with their latencies.
pub fn levels(seed: u64, n: usize, instruments: u16, lag: Lag) -> Vec<(Event, i64)> {
    let mut random = Lcg(seed);
    let (mut ts, mut mid) = (T0, 10_000);
    (0..n)
        .map(|nth| {
            // Every fourth event has the time of the one before.
            ts += if random.below(4) == 0 || nth == 0 { 0 } else { random.below(1_200_000) as i64 };
            mid +=
                [0, 0, 0, 0, 0, 0, 0, -1, 1, 0][random.below(10) as usize] * i32::from(random.below(5) == 0);
            let is_sell = random.below(2) == 1;
            let away = 1 + (random.next().trailing_ones() + random.next().trailing_ones()) as i32;
            let side = if is_sell { flag::SELL } else { 0 };
            let trade = random.below(20) == 0;
            // Resting orders stand behind the mid, aggressors trade at the other side's.
            let tick = mid + away * if is_sell != trade { 1 } else { -1 };
            let event = Event {
                ts_exch: ts,
                slot: quantrl_feed::NO_SLOT,
                tick,
                qty: random.below(50) as u32 + u32::from(trade),
                kind: if trade { Kind::Trade } else { Kind::Level } as u8,
                flags: side | flag::SIDE_KNOWN | flag::LAST,
                instr: random.below(u64::from(instruments)) as u16,
                ..Event::default()
            };
            let latency = match lag {
                Lag::Unknown => UNKNOWN,
                Lag::Const(ns) => ns,
                Lag::Below(bound) => random.below(bound) as i64,
            };
            (event, latency)
        })
        .collect()
}

pub fn instrument(name: &str) -> Instrument {
    let decimal = |text| Decimal::parse("size", text).unwrap();
    Instrument { base_tick: 1_000, ..Instrument::new(name, decimal("0.1"), decimal("0.001")) }
}

/// The bytes of a file of level 2.
pub fn bytes(events: &[(Event, i64)], instruments: u16) -> Vec<u8> {
    let options = WriterOptions { level: 2, checkpoint_every: 1 << 10, ..WriterOptions::default() };
    let mut writer = Writer::create(Target::Memory, options).unwrap();
    let mut books = quantrl_feed::Books::new(2, &vec![0; usize::from(instruments)]);
    let mut saved = Vec::new();
    for (event, latency) in events {
        if writer.checkpoint_due() {
            quantrl_feed::checkpoint::saved(&books, &mut saved);
            writer.checkpoint(&saved).unwrap();
        }
        writer.push(event, *latency, 0).unwrap();
        books.apply(event).unwrap();
    }
    let table: Vec<Instrument> = (0..instruments).map(|i| instrument(&format!("X{i}"))).collect();
    writer.finish(&table, &json!({}), &json!({})).unwrap().1
}

pub fn file(events: &[(Event, i64)], instruments: u16) -> Arc<EventFile> {
    let read = Bytes::Read(bytes(events, instruments));
    Arc::new(EventFile::of_bytes("test.qev".into(), read, true).unwrap())
}

/// The same bytes from a disk, mapped.
pub fn mapped(events: &[(Event, i64)], instruments: u16) -> Arc<EventFile> {
    let path = std::env::temp_dir().join(format!("quantrl-tick-{}.qev", std::process::id()));
    std::fs::write(&path, bytes(events, instruments)).unwrap();
    let file = EventFile::open(&path, OpenOptions { access: Access::Map, verify: true }).unwrap();
    std::fs::remove_file(&path).unwrap();
    Arc::new(file)
}
