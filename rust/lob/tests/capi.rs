//! C programs over the library: their report streams equal the engine's own.

mod common;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use common::wild::Wild;
use common::{Op, apply};
use quantrl_lob::{
    Config, Engine, Kind, Matcher, ModifyRule, Nanos, Paged, Price, Report, Side, Stp, Tif, VecLadder,
};

const MESSAGES: usize = 1_000;

fn works(tool: &str) -> bool {
    Command::new(tool).arg("--version").output().is_ok_and(|output| output.status.success())
}

/// The library with both interfaces, built apart from the tests' own target folder.
fn library() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("capi");
    let status = Command::new(env!("CARGO"))
        .args([
            "rustc",
            "--quiet",
            "--locked",
            "--lib",
            "--features",
            "challenge-abi",
            "--crate-type",
            "cdylib",
        ])
        .arg("--manifest-path")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"))
        .arg("--target-dir")
        .arg(&target)
        .status()
        .expect("cargo runs");
    assert!(status.success(), "the library does not build");
    target.join("debug")
}

fn compile(library: &Path, name: &str, flags: &[&str]) -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let program = library.join(name);
    let status = Command::new("cc")
        .args(["-std=c11", "-Wall", "-Wextra", "-Werror", "-g"])
        .args(flags)
        .arg("-I")
        .arg(here.join("include"))
        .arg(here.join("tests/c/drive.c"))
        .arg("-o")
        .arg(&program)
        .arg("-L")
        .arg(library)
        .arg("-lquantrl_lob")
        .arg(format!("-Wl,-rpath,{}", library.display()))
        .status()
        .expect("cc runs");
    assert!(status.success(), "the C program does not compile");
    program
}

fn run(mut command: Command, input: &[u8]) -> Vec<u8> {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the program starts");
    let mut stdin = child.stdin.take().expect("piped");
    let input = input.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().expect("the program ends");
    writer.join().expect("written").expect("the program reads everything");
    assert!(output.status.success(), "{:?} in {command:?}", output.status.code());
    output.stdout
}

/// The interface has no times and few flags: the rest is made plain.
fn expressible(op: Op, plain: bool) -> Option<Op> {
    let ts = Nanos(i64::MIN);
    match op {
        Op::New(order) if (0..1 << 32).contains(&order.qty.0) => {
            let tif = match order.tif {
                Tif::Gtd(_) => Tif::Gtc,
                Tif::Day | Tif::Fok if plain => Tif::Gtc,
                tif => tif,
            };
            let price = match order.price {
                Price::Market(_) if plain => return None,
                price => price,
            };
            let (owner, post_only) = if plain { (0, false) } else { (order.owner, order.post_only) };
            Some(Op::New(quantrl_lob::NewOrder { ts, tif, price, owner, post_only, ..order }))
        }
        Op::Cancel(cancel) => Some(Op::Cancel(quantrl_lob::Cancel { ts, ..cancel })),
        Op::Modify(modify) if (0..1 << 32).contains(&modify.qty.0) => {
            Some(Op::Modify(quantrl_lob::Modify { ts, ..modify }))
        }
        _ => None,
    }
}

/// 40 bytes: kind, then the message as the header lays it out.
fn encode(op: &Op) -> [u8; 40] {
    let mut bytes = [0; 40];
    let mut put = |at: usize, field: &[u8]| bytes[at..at + field.len()].copy_from_slice(field);
    match op {
        Op::New(order) => {
            let (price, market) = match order.price {
                Price::Limit(price) => (price.0, 0),
                Price::Market(limit) => (limit.map_or(i64::MAX, |limit| limit.0), 0x10),
            };
            let tif = match order.tif {
                Tif::Gtc | Tif::Gtd(_) => 0,
                Tif::Ioc => 1,
                Tif::Fok => 2,
                Tif::Day => 3,
            };
            put(0, &0_u64.to_le_bytes());
            put(8, &order.id.to_le_bytes());
            put(16, &order.seq.to_le_bytes());
            put(24, &price.to_le_bytes());
            put(32, &(order.qty.0 as u32).to_le_bytes());
            put(36, &[order.side as u8, tif | market | u8::from(order.post_only) << 5]);
            put(38, &order.owner.to_le_bytes());
        }
        Op::Cancel(cancel) => {
            put(0, &1_u64.to_le_bytes());
            put(8, &cancel.id.to_le_bytes());
            put(16, &cancel.seq.to_le_bytes());
        }
        Op::Modify(modify) => {
            put(0, &2_u64.to_le_bytes());
            put(8, &modify.id.to_le_bytes());
            put(16, &modify.seq.to_le_bytes());
            put(24, &modify.price.0.to_le_bytes());
            put(32, &(modify.qty.0 as u32).to_le_bytes());
            put(36, &[modify.side as u8]);
        }
        _ => unreachable!("not expressible"),
    }
    bytes
}

/// What the C program must write.
fn expected(ops: &[Op], config: Config, keep: impl Fn(&Report) -> bool) -> Vec<u8> {
    let mut engine = Matcher::<VecLadder<u32>, Paged>::new(config);
    let (mut bytes, mut reports) = (Vec::new(), Vec::new());
    for op in ops {
        reports.clear();
        apply(&mut engine, op, &mut reports);
        bytes.extend(reports.iter().filter(|report| keep(report)).flat_map(Report::bytes));
        let (bid, ask) = (engine.best_bid().unwrap_or(i64::MIN), engine.best_ask().unwrap_or(i64::MAX));
        let lots = [engine.depth_at(bid, Side::Buy), engine.depth_at(ask, Side::Sell)];
        bytes.extend([bid, ask].iter().flat_map(|price| price.to_le_bytes()));
        bytes.extend(lots.iter().flat_map(|lots| lots.to_le_bytes()));
    }
    bytes
}

fn messages(config: &Config, plain: bool) -> (Vec<Op>, Vec<u8>) {
    let ops: Vec<Op> =
        Wild::new(5, config, 20, 150).filter_map(|op| expressible(op, plain)).take(MESSAGES).collect();
    let input = ops.iter().flat_map(encode).collect();
    (ops, input)
}

#[test]
fn c_programs_equal_the_engine() {
    if !works("cc") {
        eprintln!("skipped: no C compiler `cc`");
        return;
    }
    let library = library();
    let base = Config { modify: ModifyRule::AlwaysRequeue, ..Config::default() };

    let own = Config { base_tick: quantrl_lob::Ticks(1_000), stp: Stp::CancelOldest, ..base };
    let (ops, input) = messages(&own, false);
    let program = compile(&library, "drive", &[]);
    assert!(run(Command::new(&program), &input) == expected(&ops, own, |_| true), "qlob_ streams differ");

    let (ops, input) = messages(&base, true);
    let challenge = compile(&library, "challenge", &["-DCHALLENGE"]);
    let stream = expected(&ops, base, |report| report.kind as u8 <= Kind::ModifyReject as u8);
    assert!(run(Command::new(&challenge), &input) == stream, "engine_ streams differ");

    if !works("valgrind") {
        eprintln!("memory not checked: no `valgrind`");
        return;
    }
    for program in [program, challenge] {
        let mut checked = Command::new("valgrind");
        checked.args(["--quiet", "--error-exitcode=99", "--leak-check=full", "--errors-for-leak-kinds=all"]);
        checked.arg(program);
        run(checked, &input);
    }
}
