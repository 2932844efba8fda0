use quantrl_sim::tick::batch::{ACCOUNT, Batch, Outputs, Row};
use quantrl_sim::tick::{Error, Plan, Session};

use crate::files::{Lag, Lcg, file, levels};
use crate::venue::Plain;
use crate::{MS, config};

const N: usize = 13;
const A: usize = 3;
const K: usize = 4;

fn batch(threads: usize) -> Batch<Plain> {
    let sessions = (0..N as u64).map(|i| {
        let events = levels(100 + i % 3, 2_000, 1, Lag::Below(600_000));
        let plan = Plan::new(file(&events, 1), config()).unwrap();
        Session::new(&plan, i, |books| Ok(Plain::new(books))).unwrap()
    });
    Batch::new(sessions.collect(), threads).unwrap()
}

#[derive(Clone, PartialEq, Debug)]
struct Arrays {
    depth: Vec<i64>,
    account: Vec<i64>,
    refs: Vec<u64>,
    done: Vec<u8>,
}

impl Arrays {
    fn new() -> Self {
        Self {
            depth: vec![-1; N * 4 * K],
            account: vec![-1; N * ACCOUNT.len()],
            refs: vec![1; N * A],
            done: vec![9; N],
        }
    }

    fn step(&mut self, batch: &mut Batch<Plain>, rows: &[Row]) -> Result<(), Error> {
        let rows: Vec<_> = rows.iter().map(Row::to_bytes).collect();
        let Self { depth, account, refs, done } = self;
        batch.step(&rows, 15 * MS, &mut Outputs { depth, account, refs, done })
    }
}

fn rows(step: u64, before: &Arrays) -> Vec<Row> {
    let mut rows = vec![Row::default(); N * A];
    for (i, row) in rows.iter_mut().enumerate() {
        let random = &mut Lcg(step * 1_000 + i as u64);
        let session = i / A;
        let bid = before.depth[session * 4 * K];
        if step == 0 || bid <= 0 {
            continue;
        }
        let side = random.below(2) as u8;
        let ticks = bid + 2 * i64::from(side) - 1;
        *row = match random.below(5) {
            0 => Row { op: 1, side, flags: 1, tick: ticks, qty: 3, ..Row::default() },
            1 => Row { op: 1, side, tif: random.below(3) as u8, tick: ticks, qty: 5, ..Row::default() },
            2 => Row { op: 2, side, qty: 2, ..Row::default() },
            3 => Row { op: 5, ..Row::default() },
            _ => Row::default(),
        };
    }
    rows
}

#[test]
fn equal_for_any_number_of_threads_and_one_by_one() {
    let run = |threads| {
        let (mut batch, mut arrays) = (batch(threads), Arrays::new());
        let mut all = Vec::new();
        for step in 0..60 {
            let rows = rows(step, &arrays);
            arrays.step(&mut batch, &rows).unwrap();
            all.push(arrays.clone());
        }
        (all, batch.sessions().iter().map(Session::hash).collect::<Vec<_>>())
    };
    let expected = run(1);
    assert!(expected.0.last().unwrap().account.chunks(8).all(|row| row[6] > 5));
    for threads in [2, 8] {
        assert_eq!(run(threads), expected, "{threads} threads");
    }
    // One session by hand.
    let session = &mut batch(1).sessions_mut()[4].clone();
    let mut lone = Batch::new(vec![session.clone()], 1).unwrap();
    let mut before = Arrays::new();
    for (step, after) in expected.0.iter().enumerate() {
        let all = rows(step as u64, &before);
        let mine: Vec<_> = all[4 * A..5 * A].iter().map(Row::to_bytes).collect();
        let (mut depth, mut account, mut refs, mut done) =
            (vec![0; 4 * K], vec![0; 8], vec![0; A], vec![0; 1]);
        let mut out = Outputs { depth: &mut depth, account: &mut account, refs: &mut refs, done: &mut done };
        lone.step(&mine, 15 * MS, &mut out).unwrap();
        assert_eq!(depth, after.depth[16 * 4..16 * 5]);
        assert_eq!(account, after.account[8 * 4..8 * 5]);
        assert_eq!(refs, after.refs[A * 4..A * 5]);
        before = after.clone();
    }
}

#[test]
fn a_bad_row_changes_nothing() {
    let (mut batch, mut arrays) = (batch(2), Arrays::new());
    arrays.step(&mut batch, &[Row::default(); N * A]).unwrap();
    let before: Vec<u64> = batch.sessions().iter().map(Session::hash).collect();
    let good = Row { op: 1, tick: 10_900, qty: 1, ..Row::default() };
    for (bad, field) in [
        (Row { op: 7, ..good }, "op"),
        (Row { side: 2, ..good }, "side"),
        (Row { tif: 3, ..good }, "tif"),
        (Row { flags: 2, ..good }, "flags"),
        (Row { qty: 0, ..good }, "qty"),
        (Row { qty: -1, ..good }, "qty"),
        (Row { instr: 1, ..good }, "instr"),
        (Row { tick: i64::MAX, ..good }, "tick"),
        (Row { op: 4, order: 5, ..good }, "ref"),
    ] {
        let mut rows = vec![Row::default(); N * A];
        rows[A] = good;
        rows[2 * A + 2] = bad;
        let error = arrays.step(&mut batch, &rows).unwrap_err().to_string();
        assert!(error.starts_with(&format!("action {}: {field}: expected ", 2 * A + 2)), "{error}");
    }
    let mut out = Outputs { depth: &mut [0; 5], account: &mut [0; N * 8], refs: &mut [], done: &mut [0; N] };
    assert!(batch.step(&[], 1, &mut out).unwrap_err().to_string().starts_with("depth_out"));
    assert_eq!(batch.sessions().iter().map(Session::hash).collect::<Vec<_>>(), before);
}
