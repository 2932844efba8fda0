//! ITCH 5.0 encoded from a random flow and read back.

use std::collections::{BTreeMap, HashMap};

use crate::common::{Lcg, gates};
use quantrl_feed::convert::itch::{Itch, convert};
use quantrl_feed::convert::{Day, Options, Report, Source};
use quantrl_feed::{Error, EventFile, Kind, Replay, Target, check, flag};
use quantrl_lob::Side;

/// Messages as the exchange writes them.
#[derive(Default)]
struct Wire(Vec<u8>);

impl Wire {
    fn message(&mut self, kind: u8, locate: u16, time: u64, body: &[&[u8]]) {
        let length = 11 + body.iter().map(|part| part.len()).sum::<usize>();
        self.0.extend((length as u16).to_be_bytes());
        self.0.push(kind);
        self.0.extend(locate.to_be_bytes());
        self.0.extend([0, 9]);
        self.0.extend(&time.to_be_bytes()[2..]);
        body.iter().for_each(|part| self.0.extend(*part));
    }

    fn add(&mut self, time: u64, id: u64, order: &Resting, attributed: bool) {
        let Resting { locate, side, shares, price } = *order;
        let (id, shares, price) = (id.to_be_bytes(), shares.to_be_bytes(), price.to_be_bytes());
        let stock: &[u8] = [b"AAA     ", b"BBB     "][usize::from(locate) - 1];
        let body: [&[u8]; 6] = [&id, &[side], &shares, stock, &price, if attributed { b"MPID" } else { b"" }];
        self.message(if attributed { b'F' } else { b'A' }, locate, time, &body);
    }
}

fn run(bytes: &[u8], strict: bool, symbols: &[&str]) -> Result<(Report, EventFile), Error> {
    let options = Itch {
        day: Day::parse("2012-06-21").unwrap(),
        symbols: symbols.iter().map(|s| (*s).to_owned()).collect(),
        common: Options {
            strict,
            keep_ids: true,
            checkpoint_every: 1 << 10,
            max_fault_share: 1.0,
            ..Options::default()
        },
    };
    let report = convert(Source { name: "x.itch", bytes }, Target::Memory, &options)?;
    Ok((report.clone(), report.open().unwrap()))
}

#[derive(Clone, Copy)]
struct Resting {
    locate: u16,
    side: u8,
    shares: u32,
    price: u32,
}

/// A flow of two stocks, and the depth of each after every message that changes one.
fn flow(n: usize, seed: u64) -> (Wire, Vec<[BTreeMap<u32, u64>; 4]>) {
    let (mut wire, mut random) = (Wire::default(), Lcg(seed));
    let mut live: Vec<u64> = Vec::new();
    let mut orders: HashMap<u64, Resting> = HashMap::new();
    let mut depth: [BTreeMap<u32, u64>; 4] = Default::default();
    let mut states = Vec::new();
    let mut next = 1;
    let change = |depth: &mut [BTreeMap<u32, u64>; 4], o: &Resting, shares: i64| {
        let book = &mut depth[usize::from(o.locate - 1) * 2 + usize::from(o.side == b'S')];
        let lots = book.entry(o.price).or_default();
        *lots = lots.checked_add_signed(shares).unwrap();
        if *lots == 0 {
            book.remove(&o.price);
        }
    };
    wire.message(b'S', 0, 1, &[b"O"]);
    for time in 2..n as u64 + 2 {
        let draw = random.below(10);
        if draw < 4 || live.is_empty() {
            let side = [b'B', b'S'][random.below(2) as usize];
            let step = 100 * random.below(30) as u32;
            let price = if side == b'B' { 1_000_000 - step } else { 1_000_100 + step };
            let resting = Resting {
                locate: 1 + random.below(2) as u16,
                side,
                shares: 1 + random.below(500) as u32,
                price,
            };
            wire.add(time, next, &resting, draw == 0);
            change(&mut depth, &resting, i64::from(resting.shares));
            orders.insert(next, resting);
            live.push(next);
            next += 1;
        } else {
            let at = random.below(live.len() as u64) as usize;
            let id = live[at];
            let mut o = orders[&id];
            let part = 1 + random.below(u64::from(o.shares)) as u32;
            let (key, shares) = (id.to_be_bytes(), part.to_be_bytes());
            let mut off = part;
            match draw {
                4 => wire.message(b'E', o.locate, time, &[&key, &shares, &[0; 8]]),
                5 => {
                    let price = (o.price + 100).to_be_bytes();
                    wire.message(b'C', o.locate, time, &[&key, &shares, &[0; 8], b"Y", &price]);
                }
                6 => wire.message(b'X', o.locate, time, &[&key, &shares]),
                7 | 8 => {
                    wire.message(b'D', o.locate, time, &[&key]);
                    off = o.shares;
                }
                _ => {
                    change(&mut depth, &o, -i64::from(o.shares));
                    o.price = if o.side == b'B' { o.price - 100 } else { o.price + 100 };
                    o.shares = part;
                    let (new, price) = (next.to_be_bytes(), o.price.to_be_bytes());
                    wire.message(b'U', o.locate, time, &[&key, &new, &shares, &price]);
                    change(&mut depth, &o, i64::from(part));
                    live[at] = next;
                    orders.insert(next, o);
                    next += 1;
                    states.push(depth.clone());
                    continue;
                }
            }
            change(&mut depth, &o, -i64::from(off));
            o.shares -= off;
            orders.insert(id, o);
            if o.shares == 0 {
                live.swap_remove(at);
            }
        }
        states.push(depth.clone());
    }
    (wire, states)
}

#[test]
fn a_flow_there_and_back() {
    let (wire, states) = flow(if gates() { 200_000 } else { 6_000 }, 3);
    let (report, file) = run(&wire.0, true, &[]).unwrap();
    assert_eq!((report.quality.faults(), file.len()), (0, states.len() as u64));
    assert!(file.checkpoints().len() >= 5);
    // Midnight of 2012-06-21 in New York is 04:00 UTC.
    assert_eq!(file.get(0).unwrap().ts_exch, 1_340_251_200_000_000_002);
    let number = |symbol| file.instruments().iter().position(|i| i.symbol == symbol).unwrap();
    let instr = [number("AAA"), number("BBB")];
    let mut replay = Replay::new(&file);
    let mut hashes = Vec::new();
    for state in &states {
        let event = replay.step().unwrap().unwrap();
        assert!(event.has(flag::LAST));
        for (i, levels) in state.iter().enumerate() {
            let side = [Side::Buy, Side::Sell][i % 2];
            let own = replay.books().depth(instr[i / 2], side).map(|(tick, lots)| (tick as u32, lots));
            let best_first: Box<dyn Iterator<Item = (&u32, &u64)>> =
                if side == Side::Buy { Box::new(levels.iter().rev()) } else { Box::new(levels.iter()) };
            assert!(own.eq(best_first.map(|(price, lots)| (*price, *lots))), "event {}", replay.at());
        }
        hashes.push(replay.books().state_hash());
    }
    check(&file).unwrap();
    let mut random = Lcg(8);
    let mut sought = Replay::new(&file);
    for _ in 0..100 {
        let at = 1 + random.below(file.len());
        sought.seek(at).unwrap();
        assert_eq!((sought.at(), sought.books().state_hash()), (at, hashes[at as usize - 1]));
    }
}

#[test]
fn chosen_symbols_alone() {
    let (wire, states) = flow(3_000, 4);
    let (_, file) = run(&wire.0, true, &["BBB"]).unwrap();
    assert_eq!(file.instruments().len(), 1);
    let mut replay = Replay::new(&file);
    replay.run_to(u64::MAX).unwrap();
    let asks: Vec<_> = replay.books().depth(0, Side::Sell).map(|(t, q)| (t as u32, q)).collect();
    assert!(asks.into_iter().eq(states.last().unwrap()[3].clone()));
}

#[test]
fn other_messages() {
    let mut wire = Wire::default();
    wire.message(b'R', 1, 1, &[b"AAA     ", &[0; 20]]);
    wire.message(b'H', 1, 2, &[b"AAA     ", b"T", &[0; 5]]);
    let (shares, price) = (40u32.to_be_bytes(), 1_000_000u32.to_be_bytes());
    wire.message(b'P', 1, 3, &[&[0; 8], b"B", &shares, b"AAA     ", &price, &[0; 8]]);
    wire.message(b'Q', 1, 4, &[&(7u64 << 32).to_be_bytes(), b"AAA     ", &price, &[0; 8], b"O"]);
    wire.message(b'B', 1, 5, &[&[0; 8]]);
    wire.0.extend([0, 3, b'z', 1, 2]);
    wire.message(b'E', 5, 6, &[&[9; 8], &shares, &[0; 8]]);
    let (report, file) = run(&wire.0, false, &[]).unwrap();
    let told: Vec<_> =
        file.iter().map(|e| (Kind::of(e.kind).unwrap().name(), e.tick, e.lots(), e.aux & 7)).collect();
    assert_eq!(
        told,
        [
            ("STATUS", 0, 0, 3),
            ("PRINT", 1_000_000, 40, 0),
            ("CROSS", 1_000_000, 7 << 32, 7),
            ("BREAK", 0, 0, 0)
        ]
    );
    assert_eq!((report.quality.other_types, report.quality.unknown_id, report.quality.rows), (1, 1, 7));
    let error = run(&wire.0, true, &[]).err().unwrap().to_string();
    assert!(error.starts_with("x.itch, row 6: order reference"), "{error}");
    wire.0.extend([0, 0, 1]);
    assert_eq!(run(&wire.0, false, &[]).unwrap().0.quality.rows, 7);
    wire.0.truncate(wire.0.len() - 3);
    wire.0.extend([0, 13, b'S']);
    wire.0.extend([0; 12]);
    let error = run(&wire.0, false, &[]).err().unwrap().to_string();
    assert!(error.starts_with("x.itch, row 7: length: expected 12 for type S, got 13"), "{error}");
}

#[test]
fn cut_or_changed_files_are_events_or_an_error() {
    let (wire, _) = flow(60, 6);
    for end in 0..wire.0.len() {
        let _ = run(&wire.0[..end], false, &[]);
    }
    let mut random = Lcg(7);
    for _ in 0..if gates() { 1_000_000 } else { 3_000 } {
        let mut bytes = wire.0.clone();
        for _ in 0..=random.below(4) {
            let at = random.below(bytes.len() as u64) as usize;
            bytes[at] = random.next() as u8;
        }
        if let Ok((_, file)) = run(&bytes, false, &[]) {
            check(&file).unwrap();
        }
    }
}
