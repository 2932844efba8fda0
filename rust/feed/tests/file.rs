//! The event file: there and back, seek, merge, and every way to be damaged.

mod common;

use common::{Folder, Lcg, gates};
use quantrl_feed::convert::Options;
use quantrl_feed::convert::columns::{Columns, convert};
use quantrl_feed::map::{Access, Bytes};
use quantrl_feed::{
    Decimal, Error, Event, EventFile, Header, Instrument, Kind, OpenOptions, RECV_UNKNOWN, Replay, Target,
    check, flag, merge,
};
use sha2::{Digest, Sha256};

fn instrument(symbol: &str) -> Instrument {
    Instrument::new(symbol, Decimal::parse("tick_size", "0.01").unwrap(), Decimal::ONE)
}

/// A random flow of orders as columns.
#[derive(Default)]
struct Flow {
    ts: Vec<i64>,
    received: Vec<i64>,
    kind: Vec<u8>,
    flags: Vec<u8>,
    instr: Vec<u16>,
    order: Vec<u64>,
    new_order: Vec<u64>,
    tick: Vec<i64>,
    qty: Vec<u64>,
}

impl Flow {
    fn random(n: usize, instruments: u64, seed: u64) -> Self {
        let mut random = Lcg(seed);
        let mut flow = Self::default();
        let mut live: Vec<(u64, u16)> = Vec::new();
        for i in 0..n as u64 {
            let draw = if live.is_empty() { 0 } else { random.below(9) };
            let at = random.below(live.len().max(1) as u64) as usize;
            let instr = if draw < 4 { random.below(instruments) as u16 } else { live[at].1 };
            let id = if draw < 4 { i + 1 } else { live[at].0 };
            let kind = match draw {
                0..4 => Kind::Add,
                4 => Kind::Delete,
                5 => Kind::Amend,
                6 => Kind::Replace,
                _ => Kind::Exec,
            };
            match kind {
                Kind::Add => live.push((id, instr)),
                Kind::Replace => live[at].0 = i + 1,
                Kind::Amend => {}
                _ => drop(live.swap_remove(at)),
            }
            flow.ts.push(1_000 * (i / 3) as i64);
            flow.received.push(1_000 * (i / 3) as i64 + random.below(5_000) as i64);
            flow.kind.push(kind as u8);
            flow.flags.push(flag::SIDE_KNOWN | (id & 1) as u8);
            flow.instr.push(instr);
            flow.order.push(id);
            flow.new_order.push(i + 1);
            let side = if id & 1 == 1 { 1 } else { -1 };
            flow.tick.push(10_000 + side * (1 + random.below(40) as i64));
            flow.qty.push(1 + random.below(50));
        }
        // Whole fills: whatever the order has left.
        for i in 0..flow.kind.len() {
            if flow.kind[i] == Kind::Exec as u8 {
                flow.qty[i] = u64::from(u32::MAX);
            }
        }
        flow
    }

    fn columns(&self) -> Columns<'_> {
        Columns {
            ts: &self.ts,
            received: Some(&self.received),
            kind: &self.kind,
            flags: &self.flags,
            instr: Some(&self.instr),
            order: Some(&self.order),
            new_order: Some(&self.new_order),
            tick: &self.tick,
            qty: &self.qty,
        }
    }
}

fn options() -> Options {
    Options { checkpoint_every: 1 << 10, keep_ids: true, max_fault_share: 1.0, ..Options::default() }
}

fn written(flow: &Flow, folder: &Folder, name: &str, symbols: &[&str]) -> EventFile {
    let path = folder.file(name);
    let instruments: Vec<_> = symbols.iter().map(|s| instrument(s)).collect();
    convert(&flow.columns(), 3, &instruments, Target::File(&path), &options()).unwrap();
    EventFile::open(&path, OpenOptions::default()).unwrap()
}

#[test]
fn mapped_equals_read_and_seek_equals_replay() {
    let folder = Folder::new();
    let flow = Flow::random(10_000, 2, 1);
    let read = written(&flow, &folder, "a.qev", &["A", "B"]);
    let mapped =
        EventFile::open(&folder.file("a.qev"), OpenOptions { access: Access::Map, verify: true }).unwrap();
    assert!(read.iter().eq(mapped.iter()));
    assert_eq!((read.header().checkpoints, read.header().recv_unit_ns), (9, 1));
    let mut replay = Replay::new(&mapped);
    let mut hashes = vec![replay.books().state_hash()];
    while replay.step().unwrap().is_some() {
        hashes.push(replay.books().state_hash());
    }
    let mut sought = Replay::new(&read);
    let mut random = Lcg(2);
    for _ in 0..100 {
        let at = random.below(10_001);
        sought.seek(at).unwrap();
        assert_eq!((sought.at(), sought.books().state_hash()), (at, hashes[at as usize]));
    }
    for ts in [-5, 0, 1, 1_700_000, 1_700_001, i64::MAX] {
        sought.seek_ts(ts).unwrap();
        assert_eq!(sought.at(), flow.ts.iter().filter(|&&t| t < ts).count() as u64);
    }
    assert!(sought.seek(10_001).is_err());
    assert_eq!(check(&read).unwrap().events, 10_000);
    assert_eq!((read.id(0), read.quality()["over_fill"].as_u64() > Some(0)), (Some(1), true));
    let received: Vec<u64> = (0..read.len()).map(|nth| read.received_at(nth)).collect();
    let mut expected: Vec<u64> = (0..10_000).collect();
    expected.sort_by_key(|&i| flow.received[i as usize]);
    assert_eq!(received, expected);
}

#[test]
fn no_events_are_a_file_too() {
    let folder = Folder::new();
    let file = written(&Flow::default(), &folder, "empty.qev", &["A"]);
    assert!(file.is_empty() && file.iter().next().is_none());
    assert_eq!((file.header().first_ts, file.at_ts(5)), (0, 0));
    let mut replay = Replay::new(&file);
    replay.seek(0).unwrap();
    assert_eq!(replay.step().unwrap(), None);
}

#[test]
fn merged_by_time_instrument_source() {
    let folder = Folder::new();
    let (a, b) = (Flow::random(3_000, 2, 3), Flow::random(2_000, 1, 4));
    let (a, b) = (written(&a, &folder, "a.qev", &["A", "B"]), written(&b, &folder, "b.qev", &["C"]));
    merge(&[&a, &b], Target::File(&folder.file("m.qev")), 1 << 10).unwrap();
    let merged = EventFile::open(&folder.file("m.qev"), OpenOptions::default()).unwrap();
    assert_eq!((merged.len(), merged.instruments().len()), (5_000, 3));
    let of = |low, high| {
        merged
            .iter()
            .filter(move |e| (low..high).contains(&e.instr))
            .map(move |e| Event { instr: e.instr - low, ..e })
    };
    assert!(of(0, 2).eq(a.iter()) && of(2, 3).eq(b.iter()));
    for pair in merged.iter().collect::<Vec<_>>().windows(2) {
        let source = |e: &Event| e.instr / 2;
        assert!(pair[0].ts_exch <= pair[1].ts_exch);
        if pair[0].ts_exch == pair[1].ts_exch && source(&pair[0]) != source(&pair[1]) {
            assert!(pair[0].instr < pair[1].instr);
        }
    }
    let mut replay = Replay::new(&merged);
    replay.run_to(5_000).unwrap();
    let mut alone = Replay::new(&b);
    alone.run_to(2_000).unwrap();
    assert_eq!(replay.orders(2).unwrap().state_hash(), alone.orders(0).unwrap().state_hash());
    check(&merged).unwrap();
    assert!(merge(&[], Target::Memory, 0).is_err());
}

#[test]
fn wide_receive_times_take_a_coarser_unit() {
    let folder = Folder::new();
    let received = [7_000_000_123, i64::MIN, -3_000_000_456];
    let columns = Columns {
        ts: &[0, 1, 2],
        received: Some(&received),
        kind: &[Kind::Trade as u8; 3],
        flags: &[flag::SIDE_KNOWN; 3],
        tick: &[5, 6, 7],
        qty: &[1 << 40, 2, 3],
        ..Columns::default()
    };
    convert(&columns, 2, &[instrument("A")], Target::File(&folder.file("x.qev")), &options()).unwrap();
    let file = EventFile::open(&folder.file("x.qev"), OpenOptions::default()).unwrap();
    assert_eq!(file.header().recv_unit_ns, 1_000);
    let stored: Vec<_> = file.iter().map(|e| (e.recv, e.lots())).collect();
    // The most negative becomes 0; the rest is rounded up.
    assert_eq!(stored, [(10_000_001, 1 << 40), (RECV_UNKNOWN, 2), (0, 3)]);
}

#[test]
fn wrong_columns_are_named() {
    let folder = Folder::new();
    let flow = Flow::random(10, 1, 1);
    let run = |columns: &Columns<'_>, level| {
        let result =
            convert(columns, level, &[instrument("A")], Target::File(&folder.file("x.qev")), &options());
        assert!(folder.names().is_empty());
        result.unwrap_err().to_string()
    };
    let all = flow.columns();
    assert_eq!(run(&Columns { qty: &flow.qty[..9], ..all }, 3), "qty: expected 10 entries, as ts, got 9");
    assert!(run(&all, 2).starts_with("-, row 0: kind: expected one of level 2, got ADD"));
    assert!(run(&Columns { kind: &[17; 10], ..all }, 3).starts_with("-, row 0: kind: expected 1 to 16"));
    assert!(
        run(&Columns { instr: Some(&[1; 10]), ..all }, 3).starts_with("-, row 0: instr: expected below 1")
    );
    assert!(run(&Columns { order: None, ..all }, 3).starts_with("order: expected a column"));
    assert!(
        run(&Columns { qty: &[1 << 32; 10], ..all }, 3).starts_with("-, row 0: qty: expected below 2^32")
    );
    let far = [0, i64::MAX, 0, 0, 0, 0, 0, 0, 0, 0];
    assert!(
        run(&Columns { tick: &far, kind: &[1; 10], ..all }, 3).contains("row 1: price: expected within 2^31")
    );
}

/// The bytes with their hash made right again.
fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    if bytes.len() >= Header::SIZE {
        bytes[Header::HASH_AT..Header::HASH_AT + 32].fill(0);
        let hash = Sha256::digest(&bytes);
        bytes[Header::HASH_AT..Header::HASH_AT + 32].copy_from_slice(&hash);
    }
    bytes
}

fn opened(bytes: Vec<u8>, verify: bool) -> Result<EventFile, Error> {
    EventFile::of_bytes("x.qev".into(), Bytes::Read(bytes), verify)
}

fn small() -> Vec<u8> {
    let folder = Folder::new();
    let flow = Flow::random(1_100, 2, 9);
    written(&flow, &folder, "x.qev", &["A", "B"]);
    std::fs::read(folder.file("x.qev")).unwrap()
}

#[test]
fn a_file_cut_anywhere_is_refused() {
    let whole = small();
    assert!(opened(whole.clone(), true).is_ok());
    for end in 0..whole.len() {
        assert!(matches!(opened(whole[..end].to_vec(), false), Err(Error::Data { .. })), "{end}");
    }
    let longer = [&whole[..], &[0]].concat();
    assert!(opened(longer, false).is_err());
}

#[test]
fn every_flipped_bit_is_found() {
    let whole = small();
    let mut random = Lcg(4);
    for _ in 0..if gates() { 100_000 } else { 1_000 } {
        let mut bytes = whole.clone();
        let at = random.below(bytes.len() as u64) as usize;
        bytes[at] ^= 1 << random.below(8);
        let error = opened(bytes, true).unwrap_err();
        assert!(matches!(&error, Error::Data { file, .. } if file == "x.qev"), "{error}");
    }
}

#[test]
fn damage_with_a_right_hash_is_an_error_or_a_replay() {
    let whole = small();
    let mut random = Lcg(6);
    let mut refused = [0; 2];
    for round in 0..if gates() { 1_000_000 } else { 4_000 } {
        let mut bytes = whole.clone();
        for _ in 0..=random.below(3) {
            // Half of the hits in the header and the first events.
            let within = if random.below(2) == 0 { 600 } else { bytes.len() as u64 };
            let at = random.below(within) as usize;
            bytes[at] = [0, 1, 0x7f, 0x80, 0xff, random.next() as u8][random.below(6) as usize];
        }
        let verify = round % 2 == 0;
        let Ok(file) = opened(sealed(bytes), verify) else {
            refused[0] += 1;
            continue;
        };
        let mut replay = Replay::new(&file);
        let end = replay.run_to(u64::MAX);
        refused[1] += usize::from(end.is_err());
        let _ = Replay::new(&file).seek(file.len());
        for nth in [0, file.len() / 2, u64::MAX] {
            let _ = (file.get(file.received_at(nth)), file.id(nth));
        }
        let _ = check(&file);
    }
    assert!(refused[0] > 0 && refused[1] > 0);
}

#[test]
fn random_bytes_are_no_file() {
    let mut random = Lcg(10);
    for _ in 0..if gates() { 1_000_000 } else { 20_000 } {
        let mut bytes: Vec<u8> = (0..random.below(600)).map(|_| random.next() as u8).collect();
        if bytes.len() > 8 {
            bytes[..8].copy_from_slice(b"QEV1\x01\0\x03\0");
        }
        assert!(opened(bytes, false).is_err());
    }
}
