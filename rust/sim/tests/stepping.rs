//! Stepping an account and running a whole schedule are the same arithmetic: equal bits for every fill and sizing.

use quantrl_sim::bar::{
    BarConfig, Costs, Error, Fill, Market, Record, Schedule, Session, Sizing, run_schedules,
};

const BARS: usize = 60;
const N: usize = 11;

/// A cheap sequence of numbers in [0, 1): the test needs variety, not quality.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }
}

struct Case {
    close: Vec<f64>,
    price: Vec<f64>,
    weights: Vec<f64>,
}

fn case(seed: u64, fill: Fill) -> Case {
    let mut numbers = Numbers(seed);
    let mut close = vec![50.0; BARS * N];
    for i in N..BARS * N {
        close[i] = close[i - N] * (0.95 + 0.1 * numbers.next());
    }
    let mut price: Vec<f64> = close.iter().map(|p| p * (0.99 + 0.02 * numbers.next())).collect();
    for i in 0..BARS * N {
        if numbers.next() < 0.1 {
            close[i] = f64::NAN;
        }
        if numbers.next() < 0.1 {
            price[i] = f64::NAN;
        }
    }
    let mut weights: Vec<f64> = (0..BARS * N).map(|_| numbers.next() / N as f64).collect();
    for w in &mut weights {
        match (numbers.next() * 10.0) as u32 {
            0 => *w = f64::NAN,
            1 => *w = 0.0,
            _ => {}
        }
    }
    let price = if fill.before_close() { price } else { close.clone() };
    Case { close, price, weights }
}

fn config(fill: Fill, sizing: Sizing, fee: f64) -> BarConfig {
    let costs = Costs::new(0.001, 0.002, &[0.0005; N], fee, 2.0 * fee).unwrap();
    BarConfig::new(fill, sizing, costs, 10_000.0).unwrap()
}

fn every_setting() -> impl Iterator<Item = (Fill, Sizing, f64)> {
    let pairs = Fill::TABLE.iter().flat_map(|f| Sizing::TABLE.iter().map(|s| (f.1, s.1)));
    pairs.flat_map(|(fill, sizing)| [0.0, 1.0].map(|fee| (fill, sizing, fee)))
}

fn run(
    config: &BarConfig,
    case: &Case,
    schedules: &[Schedule<'_>],
    full: bool,
) -> Result<Vec<Record>, Error> {
    let market = Market { close: &case.close, price: &case.price, under: None };
    run_schedules(config, market, schedules, full, &false.into())
}

fn equity(record: &Record) -> Vec<u64> {
    record.bars.iter().map(|bar| bar.equity.to_bits()).collect()
}

#[test]
fn session_equals_schedule() {
    for (k, (fill, sizing, fee)) in every_setting().enumerate() {
        let case = case(k as u64, fill);
        let config = config(fill, sizing, fee);
        let schedule = [Schedule { rows: None, values: &case.weights }];
        let record = &run(&config, &case, &schedule, true).unwrap()[0];
        let mut session = Session::new(&config, None).unwrap();
        for t in 0..BARS {
            if t == BARS / 2 {
                session = Session::from_state(&config, None, &session.state()).unwrap();
            }
            let row = t * N..(t + 1) * N;
            let (close, price) = (&case.close[row.clone()], &case.price[row.clone()]);
            let out = session.step(close, price, None, Some(&case.weights[row.clone()])).unwrap().0;
            assert_eq!(
                out.equity.to_bits(),
                record.bars[t].equity.to_bits(),
                "{fill:?} {sizing:?} {fee} bar {t}"
            );
            assert_eq!(out.cash.to_bits(), record.bars[t].cash.to_bits());
            assert_eq!(session.units(), &record.units[row]);
        }
        assert_eq!(session.pending().unwrap_or_default().len(), record.pending.len());
    }
}

#[test]
fn schedules_do_not_see_each_other() {
    let config = config(Fill::NextOpen, Sizing::PostCost, 0.0);
    let case = case(99, Fill::NextOpen);
    let half: Vec<f64> = case.weights.iter().map(|w| w / 2.0).collect();
    let (a, b) = (Schedule { rows: None, values: &case.weights }, Schedule { rows: None, values: &half });
    let together = run(&config, &case, &[a, b, a], false).unwrap();
    let alone = run(&config, &case, &[b], false).unwrap();
    assert_eq!(equity(&together[0]), equity(&together[2]));
    assert_eq!(equity(&together[1]), equity(&alone[0]));
}

#[test]
fn a_sparse_schedule_is_the_dense_one_without_its_empty_rows() {
    let config = config(Fill::NextClose, Sizing::PreCost, 0.0);
    let case = case(7, Fill::NextClose);
    let rows = [3i64, 20, 21, 59];
    let values: Vec<f64> =
        rows.iter().flat_map(|&r| &case.weights[r as usize * N..(r as usize + 1) * N]).copied().collect();
    let mut dense = vec![f64::NAN; BARS * N];
    for (k, &r) in rows.iter().enumerate() {
        dense[r as usize * N..(r as usize + 1) * N].copy_from_slice(&values[k * N..(k + 1) * N]);
    }
    let sparse = Schedule { rows: Some(&rows), values: &values };
    let dense = Schedule { rows: None, values: &dense };
    let only = |s| run(&config, &case, &[s], false).unwrap().remove(0);
    let (sparse, dense) = (only(sparse), only(dense));
    assert_eq!(equity(&sparse), equity(&dense));
    let bits = |r: &Record| r.pending.iter().map(|w| w.to_bits()).collect::<Vec<u64>>();
    assert_eq!(bits(&sparse), bits(&dense));
    for bad in [&[5i64, 5][..], &[-1], &[60]] {
        let schedule = Schedule { rows: Some(bad), values: &values[..bad.len() * N] };
        assert!(run(&config, &case, &[schedule], false).is_err());
    }
}
