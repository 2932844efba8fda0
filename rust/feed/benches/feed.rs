//! Rates of converters, replay, seek and simulators: `cargo bench -p quantrl-feed`. Medians of seven rounds with the
//! lowest and highest, time of the processor; sets under ../shared/data are left out where they are absent.

#[path = "../../lob/benches/support/watch.rs"]
mod watch;

use std::path::Path;
use std::time::Instant;

use quantrl_feed::convert::binance::{self, Binance, Market};
use quantrl_feed::convert::itch::{self, Itch};
use quantrl_feed::convert::lobster::{self, Lobster};
use quantrl_feed::convert::{Day, Options, Report, Source};
use quantrl_feed::flow::{Cst, Flow, Opening, Span, Zi, simulate};
use quantrl_feed::{Decimal, EventFile, Instrument, Kind, Replay, Target};
use quantrl_lob::Side;
use quantrl_rng::Key;
use watch::Watch;

/// Seconds of one call by each round, sorted. A round lasts long enough for the system's record of processor time.
fn rounds(mut work: impl FnMut()) -> [f64; 7] {
    let start = Instant::now();
    work();
    let calls = (0.2 / start.elapsed().as_secs_f64()).ceil().max(1.0);
    let mut seconds = std::array::from_fn(|_| {
        let watch = Watch::start();
        (0..calls as u64).for_each(|_| work());
        watch.seconds() / calls
    });
    seconds.sort_by(f64::total_cmp);
    seconds
}

fn rate(name: &str, unit: &str, count: u64, seconds: [f64; 7]) {
    let per = |s: f64| count as f64 / s / 1e6;
    println!(
        "{name:<34} {:>8.2} M {unit}  ({:.2} to {:.2}; {count} {unit})",
        per(seconds[3]),
        per(seconds[6]),
        per(seconds[0])
    );
}

fn shared(path: &str) -> Option<Vec<u8>> {
    let full = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data").join(path);
    let bytes = std::fs::read(&full).ok();
    if bytes.is_none() {
        println!("left out: ../shared/data/{path} is absent");
    }
    bytes
}

fn replayed(name: &str, file: &EventFile) {
    let seconds = rounds(|| {
        let mut replay = Replay::new(file);
        replay.run_to(file.len()).expect("a file of a converter replays");
        std::hint::black_box(replay.books().best(0, Side::Buy));
    });
    rate(&format!("replay {name}"), "events", file.len(), seconds);
}

/// What a conversion gave, so that two builds can be compared.
fn made(report: &Report) -> String {
    report.header.sha256[..8].iter().map(|byte| format!("{byte:02x}")).collect()
}

fn lobster_pairs() {
    for name in [
        "LOBSTER_SampleFile_AMZN_2012-06-21_5.zip",
        "LOBSTER_SampleFile_AMZN_2012-06-21_1.zip",
        "GOOG_2012-06-21_34200000_45000000_5.zip",
        "GOOG_2012-06-21_34200000_45000000_1.zip",
    ] {
        let Some(bytes) = shared(&format!("lobster/{name}")) else { continue };
        let common = Options::default();
        let options = Lobster::of_name(name, common).unwrap_or_else(|_| Lobster {
            day: Day::parse("2012-06-21").expect("a day"),
            symbol: "GOOG".into(),
            step: 100,
            common,
        });
        let convert = || {
            let source = Source { name, bytes: &bytes };
            lobster::convert_zip(source, Target::Memory, &options).expect("a LOBSTER pair")
        };
        let report = convert();
        println!("{name}: file {}", made(&report));
        let seconds = rounds(|| drop(std::hint::black_box(convert())));
        rate("convert LOBSTER, zip", "rows", report.quality.rows, seconds);
        replayed("LOBSTER", &report.open().expect("a whole file"));
    }
}

fn binance_file() {
    let Some(bytes) = shared("binance/usdm/btcusdt_20240808.gz") else { return };
    let parse = |text| Decimal::parse("size", text).expect("a decimal");
    let options = Binance {
        market: Market::Futures,
        tick_size: parse("0.1"),
        lot_size: parse("0.001"),
        symbol: None,
        common: Options::default(),
    };
    let convert = || {
        let source = Source { name: "btcusdt", bytes: &bytes };
        binance::convert(source, Target::Memory, &options).expect("a Binance file")
    };
    let report = convert();
    println!("Binance futures: file {}", made(&report));
    let file = report.open().expect("a whole file");
    let levels = file.iter().filter(|event| event.kind == Kind::Level as u8).count() as u64;
    let seconds = rounds(|| drop(std::hint::black_box(convert())));
    rate("convert Binance futures, gzip", "levels", levels, seconds);
    replayed("Binance", &file);
}

fn zi(messages: u64, options: &Options) -> Report {
    let key = Key { seed: 1, stream: 1 };
    simulated(&mut Zi::new(key, 0, [0.5, 10.0, 0.2], 1, 200).expect("rates"), messages, options)
}

fn simulated(flow: &mut dyn Flow, messages: u64, options: &Options) -> Report {
    let instrument = Instrument::new("SIM", Decimal::ONE, Decimal::ONE);
    let span = Span { start: 0, messages };
    simulate(flow, instrument, Opening::default(), span, Target::Memory, options).expect("rates in range")
}

/// The adds and deletes of a simulated file as ITCH messages.
fn as_itch(file: &EventFile) -> Vec<u8> {
    let mut out = Vec::new();
    let mut ids = vec![0u64; 1 << 20];
    for (event, n) in file.iter().zip(1u64..) {
        let kind = Kind::of(event.kind).expect("a kind");
        let letter = match kind {
            Kind::Add => b'A',
            Kind::Exec => b'E',
            Kind::Delete => b'D',
            _ => continue,
        };
        let length: u16 = match letter {
            b'A' => 36,
            b'E' => 31,
            _ => 19,
        };
        out.extend(length.to_be_bytes());
        let body = out.len();
        out.resize(body + usize::from(length), 0);
        let message = &mut out[body..];
        message[0] = letter;
        message[2] = 1;
        message[5..11].copy_from_slice(&event.ts_exch.to_be_bytes()[2..]);
        if kind == Kind::Add {
            ids[event.slot as usize] = n;
            message[19] = if event.flags & 1 == 0 { b'B' } else { b'S' };
            message[24..32].copy_from_slice(b"SIM     ");
            message[32..36].copy_from_slice(&event.tick.to_be_bytes());
        }
        message[11..19].copy_from_slice(&ids[event.slot as usize].to_be_bytes());
        if kind != Kind::Delete {
            message[if kind == Kind::Add { 20 } else { 19 }..][..4].copy_from_slice(&event.qty.to_be_bytes());
        }
    }
    out
}

const MESSAGES: u64 = 300_000;

fn flows() {
    let key = Key { seed: 1, stream: 1 };
    let plain = Options::default();
    let cst = || simulated(&mut Cst::published(key, 0, 60.0).expect("a speed"), MESSAGES, &plain);
    rate("simulate cst", "messages", MESSAGES, rounds(|| drop(std::hint::black_box(cst()))));
    let zi = || zi(MESSAGES, &plain);
    rate("simulate zi", "messages", MESSAGES, rounds(|| drop(std::hint::black_box(zi()))));
}

fn orders() {
    let file = zi(MESSAGES, &Options::default()).open().expect("a whole file");
    replayed("zi", &file);
    let wire = as_itch(&file);
    let options = Itch {
        day: Day::parse("2024-01-02").expect("a day"),
        symbols: Vec::new(),
        common: Options::default(),
    };
    let convert = || {
        let source = Source { name: "zi.itch", bytes: &wire };
        itch::convert(source, Target::Memory, &options).expect("an ITCH file")
    };
    let report = convert();
    println!("ITCH: file {}", made(&report));
    let rows = report.quality.rows;
    rate("convert ITCH", "messages", rows, rounds(|| drop(std::hint::black_box(convert()))));
}

/// Of 100 places, each sought seven times from the start: the slowest and the mean of the medians, wall time.
fn seeks(every: u32) {
    let options = Options { checkpoint_every: every, ..Options::default() };
    let file = zi(1_000_000, &options).open().expect("a whole file");
    let mut replay = Replay::new(&file);
    let medians: Vec<f64> = (0..100)
        .map(|i| {
            let at = (i * 7_919_777 + u64::from(every) - 1) % file.len();
            let mut seconds: [f64; 7] = std::array::from_fn(|_| {
                replay.seek(0).expect("the start");
                let start = Instant::now();
                replay.seek(at).expect("a place in the file");
                start.elapsed().as_secs_f64()
            });
            seconds.sort_by(f64::total_cmp);
            seconds[3] * 1e3
        })
        .collect();
    let worst = medians.iter().copied().fold(0.0, f64::max);
    let mean = medians.iter().sum::<f64>() / 100.0;
    println!("{:<34} {worst:>8.3} ms worst, {mean:.3} ms mean", format!("seek, checkpoints each {every}"));
}

/// All, or those whose name is an argument: `cargo bench -p quantrl-feed -- seeks`.
fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let parts: [(&str, fn()); 5] = [
        ("lobster", lobster_pairs),
        ("binance", binance_file),
        ("flows", flows),
        ("orders", orders),
        ("seeks", || [1 << 16, 1 << 13].into_iter().for_each(seeks)),
    ];
    println!("millions a {}: median (lowest to highest of seven rounds)", Watch::UNIT);
    for (name, part) in parts {
        if wanted.is_empty() || wanted.iter().any(|word| word == name) {
            part();
        }
    }
}
