//! LOBSTER pairs against the book the venue published beside them.

use std::path::Path;

use crate::common::{Folder, Lcg, gates, shared};
use quantrl_feed::convert::lobster::{Lobster, convert, convert_zip};
use quantrl_feed::convert::{Options, Report, Source};
use quantrl_feed::{Event, EventFile, Kind, OpenOptions, Replay, Target, check, flag};
use quantrl_lob::Side;

/// Known answers of a pair: file, rows, by type 1 to 5, levels that entered the window, shares traded in sight and
/// hidden.
type Known = (&'static str, u64, [u64; 5], u64, [u64; 2]);

const PAIRS: [Known; 4] = [
    (
        "GOOG_2012-06-21_34200000_45000000_1.zip",
        23_708,
        [11_821, 3, 7_502, 2_759, 1_623],
        6_190,
        [186_944, 90_534],
    ),
    (
        "GOOG_2012-06-21_34200000_45000000_5.zip",
        55_567,
        [27_428, 9, 23_748, 2_759, 1_623],
        17_361,
        [186_944, 90_534],
    ),
    (
        "LOBSTER_SampleFile_AMZN_2012-06-21_1.zip",
        57_515,
        [27_845, 16, 18_235, 8_974, 2_445],
        13_953,
        [613_248, 197_507],
    ),
    (
        "LOBSTER_SampleFile_AMZN_2012-06-21_5.zip",
        155_935,
        [77_381, 450, 66_685, 8_974, 2_445],
        33_840,
        [613_248, 197_507],
    ),
];

/// Text of the archive's member, by the system's unzip where there is one, so that no code of ours reads it twice.
fn member(archive: &Path, what: &str) -> Option<String> {
    let out =
        std::process::Command::new("unzip").args(["-p", archive.to_str()?, &format!("*_{what}_*")]).output();
    match out {
        Ok(out) if out.status.success() => String::from_utf8(out.stdout).ok(),
        _ => {
            println!("skipped: no unzip to read {}", archive.display());
            None
        }
    }
}

fn levels(row: &str, side: Side) -> Vec<(i64, u64)> {
    let numbers: Vec<i64> = row.split(',').map(|text| text.parse().unwrap()).collect();
    let at = if side == Side::Sell { 0 } else { 2 };
    let all = numbers.chunks(4).map(|four| (four[at], four[at + 1] as u64));
    all.filter(|(_, lots)| *lots > 0).collect()
}

fn converted(archive: &Path, folder: &Folder, options: Options) -> (Report, EventFile) {
    let bytes = std::fs::read(archive).unwrap();
    let name = archive.file_name().unwrap().to_str().unwrap();
    let options = Lobster::of_name(name, options).unwrap();
    let target = folder.file("out.qev");
    let report = convert_zip(Source { name, bytes: &bytes }, Target::File(&target), &options).unwrap();
    let file = EventFile::open(&target, OpenOptions::default()).unwrap();
    assert_eq!(folder.names(), ["out.qev"]);
    (report, file)
}

#[test]
fn every_row_follows_from_its_message() {
    let Some(data) = shared("lobster") else { return };
    for (name, rows, types, entered, shares) in PAIRS {
        let folder = Folder::new();
        // Strict: any level that a row changes without message or window is an error.
        let options = Options { strict: true, ..Options::default() };
        let (report, file) = converted(&data.join(name), &folder, options);
        let quality = report.quality;
        assert_eq!((quality.rows, quality.faults(), quality.adopted_levels), (rows, 0, entered), "{name}");
        assert_eq!((quality.crossed_spans, quality.locked_spans), (0, 0), "{name}");
        let Some(text) = member(&data.join(name), "orderbook") else { continue };
        let mut replay = Replay::new(&file);
        let mut executed = [0, 0];
        let mut sent = [0u64; 17];
        let group = |replay: &mut Replay<&EventFile>| {
            let mut events: Vec<Event> = Vec::new();
            while let Some(event) = replay.step().unwrap() {
                events.push(event);
                if event.has(flag::LAST) {
                    break;
                }
            }
            events
        };
        assert_eq!(group(&mut replay)[0].kind, Kind::SnapBegin as u8);
        for (row, line) in text.lines().enumerate() {
            for event in group(&mut replay) {
                if event.has(flag::SYNTHETIC) {
                    continue;
                }
                sent[usize::from(event.kind)] += 1;
                match Kind::of(event.kind).unwrap() {
                    Kind::Exec => executed[0] += event.lots(),
                    Kind::Print => executed[1] += event.lots(),
                    _ => {}
                }
            }
            for side in Side::BOTH {
                let shown = levels(line, side);
                let book = replay.books().depth(0, side).map(|(tick, lots)| (i64::from(tick), lots));
                let own: Vec<_> = book.take(shown.len().max(1)).collect();
                assert_eq!(own, shown, "{name}, row {row}, {side:?}");
            }
        }
        assert!(group(&mut replay).is_empty());
        // An order that stands in one message can be two: what is known of it, and what only the level shows.
        assert_eq!(sent[Kind::Add as usize], types[0], "{name}");
        assert_eq!(sent[Kind::Print as usize], types[4], "{name}");
        assert!(sent[Kind::Exec as usize] >= types[3]);
        assert_eq!(executed, shares, "{name}");
    }
}

#[test]
fn the_small_file_is_the_top_of_the_large_one() {
    let Some(data) = shared("lobster") else { return };
    for (small, large, states) in [(0, 1, 22_085), (2, 3, 55_071)] {
        let touch = |pair: usize| {
            let folder = Folder::new();
            let (_, file) = converted(&data.join(PAIRS[pair].0), &folder, Options::default());
            let mut replay = Replay::new(&file);
            let mut states = Vec::new();
            let mut groups = 0;
            while let Some(event) = replay.step().unwrap() {
                // The first group is the opening book, which no row shows.
                groups += u64::from(event.has(flag::LAST));
                if event.has(flag::LAST) && groups > 1 {
                    let state = Side::BOTH.map(|side| replay.books().best(0, side));
                    if states.last() != Some(&state) {
                        states.push(state);
                    }
                }
            }
            states
        };
        let (small, large) = (touch(small), touch(large));
        assert!(small == large);
        assert_eq!(small.len(), states);
    }
}

const MESSAGES: &str = "34200.5,1,11,10,1000100,1\n34201,2,11,4,1000100,1\n34202,4,7,5,1000200,-1\n\
                        34203,3,11,6,1000100,1\n34204,5,0,3,1000150,1\n34205,7,0,0,-1,-1\n";
const ROWS: &str = "1000200,20,1000100,30\n1000200,20,1000100,26\n1000200,15,1000100,26\n\
                    1000200,15,1000100,20\n1000200,15,1000100,20\n1000200,15,1000100,20\n";

fn small(messages: &str, rows: &str, strict: bool) -> Result<Vec<Event>, quantrl_feed::Error> {
    let folder = Folder::new();
    let common = Options { strict, keep_ids: true, ..Options::default() };
    let options = Lobster::of_name("X_2012-06-21_34200000_57600000_message_1.csv", common).unwrap();
    let (target, message) = (folder.file("x.qev"), Source { name: "m.csv", bytes: messages.as_bytes() });
    let rows = Source { name: "o.csv", bytes: rows.as_bytes() };
    let result = convert(message, rows, Target::File(&target), &options);
    let left = folder.names();
    match result {
        Ok(_) => {
            assert_eq!(left, ["x.qev"]);
            let file = EventFile::open(&target, OpenOptions::default()).unwrap();
            Ok(file.iter().collect())
        }
        Err(error) => {
            assert!(left.is_empty(), "{left:?}");
            Err(error)
        }
    }
}

#[test]
fn a_file_by_hand() {
    let events = small(MESSAGES, ROWS, true).unwrap();
    let told: Vec<_> = events
        .iter()
        .map(|e| (Kind::of(e.kind).unwrap().name(), e.slot as i32, e.tick, e.qty, e.flags & flag::SELL))
        .collect();
    assert_eq!(
        told,
        [
            ("SNAP_BEGIN", -1, 0, 0, 0),
            ("ADD", 0, 1_000_100, 20, 0),
            ("ADD", 1, 1_000_200, 20, 1),
            ("SNAP_END", -1, 0, 0, 0),
            ("ADD", 2, 1_000_100, 10, 0),
            ("REDUCE", 2, 1_000_100, 4, 0),
            ("EXEC", 1, 1_000_200, 5, 1),
            ("DELETE", 2, 1_000_100, 6, 0),
            ("PRINT", -1, 1_000_150, 3, 0),
            ("STATUS", -1, 0, 0, 0),
        ]
    );
    // 2012-06-21 09:30:00.5 in New York is 13:30:00.5 UTC.
    assert_eq!(events[4].ts_exch, 1_340_285_400_500_000_000);
    assert_eq!(events[9].aux, 1);
}

#[test]
fn wrong_rows_are_named() {
    let cases = [
        (
            MESSAGES.replace("4,1000100,1\n34202", "4,1000100,2\n34202"),
            ROWS.to_owned(),
            "m.csv, row 1: direction",
        ),
        (MESSAGES.to_owned(), ROWS.replacen("26", "27", 1), "m.csv, row 1: orderbook row"),
        (MESSAGES.to_owned(), ROWS.replacen("1000200,20,", "1000200,-20,", 1), "o.csv, row 0: level size"),
        (MESSAGES.to_owned(), ROWS.replacen(",26\n", ",26,1\n", 1), "o.csv, row 1: orderbook row"),
        (MESSAGES[..30].to_owned(), ROWS.to_owned(), "m.csv, row 1: row"),
        (MESSAGES[..26].to_owned(), ROWS.to_owned(), "o.csv, row 1: length"),
        ("34200.5,1,11,NaN,1000100,1\n".to_owned(), ROWS[..22].to_owned(), "m.csv, row 0: size"),
    ];
    for (messages, rows, expected) in cases {
        let error = small(&messages, &rows, true).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
}

#[test]
fn a_pair_cut_or_changed_is_events_or_an_error() {
    let run = |messages: &[u8], rows: &[u8]| {
        let common = Options { max_fault_share: 1.0, ..Options::default() };
        let options = Lobster::of_name("X_2012-06-21_0_0_message_1.csv", common).unwrap();
        let (message, rows) = (Source { name: "m", bytes: messages }, Source { name: "o", bytes: rows });
        if let Ok(report) = convert(message, rows, Target::Memory, &options) {
            check(&report.open().unwrap()).unwrap();
        }
    };
    let (messages, rows) = (MESSAGES.as_bytes(), ROWS.as_bytes());
    (0..messages.len()).for_each(|end| run(&messages[..end], rows));
    (0..rows.len()).for_each(|end| run(messages, &rows[..end]));
    let mut random = Lcg(2);
    let alphabet = b"0123456789,-.\nx\xff";
    for _ in 0..if gates() { 1_000_000 } else { 3_000 } {
        let mut both = [messages.to_vec(), rows.to_vec()];
        for _ in 0..=random.below(3) {
            let text = &mut both[random.below(2) as usize];
            let at = random.below(text.len() as u64) as usize;
            text[at] = alphabet[random.below(alphabet.len() as u64) as usize];
        }
        run(&both[0], &both[1]);
    }
}
