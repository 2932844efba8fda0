//! Hand cases of 3.6: books of two legs written event by event, and what becomes of the orders.

use std::sync::Arc;

use quantrl_feed::map::Bytes;
use quantrl_feed::{
    Decimal, Event, EventFile, Instrument, Kind, NO_SLOT, Target, Writer, WriterOptions, flag,
};
use quantrl_rng::Key;
use serde_json::json;

use super::broker::Phase;
use super::line::NEVER;
use super::*;
use crate::pair::account::Account;
use crate::pair::config::{Mode, RewardKind, Settings, Theta, Venue, ZKind};
use crate::pair::desk::Passage;
use crate::pair::exec;
use crate::pair::hedge::HedgeKind;
use crate::pair::kalman::Noise;
use crate::pair::layout::{Features, Layout};
use crate::pair::tape::{Source, Tape, Timing};

mod aggressive;
mod batch;
mod passive;
mod session;
mod stand;
mod trader;

pub(super) use stand::Stand;

const MS: i64 = 1_000_000;
const T0: i64 = 1_000_000 * 1_000 * MS;

/// What happens in a book.
#[derive(Clone, Copy)]
enum Now {
    /// A price of a side gets so many lots; bids are `false`.
    Level(bool, i32, u32),
    /// A taker trades; buyers are `false`.
    Trade(bool, i32, u32),
}
use Now::{Level, Trade};

const BID: bool = false;
const ASK: bool = true;
const SELLER: bool = true;

/// Events of one leg by milliseconds after the first decision, from `start` on with levels of `lots` about a touch.
fn file(name: &str, (bid, ask): (i32, i32), events: &[(i64, Now)]) -> Arc<EventFile> {
    let mut all: Vec<(i64, Now)> = Vec::new();
    let fill = |all: &mut Vec<(i64, Now)>, ms| {
        for away in 0..7 {
            all.push((ms, Level(BID, bid - away, 50)));
            all.push((ms, Level(ASK, ask + away, 50)));
        }
    };
    fill(&mut all, -500);
    all.extend_from_slice(events);
    // Books are whole again and stay so, longer than a tape bears one that is not.
    fill(&mut all, 8_000);
    all.push((1_000_000, Level(ASK, ask + 500, 1)));
    let options = WriterOptions { level: 2, checkpoint_every: 0, ..WriterOptions::default() };
    let mut writer = Writer::create(Target::Memory, options).unwrap();
    for (ms, now) in all {
        let (kind, sells, tick, qty) = match now {
            Level(side, tick, lots) => (Kind::Level, side, tick, lots),
            Trade(side, tick, lots) => (Kind::Trade, side, tick, lots),
        };
        let event = Event {
            ts_exch: T0 + ms * MS,
            slot: NO_SLOT,
            tick,
            qty,
            kind: kind as u8,
            flags: if sells { flag::SELL } else { 0 } | flag::SIDE_KNOWN | flag::LAST,
            ..Event::default()
        };
        writer.push(&event, 0, 0).unwrap();
        writer.end_group();
    }
    let one = Decimal::parse("size", "1").unwrap();
    let (_, bytes) = writer.finish(&[Instrument::new(name, one, one)], &json!({}), &json!({})).unwrap();
    Arc::new(EventFile::of_bytes(name.into(), Bytes::Read(bytes), true).unwrap())
}

pub(in crate::pair) fn settings() -> Settings {
    Settings {
        venue: Venue::Replay,
        mode: Mode::Evaluate,
        kappa_dt: 0.02,
        phi: 0.98,
        step_sd: 0.2,
        s: 2e-3,
        cost: 0.0,
        dt_ms: 1_000.0,
        notional: 1_000.0,
        at_mid: false,
        slip_ticks: 1,
        depth_units: 1.0,
        episode_len: 8,
        ruin: 1e9,
        loss_limit: f64::INFINITY,
        reward: RewardKind::Pnl { risk_aversion: 0.0 },
        stock: None,
        noise: Noise::default(),
        z: ZKind::Known,
        hedge: HedgeKind::Fixed,
        alpha: 0.0,
        beta: 1.0,
        fees: [0.0; 2],
        latency_sigma: 0.0,
        stage: None,
        work: Some(WORK),
        rehedges: false,
        window: 4,
        theta: (Theta::NOMINAL, Theta::NOMINAL),
        layout: Layout {
            features: Features::Core,
            actions: 6,
            styles: 2,
            statistics: false,
            theta: false,
            stock: false,
        },
    }
}

const WORK: Work = Work {
    leg_ns: 500 * MS,
    chase_max: 5,
    requote_ns: 100 * MS,
    passive_ns: 2_500 * MS,
    time_out: TimeOut::Cross,
    maker_fees: [0.0; 2],
    queue: quantrl_sim::tick::own::QueueModel::RiskAverse,
    always_events: false,
};

/// Ten lots of a first leg about 100 to 102 against twenty of a second about 200 to 204, a decision a second, orders under
/// way for ten milliseconds.
struct Case {
    tape: Tape,
    work: Work,
    settings: Settings,
    theta: Theta,
    account: Account,
    broker: Broker,
    floors: Floors,
    /// Fees of orders that take and of those that rest, parts per billion.
    ppb: [[i64; 2]; 2],
    row: usize,
    legged: (u64, i64),
}

impl Case {
    fn of(one: &[(i64, Now)], two: &[(i64, Now)]) -> Self {
        let sources = [("ONE", (100, 102), one), ("TWO", (200, 204), two)]
            .map(|(name, touch, events)| Source { file: file(name, touch, events), instr: 0 });
        let timing = Timing { dt_ns: 1_000 * MS, feed_ns: None, gap_ns: 10_000_000 * MS };
        let settings = settings();
        let tape = Tape::new(sources, &timing, &settings).unwrap();
        assert_eq!(tape.rows[0].ts, T0);
        Self {
            tape,
            work: WORK,
            settings,
            theta: Theta { latency_ms: 10.0, ..Theta::NOMINAL },
            account: Account::default(),
            broker: Broker::default(),
            floors: Floors::default(),
            ppb: [[0; 2]; 2],
            row: 0,
            legged: (0, 0),
        }
    }

    /// One decision: a target of ten and twenty lots, by one style.
    fn decide(&mut self, target: f64, passive: bool) -> &mut Self {
        let is_new = exec::aim(&mut self.account, target, [10, 20], 1.0);
        self.go(is_new, passive)
    }

    fn go(&mut self, is_new: bool, passive: bool) -> &mut Self {
        let key = Key { seed: 1, stream: 0 };
        let [taker_ppb, maker_ppb] = self.ppb;
        let passage = Passage::new(&self.tape, self.row, &self.settings, &self.theta, taker_ppb, key, 0);
        let seen = passage.seen();
        let mut hall = Hall {
            passage: &passage,
            row: self.row,
            work: &self.work,
            slip_ticks: 1,
            maker_ppb,
            fill: self.theta.fill,
            floors: &mut self.floors,
            seen,
        };
        let (times, ns) = self.broker.decide(&mut self.account, &mut hall, is_new, passive);
        self.legged = (self.legged.0 + times, self.legged.1 + ns);
        self.row += 1;
        let together = self.broker.since == NEVER || !self.broker.plan.is_apart(self.held());
        let late = T0 + self.row as i64 * 1_000 * MS - self.broker.since > 2_000 * MS;
        assert!(together || !late || self.stand() == Stand::Legged, "apart for long: {:?}", self.broker);
        self
    }

    fn held(&self) -> [i64; 2] {
        [self.account.legs[0].lots, self.account.legs[1].lots]
    }

    fn stand(&self) -> Stand {
        self.broker.stand(&self.account)
    }

    /// Paid and received, in quanta.
    fn cash(&self) -> [i64; 2] {
        self.account.legs.map(|leg| leg.cash / 2)
    }

    fn expect(&mut self, held: [i64; 2], stand: Stand) -> &mut Self {
        assert_eq!((self.held(), self.stand()), (held, stand), "{:?}", self.broker);
        self
    }
}

/// Prices of a side go and come back.
fn side(ms: i64, of: bool, ticks: std::ops::RangeInclusive<i32>, lots: u32) -> Vec<(i64, Now)> {
    ticks.map(|tick| (ms, Level(of, tick, lots))).collect()
}
