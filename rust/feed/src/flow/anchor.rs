//! Two books that follow a pair of prices: market orders come faster on the side that moves the mid towards its reference.

use std::sync::Arc;

use quantrl_lob::{Nanos, Side};
use quantrl_rng::{Channel, Counter, Draws, Key};

use super::settings::rate;
use super::{BookView, Flow, Msg, Zi};
use crate::error::Error;

/// Ticks between reference and mid beyond which the pull grows no more.
const REACH: f64 = 5.0;
/// Strongest pull: e^(2 * 5) times as many market orders on one side.
const MOST_PULL: f64 = 2.0;
/// Most steps of a path.
const MOST_STEPS: u64 = 100_000_000;

/// What both references are made of: P e^(m + x/2) and P e^(m - x/2), with x an Ornstein-Uhlenbeck process that starts from
/// its stationary law and m a random walk.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Paths {
    /// P, ticks.
    pub ticks: f64,
    /// Reversion of x a step.
    pub kappa: f64,
    /// Stationary standard deviation of x.
    pub s: f64,
    /// Standard deviation of a step of m.
    pub common: f64,
    /// When they start, ns UTC.
    pub start: i64,
    /// Nanoseconds a step.
    pub step: i64,
    /// Steps, after which they stand still.
    pub steps: u64,
}

/// A price a book is pulled to, constant within a step.
#[derive(Clone, Debug)]
pub struct Reference {
    start: i64,
    step: i64,
    ticks: Arc<[f64]>,
}

impl Paths {
    /// References of both legs. O(steps).
    ///
    /// # Errors
    /// A number out of range: its name and what came.
    pub fn references(&self, key: Key, episode: u64) -> Result<[Reference; 2], Error> {
        self.check()?;
        let draws = |channel, draw| Draws::new(key, Counter { block: 0, draw, channel, episode }).normal();
        let phi = libm::exp(-self.kappa);
        let sd = self.s * (-libm::expm1(-2.0 * self.kappa)).sqrt();
        let (mut x, mut common) = (self.s * draws(Channel::PairSpread, 0), 0.0);
        let mut legs = [Vec::new(), Vec::new()];
        for step in 0..=self.steps {
            if step > 0 {
                x = phi * x + sd * draws(Channel::PairSpread, step);
                common += self.common * draws(Channel::PairCommon, step);
            }
            for (leg, way) in legs.iter_mut().zip([0.5, -0.5]) {
                leg.push(self.ticks * libm::exp(common + way * x));
            }
        }
        Ok(legs.map(|leg| Reference { start: self.start, step: self.step, ticks: leg.into() }))
    }

    fn check(&self) -> Result<(), Error> {
        let positive = [("ticks", self.ticks), ("kappa", self.kappa), ("s", self.s)];
        for (name, value) in positive {
            if !(value > 0.0 && value.is_finite()) {
                return Err(Error::config(name, "a positive number", value));
            }
        }
        rate("common", self.common)?;
        if self.step < 1 {
            return Err(Error::config("step", "at least 1 ns", self.step));
        }
        if self.steps > MOST_STEPS {
            return Err(Error::config("steps", format_args!("at most {MOST_STEPS}"), self.steps));
        }
        Ok(())
    }
}

impl Reference {
    /// Where the book should be at a time, ticks, and when that changes next.
    fn at(&self, now: i64) -> (f64, i64) {
        let place = now.saturating_sub(self.start).max(0) / self.step;
        let last = self.ticks.len() - 1;
        match usize::try_from(place) {
            Ok(place) if place < last => {
                (self.ticks[place], self.start.saturating_add((place as i64 + 1).saturating_mul(self.step)))
            }
            _ => (self.ticks[last], i64::MAX),
        }
    }

    /// Every step's price, ticks.
    pub fn ticks(&self) -> &[f64] {
        &self.ticks
    }
}

/// Zero intelligence whose buyers in a hurry come e^(pull g) times as often and sellers e^(-pull g), g the ticks from the
/// mid to the reference within -5 to 5. A change of the reference in a waiting time draws what is left of it anew, which the
/// exponential law does not notice.
#[derive(Clone, Debug)]
pub struct Anchored {
    law: Zi,
    reference: Reference,
    pull: f64,
}

impl Anchored {
    /// # Errors
    /// A pull that is not within 0 to 2.
    pub fn new(law: Zi, reference: Reference, pull: f64) -> Result<Self, Error> {
        if !(0.0..=MOST_PULL).contains(&pull) {
            return Err(Error::config("pull", format_args!("0 to {MOST_PULL}"), pull));
        }
        Ok(Self { law, reference, pull })
    }
}

impl Flow for Anchored {
    fn next(&mut self, now: Nanos, book: &BookView<'_>, out: &mut Vec<Msg>) -> Nanos {
        let (reference, change) = self.reference.at(now.0);
        let [bid, ask] = Side::BOTH.map(|side| f64::from(book.touch(side)));
        let gap = (reference - 0.5 * (bid + ask)).clamp(-REACH, REACH);
        let tilt = [1.0, -1.0].map(|way| libm::exp(way * self.pull * gap));
        let wait = self.law.tilted(tilt, book, out);
        let left = change.saturating_sub(now.0);
        if wait.0 < left {
            return wait;
        }
        out.clear();
        Nanos(left)
    }

    fn drawn(&self) -> u64 {
        self.law.drawn()
    }

    fn resume(&mut self, drawn: u64) {
        self.law.resume(drawn);
    }
}
