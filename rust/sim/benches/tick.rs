//! Rates of replays of level sums without and with quotes: `cargo bench -p quantrl-sim --bench tick`. Rounds of all are
//! interleaved; medians of seven in processor time, with the lowest and highest. The hash in brackets is the session's.

mod flow;

use std::sync::Arc;
use std::time::Instant;

use quantrl_feed::map::Bytes;
use quantrl_feed::{Decimal, Event, EventFile, Instrument, Target, Writer, WriterOptions};
use quantrl_sim::tick::own::{FillRule, L2Queue, OwnConfig, QueueModel};
use quantrl_sim::tick::policy::{Noop, Quote};
use quantrl_sim::tick::{Config, Feed, Latency, Plan, Policy, Session, replay};
use serde_json::json;

use flow::{levels, now};

const EVENTS: u64 = 5_000_000;

/// Latency of the feed, of requests and of responses, ns.
const LATENCY: i64 = 100_000;

fn file() -> Arc<EventFile> {
    let options = WriterOptions { level: 2, ..WriterOptions::default() };
    let mut writer = Writer::create(Target::Memory, options).expect("a file in memory");
    for row in levels(EVENTS) {
        writer.push(&Event::of_bytes(&row), LATENCY, 0).expect("events in order");
    }
    let table = [Instrument::new("X", Decimal::ONE, Decimal::ONE)];
    let (_, bytes) = writer.finish(&table, &json!({}), &json!({})).expect("a file in memory");
    Arc::new(EventFile::of_bytes("levels".into(), Bytes::Read(bytes), true).expect("its own file"))
}

/// Seconds of a replay, and what came of it: hash and executions.
type Outcome = (f64, (u64, usize));

/// A name and what is timed under it.
type Case<'a> = (&'a str, Box<dyn FnMut() -> Outcome + 'a>);

fn run(plan: &Arc<Plan>, policy: &mut impl Policy, start: Instant) -> Outcome {
    let own =
        OwnConfig { fill: FillRule::Full, recovery_ns: None, ..OwnConfig::l2_queue(QueueModel::Power(2.0)) };
    let venue = |books| L2Queue::new(books, plan.file().instruments(), own);
    let mut session = Session::new(plan, 0, venue).expect("a valid setting");
    session.reserve(1 << 16, 1 << 19, 0);
    let before = now(start);
    replay(&mut session, policy, &mut |_| true).expect("a file of our own");
    let took = now(start) - before;
    (took, (session.hash(), session.record().fills.len()))
}

fn main() {
    let file = file();
    let latency = Latency::constant(LATENCY, LATENCY);
    let plan = |feed| {
        let config = Config { latency: latency.clone(), feed, ..Config::default() };
        Plan::new(Arc::clone(&file), config).expect("a valid setting")
    };
    // With a response faster than the feed the strategy's side has books of its own.
    let (shared, apart) = (plan(Feed::File), plan(Feed::Const(LATENCY + 1)));
    let quote = || Quote::new(0, 1, 1, 10_000_000).expect("a valid setting");
    let start = Instant::now();
    let mut cases: [Case<'_>; 3] = [
        ("idle", Box::new(|| run(&shared, &mut Noop, start))),
        ("quote", Box::new(|| run(&shared, &mut quote(), start))),
        ("quote, books apart", Box::new(|| run(&apart, &mut quote(), start))),
    ];
    let chosen = std::env::var("QUANTRL_BENCH_CASE").ok();
    let mut seconds = [const { Vec::new() }; 3];
    let mut results = [(0, 0); 3];
    for _ in 0..7 {
        for (i, (name, work)) in cases.iter_mut().enumerate() {
            if chosen.as_ref().is_none_or(|chosen| chosen == name) {
                let (took, result) = work();
                seconds[i].push(took);
                results[i] = result;
            }
        }
    }
    println!("level sums, {EVENTS} events");
    for ((name, _), (mut seconds, (hash, fills))) in cases.iter().zip(seconds.into_iter().zip(results)) {
        if seconds.is_empty() {
            continue;
        }
        seconds.sort_by(f64::total_cmp);
        let rate = |s: f64| EVENTS as f64 / s / 1e6;
        let [low, median, high] = [seconds[6], seconds[3], seconds[0]].map(rate);
        println!("  {name:<20} {median:>6.1} M/s ({low:.1} to {high:.1})  {fills} fills [{hash:016x}]");
    }
}
