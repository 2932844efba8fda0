//! Market by order in DBN: the publisher's fixtures, and groups by hand.

use crate::common::{Lcg, gates, shared};
use quantrl_feed::convert::dbn::{Dbn, convert};
use quantrl_feed::convert::{Options, Report, Source};
use quantrl_feed::{Decimal, Error, Event, EventFile, Kind, Target, check, flag};

fn run(name: &str, bytes: &[u8], strict: bool) -> Result<(Report, EventFile), Error> {
    let common = Options { strict, keep_ids: true, max_fault_share: 1.0, ..Options::default() };
    let options = Dbn { tick_size: Decimal::parse("tick_size", "0.25").unwrap(), common };
    let report = convert(Source { name, bytes }, Target::Memory, &options)?;
    Ok((report.clone(), report.open().unwrap()))
}

#[test]
fn every_fixture_is_read_or_refused() {
    let Some(folder) = shared("dbn") else { return };
    let mut counts = [0; 3];
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        match run(&name, &std::fs::read(&path).unwrap(), false) {
            Ok((report, file)) => {
                // Both records cancel orders that the two-record file never added.
                assert!(name.starts_with("test_data.mbo."), "{name}");
                assert_eq!((report.quality.rows, report.quality.unknown_id, file.len()), (2, 2, 0));
                assert_eq!(file.instruments()[0].symbol, "ESH1");
                counts[0] += 1;
            }
            Err(Error::Data { file, field, .. }) => {
                assert_eq!(file, name);
                let headless = name.contains(".frag") || name.ends_with(".dbz");
                assert_eq!(field, if headless { "magic" } else { "schema" }, "{name}");
                counts[1 + usize::from(headless)] += 1;
            }
            Err(error) => panic!("{name}: {error}"),
        }
    }
    assert_eq!(counts, [5, 59, 17]);
}

/// A file of version 2 with one instrument.
fn header() -> Vec<u8> {
    let mut body = vec![0; 100];
    body[..9].copy_from_slice(b"GLBX.MDP3");
    body[45] = 71;
    for word in [0u32, 0, 0, 0, 1] {
        body.extend(word.to_le_bytes());
    }
    let symbol = |text: &str| {
        let mut bytes = text.as_bytes().to_vec();
        bytes.resize(71, 0);
        bytes
    };
    body.extend(symbol("ESH1"));
    body.extend(1u32.to_le_bytes());
    body.extend([0; 8]);
    body.extend(symbol("7"));
    let mut out = b"DBN\x02".to_vec();
    out.extend((body.len() as u32).to_le_bytes());
    out.extend(body);
    out
}

/// Action, order, quarter points, size, side, flags.
type Short = (char, u64, i64, u32, char, u8);

fn record(out: &mut Vec<u8>, n: usize, (action, order, quarters, size, side, flags): Short) {
    let mut bytes = [0; 56];
    bytes[0] = 14;
    bytes[1] = 0xa0;
    bytes[4] = 7;
    bytes[8..16].copy_from_slice(&(1_000 * n as u64 + 1).to_le_bytes());
    bytes[16..24].copy_from_slice(&order.to_le_bytes());
    let price = if quarters == 0 { i64::MAX } else { quarters * 250_000_000 };
    bytes[24..32].copy_from_slice(&price.to_le_bytes());
    bytes[32..36].copy_from_slice(&size.to_le_bytes());
    bytes[36] = flags;
    bytes[38] = action as u8;
    bytes[39] = side as u8;
    bytes[40..48].copy_from_slice(&(1_000 * n as u64 + 51).to_le_bytes());
    out.extend(bytes);
}

fn file_of(records: &[Short]) -> Vec<u8> {
    let mut out = header();
    records.iter().enumerate().for_each(|(n, &short)| record(&mut out, n, short));
    out
}

fn told(events: impl Iterator<Item = Event>) -> Vec<(&'static str, i32, i32, u32, bool)> {
    events
        .map(|e| (Kind::of(e.kind).unwrap().name(), e.slot as i32, e.tick, e.qty, e.has(flag::LAST)))
        .collect()
}

const GROUPS: [Short; 19] = [
    ('R', 0, 0, 0, 'N', 0),
    ('A', 1, 100, 5, 'B', 0),
    ('A', 2, 100, 4, 'B', 0),
    ('A', 3, 104, 9, 'A', 128),
    // A sale of 7 fills order 1 whole and order 2 in part.
    ('T', 0, 100, 7, 'A', 0),
    ('F', 1, 100, 5, 'B', 0),
    ('F', 2, 100, 2, 'B', 0),
    ('C', 1, 100, 5, 'B', 0),
    ('M', 2, 100, 2, 'B', 128),
    // A purchase of 6 against 4 shown: 2 are implied. The order is cut by one more lot by the same modify.
    ('T', 0, 104, 6, 'B', 0),
    ('F', 3, 104, 4, 'A', 0),
    ('M', 3, 104, 4, 'A', 128),
    // An iceberg's peak is used up and shown anew.
    ('T', 0, 104, 4, 'B', 0),
    ('F', 3, 104, 4, 'A', 0),
    ('M', 3, 104, 8, 'A', 128),
    ('M', 2, 101, 2, 'B', 128),
    ('C', 2, 101, 1, 'B', 128),
    ('C', 2, 101, 1, 'B', 128),
    ('N', 0, 0, 0, 'N', 128),
];

#[test]
fn fills_and_what_follows_them_are_one() {
    let (report, file) = run("x.dbn", &file_of(&GROUPS), true).unwrap();
    assert_eq!(
        told(file.iter()),
        [
            ("CLEAR", -1, 0, 0, false),
            ("ADD", 0, 100, 5, false),
            ("ADD", 1, 100, 4, false),
            ("ADD", 2, 104, 9, true),
            ("EXEC", 0, 100, 5, false),
            ("EXEC", 1, 100, 2, true),
            ("EXEC", 2, 104, 4, false),
            ("AMEND", 2, 104, 4, false),
            ("PRINT", -1, 104, 2, true),
            ("EXEC", 2, 104, 4, false),
            ("ADD", 2, 104, 8, true),
            ("AMEND", 1, 101, 2, true),
            ("REDUCE", 1, 101, 1, true),
            ("DELETE", 1, 101, 1, true),
        ]
    );
    assert_eq!((report.quality.faults(), file.instruments()[0].max_live), (0, 3));
    assert_eq!(file.iter().map(|e| e.recv).collect::<std::collections::HashSet<_>>(), [50].into());
    assert_eq!((file.id(4), file.id(8), file.id(99)), (Some(1), Some(0), None));
    let keeps: Vec<_> =
        file.iter().filter(|e| e.kind == Kind::Amend as u8).map(|e| e.has(flag::KEEPS_PRIORITY)).collect();
    assert_eq!(keeps, [true, false]);
    assert_eq!(check(&file).unwrap().locked_spans, 0);
}

#[test]
fn faults_are_counted_or_refused() {
    let cases: [(&[Short], &str); 6] = [
        (&[('C', 9, 100, 1, 'B', 128)], "x.dbn, row 0: order id"),
        (&[('A', 1, 100, 5, 'B', 0), ('F', 1, 100, 2, 'B', 128)], "x.dbn, row 1: fill"),
        (&[('A', 1, 100, 5, 'B', 0), ('A', 1, 99, 5, 'B', 128)], "x.dbn, row 1: order id"),
        (&[('A', 1, 100, 5, 'B', 0), ('C', 1, 99, 6, 'B', 128)], "x.dbn, row 1: size"),
        (&[('A', 1, 0, 5, 'B', 0)], "x.dbn, row 0: price"),
        (&[('A', 1, 100, 0, 'B', 0)], "x.dbn, row 0: size"),
    ];
    for (records, expected) in cases {
        let error = run("x.dbn", &file_of(records), true).err().unwrap().to_string();
        assert!(error.starts_with(expected), "{error}");
        assert_eq!(run("x.dbn", &file_of(records), false).unwrap().0.quality.faults(), 1);
    }
    for (records, expected) in [
        ([('?', 1, 100, 5, 'B', 0)], "x.dbn, row 0: action"),
        ([('A', 1, 100, 5, 'N', 0)], "x.dbn, row 0: side"),
    ] {
        let error = run("x.dbn", &file_of(&records), false).err().unwrap().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
}

#[test]
fn cut_or_changed_files_are_events_or_an_error() {
    let whole = file_of(&GROUPS);
    let start = header().len();
    for end in 0..whole.len() {
        let cut = end < start || !(end - start).is_multiple_of(56);
        assert_eq!(run("x.dbn", &whole[..end], false).is_err(), cut, "{end}");
    }
    let mut random = Lcg(5);
    for _ in 0..if gates() { 1_000_000 } else { 3_000 } {
        let mut bytes = whole.clone();
        for _ in 0..=random.below(4) {
            let at = random.below(bytes.len() as u64) as usize;
            bytes[at] = random.next() as u8;
        }
        if let Ok((_, file)) = run("x.dbn", &bytes, false) {
            check(&file).unwrap();
        }
    }
}
