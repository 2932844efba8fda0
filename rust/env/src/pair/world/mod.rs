//! Simulated pairs whose best policy is known, one spread and two quotes; and the place in a recorded one.

mod books;
mod bridge;
mod ou;

use quantrl_rng::{Channel, Counter, Draws, Key};

use crate::pair::config::{Settings, Theta, Venue};

/// Best bid and ask of one leg in ticks, with as many lots on each of five levels a tick apart. Of a recorded leg, prices
/// are in quanta of a lot, and the lots are those of the best bid.
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
    /// Decisions since the streams began; the row of a tape.
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
    /// A price of 1 in ticks of 1e-9 and lots of 1 (`ou`), or 100 in ticks of 0.1 bp and lots of 0.01 (`books`); quanta in
    /// one of quote currency (`replay`).
    pub fn of(settings: &Settings) -> Self {
        let ticks = match (settings.venue, &settings.stage) {
            (Venue::Ou, _) => ou::TICKS,
            (_, Some(stage)) => 1.0 / stage.tape.money.quantum,
            (_, None) => books::TICKS,
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

/// Fees of an episode, parts per billion of the traded value, by leg. Without books the half-spread is charged here.
pub fn fee_ppb(settings: &Settings, theta: &Theta) -> [i64; 2] {
    let quarter = 0.25 * settings.cost;
    let rates = match settings.venue {
        Venue::Ou => [quarter * theta.fee + quarter * theta.spread; 2],
        Venue::Books => {
            [(0.5 * settings.cost - books::half_ticks(settings, 1.0) as f64 / books::TICKS) * theta.fee; 2]
        }
        Venue::Replay => settings.fees.map(|fee| fee * theta.fee),
    };
    rates.map(|rate| libm::round(1e9 * rate) as i64)
}

/// The same of passive executions in recorded books that are worked.
pub fn maker_ppb(settings: &Settings, theta: &Theta) -> [i64; 2] {
    let rates = settings.work.as_ref().map_or([0.0; 2], |work| work.maker_fees);
    rates.map(|rate| libm::round(1e9 * rate * theta.fee) as i64)
}

/// Cost of one unit of position change as quotes and fees stand, in s: `k_now / s`, with k = h1 + beta h2 + f1 + beta f2
/// where the ratio is not 1 (3.2).
pub fn cost_now(settings: &Settings, theta: &Theta, quotes: &[Quote; 2], beta: f64) -> f64 {
    let half = |q: &Quote| if settings.at_mid { 0.0 } else { (q.ask - q.bid) as f64 / q.mid2() as f64 };
    let [fee1, fee2] = fee_ppb(settings, theta).map(|ppb| ppb as f64);
    let k = match settings.venue {
        Venue::Replay => {
            let leg = |fee: f64, quote: &Quote| 1e-9 * fee + theta.spread * half(quote);
            leg(fee1, &quotes[0]) + beta * leg(fee2, &quotes[1])
        }
        _ => 2e-9 * fee1 + half(&quotes[0]) + half(&quotes[1]),
    };
    k / settings.s
}

impl World {
    /// Decision 0 of the streams of `key`.
    pub fn new(settings: &Settings, key: Key, theta: &Theta) -> Self {
        if let Some(stage) = &settings.stage {
            return Self::at(stage.runs[0].start, settings, theta);
        }
        let y = if settings.kappa_dt > 0.0 { draws(key, Channel::PairSpread, 0).normal() } else { 0.0 };
        let mut world =
            Self { decision: 0, state: State { y, common: 0.0 }, x: 0.0, quotes: Default::default() };
        world.show(settings, theta);
        world
    }

    /// A row of a tape.
    pub fn at(row: usize, settings: &Settings, theta: &Theta) -> Self {
        let decision = row as u64;
        let mut world = Self { decision, state: State::default(), x: 0.0, quotes: Default::default() };
        world.show(settings, theta);
        world
    }

    /// Row of the tape.
    pub fn row(&self) -> usize {
        self.decision as usize
    }

    /// Quotes of the state as it is; a new theta takes effect here.
    pub fn show(&mut self, settings: &Settings, theta: &Theta) {
        (self.x, self.quotes) = match &settings.stage {
            Some(stage) => {
                let row = &stage.tape.rows[self.row()];
                (row.x, row.quotes)
            }
            None => quotes(settings, theta, self.state),
        };
    }

    /// ln mid of both legs: exact in `ou`, of the books in `books`. A tape has its own.
    pub fn log_mids(&self, settings: &Settings) -> [f64; 2] {
        match settings.venue {
            Venue::Ou => [0.5 * self.x, -0.5 * self.x],
            Venue::Books | Venue::Replay => self.quotes.map(|quote| libm::log(quote.mid2() as f64)),
        }
    }

    /// One decision on.
    pub fn step(&mut self, settings: &Settings, key: Key, theta: &Theta) {
        self.decision += 1;
        if settings.venue == Venue::Replay {
            return self.show(settings, theta);
        }
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
        Venue::Books | Venue::Replay => books::quotes(settings, theta, x, state.common),
    };
    (x, quotes)
}
