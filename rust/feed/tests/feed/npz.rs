//! hftbacktest arrays, written here byte by byte.

use crate::common::{Lcg, gates};
use quantrl_feed::convert::npz::{Npz, convert};
use quantrl_feed::convert::{Options, Report, Source};
use quantrl_feed::{Decimal, Error, EventFile, Kind, Replay, Target, check, flag};
use quantrl_lob::Side;

const EXCH: u64 = 1 << 31;
const LOCAL: u64 = 1 << 30;
const BOTH: u64 = EXCH | LOCAL;
const BUY: u64 = 1 << 29;
const SELL: u64 = 1 << 28;

type Row = (u64, i64, i64, f64, f64);

fn npy(rows: &[Row]) -> Vec<u8> {
    let fields = [
        ("ev", "<u8"),
        ("exch_ts", "<i8"),
        ("local_ts", "<i8"),
        ("px", "<f8"),
        ("qty", "<f8"),
        ("order_id", "<u8"),
        ("ival", "<i8"),
        ("fval", "<f8"),
    ];
    let descr: Vec<String> = fields.iter().map(|(name, code)| format!("('{name}', '{code}')")).collect();
    let mut header =
        format!("{{'descr': [{}], 'fortran_order': False, 'shape': ({},), }}", descr.join(", "), rows.len());
    while (10 + header.len()) % 64 != 63 {
        header.push(' ');
    }
    header.push('\n');
    let mut out = b"\x93NUMPY\x01\0".to_vec();
    out.extend((header.len() as u16).to_le_bytes());
    out.extend(header.as_bytes());
    for &(ev, exch, local, px, qty) in rows {
        for word in [ev, exch.cast_unsigned(), local.cast_unsigned(), px.to_bits(), qty.to_bits(), 0, 0, 0] {
            out.extend(word.to_le_bytes());
        }
    }
    out
}

/// An archive of one member, deflated or stored.
fn zip(name: &str, content: &[u8], deflate: bool) -> Vec<u8> {
    let mut crc = flate2::Crc::new();
    crc.update(content);
    let packed = if deflate {
        let mut out = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut out, content).unwrap();
        out.finish().unwrap()
    } else {
        content.to_vec()
    };
    let method: u16 = if deflate { 8 } else { 0 };
    let mut sizes = crc.sum().to_le_bytes().to_vec();
    sizes.extend((packed.len() as u32).to_le_bytes());
    sizes.extend((content.len() as u32).to_le_bytes());
    let mut out = b"PK\x03\x04\x14\0\0\0".to_vec();
    out.extend(method.to_le_bytes());
    out.extend([0; 4]);
    out.extend(&sizes);
    out.extend((name.len() as u16).to_le_bytes());
    out.extend([0; 2]);
    out.extend(name.as_bytes());
    out.extend(&packed);
    let directory = out.len() as u32;
    out.extend(b"PK\x01\x02\x14\0\x14\0\0\0");
    out.extend(method.to_le_bytes());
    out.extend([0; 4]);
    out.extend(&sizes);
    out.extend((name.len() as u16).to_le_bytes());
    out.extend([0; 16]);
    out.extend(name.as_bytes());
    let length = out.len() as u32 - directory;
    out.extend(b"PK\x05\x06\0\0\0\0\x01\0\x01\0");
    out.extend(length.to_le_bytes());
    out.extend(directory.to_le_bytes());
    out.extend([0; 2]);
    out
}

fn run(bytes: &[u8], strict: bool) -> Result<(Report, EventFile), Error> {
    let options = Npz {
        symbol: "X".into(),
        tick_size: Decimal::parse("tick_size", "0.1").unwrap(),
        lot_size: Decimal::parse("lot_size", "0.001").unwrap(),
        common: Options { strict, max_fault_share: 1.0, ..Options::default() },
    };
    let report = convert(Source { name: "x.npz", bytes }, Target::Memory, &options)?;
    Ok((report.clone(), report.open().unwrap()))
}

const ROWS: [Row; 10] = [
    (BOTH | BUY | 4, 10, 20, 100.0, 1.5),
    (BOTH | SELL | 4, 10, 20, 100.3, 2.0),
    // Two rows of one event whose receive order differs.
    (EXCH | BUY | 1, 30, 90, 100.1, 0.7),
    (BOTH | SELL | 2, 40, 50, 100.1, 0.2),
    (LOCAL | BUY | 1, 30, 90, 100.1, 0.7),
    (BOTH | BUY | 5, 95, 99, 100.1, 0.7),
    (BOTH | 100, 96, 99, 0.0, 0.0),
    (BOTH | SELL | 1, 97, 99, 100.4, 3.0),
    (BOTH | SELL | 3, 98, 99, 100.3, 0.0),
    (BOTH | BUY | 3, 99, 99, f64::NAN, 0.0),
];

#[test]
fn an_array_by_hand() {
    for deflate in [false, true] {
        let (report, file) = run(&zip("data.npy", &npy(&ROWS), deflate), true).unwrap();
        let told: Vec<_> = file
            .iter()
            .map(|e| {
                let name = Kind::of(e.kind).unwrap().name();
                (e.ts_exch, e.recv, name, e.has(flag::SELL), e.tick, e.lots(), e.has(flag::LAST))
            })
            .collect();
        assert_eq!(
            told,
            [
                (10, 10, "LEVEL", false, 1000, 1500, false),
                (10, 10, "LEVEL", true, 1003, 2000, true),
                (30, 60, "LEVEL", false, 1001, 700, true),
                (40, 10, "TRADE", true, 1001, 200, true),
                (95, 4, "BBO", false, 1001, 700, true),
                (97, 2, "LEVEL", true, 1004, 3000, true),
                (98, 1, "LEVEL", true, 1003, 0, true),
                (99, 0, "LEVEL", false, 1001, 0, false),
                (99, 0, "LEVEL", false, 1000, 0, true),
            ]
        );
        assert!(file.get(0).unwrap().has(flag::SNAPSHOT));
        assert_eq!((report.quality.other_types, report.quality.faults()), (1, 0));
        let order: Vec<u64> = (0..file.len()).map(|nth| file.received_at(nth)).collect();
        assert_eq!(order, [0, 1, 3, 2, 4, 5, 6, 7, 8]);
        let mut replay = Replay::new(&file);
        replay.run_to(9).unwrap();
        assert_eq!(replay.books().best(0, Side::Sell), Some((1004, 3000)));
        assert_eq!(replay.books().best(0, Side::Buy), None);
    }
}

#[test]
fn wrong_arrays_are_named() {
    let with = |at: usize, row: Row, strict| {
        let mut rows = ROWS;
        rows[at] = row;
        run(&zip("data.npy", &npy(&rows), false), strict)
    };
    for (row, expected) in [
        ((BOTH | BUY | 1, 30, 90, f64::INFINITY, 1.0), "x.npz, row 2: px: expected 0 to 2^52"),
        ((BOTH | BUY | 1, 30, 90, f64::NAN, 1.0), "x.npz, row 2: px: expected 0 to 2^52"),
        ((BOTH | BUY | 1, 30, 90, 1.0, -1.0), "x.npz, row 2: qty: expected 0 to 2^52"),
        ((BOTH | BUY | 1, 30, 90, 100.05, 1.0), "x.npz, row 2: px: expected a multiple"),
        ((BOTH | 1, 30, 90, 100.0, 1.0), "x.npz, row 2: ev: expected the bit of one side"),
        ((BOTH | BUY | 10, 30, 90, 100.0, 1.0), "x.npz, row 2: ev: expected kinds of level data"),
        ((BOTH | BUY | 1, -30, 90, 100.0, 1.0), "x.npz, row 2: exch_ts and local_ts"),
        ((BOTH | BUY | 1, 30, 90, 1e12, 1.0), "x.npz, row 2: price: expected within 2^31"),
    ] {
        let mut rows = ROWS;
        rows[4].0 = 100;
        rows[2] = row;
        let error = run(&zip("data.npy", &npy(&rows), false), true).err().unwrap().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
    let unpaired = with(4, (BOTH | 100, 30, 90, 0.0, 0.0), false).unwrap().0;
    assert_eq!(unpaired.quality.mismatches, 1);
    assert!(with(4, (BOTH | 100, 30, 90, 0.0, 0.0), true).is_err());
    let good = npy(&ROWS);
    let changed = |from: &[u8], to: &[u8]| {
        let at = good.windows(from.len()).position(|w| w == from).unwrap();
        let mut bytes = good.clone();
        bytes[at..at + from.len()].copy_from_slice(to);
        run(&zip("data.npy", &bytes, true), false).err().unwrap().to_string()
    };
    assert!(changed(b"'ev', '<u8'", b"'ev', '<u4'").contains("npy dtype"));
    assert!(changed(b"<f8", b"|O8").contains("npy dtype"));
    assert!(changed(b"(10,)", b"(11,)").contains("npy shape"));
    assert!(changed(b"False", b"True ").contains("npy order"));
    assert!(changed(b"\x93NUMPY", b"\x80\x04NUMP").contains("magic"));
    assert!(run(&zip("other.npy", &good, true), false).err().unwrap().to_string().contains("one data.npy"));
}

#[test]
fn cut_or_changed_archives_are_events_or_an_error() {
    for deflate in [false, true] {
        let whole = zip("data.npy", &npy(&ROWS), deflate);
        for end in 0..whole.len() {
            assert!(run(&whole[..end], false).is_err(), "{end}");
        }
    }
    let mut random = Lcg(12);
    for round in 0..if gates() { 1_000_000 } else { 3_000 } {
        // Inside the array, so that the archive's check sum does not hide the parser, and of the archive.
        let mut inner = npy(&ROWS);
        let hit = |bytes: &mut Vec<u8>, random: &mut Lcg| {
            let at = random.below(bytes.len() as u64) as usize;
            bytes[at] = random.next() as u8;
        };
        hit(&mut inner, &mut random);
        let mut outer = zip("data.npy", &inner, round % 2 == 0);
        if round % 3 == 0 {
            hit(&mut outer, &mut random);
        }
        if let Ok((_, file)) = run(&outer, false) {
            check(&file).unwrap();
        }
    }
}
