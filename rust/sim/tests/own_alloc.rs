//! Events with own orders waiting do not allocate. One test, alone in its process: the counter is global.
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use quantrl_feed::{Books, Decimal, Event, Instrument, Kind, flag};
use quantrl_lob::{Book, L2Book, OrderRef, Side};
use quantrl_sim::tick::own::{Ghost, L2Queue, OwnConfig, QueueModel, ThroughRule};
use quantrl_sim::tick::{Op, OrderType, Report, Request, Tif, Venue};

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

const SLOTS: u32 = 512;

/// Events of one kind of file by number, in bytes.
fn events(level: u8, count: u32) -> Vec<[u8; Event::SIZE]> {
    let mut live = vec![false; SLOTS as usize];
    (0..count)
        .map(|n| {
            let random = n.wrapping_mul(2_654_435_761) >> 7;
            let slot = random % SLOTS;
            let sell = random >> 10 & 1;
            let away = (random >> 12 & 7) as i32;
            let tick = if sell == 1 { 1_001 + away } else { 1_000 - away };
            let qty = 1 + (random >> 16 & 15);
            let mut flags = flag::SIDE_KNOWN | if sell == 1 { flag::SELL } else { 0 };
            let kind = match level {
                3 if !live[slot as usize] => Kind::Add,
                3 if n % 3 == 0 => Kind::Exec,
                3 if n % 3 == 1 => Kind::Amend,
                3 => Kind::Delete,
                _ if n % 20 == 0 => Kind::Trade,
                2 => Kind::Level,
                _ => Kind::Bbo,
            };
            if kind == Kind::Trade {
                flags ^= flag::SELL;
            }
            // An execution takes all there is, so that what lives is known here.
            live[slot as usize] = matches!(kind, Kind::Add | Kind::Amend);
            let qty = if kind == Kind::Exec { u32::MAX } else { qty };
            let ts_exch = i64::from(n);
            Event { ts_exch, kind: kind as u8, slot, tick, qty, flags, ..Event::default() }.to_bytes()
        })
        .collect()
}

/// Own executions.
fn run(venue: &mut impl Venue, events: &[[u8; Event::SIZE]], reports: &mut Vec<Report>) -> usize {
    let (mut at, mut fills) = (0, 0);
    while at < events.len() {
        at += venue.run(&events[at..], i64::MAX, reports).unwrap().events;
        fills += reports.len();
        reports.clear();
    }
    fills
}

fn calls_of(mut venue: impl Venue, level: u8, count: u32) -> (u64, usize) {
    let events = events(level, count);
    let mut reports: Vec<Report> = Vec::with_capacity(1 << 10);
    let warm = count as usize / 10;
    run(&mut venue, &events[..warm], &mut reports);
    let mut said = Vec::new();
    for (slot, side) in (0_u32..6).zip(Side::BOTH.into_iter().cycle()) {
        let away = (slot / 2 + 1).cast_signed();
        let request = Request {
            number: u64::from(slot),
            order: OrderRef::new(0, slot),
            instr: 0,
            op: Op::New,
            side,
            kind: OrderType::Limit,
            tif: Tif::Gtc,
            post_only: false,
            tick: if side == Side::Buy { 1_000 - away } else { 1_001 + away },
            lots: u32::MAX,
        };
        venue.submit(warm as i64, &request, &mut said);
    }
    let resting = venue.resting();
    let before = CALLS.load(Relaxed);
    let fills = run(&mut venue, &events[warm..], &mut reports);
    let calls = CALLS.load(Relaxed) - before;
    assert_eq!((resting, venue.resting()), (6, 6), "they never fill up");
    (calls, fills)
}

#[test]
fn events_do_not_allocate() {
    let before = CALLS.load(Relaxed);
    drop(std::hint::black_box(vec![1_u8; 100]));
    assert!(CALLS.load(Relaxed) >= before + 2, "the counter counts");
    let gates = std::env::var_os("QUANTRL_GATES").is_some_and(|value| value == "1");
    let count = if gates { 1_200_000 } else { 60_000 };

    let mut book = Book::with_slots(SLOTS);
    book.reserve(SLOTS as usize, 64);
    let ghost = Ghost::new(Books::Orders(vec![book]), OwnConfig::ghost()).unwrap();
    let (calls, fills) = calls_of(ghost, 3, count);
    assert_eq!(calls, 0);
    assert!(fills > count as usize / 100, "{fills}");

    let instruments = [Instrument::new("X", Decimal::ONE, Decimal::ONE)];
    for (level, least) in [(2, 100), (1, 400)] {
        let mut sums: L2Book = L2Book::default();
        sums.reserve(64);
        let books = if level == 2 { Books::Levels(vec![sums]) } else { Books::Best(vec![sums]) };
        let config =
            OwnConfig { through: ThroughRule::Volume, ..OwnConfig::l2_queue(QueueModel::Power(3.0)) };
        let venue = L2Queue::new(books, &instruments, config).unwrap();
        let (calls, fills) = calls_of(venue, level, count);
        assert_eq!(calls, 0, "level {level}");
        assert!(fills > count as usize / least, "level {level}: {fills}");
    }
}
