//! Speed of matching (B4') and of replay by slot (B2) over generated order flow.
//!
//! `cargo bench -p quantrl-lob --bench flow [-- ORDERS ROUNDS [SCENARIO]]`

#[path = "../tests/common/mod.rs"]
mod common;
mod support;

use std::hint::black_box;

use common::flow::{SCENARIOS, generate, peaks};
use common::oracle::Oracle;
use common::{Op, apply};
use quantrl_lob::{
    BTreeLadder, Book, Capacity, Config, Direct, Engine, Ladder, Matcher, ModifyRule, VecLadder,
};
use support::{Event, Ring, Watch, record, replay};

/// Median, least and most of the rounds.
struct Rate([f64; 3]);

impl Rate {
    fn of(mut rates: Vec<f64>) -> Self {
        rates.sort_by(f64::total_cmp);
        Self([rates[rates.len() / 2], rates[0], rates[rates.len() - 1]])
    }
}

impl std::fmt::Display for Rate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [median, least, most] = self.0;
        write!(f, "{median:6.2} [{least:6.2} {most:6.2}]")
    }
}

const CAPACITY: Capacity = Capacity { orders: 1 << 16, levels: 1 << 12, ids: 1 << 20 };

fn config() -> Config {
    Config { modify: ModifyRule::AlwaysRequeue, ..Config::default() }
}

/// Million messages per second, one at a time, reports to a ring.
fn match_all<L: Ladder<u32>>(ops: &[Op], ring: &mut Ring) -> f64 {
    let mut engine = Matcher::<L, Direct>::new(config());
    engine.reserve(CAPACITY);
    let watch = Watch::start();
    for op in ops {
        apply(&mut engine, op, ring);
    }
    black_box(engine.best_bid());
    ops.len() as f64 / watch.seconds() / 1e6
}

fn oracle(ops: &[Op]) -> f64 {
    let mut oracle = Oracle::new(config());
    let watch = Watch::start();
    for op in ops {
        black_box(oracle.apply(op));
    }
    ops.len() as f64 / watch.seconds() / 1e6
}

fn replay_all<L: Ladder<u32>>(events: &[Event], slots: u32) -> f64 {
    let mut book = Book::<L>::with_slots(slots);
    book.reserve(slots as usize, CAPACITY.levels);
    let watch = Watch::start();
    replay(&mut book, events);
    black_box(book.best(quantrl_lob::Side::Buy));
    events.len() as f64 / watch.seconds() / 1e6
}

fn main() {
    let numbers: Vec<usize> = std::env::args().skip(1).filter_map(|arg| arg.parse().ok()).collect();
    let orders = numbers.first().copied().unwrap_or(1_000_000);
    let rounds = numbers.get(1).copied().unwrap_or(7);
    let only = numbers.get(2).copied();
    println!(
        "{orders} new orders, {rounds} rounds, seed 23; millions a {}: median [least most]",
        Watch::UNIT
    );
    let mut ring = Ring::default();
    for scenario in (0..SCENARIOS.len()).filter(|&s| only.is_none_or(|o| o == s)) {
        let named = SCENARIOS[scenario];
        let ops = generate(scenario, 23, orders);
        if rounds == 0 {
            // For a profiler: one pass, nothing else.
            println!("{}: {:.2}", named.name, match_all::<VecLadder<u32>>(&ops, &mut ring));
            continue;
        }
        let seen = peaks(&ops);
        println!(
            "{}: {} messages, {} trades, peak orders {} (published {}), peak levels {} (published {})",
            named.name, seen.messages, seen.trades, seen.orders, named.peaks.0, seen.levels, named.peaks.1
        );
        let (mut ours, mut tree) = (Vec::new(), Vec::new());
        let (mut replayed, mut replayed_tree) = (Vec::new(), Vec::new());
        let (events, slots) = record(&ops, config());
        for _ in 0..rounds {
            ours.push(match_all::<VecLadder<u32>>(&ops, &mut ring));
            tree.push(match_all::<BTreeLadder<u32>>(&ops, &mut ring));
            replayed.push(replay_all::<VecLadder<u32>>(&events, slots));
            replayed_tree.push(replay_all::<BTreeLadder<u32>>(&events, slots));
        }
        println!(
            "  B4' matching: ours {}  tree ladder {}  oracle {:5.2}",
            Rate::of(ours),
            Rate::of(tree),
            oracle(&ops)
        );
        println!(
            "  B2 replay:    ours {}  tree ladder {}  {} events, book of {} KiB",
            Rate::of(replayed),
            Rate::of(replayed_tree),
            events.len(),
            (slots as usize * 32 + seen.levels * 40) / 1024
        );
    }
    black_box(&ring);
}
