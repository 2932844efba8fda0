//! Raw Binance files against the venue's own best quotes.

use crate::common::{Folder, Lcg, gates, shared};
use quantrl_feed::convert::binance::{Binance, Market, convert};
use quantrl_feed::convert::{Options, Report, Source};
use quantrl_feed::{Decimal, Error, Event, EventFile, Kind, OpenOptions, Replay, Target, check, flag};
use quantrl_lob::Side;

struct Known {
    file: &'static str,
    market: Market,
    tick: &'static str,
    lot: &'static str,
    lines: u64,
    dropped: u64,
    shared_ids: u64,
    trade_lots: u64,
    buyer_makers: u64,
    best: [i64; 2],
}

const KNOWN: [Known; 4] = [
    Known {
        file: "usdm/btcusdt_20240808.gz",
        market: Market::Futures,
        tick: "0.1",
        lot: "0.001",
        lines: 93_954,
        dropped: 4,
        shared_ids: 629,
        trade_lots: 2_429_366,
        buyer_makers: 11_697,
        best: [616_597, 616_598],
    },
    Known {
        file: "usdm/ethusdt_20240808.gz",
        market: Market::Futures,
        tick: "0.01",
        lot: "0.001",
        lines: 74_655,
        dropped: 5,
        shared_ids: 551,
        trade_lots: 9_164_948,
        buyer_makers: 7_092,
        best: [268_138, 268_139],
    },
    Known {
        file: "spot/btcusdt_20240808.gz",
        market: Market::Spot,
        tick: "0.01",
        lot: "0.00000001",
        lines: 41_249,
        dropped: 2,
        shared_ids: 564,
        trade_lots: 21_203_315_000,
        buyer_makers: 5_654,
        best: [6_168_599, 6_168_600],
    },
    Known {
        file: "spot/ethusdt_20240808.gz",
        market: Market::Spot,
        tick: "0.01",
        lot: "0.00000001",
        lines: 33_618,
        dropped: 2,
        shared_ids: 577,
        trade_lots: 226_131_490_000,
        buyer_makers: 2_875,
        best: [268_250, 268_251],
    },
];

fn options(market: Market, tick: &str, lot: &str, strict: bool) -> Binance {
    Binance {
        market,
        tick_size: Decimal::parse("tick_size", tick).unwrap(),
        lot_size: Decimal::parse("lot_size", lot).unwrap(),
        symbol: None,
        common: Options { strict, ..Options::default() },
    }
}

#[test]
fn replayed_best_equals_the_ticker() {
    for known in KNOWN {
        let Some(path) = shared(&format!("binance/{}", known.file)) else { continue };
        let folder = Folder::new();
        let bytes = std::fs::read(path).unwrap();
        let target = folder.file("out.qev");
        let source = Source { name: known.file, bytes: &bytes };
        let report =
            convert(source, Target::File(&target), &options(known.market, known.tick, known.lot, true))
                .unwrap();
        let quality = report.quality;
        assert_eq!((quality.rows, quality.faults(), quality.dropped), (known.lines, 0, known.dropped));
        assert_eq!((quality.bbo_checked, quality.bbo_equal), (known.shared_ids, known.shared_ids));
        assert_eq!((quality.crossed_spans, quality.locked_spans, quality.purged_levels), (0, 0, 0));
        let file = EventFile::open(&target, OpenOptions::default()).unwrap();
        let trades = || file.iter().filter(|e| e.kind == Kind::Trade as u8);
        assert_eq!(trades().map(|e| e.lots()).sum::<u64>(), known.trade_lots, "{}", known.file);
        assert_eq!(trades().filter(|e| e.has(flag::SELL)).count() as u64, known.buyer_makers);
        let mut replay = Replay::new(&file);
        replay.run_to(u64::MAX).unwrap();
        let best = Side::BOTH.map(|side| i64::from(replay.books().best(0, side).unwrap().0));
        assert_eq!(best, known.best, "{}", known.file);
        // The recorder ran about 1.27 s behind: after the correction nothing is received before it is sent.
        assert!(quality.negative_latency > 0);
        assert_eq!(file.iter().map(|e| e.recv).min(), Some(0));
        let received = |nth| {
            let event = file.get(file.received_at(nth)).unwrap();
            event.ts_exch + i64::from(event.recv) * i64::from(file.header().recv_unit_ns)
        };
        assert!((1..file.len()).all(|nth| received(nth) >= received(nth - 1)));
    }
}

const SNAPSHOT: &str =
    r#"{"lastUpdateId":10,"bids":[["100.0","1.0"],["99.0","2.0"]],"asks":[["101.0","3.0"]]}"#;

fn depth(first: u64, last: u64, bids: &str, asks: &str, ms: u64) -> String {
    format!(
        r#"{{"stream":"x@depth","data":{{"e":"depthUpdate","E":{ms},"s":"X","U":{first},"u":{last},"b":[{bids}],"a":[{asks}]}}}}"#
    )
}

fn small(lines: &[(u64, String)], strict: bool) -> Result<(Report, Vec<Event>), Error> {
    let text: String = lines.iter().map(|(ns, json)| format!("{ns} {json}\n")).collect();
    bytes(text.as_bytes(), strict)
}

fn bytes(text: &[u8], strict: bool) -> Result<(Report, Vec<Event>), Error> {
    let mut options = options(Market::Spot, "0.5", "0.1", strict);
    options.common.max_fault_share = 1.0;
    let report = convert(Source { name: "x.gz", bytes: text }, Target::Memory, &options)?;
    let file = report.clone().open().unwrap();
    check(&file).unwrap();
    Ok((report, file.iter().collect()))
}

fn lines() -> Vec<(u64, String)> {
    vec![
        (5_000_000, depth(8, 9, r#"["100.0","7.0"]"#, "", 1)),
        (
            6_000_000,
            depth(10, 12, r#"["100.0","0.0"],["100.5","4.0"]"#, r#"["101.0","0"],["102.0","5.0"]"#, 3),
        ),
        (7_000_000, SNAPSHOT.to_owned()),
        (7_500_000, r#"{"u":12,"s":"X","b":"100.50","B":"4.0","a":"102.0","A":"5.0"}"#.to_owned()),
        (8_000_000, r#"{"e":"trade","E":3,"T":2,"s":"X","p":"100.5","q":"0.3","m":true}"#.to_owned()),
        (9_000_000, depth(13, 14, "", r#"["102.0","6.0"]"#, 5)),
    ]
}

#[test]
fn a_file_by_hand() {
    let (report, events) = small(&lines(), true).unwrap();
    let told: Vec<_> = events
        .iter()
        .map(|e| {
            let side = if e.has(flag::SELL) { 's' } else { 'b' };
            let name = Kind::of(e.kind).unwrap().name();
            (e.ts_exch / 1_000_000, e.recv, name, side, e.tick, e.lots(), e.has(flag::LAST))
        })
        .collect();
    assert_eq!(
        told,
        [
            (1, 6_000_000, "SNAP_BEGIN", 'b', 0, 0, true),
            (1, 6_000_000, "LEVEL", 'b', 200, 10, false),
            (1, 6_000_000, "LEVEL", 'b', 198, 20, false),
            (1, 6_000_000, "LEVEL", 's', 202, 30, true),
            (1, 6_000_000, "SNAP_END", 'b', 0, 0, true),
            (2, 6_000_000, "TRADE", 's', 201, 3, true),
            (3, 4_000_000, "LEVEL", 'b', 200, 0, false),
            (3, 4_000_000, "LEVEL", 's', 202, 0, false),
            (3, 4_000_000, "LEVEL", 'b', 201, 40, false),
            (3, 4_000_000, "LEVEL", 's', 204, 50, true),
            (5, 4_000_000, "LEVEL", 's', 204, 60, true),
        ]
    );
    assert_eq!((report.quality.dropped, report.quality.bbo_checked, report.quality.bbo_equal), (1, 1, 1));
}

#[test]
fn a_gap_empties_the_book_until_the_next_snapshot() {
    let mut lines = lines();
    lines.push((10_000_000, depth(16, 17, r#"["90.0","1"]"#, "", 6)));
    lines.push((11_000_000, SNAPSHOT.replace("10", "17")));
    let error = small(&lines, true).unwrap_err().to_string();
    assert!(error.starts_with("x.gz, row 6: U: expected the update after the last, got 16..17"), "{error}");
    let (report, events) = small(&lines, false).unwrap();
    assert_eq!((report.quality.gaps, report.quality.dropped), (1, 2));
    let kinds: Vec<_> = events[11..].iter().map(|e| Kind::of(e.kind).unwrap().name()).collect();
    assert_eq!(kinds, ["CLEAR", "SNAP_BEGIN", "LEVEL", "LEVEL", "LEVEL", "SNAP_END"]);
}

#[test]
fn wrong_lines_are_named() {
    let with = |from: &str, to: &str| {
        let mut all = lines();
        let hit = all.iter_mut().find(|line| line.1.contains(from)).unwrap();
        hit.1 = hit.1.replacen(from, to, 1);
        small(&all, true).unwrap_err().to_string()
    };
    for (from, to, expected) in [
        (r#""U":13"#, r#""U":-13"#, "x.gz, row 5: U: expected a whole number"),
        (r#""u":14"#, r#""u":1.5"#, "x.gz, row 5: u: expected a whole number"),
        (r#""102.0","6.0""#, r#""102.0","NaN""#, "x.gz, row 5: size: expected a decimal"),
        (r#""102.0","6.0""#, r#""102.3","6.0""#, "x.gz, row 5: level: expected a multiple"),
        (r#""102.0","6.0""#, r#""-102.0","6.0""#, "x.gz, row 5: price: expected a decimal"),
        (r#""102.0","6.0""#, r#""102.0""#, "x.gz, row 5: level: expected price and size"),
        (r#""s":"X","U":13"#, r#""s":"Y","U":13"#, "x.gz, row 5: s: expected X, got Y"),
        (r#""E":5"#, r#""E":9223372036854775807"#, "x.gz, row 5: time"),
        (r#""m":true"#, r#""m":"true""#, "x.gz, row 4: json: expected true or false"),
        (
            r#"{"lastUpdateId""#,
            r#"[[[[[[[[[[[[[[[[[[{"lastUpdateId""#,
            "x.gz, row 2: json: expected an object",
        ),
        (r#""q":"0.3""#, r#""z":[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]],"q":"0.3""#, "x.gz, row 4: limit of 16"),
    ] {
        let error = with(from, to);
        assert!(error.starts_with(expected), "{error}");
    }
}

#[test]
fn a_file_cut_or_changed_is_events_or_an_error() {
    let text: String = lines().iter().map(|(ns, json)| format!("{ns} {json}\n")).collect();
    let mut whole = 0;
    for end in 0..=text.len() {
        whole += usize::from(bytes(&text.as_bytes()[..end], false).is_ok());
    }
    // A cut between lines, before the end of a line, or nothing at all.
    assert_eq!(whole, 13);
    let mut random = Lcg(3);
    let alphabet = b"0123456789,-.\n{}[]\":euU \\\xff";
    for _ in 0..if gates() { 1_000_000 } else { 3_000 } {
        let mut text = text.clone().into_bytes();
        for _ in 0..=random.below(3) {
            let at = random.below(text.len() as u64) as usize;
            text[at] = alphabet[random.below(alphabet.len() as u64) as usize];
        }
        let _ = bytes(&text, false);
    }
}
