//! R28: after `reserve` no message allocates. One test, alone in its process: the counter is global.
#![allow(unsafe_code)]

mod common;

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use common::flow::{SCENARIOS, generate};
use common::wild::{Wild, config};
use common::{Op, apply, gates};
use quantrl_lob::{
    Book, Capacity, Config, Direct, Hash, IdIndex, L2Book, Matcher, ModifyRule, Paged, Report, ReportSink,
    Side, VecLadder,
};

struct Counting;

static CALLS: AtomicU64 = AtomicU64::new(0);

// SAFETY: passes every call on unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        CALLS.fetch_add(1, Relaxed);
        // SAFETY: the caller's contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        CALLS.fetch_add(1, Relaxed);
        // SAFETY: the caller's contract.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        CALLS.fetch_add(1, Relaxed);
        // SAFETY: the caller's contract.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

struct Count(u64);

impl ReportSink for Count {
    fn push(&mut self, _: Report) {
        self.0 += 1;
    }
}

fn calls(body: impl FnOnce()) -> u64 {
    let before = CALLS.load(Relaxed);
    body();
    CALLS.load(Relaxed) - before
}

fn matched<I: IdIndex>(config: Config, capacity: Capacity, ops: &[Op]) -> u64 {
    let mut engine = Matcher::<VecLadder<u32>, I>::new(config);
    engine.reserve(capacity);
    let mut count = Count(0);
    let calls = calls(|| ops.iter().for_each(|op| apply(&mut engine, op, &mut count)));
    assert!(count.0 as usize >= ops.len() / 2);
    calls
}

#[test]
fn nothing_allocates_after_reserve() {
    assert!(calls(|| drop(std::hint::black_box(vec![1_u8; 100]))) >= 2, "the counter counts");
    let events = if gates() { 1_000_000 } else { 20_000 };

    let requeue = Config { modify: ModifyRule::AlwaysRequeue, ..Config::default() };
    for (scenario, named) in SCENARIOS.iter().enumerate() {
        let ops = generate(scenario, 3, events / 2 + events / 50);
        assert!(ops.len() >= events);
        let capacity = Capacity { orders: 1 << 15, levels: 1 << 11, ids: events as u64 };
        assert_eq!(matched::<Direct>(requeue, capacity, &ops), 0, "{}", named.name);
        assert_eq!(matched::<Paged>(requeue, capacity, &ops), 0, "{}", named.name);
        assert_eq!(matched::<Hash>(requeue, capacity, &ops), 0, "{}", named.name);
    }

    // At most 300 small and 15 large ids are live at a time.
    for seed in 0..10 {
        let config = config(seed);
        let ops: Vec<Op> = Wild::new(seed, &config, 40, 300).take(events).collect();
        let capacity = Capacity { orders: 320, levels: 64, ids: 300 };
        assert_eq!(matched::<Hash>(config, capacity, &ops), 0, "wild seed {seed}");
        if seed < 2 {
            let wide = Capacity { ids: (1 << 24) + 2, ..capacity };
            assert_eq!(matched::<Direct>(config, wide, &ops), 0, "wild seed {seed}");
            assert_eq!(matched::<Paged>(config, wide, &ops), 0, "wild seed {seed}");
        }
    }

    let mut book: Book = Book::with_slots(512);
    book.reserve(512, 64);
    let mut levels: L2Book = L2Book::default();
    levels.reserve(64);
    let slots = calls(|| {
        for n in 0..events as u32 {
            let random = n.wrapping_mul(2_654_435_761) >> 8;
            let (slot, side) = (random % 512, Side::BOTH[(random >> 12) as usize % 2]);
            let tick = (random >> 16) as i32 % 32;
            let done = match n % 5 {
                0 | 1 => book.add(slot, n.into(), side, tick, 10),
                2 => book.reduce(slot, 3).map(drop),
                3 => book.amend(slot, tick, 7, random & 1 == 0).map(drop),
                _ => book.delete(slot).map(drop),
            };
            std::hint::black_box(done.is_ok());
            levels.set(side, tick, (random % 4).into());
        }
    });
    book.validate().unwrap();
    assert!(book.order_count() > 50 && levels.level_count(Side::Buy) + levels.level_count(Side::Sell) > 5);
    assert_eq!(slots, 0);
}
