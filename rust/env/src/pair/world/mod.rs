//! Simulated pairs whose best policy is known: one spread, two quotes.

mod books;
mod bridge;
mod ou;

use quantrl_rng::{Channel, Counter, Draws, Key};

use crate::pair::config::{Settings, Theta, Venue};

/// Best bid and ask of one leg in ticks, with as many lots on each of five levels a tick apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quote {
    /// Best bid, ticks.
    pub bid: i64,
    /// Best ask, ticks.
    pub ask: i64,
    /// Lots on each level.
    pub depth: i64,
}

impl Quote {
    /// Mid in half ticks.
    #[inline]
    pub fn mid2(&self) -> i64 {
        self.bid + self.ask
    }
}

/// What both legs are made of: the spread in units of s without theta, and the logarithm they share.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct State {
    /// x / (s vol_mult).
    pub y: f64,
    /// m.
    pub common: f64,
}

/// A simulated pair that goes on from episode to episode: nothing an account does changes it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct World {
    /// Decisions since the streams began.
    pub decision: u64,
    /// Now.
    pub state: State,
    /// x now.
    pub x: f64,
    /// Both legs now.
    pub quotes: [Quote; 2],
}

/// Constants of a venue.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    /// Ticks of a log price of 0.
    pub ticks: f64,
    /// Lots of a whole position at that price.
    pub lots: f64,
    /// U in half quanta: 2 n s.
    pub reward_unit: f64,
}

impl Scale {
    /// A price of 1 in ticks of 1e-9 and lots of 1 (`ou`), or 100 in ticks of 0.1 bp and lots of 0.01 (`books`).
    pub fn of(settings: &Settings) -> Self {
        let ticks = match settings.venue {
            Venue::Ou => ou::TICKS,
            Venue::Books => books::TICKS,
        };
        let lots = libm::round(settings.notional);
        Self { ticks, lots, reward_unit: 2.0 * ticks * lots * settings.s }
    }

    /// Lots of a whole position on each leg, at least 1: the notional at mid, times beta on the second.
    pub fn units(&self, quotes: &[Quote; 2], beta: f64) -> [i64; 2] {
        let lots = |quote: &Quote, ratio: f64| {
            (libm::round(ratio * self.lots * self.ticks / (0.5 * quote.mid2() as f64)) as i64).max(1)
        };
        [lots(&quotes[0], 1.0), lots(&quotes[1], beta)]
    }

    /// Half quanta in U.
    #[inline]
    pub fn in_units(&self, money: i64) -> f64 {
        money as f64 / self.reward_unit
    }
}

/// One draw of one purpose.
pub(super) fn draws(key: Key, channel: Channel, draw: u64) -> Draws {
    Draws::new(key, Counter { block: 0, draw, channel, episode: 0 })
}

/// Fees of an episode, parts per billion of the traded value of each leg. Without books the half-spread is charged here.
pub fn fee_ppb(settings: &Settings, theta: &Theta) -> i64 {
    let quarter = 0.25 * settings.cost;
    let rate = match settings.venue {
        Venue::Ou => quarter * theta.fee + quarter * theta.spread,
        Venue::Books => {
            (0.5 * settings.cost - books::half_ticks(settings, 1.0) as f64 / books::TICKS) * theta.fee
        }
    };
    libm::round(1e9 * rate) as i64
}

/// Cost of one unit of position change as quotes and fees stand, in s: `k_now / s`.
pub fn cost_now(settings: &Settings, theta: &Theta, quotes: &[Quote; 2]) -> f64 {
    let fees = 2e-9 * fee_ppb(settings, theta) as f64;
    let half = |q: &Quote| if settings.at_mid { 0.0 } else { (q.ask - q.bid) as f64 / q.mid2() as f64 };
    (fees + half(&quotes[0]) + half(&quotes[1])) / settings.s
}

impl World {
    /// Decision 0 of the streams of `key`.
    pub fn new(settings: &Settings, key: Key, theta: &Theta) -> Self {
        let y = if settings.kappa_dt > 0.0 { draws(key, Channel::PairSpread, 0).normal() } else { 0.0 };
        let mut world =
            Self { decision: 0, state: State { y, common: 0.0 }, x: 0.0, quotes: Default::default() };
        world.show(settings, theta);
        world
    }

    /// Quotes of the state as it is; a new theta takes effect here.
    pub fn show(&mut self, settings: &Settings, theta: &Theta) {
        (self.x, self.quotes) = quotes(settings, theta, self.state);
    }

    /// One decision on.
    pub fn step(&mut self, settings: &Settings, key: Key, theta: &Theta) {
        self.decision += 1;
        self.state = ou::step(settings, key, self.decision, self.state);
        if settings.venue == Venue::Books {
            self.state.common += books::COMMON_SD * draws(key, Channel::PairCommon, self.decision).normal();
        }
        self.show(settings, theta);
    }

    /// What each leg's order meets that was sent at `self` and arrives before `next`, with drawn entry latencies.
    pub fn met(&self, next: &World, settings: &Settings, key: Key, theta: &Theta) -> [Quote; 2] {
        if theta.latency_ms == 0.0 {
            return self.quotes;
        }
        let states = bridge::at_arrivals(self, next, settings, key, theta);
        [quotes(settings, theta, states[0]).1[0], quotes(settings, theta, states[1]).1[1]]
    }
}

fn quotes(settings: &Settings, theta: &Theta, state: State) -> (f64, [Quote; 2]) {
    let x = settings.s * theta.vol * state.y;
    let quotes = match settings.venue {
        Venue::Ou => ou::quotes(x),
        Venue::Books => books::quotes(settings, theta, x, state.common),
    };
    (x, quotes)
}
