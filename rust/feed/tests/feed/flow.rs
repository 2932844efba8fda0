//! Simulators against what their laws give.

use crate::common::gates;
use quantrl_feed::convert::Options;
use quantrl_feed::flow::{BookView, Cst, Endless, Flow, Msg, Opening, Span, Zi, simulate};
use quantrl_feed::{Decimal, Event, EventFile, Instrument, Replay, Target, check, merge};
use quantrl_lob::{Book, Nanos, Side};
use quantrl_rng::Key;

/// A market of unit orders without a file.
struct Market {
    book: Book,
    free: Vec<u32>,
    slots: u32,
}

impl Market {
    fn new(bids: &[(i32, u32)], asks: &[(i32, u32)]) -> Self {
        let mut market = Self { book: Book::with_slots(0), free: Vec::new(), slots: 0 };
        for (side, levels) in [(Side::Buy, bids), (Side::Sell, asks)] {
            for &(tick, orders) in levels {
                (0..orders).for_each(|_| market.add(side, tick, 1));
            }
        }
        market
    }

    fn add(&mut self, side: Side, tick: i32, qty: u32) {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots += 1;
            self.slots - 1
        });
        self.book.admit((slot + 1).next_power_of_two());
        self.book.add(slot, 1, side, tick, qty).unwrap();
    }

    fn take(&mut self, slot: u32, lots: u32) {
        if self.book.reduce(slot, lots).unwrap().left == 0 {
            self.free.push(slot);
        }
    }

    /// Apply the flow's next message; nanoseconds it took.
    fn step(&mut self, flow: &mut dyn Flow) -> i64 {
        let mut out = Vec::new();
        let time = flow.next(Nanos(0), &BookView::new(&self.book, 1_000), &mut out);
        for message in out {
            match message {
                Msg::Limit { side, tick, qty } => self.add(side, tick, qty),
                Msg::Cancel { slot } => self.take(slot, u32::MAX),
                Msg::Market { side, qty } => {
                    if let Some(best) = self.book.best(side.opposite()).map(|level| level.head) {
                        self.take(best, qty);
                    }
                }
            }
        }
        time.0
    }

    fn touch(&self) -> Option<(i32, i32)> {
        Some((self.book.best(Side::Buy)?.tick, self.book.best(Side::Sell)?.tick))
    }
}

/// P(the ask queue empties first) from each pair of queues below N, by sweeps over the chain of the two queues at
/// spread 1: each grows at `limit` and shrinks at `market + cancel * length`.
fn up_first(limit: f64, market: f64, cancel: f64) -> Vec<Vec<f64>> {
    const N: usize = 40;
    let down = |q: usize| market + cancel * q as f64;
    let mut p = vec![vec![0.5; N + 1]; N + 1];
    p[0].fill(0.0);
    p.iter_mut().skip(1).for_each(|row| row[0] = 1.0);
    for _ in 0..3_000 {
        for b in 1..=N {
            for a in 1..=N {
                let (grow_b, grow_a) = (p[(b + 1).min(N)][a], p[b][(a + 1).min(N)]);
                let flow = limit * (grow_b + grow_a) + down(b) * p[b - 1][a] + down(a) * p[b][a - 1];
                p[b][a] = flow / (2.0 * limit + down(b) + down(a));
            }
        }
    }
    p
}

#[test]
fn cst_moves_the_mid_as_its_two_queues_say() {
    let runs: u32 = if gates() { 100_000 } else { 4_000 };
    let p = up_first(1.85, 0.94, 0.71);
    // By symmetry, and against a case the sweep does not know of.
    assert!((p[3][3] - 0.5).abs() < 1e-9 && (p[1][4] + p[4][1] - 1.0).abs() < 1e-9);
    let mut pairs: Vec<(u32, u32)> = vec![(1, 1), (5, 1), (2, 3), (1, 4)];
    if gates() {
        pairs = (1..=5).flat_map(|b| (1..=5).map(move |a| (b, a))).collect();
    }
    for (b, a) in pairs {
        let mut ups = 0;
        for run in 0..runs {
            let key = Key { seed: 11, stream: u64::from(10 * b + a) };
            let mut flow = Cst::published(key, u64::from(run), 60.0).unwrap();
            let mut market = Market::new(&[(1_000, b), (999, 9)], &[(1_001, a), (1_002, 9)]);
            while market.touch() == Some((1_000, 1_001)) {
                market.step(&mut flow);
            }
            ups += u32::from(market.touch().unwrap().1 != 1_001);
        }
        let (share, expected) = (f64::from(ups) / f64::from(runs), p[b as usize][a as usize]);
        let tolerance = if gates() { 0.01 } else { 4.0 * (0.25 / f64::from(runs)).sqrt() };
        assert!((share - expected).abs() <= tolerance, "{b} {a}: {share} {expected}");
    }
}

/// Mean spread and variance of the mid per second, in blocks: value and standard error.
fn measured(scale: f64, stream: u64, blocks: usize, steps: usize) -> [(f64, f64); 2] {
    let key = Key { seed: 5, stream };
    let rates = [0.5, 12.0, 0.25].map(|rate| rate * scale);
    let mut flow = Zi::new(key, 0, rates, 1, 60).unwrap();
    let mut market = Market::new(
        &(0..40).map(|i| (1_000 - i, 2)).collect::<Vec<_>>(),
        &(0..40).map(|i| (1_001 + i, 2)).collect::<Vec<_>>(),
    );
    let (mut spreads, mut variances) = (Vec::new(), Vec::new());
    for block in 0..=blocks {
        let (mut weighted, mut time, mut squares, mut last) = (0.0, 0.0, 0.0, None);
        let (mut sampled, mut lags) = (0.0, 0.0);
        for _ in 0..steps {
            let touch = market.touch();
            let nanos = market.step(&mut flow) as f64;
            let Some((bid, ask)) = touch else { continue };
            weighted += f64::from(ask - bid) * nanos;
            time += nanos;
            // The mid every 2 / scale seconds.
            sampled += nanos;
            if sampled >= 2e9 / scale {
                sampled -= 2e9 / scale;
                let mid = f64::from(bid + ask) / 2.0;
                if let Some(before) = last.replace(mid) {
                    squares += (mid - before) * (mid - before);
                    lags += 2.0 / scale;
                }
            }
        }
        // The first block is the way from the opening.
        if block > 0 {
            spreads.push(weighted / time);
            variances.push(squares / lags);
        }
    }
    [spreads, variances].map(|values| {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let spread = values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / (n - 1.0);
        (mean, (spread / n).sqrt())
    })
}

#[test]
fn zi_keeps_its_spread_when_all_rates_grow() {
    let (blocks, steps) = if gates() { (60, 100_000) } else { (20, 8_000) };
    let [spread, diffusion] = measured(1.0, 1, blocks, steps);
    let [faster, diffusion_faster] = measured(7.0, 2, blocks, steps);
    let error = (spread.1 * spread.1 + faster.1 * faster.1).sqrt();
    assert!(spread.0 > 2.0 && error < 0.2 * spread.0, "{spread:?} {error}");
    assert!((spread.0 - faster.0).abs() <= 3.0 * error, "{spread:?} {faster:?}");
    let error = ((7.0 * diffusion.1).powi(2) + diffusion_faster.1.powi(2)).sqrt();
    assert!(diffusion.0 > 0.0 && error < 0.5 * 7.0 * diffusion.0);
    assert!(
        (7.0 * diffusion.0 - diffusion_faster.0).abs() <= 3.0 * error,
        "{diffusion:?} {diffusion_faster:?}"
    );
}

#[test]
fn a_simulated_file_is_a_market() {
    let key = Key { seed: 1, stream: 2 };
    let run = |flow: &mut dyn Flow| {
        let tick = Decimal::parse("tick_size", "0.01").unwrap();
        let span = Span { start: 1_000, messages: 20_000 };
        let options = Options { strict: true, checkpoint_every: 1 << 12, ..Options::default() };
        simulate(
            flow,
            Instrument::new("SIM", tick, Decimal::ONE),
            Opening::default(),
            span,
            Target::Memory,
            &options,
        )
        .unwrap()
    };
    let cst = run(&mut Cst::published(key, 0, 60.0).unwrap());
    assert_eq!(cst.bytes, run(&mut Cst::published(key, 0, 60.0).unwrap()).bytes);
    assert_ne!(cst.bytes, run(&mut Cst::published(key, 1, 60.0).unwrap()).bytes);
    for report in [cst, run(&mut Zi::new(key, 0, [0.5, 10.0, 0.3], 2, 200).unwrap())] {
        assert_eq!(
            (report.quality.crossed_spans, report.quality.locked_spans, report.quality.faults()),
            (0, 0, 0)
        );
        let file = report.open().unwrap();
        check(&file).unwrap();
        let mut replay = Replay::new(&file);
        replay.run_to(file.len()).unwrap();
        replay.orders(0).unwrap().validate().unwrap();
    }
}

fn flow(law: u64) -> Box<dyn Flow + Send> {
    let key = Key { seed: 3, stream: law };
    match law {
        0 => Box::new(Zi::new(key, 0, [0.5, 10.0, 0.3], 2, 60).unwrap()),
        _ => Box::new(Cst::published(key, 0, 600.0).unwrap()),
    }
}

fn endless() -> Endless {
    Endless::new((0..2).map(|law| (flow(law), Opening::default())).collect(), 1_000).unwrap()
}

fn run(endless: &mut Endless, until: i64) -> Vec<[u8; Event::SIZE]> {
    endless.run(until).unwrap().iter().map(Event::to_bytes).collect()
}

#[test]
fn an_endless_run_is_the_file_of_its_seed_wherever_its_stretches_end() {
    let tick = Decimal::parse("tick_size", "0.01").unwrap();
    let options = Options { strict: true, ..Options::default() };
    let files: Vec<EventFile> = (0..2)
        .map(|law| {
            let span = Span { start: 1_000, messages: 6_000 };
            let named = Instrument::new(["A", "B"][law as usize], tick, Decimal::ONE);
            simulate(&mut *flow(law), named, Opening::default(), span, Target::Memory, &options)
                .unwrap()
                .open()
                .unwrap()
        })
        .collect();
    let end = files.iter().map(|file| file.header().last_ts).min().unwrap();
    let (_, bytes) = merge(&files.iter().collect::<Vec<_>>(), Target::Memory, 0).unwrap();
    let bytes = quantrl_feed::map::Bytes::Read(bytes);
    let whole = EventFile::of_bytes("merged".into(), bytes, true).unwrap();
    let expected: Vec<_> =
        whole.iter().filter(|event| event.ts_exch < end).map(|event| event.to_bytes()).collect();
    assert!(expected.len() > 5_000);

    assert!(run(&mut endless(), 1_000).is_empty());
    assert!(run(&mut endless(), end) == expected);
    // Stretches of all lengths, each from a state that was saved after the one before.
    let (mut pieces, mut at, mut saved) = (Vec::new(), 0, endless().save());
    for nth in 1_i64.. {
        let mut part = endless();
        part.restore(&saved).unwrap();
        assert_eq!(part.save(), saved);
        at = (at + nth * nth * 200_000).min(end);
        pieces.extend(run(&mut part, at));
        saved = part.save();
        if at == end {
            break;
        }
    }
    assert!(pieces == expected);
}

#[test]
fn a_saved_run_that_is_damaged_changes_nothing() {
    let mut whole = endless();
    run(&mut whole, 200_000_000);
    let saved = whole.save();
    for cut in [0, 1, 9, 40, saved.len() - 1] {
        assert!(whole.restore(&saved[..cut]).is_err(), "{cut} bytes");
    }
    assert!(whole.restore(&[&saved[..], &[0]].concat()).is_err());
    assert_eq!(whole.save(), saved);
}

#[test]
fn a_stretch_is_checked() {
    let rows = || vec![Instrument { max_live: 2, ..Instrument::new("A", Decimal::ONE, Decimal::ONE) }];
    let event = |ts_exch, slot| Event { ts_exch, slot, tick: 5, qty: 1, kind: 1, ..Event::default() };
    let made = |events: &[Event], span| {
        let bytes: Vec<_> = events.iter().map(Event::to_bytes).collect();
        EventFile::window("stretch".into(), rows(), &bytes, span).map(|file| file.len())
    };
    assert_eq!(made(&[], (3, 9)).unwrap(), 0);
    assert_eq!(made(&[event(3, 0), event(9, 1)], (3, 9)).unwrap(), 2);
    for events in [[event(9, 0), event(3, 1)], [event(3, 0), event(10, 1)], [event(3, 0), event(4, 2)]] {
        assert!(made(&events, (3, 9)).is_err());
    }
}

#[test]
fn rates_are_checked() {
    let key = Key { seed: 1, stream: 2 };
    for rates in [[-1.0, 1.0, 1.0], [1.0, f64::NAN, 1.0], [1.0, 1.0, f64::INFINITY], [0.0, 0.0, 0.0]] {
        assert!(Zi::new(key, 0, rates, 1, 10).is_err());
    }
    assert!(Zi::new(key, 0, [1.0; 3], 0, 10).is_err() && Zi::new(key, 0, [1.0; 3], 1, 0).is_err());
    assert!(Cst::published(key, 0, f64::NAN).is_err() && Cst::published(key, 0, -1.0).is_err());
    assert!(Cst::new(key, 0, vec![1.0], vec![], 1.0).is_err());
    assert!(Cst::new(key, 0, vec![], vec![], 1.0).is_err());
}
