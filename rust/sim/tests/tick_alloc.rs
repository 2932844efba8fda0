//! After `reserve` a run allocates nothing. One test, alone in its process: the counter is global.
#![allow(unsafe_code)]

#[path = "tick/files.rs"]
#[allow(dead_code)]
mod files;

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use quantrl_sim::tick::own::{L2Queue, OwnConfig, QueueModel};
use quantrl_sim::tick::policy::Quote;
use quantrl_sim::tick::{Config, Feed, Latency, Plan, Session, Until, replay};

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

#[test]
fn a_run_allocates_nothing_after_reserve() {
    let full = std::env::var_os("QUANTRL_GATES").is_some_and(|value| value == "1");
    let n = if full { 1_100_000 } else { 60_000 };
    let events = files::levels(51, n, 1, files::Lag::Const(100_000));
    let file = files::file(&events, 1);
    for feed in [Feed::File, Feed::Const(0)] {
        let latency = Latency::constant(100_000, 100_000);
        let config = Config { latency, feed, equity_every: 1_000_000_000, ..Config::default() };
        let plan = Plan::new(Arc::clone(&file), config).unwrap();
        let own = OwnConfig::l2_queue(QueueModel::Power(2.0));
        let mut session =
            Session::new(&plan, 0, |books| L2Queue::new(books, file.instruments(), own)).unwrap();
        session.reserve(n, 2 * n, n);
        // Books, queues and the venue's own tables grow to their size in the first part.
        let mut policy = Quote::new(0, 1, 3, 10_000_000).unwrap();
        let warm = files::T0 + 10_000_000_000;
        let mut actions = quantrl_sim::tick::Actions::with_capacity(64);
        while session.now() < warm {
            session.step(Until::Time(session.now() + 10_000_000)).unwrap();
            actions.clear();
            quantrl_sim::tick::Policy::wake(&mut policy, &session.view().unwrap(), &mut actions);
            session.send(&actions).unwrap();
        }
        let fills = session.record().fills.len();
        let before = CALLS.load(Relaxed);
        replay(&mut session, &mut policy, &mut |_| true).unwrap();
        let calls = CALLS.load(Relaxed) - before;
        assert!(session.record().fills.len() > fills + 50);
        assert_eq!(calls, 0);
    }
}
