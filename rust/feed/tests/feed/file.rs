//! The event file: there and back, seek and merge.

use crate::common::flow::{Flow, instrument, options, written};
use crate::common::{Folder, Lcg};
use quantrl_feed::convert::columns::{Columns, convert};
use quantrl_feed::map::Access;
use quantrl_feed::{Event, EventFile, Kind, OpenOptions, RECV_UNKNOWN, Replay, Target, check, flag, merge};

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
