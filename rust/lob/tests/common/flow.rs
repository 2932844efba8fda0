//! Order flow with the published statistics of arXiv 2606.01183, own construction.
//!
//! Buys are priced off the first half of a path of the mid price, sells off the second, then all are shuffled. A share
//! stands beyond the whole path, where nothing of the other side comes. Lifetimes, changes and cancels are laid out in
//! time and merged. Paths and shares are ours, set so that the peaks of live orders and levels come near the published
//! ones.

use quantrl_lob::{Cancel, Lots, Modify, Nanos, NewOrder, Side, Ticks, Tif};
use quantrl_rng::{Channel, Counter, Draws, Key};

use super::Op;

const START: f64 = 33_504.0;
/// Mean time between new orders, ns.
const GAP: f64 = 2_000.0;
/// Median life of an order that is cancelled, ns.
const MEDIAN_LIFE: f64 = 431_000.0;
/// Exponent of the distance from the mid, and where its hump is.
const POWER: f64 = 2.23;
const HUMP: f64 = 8.0;
const HUMP_SHARE: f64 = 0.25;
const FARTHEST: u64 = 45;

/// How the mid price moves.
#[derive(Clone, Copy, Debug)]
pub struct Scenario {
    pub name: &'static str,
    /// Standard deviation of the log mid over the whole path.
    pub sigma: f64,
    /// Size of the deterministic swing, as a fraction: up in the first half, down in the second.
    pub swing: f64,
    /// Whether the swing is a short spike instead of a sine.
    pub crash: bool,
    /// Share of orders beyond the path, and up to how many ticks beyond.
    pub beyond: (f64, u64),
    /// Published peaks: live orders, levels.
    pub peaks: (u32, u32),
}

const STILL: Scenario =
    Scenario { name: "static", sigma: 0.0, swing: 0.0, crash: false, beyond: (0.0, 1), peaks: (41_800, 90) };

pub const SCENARIOS: [Scenario; 5] = [
    STILL,
    Scenario {
        name: "normal",
        sigma: 0.001,
        swing: 0.005,
        beyond: (0.12, 140),
        peaks: (5_500, 330),
        ..STILL
    },
    Scenario {
        name: "swing-25",
        sigma: 0.001,
        swing: 0.25,
        beyond: (0.06, 900),
        peaks: (2_600, 1_400),
        ..STILL
    },
    Scenario {
        name: "swing-40",
        sigma: 0.001,
        swing: 0.40,
        beyond: (0.03, 900),
        peaks: (1_400, 1_000),
        ..STILL
    },
    Scenario {
        name: "flash-crash",
        sigma: 0.001,
        swing: 0.4,
        crash: true,
        beyond: (0.01, 400),
        peaks: (500, 400),
    },
];

impl Scenario {
    fn path(&self, draws: &mut Draws, n: usize) -> Vec<f64> {
        let step = self.sigma / (n as f64).sqrt();
        let mut log = 0.0;
        (0..n)
            .map(|i| {
                log += if step > 0.0 { step * draws.normal() } else { 0.0 };
                let t = i as f64 / n as f64;
                let shape = if self.crash {
                    let spike = |at: f64| libm::exp(-((t - at) / 0.05).powi(2));
                    self.swing * (spike(0.25) - spike(0.75))
                } else {
                    self.swing * libm::sin(std::f64::consts::TAU * t)
                };
                START * (1.0 + shape) * libm::exp(log)
            })
            .collect()
    }
}

/// Cumulative law of the distance from the mid in ticks, 1 to [`FARTHEST`].
fn distance_law() -> Vec<f64> {
    let normalised = |f: &dyn Fn(f64) -> f64| {
        let weights: Vec<f64> = (1..=FARTHEST).map(|d| f(d as f64)).collect();
        let sum: f64 = weights.iter().sum();
        weights.into_iter().map(move |w| w / sum).collect::<Vec<_>>()
    };
    let power = normalised(&|d| libm::pow(d, -POWER));
    let hump = normalised(&|d| libm::exp(-((d - HUMP) / 2.0).powi(2) / 2.0));
    let mut sum = 0.0;
    let mixed = power.iter().zip(hump).map(|(p, h)| (1.0 - HUMP_SHARE) * p + HUMP_SHARE * h);
    mixed
        .map(|p| {
            sum += p;
            sum
        })
        .collect()
}

/// The messages of `orders` new orders, in order of time, numbered from 1.
pub fn generate(scenario: usize, seed: u64, orders: usize) -> Vec<Op> {
    let counter = Counter { block: 0, draw: 0, channel: Channel::Synthetic, episode: scenario as u64 };
    let mut draws = Draws::new(Key { seed, stream: 0 }, counter);
    let path = SCENARIOS[scenario].path(&mut draws, orders);
    let (share, reach) = SCENARIOS[scenario].beyond;
    let lowest = path.iter().copied().fold(f64::MAX, f64::min) - FARTHEST as f64;
    let highest = path.iter().copied().fold(f64::MIN, f64::max) + FARTHEST as f64;
    let mut placed: Vec<(Side, f64)> = path
        .iter()
        .enumerate()
        .map(|(i, &mid)| {
            let beyond = (draws.uniform() < share).then(|| draws.below(reach) as f64);
            match beyond {
                Some(ticks) if i < orders / 2 => (Side::Buy, lowest - ticks),
                Some(ticks) => (Side::Sell, highest + ticks),
                None if i < orders / 2 => (Side::Buy, mid),
                None => (Side::Sell, mid),
            }
        })
        .collect();
    for i in (1..placed.len()).rev() {
        placed.swap(i, draws.below(i as u64 + 1) as usize);
    }
    let law = distance_law();
    let mut events = Vec::with_capacity(2 * orders);
    let mut now = 0.0;
    for (i, (side, mid)) in placed.into_iter().enumerate() {
        now += -GAP * libm::log(draws.uniform_open());
        lay_out(&mut draws, &law, i as u64 + 1, side, mid, now, &mut events);
    }
    events.sort_by_key(|op: &Op| op.stamp().1);
    for (i, op) in events.iter_mut().enumerate() {
        match op {
            Op::New(order) => order.seq = i as u64 + 1,
            Op::Cancel(cancel) => cancel.seq = i as u64 + 1,
            Op::Modify(modify) => modify.seq = i as u64 + 1,
            _ => {}
        }
    }
    events
}

fn lay_out(draws: &mut Draws, law: &[f64], id: u64, side: Side, mid: f64, now: f64, events: &mut Vec<Op>) {
    let u = draws.uniform();
    let distance = 1 + law.partition_point(|&p| p < u).min(law.len() - 1) as i64;
    let ioc = draws.below(100) < 15;
    let price = if side == Side::Buy { mid.floor() as i64 - distance } else { mid.ceil() as i64 + distance };
    let qty = 1 + draws.below(100) as i64;
    let tif = if ioc { Tif::Ioc } else { Tif::Gtc };
    let (ts, price) = (Nanos(now as i64), Ticks(price));
    events.push(Op::New(NewOrder { ts, tif, ..NewOrder::limit(id, 0, side, price, Lots(qty)) }));
    let life = -MEDIAN_LIFE / std::f64::consts::LN_2 * libm::log(draws.uniform_open());
    if ioc {
        return;
    }
    if draws.below(100) < 20 {
        let step = if draws.below(100) < 80 { [-1, 1][draws.below(2) as usize] } else { 0 };
        let at = Nanos((now + life * draws.uniform()) as i64);
        let (price, qty) = (Ticks(price.0 + step), Lots(qty + 1));
        events.push(Op::Modify(Modify { id, seq: 0, ts: at, price, qty, side }));
    }
    if draws.below(100) < 95 {
        let end = Nanos((now + life) as i64);
        let repeats = 1 + usize::from(draws.below(100) < 2);
        events.extend(std::iter::repeat_n(Op::Cancel(Cancel { id, seq: 0, ts: end }), repeats));
    }
}

/// Seen in one run: messages, most live orders, most levels on both sides, trades.
#[derive(Clone, Copy, Debug, Default)]
pub struct Peaks {
    pub messages: usize,
    pub orders: usize,
    pub levels: usize,
    pub trades: usize,
}

/// What the flow does to a book.
pub fn peaks(ops: &[Op]) -> Peaks {
    use quantrl_lob::{Config, Kind, Matcher, ModifyRule};
    let config = Config { modify: ModifyRule::AlwaysRequeue, ..Config::default() };
    let mut engine: Matcher = Matcher::new(config);
    let (mut seen, mut out) = (Peaks { messages: ops.len(), ..Peaks::default() }, Vec::new());
    for (i, op) in ops.iter().enumerate() {
        out.clear();
        super::apply(&mut engine, op, &mut out);
        seen.trades += out.iter().filter(|report| report.kind == Kind::Trade).count();
        let levels = Side::BOTH.map(|side| engine.book().level_count(side)).iter().sum();
        seen.levels = seen.levels.max(levels);
        if i % 256 == 0 {
            seen.orders = seen.orders.max(engine.book().order_count());
        }
    }
    seen
}
